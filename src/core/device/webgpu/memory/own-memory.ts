// The GPU's memory as the engine sees it: what it takes to get there and back, what became of it, who shares it.
import type { Block } from '../../../tensor/block.ts';
import type { TensorType } from '../../../tensor/type.ts';
import type { BufferSharing, DeviceLoss, DeviceMemory, Task } from '../../device.ts';
import type { DeviceContexts } from '../device-contexts.ts';
import type { GpuRates } from '../probe.ts';
import type { GpuMemory } from './memory.ts';
import { GpuResidence } from './residence.ts';

/** What the engine needs of the memory of a WebGPU device. */
export class WebgpuMemory implements DeviceMemory {
  /** What holds the buffers. */
  readonly gpu: GpuMemory;
  readonly sharing: BufferSharing;
  readonly #contexts: DeviceContexts;
  readonly #rates: () => GpuRates;
  #learn: (task: Task, elapsedNs: number) => void = () => {};

  constructor(gpu: GpuMemory, sharing: BufferSharing, contexts: DeviceContexts, rates: () => GpuRates) {
    this.gpu = gpu;
    this.sharing = sharing;
    this.#contexts = contexts;
    this.#rates = rates;
  }

  take(type: TensorType): Block {
    return this.gpu.take(type);
  }

  transferNs({ operands }: Task): number {
    const { uploadNsPerByte } = this.#rates();
    let ns = 0;
    for (const { block, type } of operands as readonly Partial<Task['operands'][0]>[]) {
      const residence = block?.residence;
      if (!(residence instanceof GpuResidence && residence.isAlive)) ns += (type?.sizeBytes ?? 0) * uploadNsPerByte;
    }
    return ns;
  }

  readNs(sizeBytes: number): number {
    const { latencyNs, readNsPerByte } = this.#rates();
    return latencyNs + sizeBytes * readNsPerByte;
  }

  get loss(): DeviceLoss | undefined {
    const { current, reason, returning } = this.#contexts;
    return current === undefined ? { reason, returning } : undefined;
  }

  reportTo(learn: (task: Task, elapsedNs: number) => void): void {
    this.#learn = learn;
  }

  /** A task was timed. */
  report(task: Task, elapsedNs: number): void {
    this.#learn(task, elapsedNs);
  }

  /** Destroys buffers that are free. */
  trim(): void {
    this.#contexts.current?.buffers.trim(0);
  }
}
