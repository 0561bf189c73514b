// Stable sorting of rows in plain JavaScript: argsort, sort and the k greatest or least. NaN comes last, whatever the
// direction.
import { isBigIntArray } from '../big-integers.ts';
import type { ElementArray, NumberArray } from './map.ts';
import { radixOrder, radixScratch } from './radix-order.ts';

/** Which end comes first; NaN is last in both. */
export type Direction = 'ascending' | 'descending';

/** Rows from this length on are put in order by their digits, shorter ones by merging. */
const LONG_ROW = 512;

/** Rows of `count` consecutive elements each. */
interface Rows {
  readonly array: ElementArray;
  readonly count: number;
}

/** out[row, i] = place in its row of the i-th element in order; equal elements keep their order, -0 equals 0. */
export function argsort({ array, count }: Rows, direction: Direction, out: Int32Array | BigInt64Array): void {
  eachOrder(array, count, direction, (order, _row, start) => writeIndices(order, count, out, start));
}

/** out[row, i] = the i-th element of the row in order, its bits unchanged. */
export function sort<A extends ElementArray>(
  { array, count }: { readonly array: A; readonly count: number },
  direction: Direction,
  out: A,
): void {
  eachOrder(array, count, direction, (order, row, start) => gather(row, order, count, out, start));
}

/**
 * The first k of every sorted row: values and their places. 'descending' gives the k greatest, NaN after all numbers.
 */
export function topK<A extends ElementArray>(
  { array, count }: { readonly array: A; readonly count: number },
  k: number,
  direction: Direction,
  values: A,
  indices: Int32Array | BigInt64Array,
): void {
  if (!(k >= 0 && k <= count))
    throw new RangeError(`k = ${k} of rows of ${count}: k must be between 0 and the row length`);
  eachOrder(array, count, direction, (order, row, start) => {
    const at = (start / Math.max(1, count)) * k;
    gather(row, order, k, values, at);
    writeIndices(order, k, indices, at);
  });
}

/** Visits every row with the places of its elements in order. */
function eachOrder(
  array: ElementArray,
  count: number,
  direction: Direction,
  visit: (order: Int32Array, row: ElementArray, start: number) => void,
): void {
  if (count === 0) return;
  const order = new Int32Array(count);
  const scratch = count < LONG_ROW ? undefined : radixScratch(array, count);
  for (let start = 0; start < array.length; start += count) {
    const row = array.subarray(start, start + count);
    if (scratch === undefined) sortOrder(row, direction, order);
    else radixOrder(row, direction === 'descending', order, scratch);
    visit(order, row, start);
  }
}

function writeIndices(order: Int32Array, count: number, out: Int32Array | BigInt64Array, start: number): void {
  if (out instanceof Int32Array) out.set(order.subarray(0, count), start);
  else for (let i = 0; i < count; i++) out[start + i] = BigInt(order[i]!);
}

// Elements move as words, so that NaN payloads survive.
function gather(row: ElementArray, order: Int32Array, count: number, out: ElementArray, start: number): void {
  const [from, to] = [wordsOf(row), wordsOf(out)];
  const words = row.BYTES_PER_ELEMENT / from.BYTES_PER_ELEMENT;
  for (let i = 0; i < count; i++) {
    for (let w = 0; w < words; w++) to[(start + i) * words + w] = from[order[i]! * words + w]!;
  }
}

function wordsOf(array: ElementArray): Uint32Array | Uint16Array | Uint8Array {
  const { buffer, byteOffset, byteLength, BYTES_PER_ELEMENT: size } = array;
  if (size >= 4) return new Uint32Array(buffer, byteOffset, byteLength / 4);
  return size === 2
    ? new Uint16Array(buffer, byteOffset, byteLength / 2)
    : new Uint8Array(buffer, byteOffset, byteLength);
}

/** Merge sort, bottom up, on runs found by insertion; `order` receives the permutation. */
function sortOrder(row: ElementArray, direction: Direction, order: Int32Array): void {
  const after = isBigIntArray(row) ? afterOf(row as unknown as NumberArray, direction) : afterOf(row, direction);
  for (let i = 0; i < order.length; i++) order[i] = i;
  const run = 16;
  for (let start = 0; start < order.length; start += run)
    insertionSort(order, start, Math.min(order.length, start + run), after);
  let [from, to]: [Int32Array, Int32Array] = [order, new Int32Array(order.length)];
  for (let width = run; width < order.length; width *= 2) {
    for (let start = 0; start < order.length; start += 2 * width) merge(from, to, start, width, after);
    [from, to] = [to, from];
  }
  if (from !== order) order.set(from);
}

type After = (i: number, j: number) => boolean;

/** Whether element i must come after element j (strictly). */
function afterOf(row: NumberArray, direction: Direction): After {
  if (direction === 'ascending') return (i, j) => row[i]! > row[j]! || (row[i] !== row[i] && row[j] === row[j]);
  return (i, j) => row[i]! < row[j]! || (row[i] !== row[i] && row[j] === row[j]);
}

function insertionSort(order: Int32Array, start: number, end: number, after: After): void {
  for (let i = start + 1; i < end; i++) {
    const item = order[i]!;
    let j = i - 1;
    for (; j >= start && after(order[j]!, item); j--) order[j + 1] = order[j]!;
    order[j + 1] = item;
  }
}

function merge(from: Int32Array, to: Int32Array, start: number, width: number, after: After): void {
  const middle = Math.min(from.length, start + width);
  const end = Math.min(from.length, start + 2 * width);
  let [left, right] = [start, middle];
  for (let i = start; i < end; i++) {
    const takeRight = right < end && (left >= middle || after(from[left]!, from[right]!));
    to[i] = takeRight ? from[right++]! : from[left++]!;
  }
}
