// Which tasks a GPU computes and with which launches, and why it does not compute the others.
import type { GpuLimits, Plan } from '../../../kernels/wgsl/launch.ts';
import { isGpuDType, storedBytes } from '../../../kernels/wgsl/storage.ts';
import type { TensorType } from '../../tensor/type.ts';
import type { Task } from '../device.ts';
import { planTask } from './plan-task.ts';

/** Runs of a kind of task that are timed first, and of how many that follow one is. */
const FIRST_TIMED = 3;
const THEN_TIMED_OF = 32;

/** Plans tasks for one adapter and remembers which it refused. */
export class Planner {
  readonly limits: GpuLimits;
  readonly #plans = new WeakMap<Task, Plan | 'none'>();
  /** Kinds of tasks whose shader does not compile here, with what was wrong. */
  readonly #refused = new Map<string, string>();
  readonly #runs = new Map<string, number>();

  constructor(limits: GpuLimits) {
    this.limits = limits;
  }

  /** The launches of a task, or undefined where the GPU has none for it. */
  plan(task: Task): Plan | undefined {
    let plan = this.#plans.get(task);
    if (plan === undefined) this.#plans.set(task, (plan = this.obstacle(task) === undefined ? this.#planned(task) ?? 'none' : 'none'));
    return plan === 'none' ? undefined : plan;
  }

  /** Why a task cannot even be planned; undefined where it might. */
  obstacle(task: Task): string | undefined {
    if (task.numerics === 'exact') return 'its results are not those of class exact';
    for (const type of [task.type, ...task.operands.map((operand) => operand.type)]) {
      const obstacle = this.#obstacleOf(type);
      if (obstacle !== undefined) return obstacle;
    }
    return this.#refused.get(kindOf(task));
  }

  /** No more tasks of this kind: their shader does not compile here. */
  refuse(task: Task, why: string): void {
    this.#refused.set(kindOf(task), why);
    this.#plans.set(task, 'none');
  }

  /** Whether this run of a kind of task should be timed. */
  wantsTime(task: Task): boolean {
    const kind = kindOf(task);
    const runs = (this.#runs.get(kind) ?? 0) + 1;
    this.#runs.set(kind, runs);
    return runs <= FIRST_TIMED || runs % THEN_TIMED_OF === 0;
  }

  #planned(task: Task): Plan | undefined {
    const plan = planTask(task, this.limits);
    return plan === undefined || plan.scratch.some((sizeBytes) => sizeBytes > this.limits.maxStorageBufferBindingSize) ? undefined : plan;
  }

  #obstacleOf({ dtype, size }: TensorType): string | undefined {
    if (!isGpuDType(dtype)) return `it does not compute ${dtype}`;
    if (size === 0) return 'a tensor without elements has no buffer';
    const bytes = storedBytes(dtype, size);
    return bytes > this.limits.maxStorageBufferBindingSize ? `a tensor of ${bytes} bytes is larger than a binding, at most ${this.limits.maxStorageBufferBindingSize}` : undefined;
  }
}

const kindOf = ({ row, type, operands }: Task): string => `${row.number} ${type.dtype} ${operands.map((operand) => operand.type.dtype).join()}`;
