// The WebGPU device: plans of kernels/wgsl run on one adapter; results stay there until somebody reads them.
import type { Plan } from '../../../kernels/wgsl/launch.ts';
import type { Clock, Digest } from '../../env.ts';
import { DeviceLostError, LimitError, SheetError } from '../../errors.ts';
import { type Block, heapMemory, type Memory, valueOf } from '../../tensor/block.ts';
import { type BufferSharing, type Device, type Task, taskBytes, taskFlops } from '../device.ts';
import { ContentDigests, type DigestPlace } from './digests.ts';
import type { EpochEnd } from './epoch.ts';
import { type Guests, hostGuests } from './guests.ts';
import { Life } from './life.ts';
import { GpuMemory } from './memory.ts';
import type { Pipeline } from './pipelines.ts';
import { productOf } from './plan-task.ts';
import { type GpuRates, probeRates } from './probe.ts';
import { GpuResidence } from './residence.ts';
import { shareBuffers } from './sharing.ts';
import { Products } from './products.ts';
import type { GpuSource } from './source.ts';

/** Losses in a row after which a device is left alone, and how long one must live for its loss not to count. */
const MAX_LOSSES = 3;
const CALM_NS = 10 * 60e9;
/** With less memory than this a device is of no use. */
const MIN_BUDGET_BYTES = 2 ** 20;

/** What the device is opened with. */
export interface WebgpuOptions {
  /** Bytes of results and operands it may hold. */
  readonly budgetBytes: number;
  readonly clock: Clock;
  readonly digest: Digest;
  /** Where values go that are read; default fresh arrays. */
  readonly hostMemory?: Memory;
  /** Where content ids of values on the device are made; default: where it is quicker, and in RAM for software adapters. */
  readonly digests?: DigestPlace;
  warn(line: string): void;
}

/** Opens the adapter's device and measures what it costs to reach it. */
export async function openWebgpu(source: GpuSource, options: WebgpuOptions): Promise<WebgpuDevice> {
  const device = new WebgpuDevice(source, options, await source.open());
  try {
    await device.probe();
  } catch (error) {
    device.close();
    throw error;
  }
  return device;
}

/** WGSL kernels of class tolerance. */
export class WebgpuDevice implements Device {
  readonly name = 'webgpu';
  readonly exact = false;
  readonly fuses = true;
  readonly automatic: boolean;
  readonly deviceMemory: GpuMemory;
  readonly sharing: BufferSharing;
  readonly guests: Guests;
  readonly #source: GpuSource;
  readonly #options: WebgpuOptions;
  readonly #products: Products;
  #life: Life | undefined;
  #openedNs: number;
  #rates: GpuRates | undefined;
  #losses = 0;
  #closed = false;
  #lastReason = '';
  #learn: (task: Task, elapsedNs: number) => void = () => {};

  constructor(source: GpuSource, options: WebgpuOptions, device: GPUDevice) {
    this.#source = source;
    this.#options = options;
    this.automatic = !source.software;
    this.#openedNs = options.clock();
    this.#life = this.#begin(device);
    const digests = new ContentDigests({
      place: options.digests ?? (source.software ? 'host' : 'quicker'), clock: options.clock, digest: options.digest, rates: () => this.#rates as GpuRates,
    });
    const life = (): Life => this.#living();
    this.deviceMemory = new GpuMemory(options.budgetBytes, { life, host: options.hostMemory ?? heapMemory, panelDigests: (residence, type) => digests.panels(residence, type) });
    this.#products = new Products(source, life, options.clock, options.budgetBytes / 2);
    this.sharing = shareBuffers(this.deviceMemory, () => this.#life);
    this.guests = hostGuests(this.deviceMemory, () => this.#life, life);
  }

  get detail(): string {
    if (this.#life === undefined) return `${this.#source.adapter}: not in use, ${this.#lastReason}`;
    return `${this.#source.adapter}${this.automatic ? '' : ' (software: used only where it is asked for by name)'}`;
  }

  supports(task: Task): boolean {
    const plan = this.#life?.planner.plan(task);
    return plan !== undefined && this.#holds(task, plan);
  }

  refusal(task: Task): string | undefined {
    if (this.#life === undefined) return this.#lastReason;
    const obstacle = this.#life.planner.obstacle(task);
    if (obstacle !== undefined) return obstacle;
    const plan = this.#life.planner.plan(task);
    if (plan === undefined) return 'it has no kernel for this op on these dtypes and shapes';
    return this.#holds(task, plan) ? undefined : `its ${taskBytes(task)} bytes do not fit ${this.deviceMemory.budgetBytes}; open({ gpuBudgetBytes }) with more`;
  }

  estimateNs(task: Task): number {
    const { dispatchNs, memoryNsPerByte, nsPerFlop } = this.#rates as GpuRates;
    return dispatchNs + Math.max(taskBytes(task) * memoryNsPerByte, taskFlops(task) * nsPerFlop);
  }

  /** Operands that are not on the device have to be copied there; those of a task that is only priced have no block yet. */
  transferNs({ operands }: Task): number {
    const { uploadNsPerByte } = this.#rates as GpuRates;
    let ns = 0;
    for (const { block, type } of operands as readonly Partial<Task['operands'][0]>[]) {
      const residence = block?.residence;
      if (!(residence instanceof GpuResidence && residence.isAlive)) ns += (type?.sizeBytes ?? 0) * uploadNsPerByte;
    }
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
    const product = productOf(task);
    if (product === undefined) return this.#compile(life, task, life.planner.plan(task) as Plan, out);
    const plan = this.#products.plan(product);
    return plan instanceof Promise ? plan.then((chosen) => this.#compile(life, task, this.#right(life, task, chosen), out)) : this.#compile(life, task, this.#right(life, task, plan), out);
  }

  /** A plan that gives right results here, or an error after which other devices compute such tasks. */
  #right(life: Life, task: Task, plan: Plan | undefined): Plan {
    if (plan !== undefined) return plan;
    const reason = 'its products were checked and are wrong on this GPU; report this with the adapter\'s name';
    life.planner.refuse(task, reason);
    throw new SheetError('KERNEL', `${task.row.name}: ${reason}.`, { op: task.row.name });
  }

  #compile(life: Life, task: Task, plan: Plan, out: Block): void | Promise<void> {
    const pipelines = life.pipelines.all(plan.launches.map(({ shader }) => shader));
    if (!(pipelines instanceof Promise)) return this.#launch(life, task, plan, pipelines, out);
    return pipelines.then(
      (ready) => this.#launch(life, task, plan, ready, out),
      (error: unknown) => {
        if (life.epoch.isOver) throw life.epoch.error(error);
        life.planner.refuse(task, String(error));
        throw error;
      },
    );
  }

  runNow(task: Task): void {
    throw new LimitError(`${task.row.name}: a GPU answers later and cannot compute within this call; await the tensor, or open the sheet without eager.`, { op: task.row.name });
  }

  /** Launches as soon as the operands can be used and the GPU is not far behind. */
  #launch(life: Life, task: Task, plan: Plan, pipelines: readonly Pipeline[], out: Block): void | Promise<void> {
    life.epoch.check();
    const waits = this.deviceMemory.awaited(task.operands) ?? (life.stream.isBehind ? life.stream.settled() : undefined);
    if (waits !== undefined) return waits.then(() => this.#launch(life, task, plan, pipelines, out));
    this.deviceMemory.use(task.operands, valueOf(task.type, out), plan.scratch, (buffers) => {
      const dispatch = (): void => plan.launches.forEach((launch, i) => life.stream.dispatch(pipelines[i] as Pipeline, launch, launch.buffers.map((index) => buffers[index] as GPUBuffer)));
      if (life.planner.wantsTime(task)) life.stream.timed(dispatch, (elapsedNs) => this.#learn(task, elapsedNs));
      else dispatch();
    });
  }

  #holds(task: Task, plan: Plan): boolean {
    return this.deviceMemory.holds([task.type, ...task.operands.map(({ type }) => type)], plan.scratch);
  }

  #living(): Life {
    if (this.#life !== undefined) return this.#life;
    throw new DeviceLostError(`WebGPU: ${this.#lastReason}; the device is not in use.`, { reason: this.#lastReason });
  }

  #begin(device: GPUDevice): Life {
    const life: Life = new Life(device, (end, reason) => this.#over(life, end, reason));
    return life;
  }

  /** Everything on the device is gone: forget it, say so, open another. */
  #over(life: Life, end: EpochEnd, reason: string): void {
    if (this.#life !== life) return;
    this.#life = undefined;
    this.#lastReason = reason;
    this.deviceMemory.clear();
    if (this.#closed) return;
    const again = this.#mayReopen(end);
    this.#options.warn(`WebGPU: ${reason}. ${again ? 'It is opened again; until then' : 'It happened too often: from now on'} other devices compute, results are not affected.`);
    if (again) void this.#reopen(reason);
  }

  #mayReopen(end: EpochEnd): boolean {
    if (end === 'memory') {
      this.deviceMemory.halveBudget();
      return this.deviceMemory.budgetBytes >= MIN_BUDGET_BYTES;
    }
    const nowNs = this.#options.clock();
    this.#losses = nowNs - this.#openedNs > CALM_NS ? 1 : this.#losses + 1;
    return this.#losses <= MAX_LOSSES;
  }

  async #reopen(reason: string): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 0)); // after whatever call the old one failed in
    if (this.#closed) return;
    try {
      const device = await this.#source.open();
      if (this.#closed) return device.destroy();
      this.#openedNs = this.#options.clock();
      this.#life = this.#begin(device);
    } catch (error) {
      this.#lastReason = `${reason}, and it could not be opened again: ${String(error)}`;
    }
  }

  async probe(): Promise<void> {
    this.#rates = await probeRates(this.#living(), this.#options.clock);
  }

  /** Destroys buffers that are free. */
  trim(): void {
    this.#life?.buffers.trim(0);
  }

  close(): void {
    this.#closed = true;
    this.#lastReason = 'the sheet was closed';
    this.#life?.epoch.end('closed', this.#lastReason);
  }
}
