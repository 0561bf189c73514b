// Elementwise kernels of two operands that no formula over the algebra tells: loops of their own, and neighbours by
// their bits.
import { broadcastStrides, collapse, forEachRow, rowMajorStrides } from '../strides.ts';

/** Calls `visit` for every element of a broadcast shape, with the places of both operands' elements. */
export function forEachPair(
  x: readonly number[],
  y: readonly number[],
  shape: readonly number[],
  visit: (at: number, x: number, y: number) => void,
): void {
  const strides = [x, y].map((own) => broadcastStrides(own, rowMajorStrides(own), shape));
  const nest = collapse({ shape, strides });
  const length = nest.shape.at(-1)!;
  const [stepX, stepY] = [nest.strides[0]!.at(-1)!, nest.strides[1]!.at(-1)!];
  forEachRow(nest, [0, 0], (offsets, row) => {
    const [startX, startY] = offsets as [number, number];
    for (let i = 0; i < length; i++) visit(row * length + i, startX + i * stepX, startY + i * stepY);
  });
}

/** The greatest common divisor (Euclid), 0 or more; of both 0, 0. */
export function greatestDivisor<T extends number | bigint>(a: T, b: T): T {
  let [x, y] = [magnitude(a), magnitude(b)];
  while (y) [x, y] = [y, (x % y) as T];
  return x;
}

/** The least common multiple, 0 or more; of 0, 0. Larger ones than the dtype holds are not wrapped yet. */
export function leastMultiple(a: number, b: number): number | bigint {
  const divisor = greatestDivisor(a, b);
  if (divisor === 0) return 0;
  const [quotient, factor] = [Math.abs(a) / divisor, Math.abs(b)];
  const product = quotient * factor;
  return Number.isSafeInteger(product) ? product : BigInt(quotient) * BigInt(factor);
}

/** As `leastMultiple`, of 64 bits. */
export function leastWideMultiple(a: bigint, b: bigint): bigint {
  const divisor = greatestDivisor(a, b);
  return divisor === 0n ? 0n : (magnitude(a) / divisor) * magnitude(b);
}

const magnitude = <T extends number | bigint>(a: T): T => (a < 0 ? -a : a) as T;

/**
 * The bits of the next float after x in the direction of y, which is another number; `sign` is the sign bit alone. Bits
 * without the sign are ordered as magnitudes are.
 */
export function nextBits<T extends number | bigint>(x: number, y: number, bits: T, sign: T): T {
  const one = (typeof bits === 'bigint' ? 1n : 1) as T;
  if (x === 0) return (y < 0 ? (sign as number) + (one as number) : one) as T;
  return (x < y === x > 0 ? (bits as number) + (one as number) : (bits as number) - (one as number)) as T;
}
