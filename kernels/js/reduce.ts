// The reduce skeleton in plain JavaScript: body, then a fixed-order combination along axes, then an optional last step.
import { scalar, type Algebra, type Scalar } from '../scalar/algebra.ts';
import { isBigIntArray } from '../big-integers.ts';
import { floatAlgebra } from '../scalar/js-algebra.ts';
import { domainFor, loaderFor, map, storeFor, type Domain, type ElementArray, type StridedOperand } from './map.ts';
import { collapse, elementCount, forEachRow, rowMajorStrides, type LoopNest } from '../strides.ts';

/** What a combination starts from: neutral values of sum, product, maximum and minimum in the domain computed in. */
type NeutralElement = 'zero' | 'one' | 'lowest' | 'highest';

/** result = finish(combine over r of body(x[r], perResult…), divisor), rounded once to the dtype of the result. */
export interface Reduction {
  readonly name: string;
  /** Applied to every element first; operands after x are one value per result (the mean in a variance). */
  readonly body: Scalar;
  readonly combine: Scalar;
  readonly identity: NeutralElement;
  /** Applied to (accumulated, divisor) last. */
  readonly finish?: Scalar;
}

/**
 * What a reduction may read in place of an operand: a function of operands, float32 as they, its values rounded as if
 * they had been stored.
 */
export interface MappedOperand {
  readonly element: Scalar;
  readonly operands: readonly StridedOperand[];
  /** To which the operands are broadcast. */
  readonly shape: readonly number[];
}

/** Values that do not vary along the reduced axes, and the number the last step divides by. */
export interface ReduceOptions {
  /** Row-major arrays with one element per result, the second and later operands of the body. */
  readonly perResult?: readonly ElementArray[];
  readonly divisor?: number;
}

const identityBody = scalar('identity', 1, (_, x) => x);
const truth = scalar('truth', 1, (m, x) => m.select(m.ne(x, m.constant(0)), m.constant(1), m.constant(0)));
const square = scalar('square', 1, (m, x) => m.mul(x, x));
const magnitude = scalar('abs', 1, (m, x) => m.abs(x));
const squaredDeviation = scalar('squaredDeviation', 2, (m, x, mean) => {
  const deviation = m.sub(x, mean);
  return m.mul(deviation, deviation);
});
const add = scalar('add', 2, (m, a, b) => m.add(a, b));
const multiply = scalar('multiply', 2, (m, a, b) => m.mul(a, b));
const minimum = scalar('minimum', 2, (m, a, b) => m.min(a, b));
const maximum = scalar('maximum', 2, (m, a, b) => m.max(a, b));
const divide = scalar('divide', 2, (m, a, b) => m.div(a, b));
const rootOfQuotient = scalar('rootOfQuotient', 2, (m, a, b) => m.sqrt(m.div(a, b)));
const root = scalar('root', 2, (m, a) => m.sqrt(a));

/** The reductions the ops use; a row may define more. */
export const reductions = {
  sum: { name: 'sum', body: identityBody, combine: add, identity: 'zero' },
  prod: { name: 'prod', body: identityBody, combine: multiply, identity: 'one' },
  min: { name: 'min', body: identityBody, combine: minimum, identity: 'highest' },
  max: { name: 'max', body: identityBody, combine: maximum, identity: 'lowest' },
  any: { name: 'any', body: truth, combine: maximum, identity: 'zero' },
  all: { name: 'all', body: truth, combine: minimum, identity: 'one' },
  countNonzero: { name: 'countNonzero', body: truth, combine: add, identity: 'zero' },
  sumOfSquares: { name: 'sumOfSquares', body: square, combine: add, identity: 'zero' },
  sumOfMagnitudes: { name: 'sumOfMagnitudes', body: magnitude, combine: add, identity: 'zero' },
  /** Euclidean norm. */
  norm: { name: 'norm', body: square, combine: add, identity: 'zero', finish: root },
  maxMagnitude: { name: 'maxMagnitude', body: magnitude, combine: maximum, identity: 'zero' },
  /** divisor = the number of elements reduced. */
  mean: { name: 'mean', body: identityBody, combine: add, identity: 'zero', finish: divide },
  /** perResult = [mean in float64], divisor = count - correction. */
  variance: { name: 'variance', body: squaredDeviation, combine: add, identity: 'zero', finish: divide },
  /** As variance, then the square root. */
  deviation: { name: 'deviation', body: squaredDeviation, combine: add, identity: 'zero', finish: rootOfQuotient },
} as const satisfies Record<string, Reduction>;

/**
 * Reduces `axes` of a strided operand into `out` (row-major over the kept axes). r counts the reduced elements in
 * row-major order. If the innermost axis (extents of 1 left out) is reduced, element r goes to lane r mod 8, and lanes
 * combine as ((0+4)+(2+6))+((1+5)+(3+7)); otherwise r runs sequentially. Floats accumulate in float64, integers in the
 * dtype of `out`.
 */
export function reduce(
  reduction: Reduction,
  source: StridedOperand | MappedOperand,
  axes: readonly number[],
  out: ElementArray,
  options: ReduceOptions = {},
): void {
  const operand = 'element' in source ? stored(source) : source;
  const split = splitAxes(operand, axes);
  const results = elementCount(split.kept.shape);
  const perResult = options.perResult ?? [];
  if (out.length !== results) throw new RangeError(`out holds ${out.length} elements, the reduction gives ${results}`);
  if (reduction.body.arity !== 1 + perResult.length) {
    throw new RangeError(
      `${reduction.name} needs ${reduction.body.arity - 1} per-result operands, got ${perResult.length}`,
    );
  }
  const domain = domainFor('value', [operand.array, ...perResult], out) as Numeric;
  const fold = folder(domain, reduction, operand.array, perResult, split);
  const store = storeFor('value', domain, out);
  const finish = reduction.finish;
  const divisor = domain.constant(options.divisor ?? split.count);
  eachKept(split.kept, operand.offset ?? 0, (offset, result) => {
    const total = fold(offset, result);
    store(result, finish === undefined ? total : finish.body(domain, total, divisor));
  });
}

/** The values of a mapped operand in memory. */
export function stored({ element, operands, shape }: MappedOperand, on: typeof map = map): StridedOperand {
  const array = new Float32Array(elementCount(shape));
  on(element, operands, array, shape);
  return { array, shape };
}

/**
 * Position (r, as in `reduce`) of the first least or greatest element along the axes; the first NaN wins, as in NumPy.
 */
export function argReduce(
  which: 'min' | 'max',
  operand: StridedOperand,
  axes: readonly number[],
  out: ElementArray,
): void {
  const split = splitAxes(operand, axes);
  if (split.count === 0 && out.length > 0)
    throw new RangeError('an empty axis has no extreme element: reduce a non-empty axis');
  const place = which === 'min' ? placeOfLeast : placeOfGreatest;
  eachKept(split.kept, operand.offset ?? 0, (offset, result) => {
    const best = place(operand.array, offset, split);
    if (isBigIntArray(out)) out[result] = BigInt(best);
    else out[result] = best;
  });
}

function placeOfLeast(array: ElementArray, offset: number, { starts, inner, stride }: Split): number {
  let [best, place, r] = [array[offset + starts[0]!]!, 0, 0];
  for (let row = 0; row < starts.length; row++) {
    let at = offset + starts[row]!;
    for (let i = 0; i < inner; i++, r++, at += stride) {
      const x = array[at]!;
      if (x !== x) return r;
      if (x < best) [best, place] = [x, r];
    }
  }
  return place;
}

function placeOfGreatest(array: ElementArray, offset: number, { starts, inner, stride }: Split): number {
  let [best, place, r] = [array[offset + starts[0]!]!, 0, 0];
  for (let row = 0; row < starts.length; row++) {
    let at = offset + starts[row]!;
    for (let i = 0; i < inner; i++, r++, at += stride) {
      const x = array[at]!;
      if (x !== x) return r;
      if (x > best) [best, place] = [x, r];
    }
  }
  return place;
}

/**
 * Whether the reduction of these axes runs in eight lanes (true) or sequentially (false): a function of shape and axes
 * alone.
 */
export function runsInLanes(shape: readonly number[], axes: readonly number[]): boolean {
  for (let d = shape.length - 1; d >= 0; d--) if (shape[d] !== 1) return axes.includes(d);
  return true;
}

type Numeric = Algebra<number, boolean>; // stands for either domain: values are passed through untouched

interface Split {
  readonly kept: LoopNest;
  /**
   * Where the rows of reduced elements begin relative to a result's first element, in order of r; an operand that lies
   * dense is one row.
   */
  readonly starts: Float64Array;
  /** Elements of a row, and how far apart they are. */
  readonly inner: number;
  readonly stride: number;
  readonly count: number;
  readonly inLanes: boolean;
}

function splitAxes(operand: StridedOperand, axes: readonly number[]): Split {
  const { shape } = operand;
  const strides = operand.strides ?? rowMajorStrides(shape);
  const pick = (wanted: boolean): LoopNest => {
    const dims = shape.map((_, d) => d).filter((d) => axes.includes(d) === wanted);
    return collapse({ shape: dims.map((d) => shape[d]!), strides: [dims.map((d) => strides[d]!)] });
  };
  const reduced = pick(true);
  return {
    kept: pick(false),
    ...rowsOf(reduced),
    count: elementCount(reduced.shape),
    inLanes: runsInLanes(shape, axes),
  };
}

function rowsOf(nest: LoopNest): Pick<Split, 'starts' | 'inner' | 'stride'> {
  const inner = nest.shape[nest.shape.length - 1]!;
  const starts = new Float64Array(elementCount(nest.shape.slice(0, -1)));
  forEachRow(nest, [0], ([start], row) => {
    starts[row] = start!;
  });
  return { starts, inner, stride: nest.strides[0]![nest.shape.length - 1]! };
}

function eachKept(nest: LoopNest, start: number, visit: (offset: number, result: number) => void): void {
  const inner = nest.shape[nest.shape.length - 1]!;
  const stride = nest.strides[0]![nest.shape.length - 1]!;
  forEachRow(nest, [start], ([offset], row) => {
    for (let i = 0; i < inner; i++) visit(offset! + i * stride, row * inner + i);
  });
}

function folder(
  m: Numeric,
  reduction: Reduction,
  array: ElementArray,
  perResult: readonly ElementArray[],
  split: Split,
): (offset: number, result: number) => number {
  const load = (reduction.body === truth ? truthOf(m, array) : loaderFor(m, array)) as (index: number) => number;
  const extras = perResult.map((values) => loaderFor(m, values) as (index: number) => number);
  const { starts, inner, stride, inLanes } = split;
  const start = identityOf(reduction.identity, m, array);
  const lanes = new Array<number>(inLanes ? 8 : 1);
  const mask = lanes.length - 1;
  const body = reduction.body.body;
  const combine = reduction.combine.body;
  return (offset, result) => {
    lanes.fill(start);
    const fixed = extras.map((extra) => extra(result));
    let lane = 0;
    for (let row = 0; row < starts.length; row++) {
      let at = offset + starts[row]!;
      for (let i = 0; i < inner; i++, at += stride) {
        const x = load(at);
        lanes[lane] = combine(m, lanes[lane]!, fixed.length === 0 ? body(m, x) : body(m, x, ...fixed));
        lane = (lane + 1) & mask;
      }
    }
    return inLanes ? joinLanes((a, b) => combine(m, a, b), lanes) : lanes[0]!;
  };
}

/** 0 or 1 by element, before anything wraps: 256 is true also where the result is a byte. */
function truthOf(m: Numeric, array: ElementArray): (index: number) => number {
  const [no, yes] = [m.constant(0), m.constant(1)];
  return (i) => (Number(array[i]) === 0 ? no : yes);
}

/** The fixed tree over eight lanes: ((0+4)+(2+6))+((1+5)+(3+7)). */
function joinLanes(combine: (a: number, b: number) => number, lanes: readonly number[]): number {
  const pair = (i: number) => combine(lanes[i]!, lanes[i + 4]!);
  return combine(combine(pair(0), pair(2)), combine(pair(1), pair(3)));
}

function identityOf(identity: NeutralElement, domain: Domain, array: ElementArray): number {
  const m = domain as Numeric;
  if (identity === 'zero') return m.constant(0);
  if (identity === 'one') return m.constant(1);
  if (m === floatAlgebra) return identity === 'lowest' ? -Infinity : Infinity;
  return extremeOf(array)[identity] as number;
}

/** The least and the greatest element of integers of a class. */
export function extremeOf(array: ElementArray): { lowest: number | bigint; highest: number | bigint } {
  if (array instanceof BigInt64Array) return { lowest: -(2n ** 63n), highest: 2n ** 63n - 1n };
  if (array instanceof BigUint64Array) return { lowest: 0n, highest: 2n ** 64n - 1n };
  const bits = array.BYTES_PER_ELEMENT * 8;
  const signed = array instanceof Int32Array || array instanceof Int16Array || array instanceof Int8Array;
  return signed ? { lowest: -(2 ** (bits - 1)), highest: 2 ** (bits - 1) - 1 } : { lowest: 0, highest: 2 ** bits - 1 };
}
