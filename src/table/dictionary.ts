// Texts as numbers: every different one has a code, in the order of the texts, and a missing one has -1.

/** Texts of a column: a code for each row, and what the codes stand for. */
export interface Encoded {
  readonly codes: Int32Array;
  /** Different texts, in the order of their UTF-16 code units, as JavaScript sorts them. */
  readonly categories: readonly string[];
}

/** The code of what is missing. */
export const MISSING = -1;

/** Puts categories in order, and codes that were given in another order with them. Equal categories become one. */
export function inOrder(codes: Int32Array, found: readonly string[]): Encoded {
  const categories = [...new Set(found)].sort((a, b) => (a < b ? -1 : Number(a > b)));
  const placeOf = new Map(categories.map((category, place) => [category, place]));
  const places = Int32Array.from(found, (category) => placeOf.get(category)!);
  for (let i = 0; i < codes.length; i++) if (codes[i] !== MISSING) codes[i] = places[codes[i]!]!;
  return { codes, categories };
}

/** Encodes texts; null and undefined are missing. */
export function encodeTexts(texts: readonly (string | null | undefined)[]): Encoded {
  const codeOf = new Map<string, number>();
  const codes = new Int32Array(texts.length);
  for (let i = 0; i < texts.length; i++) {
    const text = texts[i];
    let code = text === null || text === undefined ? MISSING : codeOf.get(text);
    if (code === undefined) codeOf.set(text!, (code = codeOf.size));
    codes[i] = code;
  }
  return inOrder(codes, [...codeOf.keys()]);
}

/** Numbers byte strings that occur again and again, without a text for each occurrence. */
export class ByteStrings {
  readonly #bytes: Uint8Array;
  #slots = new Int32Array(64).fill(-1);
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #hashes: number[] = [];

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The number of the bytes between two places: that of their first occurrence. */
  numberOf(start: number, end: number): number {
    const bytes = this.#bytes;
    let hash = 0x811c9dc5;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
    const mask = this.#slots.length - 1;
    for (let slot = (hash ^ (hash >>> 15)) & mask; ; slot = (slot + 1) & mask) {
      const number = this.#slots[slot]!;
      if (number === -1) return this.#add(start, end, hash, slot);
      if (this.#hashes[number] === hash && this.#isEqual(number, start, end)) return number;
    }
  }

  /** Where they occurred first, in order of their numbers. */
  *places(): Iterable<readonly [start: number, end: number]> {
    for (let i = 0; i < this.#starts.length; i++) yield [this.#starts[i]!, this.#ends[i]!];
  }

  #isEqual(number: number, start: number, end: number): boolean {
    const [first, bytes] = [this.#starts[number]!, this.#bytes];
    if (this.#ends[number]! - first !== end - start) return false;
    for (let i = start; i < end; i++) if (bytes[i] !== bytes[first + i - start]) return false;
    return true;
  }

  #add(start: number, end: number, hash: number, slot: number): number {
    const number = this.#starts.length;
    this.#starts.push(start);
    this.#ends.push(end);
    this.#hashes.push(hash);
    this.#slots[slot] = number;
    if (2 * this.#starts.length > this.#slots.length) this.#rehash();
    return number;
  }

  #rehash(): void {
    const slots = new Int32Array(2 * this.#slots.length).fill(-1);
    const mask = slots.length - 1;
    for (const [number, hash] of this.#hashes.entries()) {
      let slot = (hash ^ (hash >>> 15)) & mask;
      while (slots[slot] !== -1) slot = (slot + 1) & mask;
      slots[slot] = number;
    }
    this.#slots = slots;
  }
}
