// What a variant of a product must give, to the bit: operands whose products and sums are exact in any order, however
// long K is.
import {
  type ContractPrecision,
  type ContractProblem,
  operandElements,
} from '../../../../../kernels/wgsl/contract/problem.ts';
import type { Plan } from '../../../../../kernels/wgsl/launch.ts';
import type { Trial } from './trial.ts';

/**
 * Periods of patterns; both are prime, so that neighbouring rows differ and a step along K that is no multiple of one
 * meets all of its elements.
 */
const PERIODS = [65537, 65539] as const;
/** As many significant bits as a product may rely on: a device that secretly multiplies with fewer is found out. */
const WIDE: Readonly<Record<ContractPrecision, number>> = { f32: 2049, f16: 2047 };
const MOST_WIDE = 1024;
/** Half of what float32 counts without a gap: one half for wide elements, one for the others. */
const HALF_EXACT = 2 ** 23 - 1;

/**
 * What A and B are filled with, repeated from their first element on: small integers, and in A some wide ones, so that
 * along K the magnitudes of all products add up to less than 2^24. A period of A is met at most `times` times along K;
 * what it holds is dealt out accordingly.
 */
export function patternsOf(
  { k, lda, transposeA }: ContractProblem,
  precision: ContractPrecision,
): readonly [Float32Array, Float32Array] {
  const period = PERIODS.find((prime) => !transposeA || lda % prime !== 0) ?? PERIODS[0];
  const times = Math.ceil(k / period);
  const largest = times * period * 16 <= HALF_EXACT ? 4 : 1;
  const wide = Math.min(MOST_WIDE, Math.floor(HALF_EXACT / times / WIDE[precision] / largest));
  const others = Math.min(period - wide, Math.floor(HALF_EXACT / times / largest ** 2));
  const small = (index: number): number => (mixed(index) % (2 * largest + 1)) - largest;
  const a = Float32Array.from({ length: period }, (_, index) => {
    const rank = ((index + 1) * 40503) % period;
    return rank < wide ? WIDE[precision] : rank < wide + others ? small(index) : 0;
  });
  return [a, Float32Array.from({ length: period }, (_, index) => small(index + period))];
}

/** A number that neighbours have nothing of in common (the finalizer of MurmurHash3). */
function mixed(index: number): number {
  let bits = Math.imul(index ^ (index >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/**
 * So many stretches of the result are compared, each of so many elements, of which so many are computed on the CPU,
 * with so many products at most.
 */
const WINDOWS = 16;
const WINDOW = 1024;
const SAMPLES = 8;
const MAX_PRODUCTS = 2 ** 26;

/**
 * What a product of patterns must be: sampled elements of it, and all elements that the first right plan gave in the
 * windows.
 */
export class Expected {
  readonly patterns: readonly [Float32Array, Float32Array];
  readonly #problem: ContractProblem;
  readonly #sampled = new Map<number, number>();
  #windows: readonly Float32Array[] | undefined;

  constructor(problem: ContractProblem, precision: ContractPrecision) {
    this.#problem = problem;
    this.patterns = patternsOf(problem, precision);
  }

  /** Computes a plan and compares. Rejects where the device refuses the plan, or is lost. */
  async isGivenBy(plan: Plan, trial: Trial): Promise<boolean> {
    trial.clear();
    await trial.run(plan, 1);
    const [, , size] = operandElements(this.#problem);
    const count = Math.min(WINDOW, size);
    const windows: Float32Array[] = [];
    for (let i = 0; i < WINDOWS; i++) {
      const first = Math.floor(((size - count) * i) / (WINDOWS - 1));
      windows.push(await trial.read(first, count));
      if (!this.#samplesAgree(windows[i]!, first)) return false;
    }
    const known = (this.#windows ??= windows);
    return windows.every((window, i) => window.every((value, j) => value === known[i]?.[j]));
  }

  #samplesAgree(window: Float32Array, first: number): boolean {
    const samples = Math.min(SAMPLES, Math.ceil(MAX_PRODUCTS / WINDOWS / this.#problem.k));
    const step = Math.max(1, Math.floor(window.length / samples));
    for (let i = window.length - 1; i >= 0; i -= step) if (window[i] !== this.#element(first + i)) return false;
    return true;
  }

  #element(index: number): number {
    const known = this.#sampled.get(index) ?? elementOf(this.#problem, this.patterns, index);
    this.#sampled.set(index, known);
    return known;
  }
}

function elementOf(
  { m, n, k, lda, ldb, transposeA, transposeB, offsetsA, offsetsB }: ContractProblem,
  [a, b]: Expected['patterns'],
  index: number,
): number {
  const [batch, row, column] = [Math.floor(index / (m * n)), Math.floor(index / n) % m, index % n];
  let atA = (offsetsA[batch]! + row * (transposeA ? 1 : lda)) % a.length;
  let atB = (offsetsB[batch]! + column * (transposeB ? ldb : 1)) % b.length;
  const [stepA, stepB] = [(transposeA ? lda : 1) % a.length, (transposeB ? 1 : ldb) % b.length];
  let sum = 0;
  for (let i = 0; i < k; i++) {
    sum += a[atA]! * b[atB]!;
    if ((atA += stepA) >= a.length) atA -= a.length;
    if ((atB += stepB) >= b.length) atB -= b.length;
  }
  return sum;
}
