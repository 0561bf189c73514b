// The bit generator MT19937 (Matsumoto and Nishimura 1998) as NumPy's RandomState starts and reads it.
import { AttributeError } from '../../core/errors.ts';
import { type BitGenerator } from './bit-generator.ts';
import { entropyOf, type Seed, seedWords } from './seed-sequence.ts';

const WORDS = 624;
const MIDDLE = 397;

/** A stream of the Mersenne twister. */
export class Mt19937 implements BitGenerator {
  high = 0;
  low = 0;
  readonly #key = new Uint32Array(WORDS);
  #at = WORDS;

  /** Started by one word, as `numpy.random.seed(integer)`, or by several, as of a list. */
  static legacy(seed: Seed): Mt19937 {
    const stream = new Mt19937();
    if (Array.isArray(seed)) stream.#startBy(Uint32Array.from(entropyOf(seed)));
    else if (Number(seed) > 0xffffffff)
      throw new AttributeError(`seed: ${String(seed)} has more than 32 bits; give a list of integers.`, { seed });
    else stream.#start(entropyOf(seed)[0]!);
    return stream;
  }

  /** Started as NumPy's `MT19937(seed)`, which a `Generator` can draw from. */
  static sequenced(seed: Seed): Mt19937 {
    const stream = new Mt19937();
    stream.#key.set(seedWords(seed, WORDS));
    stream.#key[0] = 0x80000000;
    stream.#at = WORDS - 1;
    return stream;
  }

  next32(): number {
    if (this.#at === WORDS) this.#turn();
    let word = this.#key[this.#at++]!;
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  }

  next64(): void {
    this.high = this.next32();
    this.low = this.next32();
  }

  nextDouble(): number {
    const high = this.next32() >>> 5;
    return (high * 67108864 + (this.next32() >>> 6)) / 9007199254740992;
  }

  #start(seed: number): void {
    for (let i = 0, word = seed >>> 0; i < WORDS; i++) {
      this.#key[i] = word;
      word = (Math.imul(1812433253, word ^ (word >>> 30)) + i + 1) >>> 0;
    }
  }

  #startBy(words: Uint32Array): void {
    const key = this.#key;
    this.#start(19650218);
    let i = 1;
    const around = (): void => {
      if (++i < WORDS) return;
      key[0] = key[WORDS - 1]!;
      i = 1;
    };
    const before = (): number => key[i - 1]! ^ (key[i - 1]! >>> 30);
    for (let k = 0, j = 0; k < Math.max(WORDS, words.length); k++, j = (j + 1) % words.length) {
      key[i] = (key[i]! ^ Math.imul(before(), 1664525)) + words[j]! + j;
      around();
    }
    for (let k = 0; k < WORDS - 1; k++) {
      key[i] = (key[i]! ^ Math.imul(before(), 1566083941)) - i;
      around();
    }
    key[0] = 0x80000000;
  }

  #turn(): void {
    const key = this.#key;
    for (let i = 0; i < WORDS; i++) {
      const joined = (key[i]! & 0x80000000) | (key[(i + 1) % WORDS]! & 0x7fffffff);
      key[i] = key[(i + MIDDLE) % WORDS]! ^ (joined >>> 1) ^ (joined & 1 ? 0x9908b0df : 0);
    }
    this.#at = 0;
  }
}
