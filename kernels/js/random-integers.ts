// Random integers and permutations from the counter-based generator of philox.ts.
import { type BigIntArray, isBigIntArray } from '../big-integers.ts';
import type { Skeletons } from '../skeletons.ts';
import { highProduct, type RandomSource } from './philox.ts';
import { eachChunk } from './random.ts';

/**
 * Uniform integers in [low, high): 64 bits of a block times the range, the high part taken; bias below 2^-32 for ranges
 * below 2^32.
 */
export function integers(
  on: Skeletons,
  source: RandomSource,
  low: number,
  high: number,
  out: Int32Array | Uint32Array | BigIntArray,
  first = 0,
): void {
  const range = high - low;
  if (!(range >= 1 && range <= 4294967296))
    throw new RangeError(`integers in [${low}, ${high}): the range must hold 1 to 2^32 values`);
  eachChunk(on, source, first, out.length, 2, (words, start, count) => {
    for (let i = 0; i < count; i++) {
      const value = low + scaled(words[2 * i + 1]!, words[2 * i]!, range);
      if (isBigIntArray(out)) out[start + i] = BigInt(value);
      else out[start + i] = value;
    }
  });
}

/**
 * A permutation of 0 … n - 1 (Fisher and Yates, from the end; step k uses element k of `integers`). The whole of it is
 * one draw.
 */
export function permutation(on: Skeletons, source: RandomSource, n: number): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  eachChunk(on, source, 0, Math.max(0, n - 1), 2, (words, start, count) => {
    for (let i = 0; i < count; i++) {
      const last = n - 1 - start - i;
      const chosen = scaled(words[2 * i + 1]!, words[2 * i]!, last + 1);
      const kept = order[last]!;
      order[last] = order[chosen]!;
      order[chosen] = kept;
    }
  });
  return order;
}

/** floor((high 2^32 + low) * range / 2^64) for range <= 2^32, exactly. */
function scaled(high: number, low: number, range: number): number {
  if (range === 4294967296) return high;
  const carry = highProduct(low, range) >>> 0;
  const productLow = (Math.imul(high, range) >>> 0) + carry;
  return (highProduct(high, range) >>> 0) + (productLow >= 4294967296 ? 1 : 0);
}
