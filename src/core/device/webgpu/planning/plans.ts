// Which tasks a GPU has kernels for and with which launches, and why it has none for the others.
import type { ContractLimits } from '../../../../../kernels/wgsl/contract/matrix.ts';
import type { ContractProblem } from '../../../../../kernels/wgsl/contract/problem.ts';
import type { Plan } from '../../../../../kernels/wgsl/launch.ts';
import { isGpuDType, bufferBytes } from '../../../../../kernels/wgsl/text/storage.ts';
import type { TensorType } from '../../../tensor/type.ts';
import type { Task } from '../../device.ts';
import { costClass } from '../../costs.ts';
import { anyPlan, planTask, contractProblem, type Usable } from './plan-task.ts';

/** Runs of a class of tasks that are timed first, and of how many that follow one is. */
const FIRST_TIMED = 3;
const THEN_TIMED_OF = 32;
/** Plans kept at most: those of a program's own shapes; parameters of a few hundred bytes each. */
const MAX_KEPT = 1024;

/** How a task is computed here, as far as nothing of it was refused. */
interface Planned {
  /** The best guess. */
  readonly plan: Plan | undefined;
  /** The matrix product that it is, if it is one; the same object for tasks that are alike. */
  readonly product: ContractProblem | undefined;
}

/** Plans tasks for one adapter. */
export class Planner {
  readonly limits: ContractLimits;
  readonly #planned = new WeakMap<Task, Planned>();
  readonly #kept = new Map<string, Planned>();
  readonly #runs = new Map<number, number>();

  constructor(limits: ContractLimits) {
    this.limits = limits;
  }

  /** The launches of a task, the best guess of those that are usable; undefined where the GPU has none for it. */
  plan(task: Task, usable: Usable = anyPlan): Plan | undefined {
    const { plan } = this.#of(task);
    return plan === undefined || usable(plan) ? plan : this.#guess(task, usable);
  }

  /** The matrix product that a task is, if it is one a GPU has kernels for. */
  product(task: Task): ContractProblem | undefined {
    return this.#of(task).product;
  }

  /** Why a task cannot even be planned; undefined where it might. */
  obstacle(task: Task): string | undefined {
    let obstacle = this.#obstacleOf(task.type);
    for (let i = 0; obstacle === undefined && i < task.operands.length; i++)
      obstacle = this.#obstacleOf(task.operands[i]!.type);
    return obstacle;
  }

  /** Whether this run of a task should be timed: by the class that its cost is learned for. */
  wantsTime(task: Task): boolean {
    const kind = costClass(task);
    const runs = (this.#runs.get(kind) ?? 0) + 1;
    this.#runs.set(kind, runs);
    return runs <= FIRST_TIMED || runs % THEN_TIMED_OF === 0;
  }

  #of(task: Task): Planned {
    let planned = this.#planned.get(task);
    if (planned === undefined)
      this.#planned.set(task, (planned = this.obstacle(task) === undefined ? this.#like(task) : NOT_PLANNED));
    return planned;
  }

  /** The plan of a task like one that was planned before, or a new one. */
  #like(task: Task): Planned {
    const key = keyOf(task);
    let planned = key === undefined ? undefined : this.#kept.get(key);
    if (planned !== undefined) return planned;
    const plan = this.#guess(task, anyPlan);
    planned = { plan, product: plan === undefined ? undefined : contractProblem(task) };
    if (this.#kept.size >= MAX_KEPT) this.#kept.clear();
    if (key !== undefined) this.#kept.set(key, planned);
    return planned;
  }

  #guess(task: Task, usable: Usable): Plan | undefined {
    return planTask(
      task,
      this.limits,
      (plan) => plan.scratch.every((sizeBytes) => sizeBytes <= this.limits.maxStorageBufferBindingSize) && usable(plan),
    );
  }

  #obstacleOf({ dtype, size }: TensorType): string | undefined {
    if (!isGpuDType(dtype)) return `it does not compute ${dtype}`;
    if (size === 0) return 'a tensor without elements has no buffer';
    const bytes = bufferBytes(dtype, size);
    return bytes > this.limits.maxStorageBufferBindingSize
      ? `a tensor of ${bytes} bytes is larger than a binding, at most ${this.limits.maxStorageBufferBindingSize}`
      : undefined;
  }
}

const NOT_PLANNED: Planned = { plan: undefined, product: undefined };

/**
 * Everything that a plan of these skeletons depends on; undefined for rows that are planned in their own way, some of
 * them by what operands hold.
 */
function keyOf({ row, attrs, operands, type }: Task): string | undefined {
  const { skeleton } = row.kernel;
  if (skeleton !== 'map' && skeleton !== 'reduce' && skeleton !== 'rows' && skeleton !== 'contract') return undefined;
  let key = `${row.number} ${type.dtype} ${type.shape.join()}`;
  for (const operand of operands) key += ` ${operand.type.dtype} ${operand.type.shape.join()}`;
  for (const name in attrs) key += ` ${name} ${String(attrs[name])}`;
  return key;
}
