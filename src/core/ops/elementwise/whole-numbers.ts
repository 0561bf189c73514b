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
];
