// What both of NumPy's sources of random numbers draw in the same way.
import { COUNT_DRAWS, MIXED_DRAWS } from '../../../kernels/js/drawn-counts.ts';
import { type DrawSource, NUMBER_DRAWS } from '../../../kernels/js/drawn-numbers.ts';
import type { BitGenerator } from './bit-generator.ts';
import { below } from './bounded.ts';
import { counting, shuffleInPlace, wideIndices } from './choosing.ts';
import { logarithm, powerOf, powerOfE } from './logarithm.ts';

/** Distributions whose numbers are made one by one, by their names. */
const ONE_BY_ONE = { ...NUMBER_DRAWS, ...COUNT_DRAWS, ...MIXED_DRAWS } as const;
/** Names of those. */
export type DistributionName = keyof typeof ONE_BY_ONE;

/** What a stream of bits gives to the distributions that are made of it. */
export const drawSourceOf = (
  bits: BitGenerator,
  { normal, exponential: drawn, isLegacy }: Pick<DrawSource, 'normal' | 'exponential' | 'isLegacy'>,
): DrawSource => ({
  uniform: () => bits.nextDouble(),
  normal,
  exponential: drawn,
  upTo: (most) => below(bits, 'mask', most),
  log: logarithm,
  exp: powerOfE,
  pow: powerOf,
  isLegacy,
});

/** Draws from a stream of bits; every method takes up the stream where the last one left it. */
export abstract class Draws {
  readonly bits: BitGenerator;
  protected abstract readonly source: DrawSource;

  constructor(bits: BitGenerator) {
    this.bits = bits;
  }

  /** Uniform in [low, high). */
  uniform(low: number, high: number, count: number): Float64Array<ArrayBuffer> {
    const range = high - low;
    return this.fill(count, () => low + range * this.bits.nextDouble());
  }

  /** Numbers of a distribution, each from its own parameters. */
  distributed(
    name: DistributionName,
    count: number,
    parameters: (i: number) => readonly number[],
  ): Float64Array<ArrayBuffer> {
    const draw = ONE_BY_ONE[name] as (source: DrawSource, ...parameters: readonly number[]) => number;
    const out = new Float64Array(count);
    for (let i = 0; i < count; i++) out[i] = draw(this.source, ...parameters(i));
    return out;
  }

  /** So many of each of several outcomes, in `count` rows of n trials. */
  multinomial(n: number, pvals: readonly number[], count: number): BigInt64Array<ArrayBuffer> {
    const out = new BigInt64Array(count * pvals.length);
    for (let row = 0; row < count; row++) {
      let [left, probability] = [n, 1];
      for (let k = 0; k < pvals.length && left > 0; k++) {
        const isLast = k === pvals.length - 1;
        const taken = isLast ? left : COUNT_DRAWS.binomial(this.source, left, pvals[k]! / probability);
        out[row * pvals.length + k] = BigInt(taken);
        left -= taken;
        probability -= pvals[k]!;
      }
    }
    return out;
  }

  /** Shares that sum to 1: gamma numbers over their sum, or broken off one by one where all shapes are small. */
  dirichlet(alpha: readonly number[], count: number): Float64Array<ArrayBuffer> {
    const out = new Float64Array(count * alpha.length);
    const isBroken = !this.source.isLegacy && Math.max(...alpha) < 0.1;
    for (let row = 0; row < count; row++)
      out.set(isBroken ? this.#broken(alpha) : this.#normalised(alpha), row * alpha.length);
    return out;
  }

  #normalised(alpha: readonly number[]): number[] {
    let sum = 0;
    const numbers = alpha.map((shape) => {
      const number = NUMBER_DRAWS.standard_gamma(this.source, shape);
      sum += number;
      return number;
    });
    const inverse = 1 / sum;
    return numbers.map((number) => number * inverse);
  }

  #broken(alpha: readonly number[]): number[] {
    const after: number[] = [];
    alpha.toReversed().forEach((shape, i) => after.push(shape + (after[i - 1] ?? 0)));
    after.reverse();
    let left = 1;
    return alpha.map((shape, i) => {
      if (i === alpha.length - 1) return left;
      const share = NUMBER_DRAWS.beta(this.source, shape, after[i + 1]!);
      const taken = left * share;
      left *= 1 - share;
      return taken;
    });
  }

  /** The elements of an array in random order, in place. */
  shuffle<E>(x: { readonly length: number; [index: number]: E }): void {
    shuffleInPlace(x, (range) => below(this.bits, 'mask', range));
  }

  /** 0 to n - 1 in random order. */
  permutation(n: number): BigInt64Array<ArrayBuffer> {
    const order = counting(n);
    this.shuffle(order);
    return wideIndices(order);
  }

  protected fill(count: number, draw: () => number): Float64Array<ArrayBuffer> {
    const out = new Float64Array(count);
    for (let i = 0; i < count; i++) out[i] = draw();
    return out;
  }
}
