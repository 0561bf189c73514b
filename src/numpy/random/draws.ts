// What both of NumPy's sources of random numbers draw in the same way.
import type { BitGenerator } from './bit-generator.ts';
import { below } from './bounded.ts';
import { counting, shuffleInPlace, wideIndices } from './choosing.ts';

/** Draws from a stream of bits; every method takes up the stream where the last one left it. */
export class Draws {
  readonly bits: BitGenerator;

  constructor(bits: BitGenerator) {
    this.bits = bits;
  }

  /** Uniform in [low, high). */
  uniform(low: number, high: number, count: number): Float64Array<ArrayBuffer> {
    const range = high - low;
    return this.fill(count, () => low + range * this.bits.nextDouble());
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
