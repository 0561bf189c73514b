// Reductions on the JavaScript kernels: which kernel passes a reduction is made of. Row transforms are in js-rows.ts.
import type { ElementArray } from '../../kernels/map.ts';
import { argReduce, reduce, reductions, type Reduction } from '../../kernels/reduce.ts';
import type { ReductionName } from '../ops/define.ts';
import type { Task } from './device.ts';

/** Runs one pass of a reduction; the device that composes passes says how. */
export interface Passes {
  reduce(reduction: Reduction, source: Source, axes: readonly number[], out: ElementArray, options?: { perResult?: readonly ElementArray[]; divisor?: number }): void;
}

/** What is reduced. */
export interface Source {
  readonly array: ElementArray;
  readonly shape: readonly number[];
}

/** Reductions that are one pass. */
const ONE_PASS: Partial<Record<ReductionName, Reduction>> = {
  sum: reductions.sum, prod: reductions.prod, min: reductions.min, max: reductions.max, mean: reductions.mean, any: reductions.any, all: reductions.all,
  norm1: reductions.sumOfMagnitudes, norm2: reductions.norm, normInf: reductions.maxMagnitude, count: reductions.countNonzero,
};

/** The reduction of a task, from passes; arg-reductions are always JavaScript. */
export function runReduction(name: ReductionName, task: Task, out: ElementArray, passes: Passes): void {
  const [operand] = task.operands;
  const source = { array: operand?.array as ElementArray, shape: operand?.type.shape ?? [] };
  const axes = task.attrs['axis'] as number[];
  if (name === 'argmin' || name === 'argmax') return argReduce(name === 'argmin' ? 'min' : 'max', source, axes, out);
  if (name === 'var' || name === 'std') return runVariance(name, source, axes, out, task, passes);
  passes.reduce(ONE_PASS[name] as Reduction, source, axes, out);
}

/** Two passes: the mean in float64, then the squared deviations from it. */
function runVariance(name: 'var' | 'std', source: Source, axes: readonly number[], out: ElementArray, task: Task, passes: Passes): void {
  const mean = new Float64Array(out.length);
  passes.reduce(reductions.mean, source, axes, mean);
  const count = out.length === 0 ? 0 : source.array.length / out.length;
  const divisor = Math.max(0, count - (task.attrs['correction'] as number));
  passes.reduce(name === 'var' ? reductions.variance : reductions.deviation, source, axes, out, { perResult: [mean], divisor });
}

/** The reduction of a task on the JavaScript kernels. */
export function reduceOnJs(task: Task, out: ElementArray): void {
  const { kernel } = task.row;
  if (kernel.skeleton === 'reduce') runReduction(kernel.reduction, task, out, { reduce });
}
