// Orders and choices made of draws below a bound, as NumPy makes them.
import { AttributeError } from '../../core/errors.ts';

/** An array whose elements can change places. */
interface Shuffled<E> {
  readonly length: number;
  [index: number]: E;
}

/** Fisher and Yates from the end down to place `first`; `below(i)` draws from 0 to i, both included. */
export function shuffleInPlace<E>(x: Shuffled<E>, below: (range: number) => number, first = 1): void {
  for (let i = x.length - 1; i >= first; i--) {
    const j = below(i);
    const kept = x[i]!;
    x[i] = x[j]!;
    x[j] = kept;
  }
}

/** 0 to n - 1. */
export const counting = (n: number): Float64Array<ArrayBuffer> => Float64Array.from({ length: n }, (_, i) => i);

/** Indices as NumPy's are. */
export const wideIndices = (indices: ArrayLike<number>): BigInt64Array<ArrayBuffer> =>
  BigInt64Array.from({ length: indices.length }, (_, i) => BigInt(indices[i]!));

/** The places of numbers in [0, 1) among running sums of probabilities. */
export function byProbability(p: ArrayLike<number>, draws: ArrayLike<number>): Float64Array<ArrayBuffer> {
  const sums = runningSums(p);
  return Float64Array.from({ length: draws.length }, (_, i) => countBelow(sums, draws[i]!));
}

/**
 * Different indices by probability: rounds of draws, of which each index is taken once and is improbable afterwards.
 */
export function differentByProbability(
  p: ArrayLike<number>,
  count: number,
  draw: (count: number) => ArrayLike<number>,
): Float64Array<ArrayBuffer> {
  const left = Float64Array.from(p);
  const found = new Set<number>();
  while (found.size < count) {
    const draws = draw(count - found.size);
    for (const index of found) left[index] = 0;
    for (const index of byProbability(left, draws)) found.add(index);
  }
  return Float64Array.from(found);
}

/** Refuses probabilities that are none, or too few of them. */
export function checkChoice(n: number, count: number, replace: boolean, p: ArrayLike<number> | undefined): void {
  const refuse = (problem: string): never => {
    throw new AttributeError(`choice: ${problem}`, { n, count });
  };
  if (p !== undefined) {
    const values = Array.from(p);
    if (values.length !== n) refuse(`p has ${values.length} probabilities for ${n} elements; give one for each.`);
    const total = values.reduce((sum, value) => sum + value, 0);
    if (!(Math.abs(total - 1) <= 1.5e-8) || values.some((value) => !(value >= 0)))
      refuse(`p sums to ${total}; give probabilities of 0 or more that sum to 1.`);
    const possible = values.filter((value) => value > 0).length;
    if (!replace && count > possible) refuse(`p allows ${possible} different elements, not ${count}; ask for fewer.`);
  }
  if (!Number.isInteger(n) || n < 0 || (n === 0 && count > 0)) refuse(`there are ${n} elements; give 1 or more.`);
  if (!replace && count > n) refuse(`there are ${n} elements, not ${count} different ones; pass { replace: true }.`);
}

function runningSums(p: ArrayLike<number>): Float64Array {
  const sums = new Float64Array(p.length);
  let total = 0;
  for (let i = 0; i < p.length; i++) sums[i] = total += p[i]!;
  for (let i = 0; i < p.length; i++) sums[i]! /= total;
  return sums;
}

/** How many of the rising sums are not above x. */
function countBelow(sums: Float64Array, x: number): number {
  let [low, high] = [0, sums.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sums[middle]! <= x) low = middle + 1;
    else high = middle;
  }
  return low;
}
