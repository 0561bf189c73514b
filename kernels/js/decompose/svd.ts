// Singular values and vectors: QR where a matrix is tall, a bidiagonal matrix, then implicit QR on that.
import { bidiagonal } from './bidiagonal.ts';
import { factorColumns, timesQ } from './qr.ts';
import { reflectUnits, type Rows } from './reflectors.ts';
import { Rotations } from './rotations.ts';
import { lengthOf } from './scaling.ts';

const EPSILON = 2 ** -52;
/** Beside a matrix near 1 nothing is lost with an element below it. */
const VANISHING = 1e-150;
/** Sweeps for each singular value, of which two are usual. */
const MOST_SWEEPS = 60;
/** From so many rows for each column on a matrix is tall: QR comes first. */
const TALL = 1.6;

/** What is wanted beside the values: so many rows of Uᵀ, and all n of Vᵀ; or nothing. */
export type Wanted = 'values' | 'reduced' | 'full';

/** Singular values in no order, none negative; rows of Uᵀ and of Vᵀ where they were wanted. */
export interface Singular {
  readonly values: Float64Array;
  readonly left: Rows | undefined;
  readonly right: Rows | undefined;
}

/**
 * The decomposition of a matrix of m ≥ n rows that is near 1, given by rows or by its columns, either of which may be
 * overwritten; undefined where the iteration did not converge.
 */
export function* singularOf(
  a: Float64Array,
  m: number,
  n: number,
  wanted: Wanted,
): Generator<void, Singular | undefined> {
  return m >= TALL * n && n > 0 ? yield* ofTall(a, m, n, wanted) : yield* ofRows(a, m, n, wanted);
}

function* ofRows(a: Float64Array, m: number, n: number, wanted: Wanted): Generator<void, Singular | undefined> {
  const { diagonal, above, left, right } = yield* bidiagonal(a, m, n);
  if (wanted === 'values') {
    const converged = yield* diagonalise(diagonal, above, undefined, undefined);
    return converged ? { values: diagonal.map(Math.abs), left: undefined, right: undefined } : undefined;
  }
  const count = wanted === 'full' ? m : n;
  const [u, v] = [rowsOf(count, m), rowsOf(n, n)];
  yield* reflectUnits(u, 0, count, left, 'down');
  yield* reflectUnits(v, 0, n, right, 'down');
  const converged = yield* diagonalise(diagonal, above, new Rotations(u.values, m), new Rotations(v.values, n));
  for (let i = 0; i < n; i++) if (diagonal[i]! < 0) turn(v, i);
  return converged ? { values: diagonal.map(Math.abs), left: u, right: v } : undefined;
}

const rowsOf = (count: number, length: number): Rows => ({ values: new Float64Array(count * length), stride: length });

function turn({ values, stride }: Rows, row: number): void {
  for (let k = row * stride; k < (row + 1) * stride; k++) values[k] = -values[k]!;
}

/** By the square matrix R of QR; Q is multiplied with the vectors of R. */
function* ofTall(a: Float64Array, m: number, n: number, wanted: Wanted): Generator<void, Singular | undefined> {
  const columns = rowsOf(n, m);
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) columns.values[j * m + i] = a[i * n + j]!;
  const factors = yield* factorColumns(columns, m, n);
  const r = new Float64Array(n * n);
  for (let j = 0; j < n; j++) for (let i = 0; i <= j; i++) r[i * n + j] = columns.values[j * m + i]!;
  const found = yield* ofRows(r, n, n, wanted);
  if (found?.left === undefined) return found;
  const count = wanted === 'full' ? m : n;
  const left = rowsOf(count, m);
  for (let i = 0; i < n; i++) left.values.set(found.left.values.subarray(i * n, i * n + n), i * m);
  for (let i = n; i < count; i++) left.values[i * m + i] = 1;
  yield* timesQ(factors, left, count);
  return { ...found, left };
}

/** Implicit QR: d becomes the singular values but for signs; false where it does not converge. */
function* diagonalise(
  d: Float64Array,
  e: Float64Array,
  left: Rotations | undefined,
  right: Rotations | undefined,
): Generator<void, boolean> {
  for (let last = d.length - 1, sweep = 0; last > 0; sweep++) {
    const { first, least } = blockBefore(d, e, last);
    if (first === last) {
      [last, sweep] = [last - 1, -1];
      continue;
    }
    if (sweep === MOST_SWEEPS) return false;
    if (left?.hasRoom(last - first) === false) yield* left.done();
    if (right?.hasRoom(last - first) === false) yield* right.done();
    const shift = shiftOf(d, e, first, last, least);
    if (shift === 0) sweepUnshifted(d, e, first, last, left, right);
    else sweepShifted(d, e, first, last, shift, left, right);
    yield;
  }
  if (left !== undefined) yield* left.done();
  if (right !== undefined) yield* right.done();
  return true;
}

/** The first row of the block that ends with `last`, and a lower bound of its singular values. */
function blockBefore(d: Float64Array, e: Float64Array, last: number): { first: number; least: number } {
  let first = last;
  while (first > 0 && !vanishes(d, e, first - 1)) first--;
  if (first > 0) e[first - 1] = 0;
  let least = Math.abs(d[first]!);
  for (let i = first, bound = least; i < last; i++) {
    bound = bound === 0 ? 0 : Math.abs(d[i + 1]!) * (bound / (bound + Math.abs(e[i]!)));
    if (bound < least) least = bound;
  }
  return { first, least };
}

function vanishes(d: Float64Array, e: Float64Array, i: number): boolean {
  const above = Math.abs(e[i]!);
  return above <= VANISHING || above <= EPSILON * (Math.abs(d[i]!) + Math.abs(d[i + 1]!));
}

/** The smaller singular value of the last two rows; 0 where with it the smallest values would lose their digits. */
function shiftOf(d: Float64Array, e: Float64Array, first: number, last: number, least: number): number {
  let largest = 0;
  for (let i = first; i <= last; i++) largest = Math.max(largest, Math.abs(d[i]!));
  for (let i = first; i < last; i++) largest = Math.max(largest, Math.abs(e[i]!));
  if ((last - first + 1) * least <= EPSILON * largest) return 0;
  const shift = smallerOfTwo(d[last - 1]!, e[last - 1]!, d[last]!);
  const ratio = shift / Math.abs(d[first]!);
  return ratio * ratio < EPSILON ? 0 : shift;
}

/** The smaller singular value of an upper triangular matrix [f g; 0 h]. */
function smallerOfTwo(f: number, g: number, h: number): number {
  const [small, large] = [Math.min(Math.abs(f), Math.abs(h)), Math.max(Math.abs(f), Math.abs(h))];
  if (small === 0) return 0;
  // The lengths are σ₁ + σ₂ and σ₁ − σ₂, and σ₁·σ₂ is the determinant.
  return (2 * (small * large)) / (lengthOf(large + small, g) + lengthOf(large - small, g));
}

/** A rotation (c, s) that takes (f, g) to (r, 0). */
interface Turned {
  c: number;
  s: number;
  r: number;
}

function rotation(f: number, g: number, into: Turned): void {
  if (g === 0) [into.c, into.s, into.r] = [1, 0, f];
  else {
    const r = lengthOf(f, g);
    [into.c, into.s, into.r] = [f / r, g / r, r];
  }
}

/** One sweep without a shift, which keeps the relative accuracy of small values. */
function sweepUnshifted(
  d: Float64Array,
  e: Float64Array,
  first: number,
  last: number,
  left: Rotations | undefined,
  right: Rotations | undefined,
): void {
  const [one, two]: [Turned, Turned] = [
    { c: 1, s: 0, r: 0 },
    { c: 1, s: 0, r: 0 },
  ];
  for (let i = first; i < last; i++) {
    rotation(d[i]! * one.c, e[i]!, one);
    if (i > first) e[i - 1] = two.s * one.r;
    rotation(two.c * one.r, d[i + 1]! * one.s, two);
    d[i] = two.r;
    right?.add(i, one.c, one.s);
    left?.add(i, two.c, two.s);
  }
  const rest = d[last]! * one.c;
  d[last] = rest * two.c;
  e[last - 1] = rest * two.s;
}

function sweepShifted(
  d: Float64Array,
  e: Float64Array,
  first: number,
  last: number,
  shift: number,
  left: Rotations | undefined,
  right: Rotations | undefined,
): void {
  const turned: Turned = { c: 1, s: 0, r: 0 };
  let f = (Math.abs(d[first]!) - shift) * ((d[first]! < 0 ? -1 : 1) + shift / d[first]!);
  let g = e[first]!;
  for (let i = first; i < last; i++) {
    rotation(f, g, turned);
    if (i > first) e[i - 1] = turned.r;
    right?.add(i, turned.c, turned.s);
    f = turned.c * d[i]! + turned.s * e[i]!;
    e[i] = turned.c * e[i]! - turned.s * d[i]!;
    g = turned.s * d[i + 1]!;
    d[i + 1] = turned.c * d[i + 1]!;
    rotation(f, g, turned);
    d[i] = turned.r;
    left?.add(i, turned.c, turned.s);
    f = turned.c * e[i]! + turned.s * d[i + 1]!;
    d[i + 1] = turned.c * d[i + 1]! - turned.s * e[i]!;
    if (i === last - 1) break;
    g = turned.s * e[i + 1]!;
    e[i + 1] = turned.c * e[i + 1]!;
  }
  e[last - 1] = f;
}
