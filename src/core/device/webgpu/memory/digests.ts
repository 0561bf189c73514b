// Content ids of values on a GPU: panels are digested there where that is quicker than reading the elements back.
import type { Plan } from '../../../../../kernels/wgsl/launch.ts';
import type { Clock, Digest } from '../../../env.ts';
import type { TensorType } from '../../../tensor/type.ts';
import { type ContentPlan, contentPlan } from './content.ts';
import type { DeviceContext } from '../device-context.ts';
import type { Pipeline } from '../commands/pipelines.ts';
import type { GpuRates } from '../probe.ts';
import type { GpuResidence } from './residence.ts';

/** Where panels are digested: where it was measured to be quicker, or always there. */
export type DigestPlace = 'quicker' | 'device' | 'host';

/** Bytes from which the two places are compared; smaller values are read back. */
const MIN_COMPARED_BYTES = 2 ** 20;

/** What digests need from their device. */
interface DigestDependencies {
  readonly place: DigestPlace;
  readonly clock: Clock;
  readonly digest: Digest;
  rates(): GpuRates;
  /** Buffers to be given back to the context's pool; undefined where there is no room for them. */
  scratch(context: DeviceContext, sizes: readonly number[]): Promise<GPUBuffer[] | undefined>;
}

/** Digests the panels of residences. Compares the places once a context, on the first value that is large enough. */
export class ContentDigests {
  readonly #dependencies: DigestDependencies;
  /** Nanoseconds by which the device is quicker, per byte of the value they were compared on. */
  readonly #gains = new WeakMap<DeviceContext, Promise<number>>();

  constructor(dependencies: DigestDependencies) {
    this.#dependencies = dependencies;
  }

  /** The panel digests of a value on the device, seen as a type, or undefined where reading it back is quicker. */
  async panels(residence: GpuResidence, type: TensorType): Promise<Uint8Array | undefined> {
    const content = this.#dependencies.place === 'host' ? undefined : contentPlan(type);
    if (
      content === undefined ||
      (this.#dependencies.place === 'quicker' && !(await this.#isQuicker(residence, content)))
    )
      return undefined;
    return this.#digest(residence, content);
  }

  async #isQuicker(residence: GpuResidence, content: ContentPlan): Promise<boolean> {
    if (residence.sizeBytes < MIN_COMPARED_BYTES) return false;
    let gain = this.#gains.get(residence.context);
    if (gain === undefined) this.#gains.set(residence.context, (gain = this.#compare(residence, content)));
    return (await gain) > 0;
  }

  async #compare(residence: GpuResidence, content: ContentPlan): Promise<number> {
    const { sizeBytes } = residence;
    const { clock, digest } = this.#dependencies;
    await this.#digest(residence, content); // compiles
    const startNs = clock();
    await this.#digest(residence, content);
    const onDeviceNs = clock() - startNs;
    const sample = new Uint8Array(Math.min(sizeBytes, MIN_COMPARED_BYTES));
    digest.hash(sample);
    const hashStartNs = clock();
    digest.hash(sample);
    const hashNsPerByte = (clock() - hashStartNs) / sample.byteLength;
    const { latencyNs, readNsPerByte } = this.#dependencies.rates();
    return (latencyNs - onDeviceNs) / sizeBytes + readNsPerByte + hashNsPerByte;
  }

  /**
   * Runs the plan of a content; resolves with the panel digests, or undefined where the value has left the device
   * meanwhile or this one cannot.
   */
  async #digest(residence: GpuResidence, { plan, resultBytes }: ContentPlan): Promise<Uint8Array | undefined> {
    const { context, buffer } = residence;
    await residence.accepting;
    const pipelines = await pipelinesOf(context, plan);
    context.epoch.check();
    const own =
      pipelines === undefined ? undefined : await this.#dependencies.scratch(context, [resultBytes, ...plan.scratch]);
    if (pipelines === undefined || own === undefined) return undefined;
    try {
      if (!residence.isAlive) return undefined;
      const buffers = [buffer, ...own];
      plan.launches.forEach((launch, i) =>
        context.stream.dispatch(
          pipelines[i]!,
          launch,
          launch.buffers.map((index) => buffers[index]!),
        ),
      );
      return await context.stream.read(own[0]!, resultBytes, (mapped) => mapped.slice());
    } finally {
      if (!context.epoch.isOver) for (const each of own) context.buffers.give(each);
    }
  }
}

/**
 * The pipelines of a plan; undefined where a shader does not compile here, which is no reason to have no content id.
 */
async function pipelinesOf(context: DeviceContext, plan: Plan): Promise<readonly Pipeline[] | undefined> {
  try {
    return await context.pipelines.all(plan.launches.map(({ shader }) => shader));
  } catch (error) {
    if (context.pipelines.refusal(plan) === undefined) throw error;
    return undefined;
  }
}
