// The WebGPU device: plans of kernels/wgsl run on one adapter; results stay there until somebody reads them.
import type { DeviceEvent } from '../../events.ts';
import type { Plan } from '../../../../kernels/wgsl/launch.ts';
import type { Clock, Digest, Notes } from '../../env.ts';
import { LimitError, SheetError } from '../../errors.ts';
import { type Block, heapMemory, type Memory, valueOf } from '../../tensor/block.ts';
import {
  ANSWERS_LATER,
  type Device,
  NO_KERNEL,
  type Promptness,
  type Refusal,
  type Task,
  taskBytes,
  taskFlops,
} from '../device.ts';
import { ContentDigests, type DigestPlace } from './memory/digests.ts';
import { type ForeignWork, foreignWorkOn } from './memory/foreign-work.ts';
import type { DeviceContext } from './device-context.ts';
import { DeviceContexts } from './device-contexts.ts';
import { GpuMemory } from './memory/memory.ts';
import type { Pipeline } from './commands/pipelines.ts';
import type { Usable } from './planning/plan-task.ts';
import { type GpuRates, probeRates } from './probe.ts';
import { WebgpuMemory } from './memory/own-memory.ts';
import { shareBuffers } from './memory/sharing.ts';
import { Products } from './planning/products.ts';
import type { GpuSource } from './source.ts';

/** What the device is opened with. */
export interface WebgpuOptions {
  /** Bytes of results and operands it may hold. */
  readonly budgetBytes: number;
  readonly clock: Clock;
  readonly digest: Digest;
  /** Where it is noted which kernels are the quickest; default nowhere. */
  readonly notes?: Notes | undefined;
  /** Where values go that are read; default fresh arrays. */
  readonly hostMemory?: Memory;
  /**
   * Where content ids of values on the device are made; default: where it is quicker, and in RAM for software adapters.
   */
  readonly digests?: DigestPlace;
  warn(line: string): void;
  /** Is told that the device is lost, or there again. */
  changed?(state: DeviceEvent['state'], detail: string): void;
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
  /** Whether its driver computes on the CPU: then it is used only where it is asked for by name. */
  readonly isSoftware: boolean;
  readonly memory: WebgpuMemory;
  readonly foreign: ForeignWork;
  readonly #source: GpuSource;
  readonly #options: WebgpuOptions;
  readonly #products: Products;
  readonly #contexts: DeviceContexts;
  #rates: GpuRates | undefined;

  constructor(source: GpuSource, options: WebgpuOptions, device: GPUDevice) {
    const { clock, digest, budgetBytes } = options;
    const warn = (line: string): void => options.warn(line);
    const changed: typeof options.changed = (state, detail) => options.changed?.(state, detail);
    this.#source = source;
    this.#options = options;
    this.isSoftware = source.software;
    const digests: ContentDigests = new ContentDigests({
      place: options.digests ?? (source.software ? 'host' : 'quicker'),
      clock,
      digest,
      rates: () => this.#rates as GpuRates,
      scratch: (context, sizes) => memory.scratch(context, sizes),
    });
    const memory: GpuMemory = new GpuMemory(budgetBytes, {
      warn,
      host: options.hostMemory ?? heapMemory,
      panelDigests: (residence, type) => digests.panels(residence, type),
    });
    const contexts = new DeviceContexts(source, { clock, warn, changed, over: (end) => memory.clear(end) }, device);
    this.memory = new WebgpuMemory(memory, shareBuffers(memory, contexts), contexts, () => this.#rates as GpuRates);
    this.#contexts = contexts;
    this.#products = new Products(source, () => contexts.forTask(), clock, budgetBytes / 4, memory, options.notes);
    this.foreign = foreignWorkOn(memory, contexts);
  }

  get detail(): string {
    const { loss } = this.memory;
    if (loss === undefined)
      return `${this.#source.adapter}${this.isSoftware ? ' (software: used only where it is asked for by name)' : ''}`;
    return (
      `${this.#source.adapter}: not in use, ${loss.reason}; ` +
      `${loss.returning === undefined ? 'open another sheet to try it again' : 'it is being opened again'}`
    );
  }

  supports(task: Task, mode: Promptness): true | Refusal {
    if (mode === 'now') return ANSWERS_LATER;
    return this.#planOf(task) === undefined ? this.#refusal(task) : true;
  }

  /** Why there is no plan for a task that can run now. */
  #refusal(task: Task): Refusal {
    const context = this.#contexts.current;
    if (context === undefined) return this.#contexts.reason;
    const obstacle = context.planner.obstacle(task);
    if (obstacle !== undefined) return obstacle;
    const guess = context.planner.plan(task);
    if (guess === undefined) return NO_KERNEL;
    return (
      this.#obstacleTo(context, task, guess) ??
      "products of such shapes were checked and are wrong on this GPU; report this with the adapter's name"
    );
  }

  estimateNs(task: Task): number {
    const { dispatchNs, memoryNsPerByte, nsPerFlop } = this.#rates as GpuRates;
    return dispatchNs + Math.max(taskBytes(task) * memoryNsPerByte, taskFlops(task) * nsPerFlop);
  }

  run(task: Task, out: Block, mode: Promptness): void | Promise<void> {
    if (mode === 'now')
      throw new LimitError(
        `${task.row.name}: a GPU answers later and cannot compute within this call; await the tensor, or open ` +
          'the sheet without eager.',
        { op: task.row.name },
      );
    const context = this.#contexts.forTask();
    const product = context.planner.product(task);
    const plan = product === undefined ? this.#planOf(task) : this.#products.plan(product, this.#usable(context, task));
    return plan instanceof Promise
      ? plan.then((chosen) => this.#compile(context, task, chosen, out))
      : this.#compile(context, task, plan, out);
  }

  /** What a task would run as, now; undefined where it cannot. */
  #planOf(task: Task): Plan | undefined {
    const context = this.#contexts.current;
    if (context === undefined) return undefined;
    const usable = this.#usable(context, task);
    const product = context.planner.product(task);
    return product === undefined ? context.planner.plan(task, usable) : this.#products.known(product, usable);
  }

  #usable(context: DeviceContext, task: Task): Usable {
    return (plan) => this.#obstacleTo(context, task, plan) === undefined;
  }

  /** Why a plan of a task cannot run. */
  #obstacleTo({ pipelines }: DeviceContext, task: Task, plan: Plan): string | undefined {
    return pipelines.refusal(plan) ?? this.memory.gpu.refusal(task.operands, task, plan.scratch);
  }

  #compile(context: DeviceContext, task: Task, plan: Plan | undefined, out: Block): void | Promise<void> {
    context.epoch.check();
    if (plan === undefined)
      throw new SheetError('KERNEL', `${task.row.name}: ${this.#refusal(task)}; another device computes it.`, {
        op: task.row.name,
      });
    const pipelines = context.pipelines.all(plan.launches.map(({ shader }) => shader));
    if (!(pipelines instanceof Promise)) return this.#launch(context, task, plan, pipelines, out);
    return pipelines.then(
      (ready) => this.#launch(context, task, plan, ready, out),
      (error: unknown) => {
        if (context.epoch.isOver) throw context.epoch.error(error);
        // Another variant, or the parts of a fused row; a shader that was refused is in no plan any more.
        if (context.pipelines.refusal(plan) !== undefined && this.supports(task, 'free') === true)
          return this.run(task, out, 'free');
        throw new SheetError(
          'KERNEL',
          `${task.row.name}: ${context.pipelines.refusal(plan) ?? String(error)}. Another device computes it; ` +
            `report this with the adapter's name.`,
          { op: task.row.name },
          { cause: error },
        );
      },
    );
  }

  #launch(
    context: DeviceContext,
    task: Task,
    plan: Plan,
    pipelines: readonly Pipeline[],
    out: Block,
  ): void | Promise<void> {
    return this.memory.gpu.use(context, task.operands, valueOf(task.type, out), plan.scratch, (buffers) => {
      const dispatch = (): void =>
        plan.launches.forEach((launch, i) =>
          context.stream.dispatch(
            pipelines[i]!,
            launch,
            launch.buffers.map((index) => buffers[index]!),
          ),
        );
      // Stamps are of the kernels alone.
      if (context.planner.wantsTime(task))
        context.stream.timed(dispatch, (elapsedNs) =>
          this.memory.report(task, elapsedNs + (this.#rates as GpuRates).dispatchNs),
        );
      else dispatch();
    });
  }

  async probe(): Promise<void> {
    this.#rates = await probeRates(this.#contexts.forTask(), this.#options.clock);
  }

  close(): void {
    this.#contexts.close();
  }
}
