// Operations along one axis composed of map and reduce: softmax and its relatives, mean and variance. Bits do not
// depend on the skeletons.
import { scalar } from './scalar/algebra.ts';
import { map, type StridedOperand } from './js/map.ts';
import { exp, log } from './scalar/math.ts';
import { reductions, type MappedOperand, type Reduction } from './js/reduce.ts';
import { plainSkeletons, type Skeletons } from './skeletons.ts';

export { plainSkeletons, type Skeletons } from './skeletons.ts';
import { elementCount } from './strides.ts';

type FloatArray = Float32Array | Float64Array;

const shiftedExp = scalar('shiftedExp', 2, (m, x, shift) => m.call(exp, m.sub(x, shift)));
const product = scalar('product', 2, (m, x, factor) => m.mul(x, factor));
const twiceShifted = scalar('twiceShifted', 3, (m, x, shift, logSum) => m.sub(m.sub(x, shift), logSum));
const finiteOrZero = scalar('finiteOrZero', 1, (m, x) =>
  m.select(m.eq(m.abs(x), m.constant(Infinity)), m.constant(0), x),
);
const plus = scalar('plus', 2, (m, a, b) => m.add(a, b));

/** log of the sum over r of e^(x - shift). */
const logSumOfShiftedExp: Reduction = {
  name: 'logSumOfShiftedExp',
  body: shiftedExp,
  combine: plus,
  identity: 'zero',
  finish: scalar('logOfTotal', 2, (m, total) => m.call(log, total)),
};

/** 1 / sum: a row is then scaled by products, several times as fast as quotients. */
const reciprocalOfSum: Reduction = {
  ...reductions.sum,
  name: 'reciprocalOfSum',
  finish: scalar('reciprocalOfTotal', 2, (m, total) => m.div(m.constant(1), total)),
};

const BLOCK_ELEMENTS = 1 << 14; // rows are done in blocks that stay in the cache between the passes

/**
 * Softmax along an axis: e = e^(x - max) rounded to the dtype of `out`, times the float64 reciprocal of the sum of
 * those e (order of `reduce`), rounded once more. A row of -Infinity alone, or with NaN or +Infinity, gives NaN.
 */
export function softmax(operand: StridedOperand, axis: number, out: FloatArray, on: Skeletons = plainSkeletons): void {
  eachBlock(operand, axis, out, (part, target) => {
    const results = resultsOf(part.shape);
    const greatest = new Float64Array(results);
    on.reduce(reductions.max, part, [1], greatest);
    on.map(shiftedExp, [part, kept(greatest, part.shape)], target, part.shape);
    const factors = new Float64Array(results);
    on.reduce(reciprocalOfSum, { array: target, shape: part.shape }, [1], factors);
    on.map(product, [{ array: target, shape: part.shape }, kept(factors, part.shape)], target, part.shape);
  });
}

/** Logarithm of the softmax along an axis: (x - max) - log(sum e^(x - max)) in float64, rounded once. */
export function logSoftmax(
  operand: StridedOperand,
  axis: number,
  out: FloatArray,
  on: Skeletons = plainSkeletons,
): void {
  eachBlock(operand, axis, out, (part, target) => {
    const results = resultsOf(part.shape);
    const greatest = new Float64Array(results);
    on.reduce(reductions.max, part, [1], greatest);
    const logSums = new Float64Array(results);
    on.reduce(logSumOfShiftedExp, part, [1], logSums, { perResult: [greatest] });
    on.map(twiceShifted, [part, kept(greatest, part.shape), kept(logSums, part.shape)], target, part.shape);
  });
}

/** log(sum e^x) along an axis, without overflow; `out` has the axis left out. A row of -Infinity gives -Infinity. */
export function logSumExp(
  operand: StridedOperand | MappedOperand,
  axis: number,
  out: FloatArray,
  on: Skeletons = plainSkeletons,
): void {
  const results = [out.length];
  const greatest = new Float64Array(out.length);
  on.reduce(reductions.max, operand, [axis], greatest);
  on.map(finiteOrZero, [{ array: greatest, shape: results }], greatest, results);
  const logSums = new Float64Array(out.length);
  on.reduce(logSumOfShiftedExp, operand, [axis], logSums, { perResult: [greatest] });
  on.map(
    plus,
    [
      { array: greatest, shape: results },
      { array: logSums, shape: results },
    ],
    out,
    results,
  );
}

/**
 * Variance (or standard deviation) over axes in two passes: the mean in float64, then sum (x - mean)^2 / (count -
 * correction).
 */
export function variance(
  operand: StridedOperand | MappedOperand,
  axes: readonly number[],
  correction: number,
  out: FloatArray,
  of: 'variance' | 'deviation' = 'variance',
  on: Skeletons = plainSkeletons,
): void {
  const count = elementCount(axes.map((axis) => operand.shape[axis]!));
  const means = new Float64Array(out.length);
  on.reduce(reductions.mean, operand, axes, means);
  on.reduce(reductions[of], operand, axes, out, { perResult: [means], divisor: Math.max(0, count - correction) });
}

/** A dense operand seen as [outer, count, inner], some outer slices at a time. */
function eachBlock(
  operand: StridedOperand,
  axis: number,
  out: FloatArray,
  visit: (part: StridedOperand, out: FloatArray) => void,
): void {
  const { shape } = operand;
  const count = shape[axis]!;
  const inner = elementCount(shape.slice(axis + 1));
  const outer = elementCount(shape.slice(0, axis));
  const source = operand.strides === undefined ? operand : densified(operand);
  const slices = Math.max(1, Math.floor(BLOCK_ELEMENTS / Math.max(1, count * inner)));
  for (let first = 0; first < outer; first += slices) {
    const now = Math.min(slices, outer - first);
    const start = first * count * inner;
    const part = { array: source.array, shape: [now, count, inner], offset: (source.offset ?? 0) + start };
    visit(part, out.subarray(start, start + now * count * inner));
  }
}

const copy = scalar('copy', 1, (_, x) => x);

function densified(operand: StridedOperand): StridedOperand {
  const array = new Float64Array(elementCount(operand.shape));
  map(copy, [operand], array, operand.shape);
  return { array, shape: operand.shape };
}

function resultsOf([outer, , inner]: readonly number[]): number {
  return outer! * inner!;
}

/** Per-result values broadcast back along the reduced axis. */
function kept(array: Float64Array, [outer, , inner]: readonly number[]): StridedOperand {
  return { array, shape: [outer!, 1, inner!] };
}
