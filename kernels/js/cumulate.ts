// Running sums, products and extremes of rows, in plain JavaScript. Floats are accumulated in float64 and every element
// is rounded once; integers wrap modulo 2^bits.
import { type BigIntArray, isBigIntArray } from '../big-integers.ts';
import { canonicaliseNaN, type ElementArray, isFloatArray, type NumberArray } from './map.ts';
import { extremeOf } from './reduce.ts';

/** What is accumulated. */
export type Running = 'sum' | 'prod' | 'min' | 'max';

/**
 * out[row, i] = the elements 0 to i of a row of `count`, accumulated; where there is a place more in a row of `out`, it
 * begins with what the accumulation starts from.
 */
export function cumulate(
  { array, count }: { readonly array: ElementArray; readonly count: number },
  running: Running,
  out: ElementArray,
  width: number,
): void {
  if (width === 0) return;
  const initial = width - count;
  const run: RunRow = isBigIntArray(array) ? bigRun(running, out) : NUMBERS[running](out as NumberArray);
  for (let row = 0; row * width < out.length; row++)
    run(array as never, row * count, count, out as never, row * width + initial, initial > 0);
  canonicaliseNaN(out);
}

type RunRow = (from: never, at: number, count: number, out: never, to: number, withInitial: boolean) => void;

function numbers(initial: number, step: (total: number, x: number) => number): RunRow {
  return (from: NumberArray, at, count, out: NumberArray, to, withInitial) => {
    let total = initial;
    if (withInitial) out[to - 1] = total;
    for (let i = 0; i < count; i++) out[to + i] = total = step(total, from[at + i]!);
  };
}

function bigRun(running: Running, like: ElementArray): RunRow {
  const { highest, lowest } = extremeOf(like);
  const start = { sum: 0n, prod: 1n, min: highest as bigint, max: lowest as bigint }[running];
  const wrap = lowest === 0n ? (x: bigint) => BigInt.asUintN(64, x) : (x: bigint) => BigInt.asIntN(64, x);
  const step = BIG[running];
  return (from: BigIntArray, at, count, out: BigIntArray, to, withInitial) => {
    let total = start;
    if (withInitial) out[to - 1] = total;
    for (let i = 0; i < count; i++) out[to + i] = total = wrap(step(total, from[at + i]!));
  };
}

const NUMBERS: Readonly<Record<Running, (out: NumberArray) => RunRow>> = {
  // Integers stay within 32 bits, for sums and products would leave the exact range of floats.
  sum: (out) => (isFloatArray(out) ? numbers(0, (total, x) => total + x) : numbers(0, (total, x) => (total + x) | 0)),
  prod: (out) => (isFloatArray(out) ? numbers(1, (total, x) => total * x) : numbers(1, Math.imul)),
  min: () => numbers(Infinity, (total, x) => Math.min(total, x)),
  max: () => numbers(-Infinity, (total, x) => Math.max(total, x)),
};

const BIG: Readonly<Record<Running, (total: bigint, x: bigint) => bigint>> = {
  sum: (total, x) => total + x,
  prod: (total, x) => total * x,
  min: (total, x) => (x < total ? x : total),
  max: (total, x) => (x > total ? x : total),
};
