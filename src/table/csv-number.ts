// Numbers as they are written in CSV, read out of bytes without a text for each of them, rounded to nearest.
const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const LOWER = 0x20;
const E = 0x65;

/** Integers below 10¹⁵ and powers of ten up to 10²² are float64 exactly, so that one operation rounds once. */
const MAX_DIGITS = 15;
const MAX_POWER = 22;
const POWERS = Array.from({ length: MAX_POWER + 1 }, (_, power) => Number(`1e${power}`));

const WORDS: Readonly<Record<string, number>> = { inf: Infinity, infinity: Infinity, nan: NaN };

/** ASCII as text. */
export function asciiText(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}

/** Reads one number after the other; what the last one was stays until the next. */
export class NumberReader {
  readonly #bytes: Uint8Array;
  /** The number that was read. */
  value = 0;
  /** Whether it was written without point and exponent. */
  isInteger = false;
  /** Whether it was written with a zero in front of other digits, as codes are that are no numbers. */
  isPadded = false;
  #digits = 0;
  #mantissa = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Reads what stands between two places; answers whether all of it is a number. */
  read(start: number, end: number): boolean {
    const bytes = this.#bytes;
    const isNegative = bytes[start] === MINUS;
    const first = isNegative || bytes[start] === PLUS ? start + 1 : start;
    this.#digits = 0;
    this.#mantissa = 0;
    let at = this.#digitsFrom(first, end);
    let written = at - first;
    this.isPadded = written > 1 && bytes[first] === ZERO;
    let exponent = 0;
    if (at < end && bytes[at] === POINT) {
      const after = this.#digitsFrom(at + 1, end);
      exponent = at + 1 - after;
      written -= exponent;
      at = after;
    }
    if (written === 0) return this.#word(first, end, isNegative);
    this.isInteger = at === end && at - first === written;
    if (at < end) {
      const power = this.#exponent(at, end);
      if (power === undefined) return false;
      exponent += power;
    }
    const size = this.#rounded(exponent) ?? Number(asciiText(bytes, first, end));
    this.value = isNegative ? -size : size;
    return true;
  }

  /** Takes in digits; answers where they end. */
  #digitsFrom(from: number, end: number): number {
    const bytes = this.#bytes;
    let at = from;
    for (; at < end; at++) {
      const digit = bytes[at]! - ZERO;
      if (digit < 0 || digit > 9) break;
      if (digit > 0 || this.#digits > 0) this.#digits++;
      this.#mantissa = this.#mantissa * 10 + digit;
    }
    return at;
  }

  /** The exponent that begins here and is all there is; undefined for anything else. */
  #exponent(from: number, end: number): number | undefined {
    const bytes = this.#bytes;
    if ((bytes[from]! | LOWER) !== E) return undefined;
    const isNegative = bytes[from + 1] === MINUS;
    const first = from + (isNegative || bytes[from + 1] === PLUS ? 2 : 1);
    if (first >= end) return undefined;
    let power = 0;
    for (let at = first; at < end; at++) {
      const digit = bytes[at]! - ZERO;
      if (digit < 0 || digit > 9) return undefined;
      power = Math.min(power * 10 + digit, 1e6);
    }
    return isNegative ? -power : power;
  }

  #rounded(exponent: number): number | undefined {
    if (this.#digits > MAX_DIGITS || exponent > MAX_POWER || exponent < -MAX_POWER) return undefined;
    return exponent < 0 ? this.#mantissa / POWERS[-exponent]! : this.#mantissa * POWERS[exponent]!;
  }

  #word(start: number, end: number, isNegative: boolean): boolean {
    if (end - start > 8) return false;
    const word = asciiText(this.#bytes, start, end).toLowerCase();
    if (!Object.hasOwn(WORDS, word)) return false;
    this.isInteger = false;
    this.value = isNegative ? -WORDS[word]! : WORDS[word]!;
    return true;
  }
}
