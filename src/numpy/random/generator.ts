// NumPy's `Generator`: the draws of `numpy.random.default_rng(seed)`, stream for stream, as typed arrays.
import { below, type DrawnIntegers, type IntegerDType, integersBetween } from './bounded.ts';
import {
  byProbability,
  checkChoice,
  counting,
  differentByProbability,
  shuffleInPlace,
  wideIndices,
} from './choosing.ts';
import { Draws, drawSourceOf } from './draws.ts';
import { standardExponential, standardNormal } from './ziggurat.ts';

/** How elements are chosen; with replacement and all as probable where nothing else is said. */
export interface ChoiceOptions {
  readonly replace?: boolean;
  readonly p?: ArrayLike<number>;
  /** Without replacement: whether their order is random too. */
  readonly shuffle?: boolean;
}

/** The newer of NumPy's sources: numbers by ziggurats, integers by products. */
export class Generator extends Draws {
  protected readonly source = drawSourceOf(this.bits, {
    normal: () => standardNormal(this.bits),
    exponential: () => standardExponential(this.bits),
    isLegacy: false,
  });

  /** Uniform in [0, 1). */
  random(count: number): Float64Array<ArrayBuffer> {
    return this.fill(count, () => this.bits.nextDouble());
  }

  /** As `random`, of 24 bits. */
  randomFloat32(count: number): Float32Array<ArrayBuffer> {
    const out = new Float32Array(count);
    for (let i = 0; i < count; i++) out[i] = (this.bits.next32() >>> 8) * 2 ** -24;
    return out;
  }

  /** Mean 0, variance 1. */
  standardNormal(count: number): Float64Array<ArrayBuffer> {
    return this.fill(count, () => standardNormal(this.bits));
  }

  normal(mean: number, deviation: number, count: number): Float64Array<ArrayBuffer> {
    return this.fill(count, () => mean + deviation * standardNormal(this.bits));
  }

  standardExponential(count: number): Float64Array<ArrayBuffer> {
    return this.fill(count, () => standardExponential(this.bits));
  }

  exponential(scale: number, count: number): Float64Array<ArrayBuffer> {
    return this.fill(count, () => scale * standardExponential(this.bits));
  }

  /** Integers in [low, high). */
  integers<D extends IntegerDType>(
    low: number | bigint,
    high: number | bigint,
    count: number,
    dtype: D,
  ): DrawnIntegers<D> {
    const bounds = { low: BigInt(low), high: BigInt(high) - 1n };
    return integersBetween(this.bits, 'product', { ...bounds, dtype, count });
  }

  /** Indices of `count` of n elements. */
  choice(n: number, count: number, { replace = true, p, shuffle = true }: ChoiceOptions = {}): BigInt64Array {
    checkChoice(n, count, replace, p);
    if (replace && p === undefined) return this.integers(0, n, count, 'int64');
    if (p === undefined) return wideIndices(this.#different(n, count, shuffle));
    return wideIndices(
      replace ? byProbability(p, this.random(count)) : differentByProbability(p, count, (more) => this.random(more)),
    );
  }

  /** Of many elements, not too few: the end of a shuffle; else Floyd's algorithm, by sets (Bentley and Floyd 1987). */
  #different(n: number, count: number, shuffle: boolean): Float64Array {
    const draw = (range: number): number => below(this.bits, 'product', range);
    if (n > 10000 && count > Math.floor(n / (shuffle ? 50 : 20))) {
      const order = counting(n);
      shuffleInPlace(order, draw, Math.max(n - count, 1));
      return order.slice(n - count);
    }
    const taken = new Set<number>();
    for (let j = n - count; j < n; j++) {
      const drawn = draw(j);
      taken.add(taken.has(drawn) ? j : drawn);
    }
    const chosen = Float64Array.from(taken);
    if (shuffle) shuffleInPlace(chosen, draw);
    return chosen;
  }
}
