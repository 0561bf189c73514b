// The bit generator PCG64 (O'Neill 2014: setseq 128, XSL RR), NumPy's default, on words of 32 bits.
import { type BitGenerator, unitOf, upperProduct } from './bit-generator.ts';
import { type Seed, seedWords } from './seed-sequence.ts';

/** The words of the multiplier of the congruential step, the low one first. */
const M0 = 0x9fccf645;
const M1 = 0x4385df64;
const M2 = 0x1fc65da4;
const M3 = 0x2360ed05;

/** A stream of PCG64, started as NumPy's `PCG64(seed)`. */
export class Pcg64 implements BitGenerator {
  high = 0;
  low = 0;
  readonly #state = new Uint32Array(4);
  readonly #increment = new Uint32Array(4);
  #kept: number | undefined;

  constructor(seed: Seed) {
    const words = seedWords(seed, 8);
    // Two integers of 128 bits, the high half of each first, the low word of a half first.
    const start = [words[2]!, words[3]!, words[0]!, words[1]!];
    const stream = [words[6]!, words[7]!, words[4]!, words[5]!];
    stream.forEach((word, i) => (this.#increment[i] = (word << 1) | (i === 0 ? 1 : stream[i - 1]! >>> 31)));
    this.#step();
    let carry = 0;
    for (let i = 0; i < 4; i++) {
      const sum = this.#state[i]! + start[i]! + carry;
      carry = sum > 0xffffffff ? 1 : 0;
      this.#state[i] = sum;
    }
    this.#step();
  }

  next64(): void {
    this.#step();
    const state = this.#state;
    const turn = state[3]! >>> 26;
    const low = state[0]! ^ state[2]!;
    const high = state[1]! ^ state[3]!;
    const from = turn < 32 ? low : high;
    const to = turn < 32 ? high : low;
    const shift = turn & 31;
    this.low = shift === 0 ? from >>> 0 : ((from >>> shift) | (to << (32 - shift))) >>> 0;
    this.high = shift === 0 ? to >>> 0 : ((to >>> shift) | (from << (32 - shift))) >>> 0;
  }

  /** The low half of 64 bits; their high half is the next. */
  next32(): number {
    const kept = this.#kept;
    if (kept !== undefined) {
      this.#kept = undefined;
      return kept;
    }
    this.next64();
    this.#kept = this.high;
    return this.low;
  }

  nextDouble(): number {
    this.next64();
    return unitOf(this.high, this.low);
  }

  /** state · multiplier + increment, modulo 2^128, by words: sums of a column of products stay below 2^53. */
  #step(): void {
    const state = this.#state;
    const increment = this.#increment;
    const a = state[0]!;
    const b = state[1]!;
    const c = state[2]!;
    const d = state[3]!;
    const first = increment[0]! + (Math.imul(a, M0) >>> 0);
    const second =
      increment[1]! + upperProduct(a, M0) + (Math.imul(a, M1) >>> 0) + (Math.imul(b, M0) >>> 0) + carryOf(first);
    const third =
      increment[2]! +
      upperProduct(a, M1) +
      upperProduct(b, M0) +
      (Math.imul(a, M2) >>> 0) +
      (Math.imul(b, M1) >>> 0) +
      (Math.imul(c, M0) >>> 0) +
      carryOf(second);
    state[0] = first;
    state[1] = second;
    state[2] = third;
    state[3] =
      increment[3]! +
      upperProduct(a, M2) +
      upperProduct(b, M1) +
      upperProduct(c, M0) +
      Math.imul(a, M3) +
      Math.imul(b, M2) +
      Math.imul(c, M1) +
      Math.imul(d, M0) +
      carryOf(third);
  }
}

const carryOf = (sum: number): number => Math.floor(sum / 4294967296);
