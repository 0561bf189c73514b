// Shifts and divisors of integers.
import { isBigIntArray } from '../../../../kernels/big-integers.ts';
import { forEachPair, greatestDivisor, leastMultiple, leastWideMultiple } from '../../../../kernels/js/pairs.ts';
import { binaryOperands, type DirectKernel, makeRow, type OpRow, type TypedOperand } from '../define.ts';
import { elementwise } from './elementwise.ts';
import { broadcastShapes, first } from '../infer.ts';

/** A kernel of two integers of a dtype, the result wrapped to it. */
const ofPairs =
  (narrow: (a: number, b: number) => number | bigint, wide: (a: bigint, b: bigint) => bigint): DirectKernel =>
  (operands, out) => {
    const [x, y] = operands as [TypedOperand, TypedOperand];
    const [xs, ys] = [x.array, y.array] as readonly ArrayLike<number>[];
    const isWide = isBigIntArray(out.array);
    forEachPair(x.type.shape, y.type.shape, out.type.shape, (at, i, j) => {
      const value = isWide ? wide(xs![i] as never, ys![j] as never) : narrow(xs![i]!, ys![j]!);
      out.array[at] = (isWide || typeof value === 'number' ? value : Number(BigInt.asIntN(32, value))) as never;
    });
  };

function pairwise(name: string, doc: string, run: DirectKernel): OpRow {
  const row: OpRow = makeRow({
    name,
    doc,
    promotion: 'common',
    result: 'promoted',
    operands: binaryOperands('integer'),
    infer: (operands) => ({ dtype: first(operands).dtype, shape: broadcastShapes(row, operands) }),
    kernel: { skeleton: 'direct', run },
    separable: 'elements',
    flops: (_operands, out) => out.size * 40,
    laws: ['commutative'],
  });
  return row;
}

/** How many bits of each value of a byte are set. */
const BITS_OF_BYTES = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length);

function bitsOf(x: number): number {
  const word = Math.abs(x);
  let count = 0;
  for (let shift = 0; shift < 32; shift += 8) count += BITS_OF_BYTES[(word >>> shift) & 255]!;
  return count;
}

function bitsOfWide(x: bigint): number {
  const word = x < 0n ? -x : x;
  return bitsOf(Number(word & 0xffffffffn)) + bitsOf(Number(word >> 32n));
}

const bitwiseCount = makeRow({
  name: 'bitwise_count',
  doc: 'How many bits of |x| are set.',
  operands: [{ name: 'x', kind: 'integer' }],
  result: 'int32',
  infer: (operands) => ({ dtype: 'int32', shape: first(operands).shape }),
  kernel: {
    skeleton: 'direct',
    byFirstAxis: true,
    run: ([x], out) => {
      const [from, to] = [x!.array, out.array as Int32Array];
      if (isBigIntArray(from)) for (let i = 0; i < to.length; i++) to[i] = bitsOfWide(from[i]!);
      else for (let i = 0; i < to.length; i++) to[i] = bitsOf(from[i]!);
    },
  },
  separable: 'elements',
  flops: (_operands, out) => out.size * 8,
});

/** Rows of this family. */
export const WHOLE_NUMBERS: readonly OpRow[] = [
  elementwise(
    'bitwise_left_shift',
    'Bits moved up by so many places, zeros come in; 0 where the count is none of the dtype’s places.',
    2,
    (m, x, count) => m.shiftLeft(x, count),
    { kind: 'integer', names: ['x', 'count'] },
  ),
  elementwise(
    'bitwise_right_shift',
    'Bits moved down by so many places, the sign comes in; all sign where the count is none of the dtype’s places.',
    2,
    (m, x, count) => m.shiftRight(x, count),
    { kind: 'integer', names: ['x', 'count'] },
  ),
  pairwise('gcd', 'The greatest common divisor, 0 of zeros.', ofPairs(greatestDivisor, greatestDivisor)),
  pairwise('lcm', 'The least common multiple, 0 of a zero; it wraps.', ofPairs(leastMultiple, leastWideMultiple)),
  bitwiseCount,
];
