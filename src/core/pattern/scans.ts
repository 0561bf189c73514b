// Scans of a row-major matrix for structure. Each stops at the first witness against it, so ordinary operands cost a
// few reads.
import { isBigIntArray } from '../../../kernels/big-integers.ts';
import type { TypedArray } from '../tensor/dtype.ts';

type Numbers = Float32Array | Float64Array;

const zeroOf = (array: TypedArray): number | bigint => (isBigIntArray(array) ? 0n : 0);

/** Where each row has its one element other than 0 (−1: nowhere); undefined when a row has two. NaN is an element. */
export function rowSupport(array: TypedArray, rows: number, columns: number): Int32Array | undefined {
  const zero = zeroOf(array);
  const at = new Int32Array(rows).fill(-1);
  for (let i = 0; i < rows; i++) {
    for (let j = 0, from = i * columns; j < columns; j++) {
      if (array[from + j] === zero) continue;
      if (at[i] !== -1) return undefined;
      at[i] = j;
    }
  }
  return at;
}

/** As `rowSupport`, for columns: where each column has its one element other than 0. */
export function columnSupport(array: TypedArray, rows: number, columns: number): Int32Array | undefined {
  const zero = zeroOf(array);
  const at = new Int32Array(columns).fill(-1);
  for (let i = 0; i < rows; i++) {
    for (let j = 0, from = i * columns; j < columns; j++) {
      if (array[from + j] === zero) continue;
      if (at[j] !== -1) return undefined;
      at[j] = i;
    }
  }
  return at;
}

/** Neither NaN nor infinite anywhere. */
export function isFiniteEverywhere(array: TypedArray): boolean {
  if (!(array instanceof Float32Array || array instanceof Float64Array)) return true;
  for (let i = 0; i < array.length; i++) if (array[i]! - array[i]! !== 0) return false;
  return true;
}

/** A zero with the sign bit set is there. */
export function hasNegativeZero(array: TypedArray): boolean {
  if (!(array instanceof Float32Array || array instanceof Float64Array)) return false;
  for (let i = 0; i < array.length; i++) if (array[i] === 0 && 1 / array[i]! < 0) return true;
  return false;
}

/** All elements are one value, with one sign of zero. NaN equals nothing. */
export function isConstant(array: TypedArray): boolean {
  const [first] = array;
  if (first === undefined || first !== first) return false;
  for (let i = 1; i < array.length; i++) if (array[i] !== first) return false;
  if (first !== 0 || !(array instanceof Float32Array || array instanceof Float64Array)) return true;
  return (array as Numbers).every((value) => Object.is(value, first));
}

/** Equal elements across the diagonal of a square matrix. */
export function isSymmetric(array: TypedArray, n: number): boolean {
  for (let i = 1; i < n; i++) for (let j = 0; j < i; j++) if (array[i * n + j] !== array[j * n + i]) return false;
  return true;
}

/** Only zeros on one side of the diagonal of a square matrix. */
export function isTriangular(array: TypedArray, n: number, triangle: 'lower' | 'upper'): boolean {
  const zero = zeroOf(array);
  for (let i = 0; i < n; i++) {
    const [from, to] = triangle === 'lower' ? [i + 1, n] : [0, i];
    for (let j = from; j < to; j++) if (array[i * n + j] !== zero) return false;
  }
  return true;
}

/** Largest absolute value; NaN when there is a NaN, 0 of nothing. */
export function largestMagnitude(array: TypedArray): number {
  let largest = 0;
  for (let i = 0; i < array.length; i++) {
    const magnitude = Math.abs(Number(array[i]));
    if (!(magnitude <= largest)) largest = magnitude;
    if (largest !== largest) return NaN;
  }
  return largest;
}

/** Rows of a matrix by their bytes: `first` lists one row of each kind, `kindOf[i]` says which kind row i is. */
export interface RowKinds {
  readonly first: readonly number[];
  readonly kindOf: Int32Array;
}

/** The kinds of rows, when there are at most half as many as rows. A sample of four words a row rejects first. */
export function rowKinds(array: TypedArray, rows: number, columns: number): RowKinds | undefined {
  const rowBytes = columns * array.BYTES_PER_ELEMENT;
  if (rowBytes % 4 !== 0 || array.byteOffset % 4 !== 0 || rows < 2) return undefined;
  const words = new Int32Array(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength / 4);
  const width = rowBytes / 4;
  const sample = Math.max(1, Math.floor(width / 4));
  if (group(words, rows, width, sample) === undefined) return undefined;
  return group(words, rows, width, 1);
}

/** Groups rows that agree in every `step`-th word; undefined as soon as there are more kinds than half the rows. */
function group(words: Int32Array, rows: number, width: number, step: number): RowKinds | undefined {
  const first: number[] = [];
  const kindOf = new Int32Array(rows);
  const slots = new Int32Array(2 ** Math.ceil(Math.log2(rows + 1)) * 2).fill(-1);
  for (let i = 0; i < rows; i++) {
    let slot = hashRow(words, i * width, width, step) & (slots.length - 1);
    while (slots[slot] !== -1 && !sameRow(words, first[slots[slot]!]! * width, i * width, width, step))
      slot = (slot + 1) & (slots.length - 1);
    if (slots[slot] === -1) {
      slots[slot] = first.push(i) - 1;
      if (first.length * 2 > rows) return undefined;
    }
    kindOf[i] = slots[slot]!;
  }
  return { first, kindOf };
}

/** FNV-1a over words: only a place to look; rows are compared in full. */
function hashRow(words: Int32Array, at: number, width: number, step: number): number {
  let hash = 0x811c9dc5;
  for (let j = 0; j < width; j += step) hash = Math.imul(hash ^ words[at + j]!, 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

function sameRow(words: Int32Array, a: number, b: number, width: number, step: number): boolean {
  for (let j = 0; j < width; j += step) if (words[a + j] !== words[b + j]) return false;
  return true;
}

/**
 * Rows of a float32 matrix that are one another's copies up to a power of two: row i is 2^exponents[i] times the first
 * of its kind.
 */
export interface ScaledKinds extends RowKinds {
  readonly exponents: Int32Array;
}

const MAGNITUDE = 0x7fffffff;
const LEAST_NORMAL_BITS = 0x00800000;
const INFINITY_BITS = 0x7f800000;

/**
 * The kinds of rows up to powers of two, when there are at most half as many as rows and all elements are normal
 * numbers or 0.
 */
export function scaledRowKinds(array: TypedArray, rows: number, columns: number): ScaledKinds | undefined {
  if (!(array instanceof Float32Array) || rows < 2 || columns === 0) return undefined;
  const words = new Int32Array(array.buffer as ArrayBuffer, array.byteOffset, array.length);
  const scales = new Int32Array(rows);
  for (let i = 0; i < rows; i++) scales[i] = scaleOf(words, i * columns, columns);
  const sample = Math.max(1, Math.floor(columns / 4));
  return groupScaled(words, scales, columns, sample) && groupScaled(words, scales, columns, 1);
}

/** The exponent bits of the first element other than 0, in place; 0 for a row of zeros. */
function scaleOf(words: Int32Array, at: number, width: number): number {
  for (let j = 0; j < width; j++) if ((words[at + j]! & MAGNITUDE) !== 0) return words[at + j]! & INFINITY_BITS;
  return 0;
}

function groupScaled(words: Int32Array, scales: Int32Array, width: number, step: number): ScaledKinds | undefined {
  const rows = scales.length;
  const first: number[] = [];
  const kindOf = new Int32Array(rows);
  const byHash = new Map<number, number[]>();
  for (let i = 0; i < rows; i++) {
    const hash = hashScaled(words, i * width, width, step, scales[i]!);
    if (hash === undefined) return undefined;
    let kinds = byHash.get(hash);
    if (kinds === undefined) byHash.set(hash, (kinds = []));
    let kind = kinds.find((known) =>
      isScaledCopy(words, first[known]! * width, i * width, width, step, scales[i]! - scales[first[known]!]!),
    );
    if (kind === undefined) kinds.push((kind = first.push(i) - 1));
    if (first.length * 2 > rows) return undefined;
    kindOf[i] = kind;
  }
  return {
    first,
    kindOf,
    exponents: scales.map((scale, i) => (scale - scales[first[kindOf[i]!]!]!) >> 23),
  };
}

/** A place to look for rows of a kind; undefined where an element is subnormal, infinite or NaN. */
function hashScaled(words: Int32Array, at: number, width: number, step: number, scale: number): number | undefined {
  let hash = 0x811c9dc5;
  for (let j = 0; j < width; j += step) {
    const word = words[at + j]!;
    const magnitude = word & MAGNITUDE;
    if (magnitude !== 0 && (magnitude < LEAST_NORMAL_BITS || magnitude >= INFINITY_BITS)) return undefined;
    hash = Math.imul(hash ^ (magnitude === 0 ? word : (word - scale) | 0), 0x01000193);
  }
  return hash;
}

/** Normal numbers whose bits differ by the same exponent everywhere; zeros are the same. */
function isScaledCopy(words: Int32Array, a: number, b: number, width: number, step: number, shift: number): boolean {
  for (let j = 0; j < width; j += step) {
    const [from, to] = [words[a + j]!, words[b + j]!];
    if ((from & MAGNITUDE) === 0 ? from !== to : (to & MAGNITUDE) === 0 || ((to - from) | 0) !== shift) return false;
  }
  return true;
}

/** Smallest absolute value other than 0; Infinity where there is none. */
export function smallestMagnitude(array: TypedArray): number {
  let smallest = Infinity;
  for (let i = 0; i < array.length; i++) {
    const magnitude = Math.abs(Number(array[i]));
    if (magnitude !== 0 && magnitude < smallest) smallest = magnitude;
  }
  return smallest;
}
