// Householder reflectors I − τ·v·vᵀ, and rows multiplied by them: four rows at a time, each read once for two passes.
import { scaleOf } from './scaling.ts';

/** Reflectors of a space: coordinate c of the vector of number j is `v[j·stride + c]`, 0 outside [begin, end). */
export interface Reflectors {
  readonly v: Float64Array;
  readonly stride: number;
  readonly tau: Float64Array;
  readonly begin: Int32Array;
  readonly end: Int32Array;
}

/** Room for so many reflectors of vectors of a length. */
export const reflectors = (count: number, length: number): Reflectors => ({
  v: new Float64Array(count * length),
  stride: length,
  tau: new Float64Array(count),
  begin: new Int32Array(count),
  end: new Int32Array(count),
});

/** Sums of squares between which nothing was lost to underflow or overflow. */
const SAFE_LEAST = 1e-280;
const SAFE_MOST = 1e280;

function sumOfSquares(x: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += x[i]! * x[i]!;
  return sum;
}

/**
 * Makes of x[from, to) the vector v whose reflector takes it to (β, 0, …) with β at `pivot`, v there 1; stores τ in
 * `made` and gives β.
 */
export function makeReflector(
  x: Float64Array,
  from: number,
  to: number,
  pivot: number,
  tau: Float64Array,
  made: number,
): number {
  let scale = 1;
  let squares = sumOfSquares(x, from, to);
  if (!(squares > SAFE_LEAST && squares < SAFE_MOST)) {
    let largest = 0;
    for (let i = from; i < to; i++) largest = Math.max(largest, Math.abs(x[i]!));
    const { by, back } = scaleOf(largest);
    for (let i = from; i < to; i++) x[i] = x[i]! * by;
    [scale, squares] = [back, sumOfSquares(x, from, to)];
  }
  const alpha = x[pivot]!;
  if (isUnit(x, from, to, pivot)) {
    tau[made] = 0;
    x[pivot] = 1;
    return alpha * scale;
  }
  const beta = alpha > 0 ? -Math.sqrt(squares) : Math.sqrt(squares);
  const divisor = alpha - beta;
  for (let i = from; i < to; i++) x[i] = x[i]! / divisor;
  x[pivot] = 1;
  tau[made] = (beta - alpha) / beta;
  return beta * scale;
}

/** Whether all coordinates but one are 0. */
function isUnit(x: Float64Array, from: number, to: number, pivot: number): boolean {
  for (let i = from; i < to; i++) if (x[i] !== 0 && i !== pivot) return false;
  return true;
}

/** Rows of a matrix: so many from `first` on. */
export interface Rows {
  readonly values: Float64Array;
  readonly stride: number;
}

/** Multiplies `count` rows, at most four, by a reflector from the right. */
export function reflectRows(rows: Rows, first: number, count: number, by: Reflectors, j: number): void {
  const tau = by.tau[j]!;
  if (tau === 0) return;
  if (count === 4) return reflectFour(rows, first, by, j, tau);
  for (let r = first; r < first + count; r++) reflectOne(rows, r, by, j, tau);
}

function reflectOne({ values, stride }: Rows, row: number, by: Reflectors, j: number, tau: number): void {
  const [from, at, count] = [by.begin[j]!, row * stride, by.end[j]! - by.begin[j]!];
  const v = by.v.subarray(j * by.stride + from, j * by.stride + from + count);
  const scaled = tau * dotAt(v, values, at + from);
  for (let i = 0; i < count; i++) values[at + from + i] = values[at + from + i]! - scaled * v[i]!;
}

function dotAt(v: Float64Array, values: Float64Array, at: number): number {
  let sum = 0;
  for (let i = 0; i < v.length; i++) sum += v[i]! * values[at + i]!;
  return sum;
}

function reflectFour({ values, stride }: Rows, first: number, by: Reflectors, j: number, tau: number): void {
  const { v } = by;
  const [from, to, shift] = [by.begin[j]!, by.end[j]!, j * by.stride];
  const a = first * stride;
  const b = a + stride;
  const c = b + stride;
  const d = c + stride;
  let p = 0;
  let q = 0;
  let r = 0;
  let s = 0;
  for (let i = from; i < to; i++) {
    const x = v[shift + i]!;
    p += x * values[a + i]!;
    q += x * values[b + i]!;
    r += x * values[c + i]!;
    s += x * values[d + i]!;
  }
  p *= tau;
  q *= tau;
  r *= tau;
  s *= tau;
  for (let i = from; i < to; i++) {
    const x = v[shift + i]!;
    values[a + i] = values[a + i]! - p * x;
    values[b + i] = values[b + i]! - q * x;
    values[c + i] = values[c + i]! - r * x;
    values[d + i] = values[d + i]! - s * x;
  }
}

/** Reflectors [0, count) in the order they are met. */
type Order = 'up' | 'down';

/** Multiplies rows [first, last) by reflectors one after another, each in its turn on four rows. */
export function* reflectAll(
  rows: Rows,
  first: number,
  last: number,
  by: Reflectors,
  order: Order,
): Generator<void, void> {
  const count = by.tau.length;
  for (let row = first; row < last; row += 4) {
    const group = Math.min(4, last - row);
    for (let k = 0; k < count; k++) reflectRows(rows, row, group, by, order === 'up' ? k : count - 1 - k);
    yield;
  }
}

/** As `reflectAll` on rows of the identity, in place of zeros: reflectors that do not reach them are passed over. */
export function* reflectUnits(
  rows: Rows,
  first: number,
  last: number,
  by: Reflectors,
  order: Order,
): Generator<void, void> {
  const count = by.tau.length;
  const place = (k: number): number => (order === 'up' ? k : count - 1 - k);
  for (let row = first; row < last; row += 4) {
    const group = Math.min(4, last - row);
    for (let r = row; r < row + group; r++) rows.values[r * rows.stride + r] = 1;
    let k = 0;
    while (k < count && (by.begin[place(k)]! >= row + group || by.end[place(k)]! <= row)) k++;
    for (; k < count; k++) reflectRows(rows, row, group, by, place(k));
    yield;
  }
}
