// Ghosts of arrays that were let by unhashed: a few sampled bytes each. A repeated sample is a reason to hash, never an
// identity.
import { bytesOf, type TypedArray } from '../tensor/dtype.ts';

const SAMPLED_WORDS = 24;
const SLOTS = 8192;

/** Remembers samples of arrays in a table of fixed size. */
export class Ghosts {
  readonly #slots = new Uint32Array(SLOTS);

  /** Whether an array with the same sample passed before; remembers this one. */
  passed(array: TypedArray): boolean {
    const sample = sampleOf(array);
    const slot = sample % SLOTS;
    const seen = this.#slots[slot] === sample;
    this.#slots[slot] = sample;
    return seen;
  }
}

/** Mixes the length and some words spread over the bytes (murmur3 rounds). */
function sampleOf(array: TypedArray): number {
  const bytes = bytesOf(array);
  const step = Math.max(4, Math.floor(bytes.length / SAMPLED_WORDS));
  let hash = bytes.length;
  for (let i = 0; i + 4 <= bytes.length; i += step) {
    const word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    hash = Math.imul(hash ^ Math.imul(word, 0xcc9e2d51), 0x1b873593);
    hash = ((hash << 13) | (hash >>> 19)) + 0x9e3779b9;
  }
  return (hash ^ (hash >>> 15)) >>> 0;
}
