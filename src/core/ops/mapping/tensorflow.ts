// How TensorFlow.js computes rows: the one table that maps an op to calls of tf, and why the rest is not in it.
import { numberAttribute, numbersAttribute } from '../attribute-values.ts';
import { broadcast, sizeOf } from '../../tensor/shape.ts';
import type { TensorType } from '../../tensor/type.ts';
import type { AttributeValues } from '../define.ts';
import type { TensorFlow, TfDType, TfTensor } from './tensorflow-module.ts';

/** A call as a mapping sees it. */
interface TensorflowCall {
  readonly types: readonly TensorType[];
  readonly type: TensorType;
  readonly attrs: AttributeValues;
}

/** How tf computes one row. */
export interface TensorflowMapping {
  /** Dtypes of the operands, but for a condition, which is bool. */
  readonly dtypes: readonly TfDType[];
  /**
   * Most error in units of float32's epsilon, over the backends cpu, wasm and tensorflow; 0 = the bits of the
   * specification.
   */
  readonly error: number;
  /** Most elements along an axis for which the error holds where a backend adds them one by one in float32. */
  readonly longest?: number;
  /** Whether tf takes operands of these shapes; by default it takes all. */
  readonly takes?: (types: readonly TensorType[]) => boolean;
  /** Whether shaders may compute it: they need not tell NaN and infinities from numbers, and exponentials lose bits. */
  readonly onShaders: boolean;
  readonly compute: (tf: TensorFlow, operands: readonly TfTensor[], call: TensorflowCall) => TfTensor;
}

const FLOAT: readonly TfDType[] = ['float32'];
const INT: readonly TfDType[] = ['int32'];
const BOOL: readonly TfDType[] = ['bool'];
const NUMERIC: readonly TfDType[] = ['float32', 'int32'];
const COUNTED: readonly TfDType[] = ['int32', 'bool'];
const ANY: readonly TfDType[] = ['float32', 'int32', 'bool'];

const mapping = (
  dtypes: readonly TfDType[],
  error: number,
  compute: TensorflowMapping['compute'],
): TensorflowMapping => ({ dtypes, error, onShaders: false, compute });

type One = (tf: TensorFlow, x: TfTensor) => TfTensor;
type Two = (tf: TensorFlow, x: TfTensor, y: TfTensor) => TfTensor;
type Reduce = (tf: TensorFlow, x: TfTensor, axes: number[], keepdims: boolean) => TfTensor;

const one = (dtypes: readonly TfDType[], compute: One): TensorflowMapping =>
  mapping(dtypes, 0, (tf, operands) => compute(tf, operands[0]!));
const two = (dtypes: readonly TfDType[], compute: Two): TensorflowMapping =>
  mapping(dtypes, 0, (tf, operands) => compute(tf, operands[0]!, operands[1]!));
const reduction = (dtypes: readonly TfDType[], compute: Reduce): TensorflowMapping =>
  mapping(dtypes, 0, (tf, operands, { attrs }) =>
    compute(tf, operands[0]!, [...numbersAttribute(attrs, 'axis')], attrs['keepdims'] === true),
  );

/** A function that backends approximate each in its own way; 4 ε is the worst of them. */
const fn = (compute: One): TensorflowMapping => ({ ...one(FLOAT, compute), error: 4 });

/** A transform of rows; tf takes the last axis only. */
const rows = (transform: One): TensorflowMapping => ({
  ...mapping(FLOAT, 8, (tf, [x], { attrs, type }) =>
    alongLast(tf, x as TfTensor, numberAttribute(attrs, 'axis'), type.shape.length, transform),
  ),
  longest: 64,
});

function alongLast(tf: TensorFlow, x: TfTensor, axis: number, rank: number, transform: One): TfTensor {
  if (axis === rank - 1) return transform(tf, x);
  const order = Array.from({ length: rank }, (_, i) => (i === axis ? rank - 1 : i === rank - 1 ? axis : i));
  return tf.transpose(transform(tf, tf.transpose(x, order)), order);
}

/**
 * Most terms of a product that are added in one call. Backends add them one by one in float32 and drift on long rows
 * (65536 equal terms: 4204 ε on wasm, 58 ε at most in pieces), and from 2000 on webgpu adds in an order that changes
 * from run to run (its MatMulSplitK).
 */
const PIECE = 512;

function product(
  tf: TensorFlow,
  operands: readonly TfTensor[],
  { types: [a, b], type, attrs }: TensorflowCall,
): TfTensor {
  const [left, right] = [(a as TensorType).shape, (b as TensorType).shape];
  const [transposeA, transposeB] = [
    left.length > 1 && attrs['transposeA'] === true,
    right.length > 1 && attrs['transposeB'] === true,
  ];
  const x = left.length > 1 ? operands[0]! : tf.reshape(operands[0]!, [1, ...left]);
  const y = right.length > 1 ? operands[1]! : tf.reshape(operands[1]!, [...right, 1]);
  const [innerX, innerY] = [x.shape.length - (transposeA ? 2 : 1), y.shape.length - (transposeB ? 1 : 2)];
  const terms = x.shape[innerX]!;
  let sum: TfTensor | undefined;
  for (let from = 0; from < terms; from += PIECE) {
    const piece = tf.matMul(window(tf, x, innerX, from), window(tf, y, innerY, from), transposeA, transposeB);
    sum = sum === undefined ? piece : tf.add(sum, piece);
  }
  return tf.reshape(sum as TfTensor, [...type.shape]);
}

/**
 * Whether each batch is that of the result, or a single matrix: where both stretch, backends take the larger for the
 * result's.
 */
function batchesMatch([a, b]: readonly TensorType[]): boolean {
  const batches = [a as TensorType, b as TensorType].map(({ shape }) => shape.slice(0, -2));
  const whole = sizeOf(broadcast('', batches, []));
  return batches.every((batch) => sizeOf(batch) === 1 || sizeOf(batch) === whole);
}

/** The lowest finite float32. */
const LOWEST = -(2 - 2 ** -23) * 2 ** 127;

/** At most PIECE elements along an axis. */
function window(tf: TensorFlow, x: TfTensor, axis: number, from: number): TfTensor {
  const length = x.shape[axis]!;
  if (length <= PIECE) return x;
  return tf.slice(
    x,
    x.shape.map((_, i) => (i === axis ? from : 0)),
    x.shape.map((n, i) => (i === axis ? Math.min(PIECE, length - from) : n)),
  );
}

/**
 * Rows by name. Left out, because a backend gives other values than the specification:
 * - sum, prod, mean, var, std and the norms of floats, logsumexp: accumulated in float32 (4096 equal elements: 323 ε),
 *   or overflow where float64 does not;
 * - argmin, argmax: skip NaN; maximum, minimum, clip of floats: wasm drops NaN, tensorflow the sign of zero; round: cpu
 *   drops the sign of zero;
 * - sin, cos, log1p: wasm is off by thousands of ε near zeros of the function; erf, and gelu by it: cpu is off by
 *   hundreds; pow: cpu gives NaN for 1 to ∞;
 * - floor_divide, remainder: other signs and roundings; multiply, square, abs, negative of int32: cpu or wasm pass
 *   through floats;
 * - where of bool: the wasm backend writes out of bounds; all and any of floats: tensorflow takes subnormals for 0;
 * - logaddexp, hypot, bitwise ops, linear systems: tf has none.
 * Movement, creation, casts and indexing only copy, and tensors enter and leave tf by copies: there is nothing to win.
 */
export const TENSORFLOW: ReadonlyMap<string, TensorflowMapping> = new Map(
  Object.entries({
    add: two(NUMERIC, (tf, x, y) => tf.add(x, y)),
    subtract: two(NUMERIC, (tf, x, y) => tf.sub(x, y)),
    multiply: two(FLOAT, (tf, x, y) => tf.mul(x, y)),
    divide: two(FLOAT, (tf, x, y) => tf.div(x, y)),
    negative: one(FLOAT, (tf, x) => tf.neg(x)),
    abs: one(FLOAT, (tf, x) => tf.abs(x)),
    square: one(FLOAT, (tf, x) => tf.square(x)),
    sqrt: one(FLOAT, (tf, x) => tf.sqrt(x)),
    reciprocal: one(FLOAT, (tf, x) => tf.div(tf.scalar(1), x)), // tf.reciprocal is off by up to 4 ε
    maximum: two(INT, (tf, x, y) => tf.maximum(x, y)),
    minimum: two(INT, (tf, x, y) => tf.minimum(x, y)),
    clip: mapping(INT, 0, (tf, [x, y, z]) => tf.minimum(tf.maximum(x as TfTensor, y as TfTensor), z as TfTensor)),
    floor: one(FLOAT, (tf, x) => tf.floor(x)),
    ceil: one(FLOAT, (tf, x) => tf.ceil(x)),
    trunc: one(FLOAT, (tf, x) => tf.where(tf.less(x, tf.scalar(0)), tf.ceil(x), tf.floor(x))),
    equal: two(ANY, (tf, x, y) => tf.equal(x, y)),
    not_equal: two(ANY, (tf, x, y) => tf.notEqual(x, y)),
    less: two(NUMERIC, (tf, x, y) => tf.less(x, y)),
    less_equal: two(NUMERIC, (tf, x, y) => tf.lessEqual(x, y)),
    greater: two(NUMERIC, (tf, x, y) => tf.greater(x, y)),
    greater_equal: two(NUMERIC, (tf, x, y) => tf.greaterEqual(x, y)),
    isnan: one(FLOAT, (tf, x) => tf.isNaN(x)),
    isinf: one(FLOAT, (tf, x) => tf.isInf(x)),
    isfinite: one(FLOAT, (tf, x) => tf.isFinite(x)),
    logical_and: two(BOOL, (tf, x, y) => tf.logicalAnd(x, y)),
    logical_or: two(BOOL, (tf, x, y) => tf.logicalOr(x, y)),
    logical_xor: two(BOOL, (tf, x, y) => tf.notEqual(x, y)),
    logical_not: one(BOOL, (tf, x) => tf.logicalNot(x)),
    where: mapping(NUMERIC, 0, (tf, [condition, x, y]) =>
      tf.where(condition as TfTensor, x as TfTensor, y as TfTensor),
    ),
    exp: fn((tf, x) => tf.exp(x)),
    expm1: fn((tf, x) => tf.expm1(x)),
    log: fn((tf, x) => tf.log(x)),
    log2: fn((tf, x) => tf.mul(tf.log(x), tf.scalar(Math.LOG2E))),
    log10: fn((tf, x) => tf.mul(tf.log(x), tf.scalar(Math.LOG10E))),
    tan: fn((tf, x) => tf.tan(x)),
    asin: fn((tf, x) => tf.asin(x)),
    acos: fn((tf, x) => tf.acos(x)),
    atan: fn((tf, x) => tf.atan(x)),
    atan2: { ...two(FLOAT, (tf, x, y) => tf.atan2(x, y)), error: 4 },
    sinh: fn((tf, x) => tf.sinh(x)),
    cosh: fn((tf, x) => tf.cosh(x)),
    tanh: fn((tf, x) => tf.tanh(x)),
    asinh: fn((tf, x) => tf.asinh(x)),
    acosh: fn((tf, x) => tf.acosh(x)),
    atanh: fn((tf, x) => tf.atanh(x)),
    relu: one(FLOAT, (tf, x) => tf.add(tf.relu(x), tf.scalar(0))), // −0 + 0 = 0
    leaky_relu: two(FLOAT, (tf, x, slope) => tf.where(tf.greater(x, tf.scalar(0)), x, tf.mul(slope, x))),
    elu: {
      ...two(FLOAT, (tf, x, alpha) => tf.where(tf.greater(x, tf.scalar(0)), x, tf.mul(alpha, tf.expm1(x)))),
      error: 4,
    },
    sigmoid: fn((tf, x) => tf.sigmoid(x)),
    silu: fn((tf, x) => tf.mul(tf.maximum(x, tf.scalar(LOWEST)), tf.sigmoid(x))), // −∞ · 0 would be NaN
    softplus: fn((tf, x) => tf.softplus(x)),
    sum: reduction(COUNTED, (tf, x, axes, keepdims) => tf.sum(x, axes, keepdims)),
    min: reduction(NUMERIC, (tf, x, axes, keepdims) => tf.min(x, axes, keepdims)),
    max: reduction(NUMERIC, (tf, x, axes, keepdims) => tf.max(x, axes, keepdims)),
    all: reduction(BOOL, (tf, x, axes, keepdims) => tf.all(x, axes, keepdims)),
    any: reduction(BOOL, (tf, x, axes, keepdims) => tf.any(x, axes, keepdims)),
    norm_inf: reduction(FLOAT, (tf, x, axes, keepdims) => tf.max(tf.abs(x), axes, keepdims)),
    softmax: rows((tf, x) => tf.softmax(x)),
    log_softmax: rows((tf, x) => tf.logSoftmax(x)),
    matmul: { ...mapping(FLOAT, 64, product), takes: batchesMatch, onShaders: true },
    outer: { ...mapping(FLOAT, 0, (tf, [x, y]) => tf.outerProduct(x as TfTensor, y as TfTensor)), onShaders: true },
  } satisfies Record<string, TensorflowMapping>),
);
