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
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Reads what stands between two places; answers whether all of it is a number. */
  read(start: number, end: number): boolean {
    const bytes = this.#bytes;
    const isNegative = bytes[start] === MINUS;
    const first = isNegative || bytes[start] === PLUS ? start + 1 : start;
    let at = first;
    let mantissa = 0;
    let digits = 0;
    let point = -1;
    for (; at < end; at++) {
      const digit = bytes[at]! - ZERO;
      if (digit >= 0 && digit <= 9) {
        mantissa = mantissa * 10 + digit;
        if (mantissa > 0) digits++;
      } else if (bytes[at] === POINT && point === -1) point = at;
      else break;
    }
    const written = at - first - (point === -1 ? 0 : 1);
    if (written === 0) return this.#word(first, end, isNegative);
    this.isPadded = written > 1 && bytes[first] === ZERO && bytes[first + 1] !== POINT;
    this.isInteger = at === end && point === -1;
    let exponent = point === -1 ? 0 : point + 1 - at;
    if (at < end) {
      const power = this.#exponent(at, end);
      if (power === undefined) return false;
      exponent += power;
    }
    const size = rounded(mantissa, digits, exponent) ?? Number(asciiText(bytes, first, end));
    this.value = isNegative ? -size : size;
    return true;
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

  #word(start: number, end: number, isNegative: boolean): boolean {
    if (end - start > 8) return false;
    const word = asciiText(this.#bytes, start, end).toLowerCase();
    if (!Object.hasOwn(WORDS, word)) return false;
    this.isInteger = false;
    this.value = isNegative ? -WORDS[word]! : WORDS[word]!;
    return true;
  }
}

/** What one operation on exact operands gives; undefined where it takes more. */
function rounded(mantissa: number, digits: number, exponent: number): number | undefined {
  if (digits > MAX_DIGITS || exponent > MAX_POWER || exponent < -MAX_POWER) return undefined;
  return exponent < 0 ? mantissa / POWERS[-exponent]! : mantissa * POWERS[exponent]!;
}
