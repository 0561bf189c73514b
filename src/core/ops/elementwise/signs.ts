// Signs, neighbours and scales of numbers: what is left of the array API's elementwise functions of floats, and NumPy's
// own beside them.
import { predicate, scalar } from '../../../../kernels/scalar/algebra.ts';
import { forEachPair, nextBits } from '../../../../kernels/js/pairs.ts';
import { allocate, type DType, DTYPES, numbersOf, storedNumber, type TypedArray } from '../../tensor/dtype.ts';
import { binaryOperands, type DirectKernel, makeRow, type OpRow, type TypedOperand, unaryOperands } from '../define.ts';
import { elementTest, elementwise } from './elementwise.ts';
import { broadcastShapes, first } from '../infer.ts';

/** The sign of a NaN is no sign: all are one. */
const copysign = scalar('copysign', 2, (m, x, y) => m.copySign(x, m.select(m.eq(y, y), y, m.constant(1))));

const isSigned = predicate('signbit', 1, (m, x) =>
  m.lt(m.copySign(m.constant(1), m.select(m.eq(x, x), x, m.constant(1))), m.constant(0)),
);

/**
 * The remainder of magnitudes with the sign of x. The least integer has no magnitude: there the remainder of the sign
 * of y is moved to that of x, which is exact of integers.
 */
const fmod = scalar('fmod', 2, (m, x, y) => {
  const [zero, ax, ay] = [m.constant(0), m.abs(x), m.abs(y)];
  const rest = m.remainder(x, y);
  const differs = m.or(m.and(m.lt(x, zero), m.gt(rest, zero)), m.and(m.gt(x, zero), m.lt(rest, zero)));
  const moved = m.select(differs, m.sub(rest, y), rest);
  return m.select(m.lt(m.min(ax, ay), zero), moved, m.copySign(m.remainder(ax, ay), x));
});

const heaviside = scalar('heaviside', 2, (m, x, y) => {
  const [zero, one] = [m.constant(0), m.constant(1)];
  return m.select(m.lt(x, zero), zero, m.select(m.gt(x, zero), one, m.select(m.eq(x, zero), y, x)));
});

/** Bits of floats as they are stored. */
const bitsOf = (array: TypedArray): BigUint64Array | Uint32Array | TypedArray =>
  array instanceof Float64Array
    ? new BigUint64Array(array.buffer, array.byteOffset, array.length)
    : array instanceof Float32Array
      ? new Uint32Array(array.buffer, array.byteOffset, array.length)
      : array;

const stepTowards: DirectKernel = (operands, out) => {
  const [x, y] = operands as [TypedOperand, TypedOperand];
  const { dtype, shape } = out.type;
  const [xs, ys] = [numbersOf(x.array, dtype), numbersOf(y.array, dtype)] as readonly ArrayLike<number>[];
  const [bits, result] = [bitsOf(x.array), bitsOf(out.array)] as readonly { [index: number]: number | bigint }[];
  const [sign, notANumber] = [2n ** BigInt(DTYPES[dtype].bits - 1), bitsOfNaN(dtype)];
  const isWide = out.array instanceof Float64Array;
  const others = bitsOf(y.array) as ArrayLike<number | bigint>;
  forEachPair(x.type.shape, y.type.shape, shape, (at, i, j) => {
    const [a, b] = [xs![i]!, ys![j]!];
    if (Number.isNaN(a) || Number.isNaN(b)) result![at] = notANumber;
    else if (a === b) result![at] = others[j]!;
    else result![at] = nextBits(a, b, bits![i]! as number, (isWide ? sign : Number(sign)) as number);
  });
};

/** The bits of the NaN of a dtype. */
function bitsOfNaN(dtype: DType): number | bigint {
  const one = allocate(dtype, 1);
  one[0] = storedNumber(dtype, NaN) as never;
  return bitsOf(one)[0]!;
}

const nextafter: OpRow = makeRow({
  name: 'nextafter',
  doc: 'The next float of the dtype after x in the direction of y; y where they are equal.',
  promotion: 'common',
  result: 'promoted',
  operands: binaryOperands('float'),
  infer: (operands) => ({ dtype: first(operands).dtype, shape: broadcastShapes(nextafter, operands) }),
  kernel: { skeleton: 'direct', run: stepTowards },
  separable: 'elements',
  widens: false,
});

const positive = makeRow({
  name: 'positive',
  doc: 'x itself.',
  operands: unaryOperands('numeric'),
  infer: first,
  kernel: { skeleton: 'alias' },
  flops: () => 0,
});

/** Rows of this family. */
export const SIGNS: readonly OpRow[] = [
  elementwise('copysign', 'The magnitude of x with the sign of y; that of a NaN is positive.', 2, copysign, {
    kind: 'float',
    deviation: 'NaN has no sign',
  }),
  elementTest('signbit', 'Whether the sign bit of x is set, as of −0; of a NaN it is not.', 1, isSigned.body, {
    kind: 'float',
    deviation: 'NaN has no sign',
  }),
  nextafter,
  positive,
  elementwise('fmod', 'x − y · trunc(x / y): the sign is that of x.', 2, fmod, {
    flops: 8,
    deviation: 'integer remainder by 0 gives 0',
  }),
  elementwise(
    'fmax',
    'The larger of x and y; where one of them is NaN, the other.',
    2,
    (m, x, y) => m.select(m.eq(x, x), m.select(m.eq(y, y), m.max(x, y), x), y),
    { laws: ['commutative', 'idempotent'], flops: 3 },
  ),
  elementwise(
    'fmin',
    'The smaller of x and y; where one of them is NaN, the other.',
    2,
    (m, x, y) => m.select(m.eq(x, x), m.select(m.eq(y, y), m.min(x, y), x), y),
    { laws: ['commutative', 'idempotent'], flops: 3 },
  ),
  elementwise('heaviside', '0 where x is negative, 1 where it is positive, y where it is 0.', 2, heaviside, {
    kind: 'float',
    flops: 3,
  }),
  elementwise('deg2rad', 'Radians of an angle in degrees.', 1, (m, x) => m.mul(x, m.constant(Math.PI / 180)), {
    kind: 'float',
    laws: ['odd'],
    bound: 2,
  }),
  elementwise('rad2deg', 'Degrees of an angle in radians.', 1, (m, x) => m.mul(x, m.constant(180 / Math.PI)), {
    kind: 'float',
    laws: ['odd'],
    bound: 2,
  }),
];
