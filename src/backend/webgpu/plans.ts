// Which kernels compute a task: one way from a row's skeleton to a plan of launches.
import type { GpuLimits, Plan } from '../../../kernels/wgsl/launch.ts';
import { isGpuDType } from '../../../kernels/wgsl/storage.ts';
import type { Task } from '../device.ts';
import { planTask } from './plan-task.ts';

/** Runs of a kind of task that are timed first, and the share of those that follow. */
const FIRST_TIMED = 3;
const THEN_TIMED = 1 / 32;

/** Plans tasks for one adapter and remembers which it refused. */
export class Planner {
  readonly #limits: GpuLimits;
  readonly #plans = new WeakMap<Task, Plan | 'none'>();
  readonly #refused = new Set<string>();
  readonly #runs = new Map<string, number>();

  constructor(limits: GpuLimits) {
    this.#limits = limits;
  }

  /** The launches of a task, or undefined where the GPU has none for it. */
  plan(task: Task): Plan | undefined {
    let plan = this.#plans.get(task);
    if (plan === undefined) this.#plans.set(task, (plan = this.#fits(task) ? planTask(task, this.#limits) ?? 'none' : 'none'));
    return plan === 'none' ? undefined : plan;
  }

  /** No more tasks of this kind: their shader does not compile here. */
  refuse(task: Task): void {
    this.#refused.add(kindOf(task));
    this.#plans.set(task, 'none');
  }

  /** Whether this run of a kind of task should be timed. */
  wantsTime(task: Task): boolean {
    const kind = kindOf(task);
    const runs = (this.#runs.get(kind) ?? 0) + 1;
    this.#runs.set(kind, runs);
    return runs <= FIRST_TIMED || runs % (1 / THEN_TIMED) === 0;
  }

  #fits(task: Task): boolean {
    const limit = this.#limits.maxStorageBufferBindingSize;
    const fits = ({ dtype, size, sizeBytes }: Task['type']): boolean => isGpuDType(dtype) && size > 0 && sizeBytes <= limit;
    return task.numerics !== 'exact' && fits(task.type) && task.operands.every(({ type }) => fits(type)) && !this.#refused.has(kindOf(task));
  }
}

const kindOf = ({ row, type, operands }: Task): string => `${row.number} ${type.dtype} ${operands.map((operand) => operand.type.dtype).join()}`;
