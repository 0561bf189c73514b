// The WebGPU device: plans of kernels/wgsl run on one adapter; results stay there until somebody reads them.
import type { Plan } from '../../../kernels/wgsl/launch.ts';
import type { Clock } from '../../env.ts';
import { LimitError } from '../../errors.ts';
import { type Block, valueOf } from '../../tensor/block.ts';
import { type Device, type Task, taskBytes, taskFlops } from '../device.ts';
import { Life } from './life.ts';
import { GpuMemory, GpuResidence } from './memory.ts';
import type { Pipeline } from './pipelines.ts';
import { Planner } from './plans.ts';
import { type GpuRates, probeRates } from './probe.ts';

/** Times a lost device is opened again before it is left alone. */
const MAX_REOPENINGS = 3;

/** What a host opens. */
export interface GpuSource {
  /** The adapter, for people: `nvidia h200`, `google swiftshader`. */
  readonly adapter: string;
  /** A driver that computes on the CPU: it is used where it is asked for by name, never by choice. */
  readonly software: boolean;
  /** A fresh device; rejects where there is none any more. */
  open(): Promise<GPUDevice>;
}

/** What the device is opened with. */
export interface WebgpuOptions {
  /** Bytes of results and operands it may hold. */
  readonly budgetBytes: number;
  readonly clock: Clock;
  warn(line: string): void;
}

/** Opens the adapter's device and measures what it costs to reach it. */
export async function openWebgpu(source: GpuSource, options: WebgpuOptions): Promise<WebgpuDevice> {
  const device = new WebgpuDevice(source, options, await source.open());
  await device.probe();
  return device;
}

/** WGSL kernels of class tolerance. */
export class WebgpuDevice implements Device {
  readonly name = 'webgpu';
  readonly exact = false;
  readonly fuses = true;
  readonly automatic: boolean;
  readonly deviceMemory: GpuMemory;
  readonly #source: GpuSource;
  readonly #options: WebgpuOptions;
  readonly #planner: Planner;
  #life: Life | undefined;
  #rates: GpuRates | undefined;
  #losses = 0;
  #closed = false;
  #lastReason = '';
  #learn: (task: Task, elapsedNs: number) => void = () => {};

  constructor(source: GpuSource, options: WebgpuOptions, device: GPUDevice) {
    this.#source = source;
    this.#options = options;
    this.automatic = !source.software;
    this.#life = this.#begin(device);
    this.#planner = new Planner(this.#life.limits);
    this.deviceMemory = new GpuMemory(options.budgetBytes, () => this.#living());
  }

  get detail(): string {
    if (this.#life === undefined) return `${this.#source.adapter}: not in use, ${this.#lastReason}`;
    return `${this.#source.adapter}${this.automatic ? '' : ' (software: used only where it is asked for by name)'}`;
  }

  /** The open GPUDevice, for sharing buffers with other WebGPU code; undefined while it is lost. */
  get device(): GPUDevice | undefined {
    return this.#life?.epoch.device;
  }

  supports(task: Task): boolean {
    return this.#life !== undefined && this.#planner.plan(task) !== undefined;
  }

  estimateNs(task: Task): number {
    const { dispatchNs, memoryNsPerByte, nsPerFlop } = this.#rates as GpuRates;
    return dispatchNs + Math.max(taskBytes(task) * memoryNsPerByte, taskFlops(task) * nsPerFlop);
  }

  /** Operands that are not on the device have to be copied there. */
  transferNs({ operands }: Task): number {
    const { uploadNsPerByte } = this.#rates as GpuRates;
    let ns = 0;
    for (const { block, type } of operands) if (!(block.residence instanceof GpuResidence && block.residence.isAlive)) ns += type.sizeBytes * uploadNsPerByte;
    return ns;
  }

  /** Nanoseconds until elements of so many bytes are in RAM. */
  readNs(sizeBytes: number): number {
    const { latencyNs, readNsPerByte } = this.#rates as GpuRates;
    return latencyNs + sizeBytes * readNsPerByte;
  }

  reportTo(learn: (task: Task, elapsedNs: number) => void): void {
    this.#learn = learn;
  }

  run(task: Task, out: Block): void | Promise<void> {
    const life = this.#living();
    const plan = this.#planner.plan(task) as Plan;
    const pipelines = plan.launches.map(({ shader }) => life.pipelines.of(shader));
    if (pipelines.some((pipeline) => pipeline instanceof Promise)) {
      return Promise.all(pipelines).then(
        (ready) => this.#launch(life, task, plan, ready, out),
        (error: unknown) => {
          if (life.epoch.isOver) throw life.epoch.error(error);
          this.#planner.refuse(task);
          throw error;
        },
      );
    }
    this.#launch(life, task, plan, pipelines as Pipeline[], out);
  }

  runNow(task: Task): void {
    throw new LimitError(`${task.row.name}: a GPU answers later and cannot compute within this call; await the tensor, or open the sheet without eager.`, { op: task.row.name });
  }

  #launch(life: Life, task: Task, plan: Plan, pipelines: readonly Pipeline[], out: Block): void {
    life.epoch.check();
    const target = this.deviceMemory.lend(valueOf(task.type, out));
    try {
      const buffers = [...task.operands.map((operand) => this.deviceMemory.lend(operand).buffer), target.buffer];
      const scratch = plan.scratch.map((sizeBytes) => life.buffers.take(sizeBytes));
      buffers.push(...scratch);
      const timing = this.#planner.wantsTime(task);
      if (timing) life.stream.beginTiming();
      plan.launches.forEach((launch, i) => life.stream.dispatch(pipelines[i] as Pipeline, launch, launch.buffers.map((index) => buffers[index] as GPUBuffer)));
      if (timing) void life.stream.endTiming().then((elapsedNs) => elapsedNs !== undefined && this.#learn(task, elapsedNs), () => {});
      for (const buffer of scratch) life.buffers.give(buffer);
    } finally {
      this.deviceMemory.letGo();
    }
  }

  #living(): Life {
    if (this.#life !== undefined) return this.#life;
    throw new LimitError(`WebGPU: ${this.#lastReason}; the device is not in use.`, {});
  }

  #begin(device: GPUDevice): Life {
    const life: Life = new Life(device, (reason) => this.#over(life, reason));
    return life;
  }

  /** Everything on the device is gone: forget it, say so, open another. */
  #over(life: Life, reason: string): void {
    if (this.#life !== life) return;
    this.#life = undefined;
    this.#lastReason = reason;
    this.deviceMemory.clear();
    if (this.#closed) return;
    this.#losses++;
    const again = this.#losses <= MAX_REOPENINGS;
    this.#options.warn(`WebGPU: ${reason}. ${again ? 'It is opened again; until then' : 'It happened too often: from now on'} other devices compute, results are not affected.`);
    if (again) this.#source.open().then((device) => this.#reopened(device), (error: unknown) => (this.#lastReason = `${reason}, and it could not be opened again: ${String(error)}`));
  }

  #reopened(device: GPUDevice): void {
    if (this.#closed) device.destroy();
    else this.#life = this.#begin(device);
  }

  async probe(): Promise<void> {
    this.#rates = await probeRates(this.#living(), this.#options.clock);
  }

  close(): void {
    this.#closed = true;
    this.#life?.epoch.end('the sheet was closed');
  }
}
