// Digests on a GPU for the bench: the plans of content ids, through a command stream of the kind that the sheet's
// device has.
import type { ContentPlan } from '../src/core/device/webgpu/memory/content.ts';
import { DeviceContext } from '../src/core/device/webgpu/device-context.ts';
import type { Pipeline } from '../src/core/device/webgpu/commands/pipelines.ts';
import type { DigestDevice } from './gpu-fingerprint.ts';

/** Tensors in buffers of a device, digested there. A device that ends is an error of the next call. */
export class StreamedDigests implements DigestDevice<GPUBuffer> {
  readonly #context: DeviceContext;

  constructor(device: GPUDevice) {
    this.#context = new DeviceContext(device, () => {});
  }

  hold(bytes: Uint8Array): GPUBuffer {
    const buffer = this.#context.buffers.take(bytes.byteLength);
    this.#context.epoch.device.queue.writeBuffer(buffer, 0, bytes as Uint8Array<ArrayBuffer>);
    return buffer;
  }

  release(held: GPUBuffer): void {
    this.#context.buffers.give(held);
  }

  async digest({ plan, resultBytes }: ContentPlan, held: GPUBuffer, times: number): Promise<Uint8Array> {
    const { pipelines, buffers, stream } = this.#context;
    const ready = await Promise.all(plan.launches.map(async ({ shader }): Promise<Pipeline> => pipelines.of(shader)));
    const own = [resultBytes, ...plan.scratch].map((sizeBytes) => buffers.take(sizeBytes));
    const bound = [held, ...own];
    for (let i = 0; i < times; i++)
      plan.launches.forEach((launch, k) =>
        stream.dispatch(
          ready[k]!,
          launch,
          launch.buffers.map((index) => bound[index]!),
        ),
      );
    const digests = await stream.read(own[0]!, resultBytes, (mapped) => mapped.slice());
    own.forEach((buffer) => buffers.give(buffer));
    return digests;
  }

  readInto(held: GPUBuffer, bytes: Uint8Array): Promise<void> {
    return this.#context.stream.read(held, bytes.byteLength, (mapped) => bytes.set(mapped));
  }
}
