// The order of long rows by their digits: each pass puts elements in the order of one digit and keeps that of equal
// ones, from the lowest digit on.
import type { ElementArray } from './map.ts';

const DIGIT_BITS = 11;
const DIGITS = 1 << DIGIT_BITS;

/** What orders of several rows are found with, one after the other. */
interface RadixScratch {
  readonly next: Int32Array;
  readonly starts: Int32Array;
  /** Each element's key, in words, the lowest first: keys are in the order of the elements. */
  readonly keys: readonly Uint32Array[];
}

/** Room for rows of an array. */
export const radixScratch = (array: ElementArray, count: number): RadixScratch => ({
  next: new Int32Array(count),
  starts: new Int32Array(DIGITS + 1),
  keys: Array.from({ length: array.BYTES_PER_ELEMENT === 8 ? 2 : 1 }, () => new Uint32Array(count)),
});

/**
 * `order` becomes the places of a row's elements in order, equal ones as they are, NaN last in either direction, -0
 * equal to 0.
 */
export function radixOrder(row: ElementArray, isDescending: boolean, order: Int32Array, scratch: RadixScratch): void {
  const { keys, starts } = scratch;
  readKeys(row, isDescending, keys);
  for (let i = 0; i < order.length; i++) order[i] = i;
  let [from, to] = [order, scratch.next];
  for (const words of keys) {
    for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
      if (!countDigits(words, shift, starts)) continue;
      for (let i = 0; i < from.length; i++) {
        const place = from[i]!;
        to[starts[(words[place]! >>> shift) & (DIGITS - 1)]!++] = place;
      }
      [from, to] = [to, from];
    }
  }
  if (from !== order) order.set(from);
}

/** Where elements of each digit begin; false where all have the same one. */
function countDigits(words: Uint32Array, shift: number, starts: Int32Array): boolean {
  starts.fill(0);
  for (let i = 0; i < words.length; i++) starts[((words[i]! >>> shift) & (DIGITS - 1)) + 1]!++;
  if (starts[((words[0]! >>> shift) & (DIGITS - 1)) + 1] === words.length) return false;
  for (let digit = 1; digit < DIGITS; digit++) starts[digit]! += starts[digit - 1]!;
  return true;
}

function readKeys(row: ElementArray, isDescending: boolean, keys: readonly Uint32Array[]): void {
  const flip = isDescending ? 0xffffffff : 0;
  if (row instanceof Float32Array) floatKeys(row, flip, keys[0]!);
  else if (row instanceof Float64Array) doubleKeys(row, flip, keys[0]!, keys[1]!);
  else if (row.BYTES_PER_ELEMENT === 8) longKeys(row, flip, keys[0]!, keys[1]!);
  else {
    const isSigned = row instanceof Int32Array || row instanceof Int16Array || row instanceof Int8Array;
    // The sign bit of a signed integer comes after all others.
    const lift = isSigned ? flip ^ 0x80000000 : flip;
    const words = keys[0]!;
    for (let i = 0; i < row.length; i++) words[i] = Number(row[i]!) ^ lift;
  }
}

/** Negative floats are in the opposite order of their bits, and before the others. */
const wordOf = (high: number, flip: number): number => (high < 0 ? ~high : high ^ 0x80000000) ^ flip;

function floatKeys(row: Float32Array, flip: number, words: Uint32Array): void {
  const bits = new Int32Array(row.buffer, row.byteOffset, row.length);
  for (let i = 0; i < row.length; i++) {
    const value = row[i]!;
    words[i] = value !== value ? 0xffffffff : wordOf(value === 0 ? 0 : bits[i]!, flip);
  }
}

function doubleKeys(row: Float64Array, flip: number, low: Uint32Array, high: Uint32Array): void {
  const bits = new Int32Array(row.buffer, row.byteOffset, 2 * row.length);
  for (let i = 0; i < row.length; i++) {
    const value = row[i]!;
    const isNone = value !== value;
    const top = value === 0 ? 0 : bits[2 * i + 1]!;
    low[i] = isNone ? 0xffffffff : bits[2 * i]! ^ (top < 0 ? ~flip : flip);
    high[i] = isNone ? 0xffffffff : wordOf(top, flip);
  }
}

function longKeys(row: ElementArray, flip: number, low: Uint32Array, high: Uint32Array): void {
  const bits = new Int32Array(row.buffer, row.byteOffset, 2 * row.length);
  const lift = row instanceof BigInt64Array ? flip ^ 0x80000000 : flip;
  for (let i = 0; i < row.length; i++) {
    low[i] = bits[2 * i]! ^ flip;
    high[i] = bits[2 * i + 1]! ^ lift;
  }
}
