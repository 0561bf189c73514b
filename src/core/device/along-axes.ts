// Reductions and row transforms: which kernel passes each is made of. A device says how it runs the two skeletons.
import { numberAttribute, numbersAttribute } from '../ops/attribute-values.ts';
import type { ElementArray, StridedOperand } from '../../../kernels/js/map.ts';
import type { Scalar } from '../../../kernels/scalar/algebra.ts';
import { reductions, type MappedOperand, type Reduction, stored } from '../../../kernels/js/reduce.ts';
import { logSoftmax, logSumExp, plainSkeletons, type Skeletons, softmax, variance } from '../../../kernels/rows.ts';
import type { ReductionName } from '../ops/define.ts';
import { stridesOf } from '../tensor/shape.ts';
import type { Task } from './device.ts';

type FloatArray = Float32Array | Float64Array;

/** Reductions that are one pass. */
const ONE_PASS: Partial<Record<ReductionName, Reduction>> = {
  sum: reductions.sum,
  prod: reductions.prod,
  min: reductions.min,
  max: reductions.max,
  mean: reductions.mean,
  any: reductions.any,
  all: reductions.all,
  norm1: reductions.sumOfMagnitudes,
  norm2: reductions.norm,
  normInf: reductions.maxMagnitude,
  count: reductions.countNonzero,
};

/** The reduction or row transform of a task on a device's skeletons. */
export function runAlongAxes(task: Task, out: ElementArray, on: Skeletons): void {
  const { kernel } = task.row;
  if (kernel.skeleton === 'rows') {
    const transform = kernel.transform === 'softmax' ? softmax : logSoftmax;
    return transform(operandsOf(task)[0]!, numberAttribute(task.attrs, 'axis'), out as FloatArray, on);
  }
  if (kernel.skeleton === 'reduce')
    runReduction(kernel.reduction, mappedBy(task) ?? operandsOf(task)[0]!, task, out, on);
}

/** The operands of a task as kernels take them. */
export const operandsOf = (task: Task): StridedOperand[] =>
  task.operands.map(({ array, type }) => ({ array, shape: type.shape }));

/** What a reduction with a prologue reduces. */
export function mappedBy(task: Task): MappedOperand | undefined {
  const { kernel, parts } = task.row;
  if (kernel.skeleton !== 'reduce' || kernel.prologue === undefined || parts === undefined) return undefined;
  return {
    element: kernel.prologue as Scalar,
    operands: operandsOf(task),
    shape: parts.between(
      task.operands.map(({ type }) => type),
      task.type,
    ).shape,
  };
}

/**
 * Reductions of which results may be reduced again together: of integers, where order does not matter, that is the
 * reduction of all.
 */
const REPEATABLE: ReadonlySet<ReductionName> = new Set(['sum', 'prod', 'min', 'max', 'any', 'all']);
export const isRepeatable = (name: ReductionName): boolean => REPEATABLE.has(name);

/** Whether a reduction is made of passes that may compute elements as they read them. */
export const isInPasses = (name: ReductionName): boolean => name in ONE_PASS || name === 'var' || name === 'std';

function runReduction(
  name: ReductionName,
  source: StridedOperand | MappedOperand,
  task: Task,
  out: ElementArray,
  on: Skeletons,
): void {
  const axes = numbersAttribute(task.attrs, 'axis');
  if (name === 'argmin' || name === 'argmax')
    on.argReduce(name === 'argmin' ? 'min' : 'max', inMemory(source, on), axes, out);
  else if (name === 'var' || name === 'std')
    variance(
      source,
      axes,
      numberAttribute(task.attrs, 'correction'),
      out as FloatArray,
      name === 'var' ? 'variance' : 'deviation',
      on,
    );
  else if (name === 'logsumexp') runLogSumExp(inMemory(source, on), axes, out as FloatArray, on);
  else on.reduce(ONE_PASS[name]!, source, axes, out);
}

const inMemory = (source: StridedOperand | MappedOperand, on: Skeletons): StridedOperand =>
  'element' in source ? stored(source, on.map) : source;

/** Several axes become one: those to reduce are moved last. */
function runLogSumExp(source: StridedOperand, axes: readonly number[], out: FloatArray, on: Skeletons): void {
  if (axes.length === 1) return logSumExp(source, axes[0]!, out, on);
  if (axes.length === source.shape.length)
    return logSumExp({ array: source.array, shape: [source.array.length] }, 0, out, on);
  const kept = source.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const order = [...kept, ...axes];
  const moved = new (source.array.constructor as new (length: number) => FloatArray)(source.array.length);
  const strides = stridesOf(source.shape);
  const shape = order.map((axis) => source.shape[axis]!);
  on.copy(
    shape,
    { array: source.array, strides: order.map((axis) => strides[axis]!), offset: 0 },
    { array: moved, strides: stridesOf(shape), offset: 0 },
  );
  logSumExp({ array: moved, shape: [out.length, moved.length / out.length] }, 1, out, on);
}

/** On the JavaScript kernels. */
export const alongAxesOnJs = (task: Task, out: ElementArray): void => runAlongAxes(task, out, plainSkeletons);
