// Running sums, products and extremes of rows, in plain JavaScript. Floats are accumulated in float64 and every element
// is rounded once; integers wrap modulo 2^bits.
import { canonicaliseNaN, type ElementArray, isBigIntArray, isFloatArray, type NumberArray } from './map.ts';

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
  const run: RunRow = isBigIntArray(array) ? BIG[running] : NUMBERS[running](out as NumberArray);
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

function bigIntegers(initial: bigint, step: (total: bigint, x: bigint) => bigint): RunRow {
  return (from: BigInt64Array, at, count, out: BigInt64Array, to, withInitial) => {
    let total = initial;
    if (withInitial) out[to - 1] = total;
    for (let i = 0; i < count; i++) out[to + i] = total = BigInt.asIntN(64, step(total, from[at + i]!));
  };
}

const NUMBERS: Readonly<Record<Running, (out: NumberArray) => RunRow>> = {
  // Integers stay within 32 bits, for sums and products would leave the exact range of floats.
  sum: (out) => (isFloatArray(out) ? numbers(0, (total, x) => total + x) : numbers(0, (total, x) => (total + x) | 0)),
  prod: (out) => (isFloatArray(out) ? numbers(1, (total, x) => total * x) : numbers(1, Math.imul)),
  min: () => numbers(Infinity, (total, x) => Math.min(total, x)),
  max: () => numbers(-Infinity, (total, x) => Math.max(total, x)),
};

const BIG: Readonly<Record<Running, RunRow>> = {
  sum: bigIntegers(0n, (total, x) => total + x),
  prod: bigIntegers(1n, (total, x) => total * x),
  min: bigIntegers(2n ** 63n - 1n, (total, x) => (x < total ? x : total)),
  max: bigIntegers(-(2n ** 63n), (total, x) => (x > total ? x : total)),
};
