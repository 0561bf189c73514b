// NumPy's `RandomState`: the draws of `numpy.random.seed(seed)` and the functions beside it, stream for stream.
import { type DrawnIntegers, type IntegerDType, integersBetween } from './bounded.ts';
import { byProbability, checkChoice, differentByProbability, wideIndices } from './choosing.ts';
import { Draws, drawSourceOf } from './draws.ts';
import type { ChoiceOptions } from './generator.ts';
import { logarithm } from './logarithm.ts';

/** The older of NumPy's sources: normal numbers by the polar method, integers by masks. */
export class RandomState extends Draws {
  /** Normal numbers come in pairs: the second one, until it is drawn. */
  #kept: number | undefined;
  protected readonly source = drawSourceOf(this.bits, {
    normal: () => this.#gauss(),
    exponential: () => -logarithm(1 - this.bits.nextDouble()),
    isLegacy: true,
  });

  /** Uniform in [0, 1). */
  rand(count: number): Float64Array<ArrayBuffer> {
    return this.fill(count, () => this.bits.nextDouble());
  }

  /** Mean 0, variance 1. */
  randn(count: number): Float64Array<ArrayBuffer> {
    return this.fill(count, () => this.#gauss());
  }

  normal(mean: number, deviation: number, count: number): Float64Array<ArrayBuffer> {
    return this.fill(count, () => mean + deviation * this.#gauss());
  }

  exponential(scale: number, count: number): Float64Array<ArrayBuffer> {
    return this.fill(count, () => scale * -logarithm(1 - this.bits.nextDouble()));
  }

  /** Integers in [low, high). */
  randint<D extends IntegerDType>(
    low: number | bigint,
    high: number | bigint,
    count: number,
    dtype: D,
  ): DrawnIntegers<D> {
    return integersBetween(this.bits, 'mask', { low: BigInt(low), high: BigInt(high) - 1n, dtype, count });
  }

  /** Indices of `count` of n elements. */
  choice(n: number, count: number, { replace = true, p }: Omit<ChoiceOptions, 'shuffle'> = {}): BigInt64Array {
    checkChoice(n, count, replace, p);
    if (p !== undefined)
      return wideIndices(
        replace ? byProbability(p, this.rand(count)) : differentByProbability(p, count, (more) => this.rand(more)),
      );
    return replace ? this.randint(0, n, count, 'int64') : this.permutation(n).slice(0, count);
  }

  /** The polar method (Marsaglia and Bray 1964). */
  #gauss(): number {
    const kept = this.#kept;
    this.#kept = undefined;
    if (kept !== undefined) return kept;
    for (;;) {
      const x = 2 * this.bits.nextDouble() - 1;
      const y = 2 * this.bits.nextDouble() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const scale = Math.sqrt((-2 * logarithm(square)) / square);
      this.#kept = scale * x;
      return scale * y;
    }
  }
}
