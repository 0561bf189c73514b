// Which tasks a GPU has kernels for and with which launches, and why it has none for the others.
import type { GpuLimits, Plan } from '../../../kernels/wgsl/launch.ts';
import { isGpuDType, storedBytes } from '../../../kernels/wgsl/storage.ts';
import type { TensorType } from '../../tensor/type.ts';
import type { Task } from '../device.ts';
import { anyPlan, planTask, type Usable } from './plan-task.ts';

/** Runs of a kind of task that are timed first, and of how many that follow one is. */
const FIRST_TIMED = 3;
const THEN_TIMED_OF = 32;

/** Plans tasks for one adapter. */
export class Planner {
  readonly limits: GpuLimits;
  readonly #runs = new Map<string, number>();

  constructor(limits: GpuLimits) {
    this.limits = limits;
  }

  /** The launches of a task, the best guess of those that are usable; undefined where the GPU has none for it. */
  plan(task: Task, usable: Usable = anyPlan): Plan | undefined {
    if (this.obstacle(task) !== undefined) return undefined;
    return planTask(task, this.limits, (plan) => plan.scratch.every((sizeBytes) => sizeBytes <= this.limits.maxStorageBufferBindingSize) && usable(plan));
  }

  /** Why a task cannot even be planned; undefined where it might. */
  obstacle(task: Task): string | undefined {
    if (task.numerics === 'exact') return 'its results are not those of class exact';
    for (const type of [task.type, ...task.operands.map((operand) => operand.type)]) {
      const obstacle = this.#obstacleOf(type);
      if (obstacle !== undefined) return obstacle;
    }
    return undefined;
  }

  /** Whether this run of a kind of task should be timed. */
  wantsTime(task: Task): boolean {
    const kind = kindOf(task);
    const runs = (this.#runs.get(kind) ?? 0) + 1;
    this.#runs.set(kind, runs);
    return runs <= FIRST_TIMED || runs % THEN_TIMED_OF === 0;
  }

  #obstacleOf({ dtype, size }: TensorType): string | undefined {
    if (!isGpuDType(dtype)) return `it does not compute ${dtype}`;
    if (size === 0) return 'a tensor without elements has no buffer';
    const bytes = storedBytes(dtype, size);
    return bytes > this.limits.maxStorageBufferBindingSize ? `a tensor of ${bytes} bytes is larger than a binding, at most ${this.limits.maxStorageBufferBindingSize}` : undefined;
  }
}

/** What is timed together. */
const kindOf = ({ row, type, operands }: Task): string => `${row.number} ${type.dtype} ${operands.map((operand) => operand.type.dtype).join()}`;
