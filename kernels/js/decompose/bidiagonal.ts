// A matrix as U·B·Vᵀ with B upper bidiagonal, by Householder reflectors from both sides; two passes over it for each.
import { makeReflector, type Reflectors, reflectors } from './reflectors.ts';

/** The bidiagonal matrix, and the reflectors whose products U and V are. */
interface Bidiagonal {
  readonly diagonal: Float64Array;
  readonly above: Float64Array;
  readonly left: Reflectors;
  readonly right: Reflectors;
}

/** Reduces a matrix of m ≥ n rows, row-major, which is overwritten. */
export function* bidiagonal(a: Float64Array, m: number, n: number): Generator<void, Bidiagonal> {
  const [left, right] = [reflectors(n, m), reflectors(n, n)];
  const [diagonal, above] = [new Float64Array(n), new Float64Array(n)];
  const [row, onU] = [new Float64Array(n), new Float64Array(n)];
  for (let k = 0; k < n; k++) {
    diagonal[k] = reflectorOfColumn(a, m, n, k, left);
    if (k === n - 1) break;
    productOfRows(a, m, n, k, left, row);
    subtractRow(a, k * n, row, 1, k + 1, n);
    above[k] = reflectorOfRow(a, n, k, right);
    reflectRest(a, m, n, k, left, row, right, onU);
    yield;
  }
  return { diagonal, above, left, right };
}

function reflectorOfColumn(a: Float64Array, m: number, n: number, k: number, left: Reflectors): number {
  const shift = k * left.stride;
  for (let i = k; i < m; i++) left.v[shift + i] = a[i * n + k]!;
  [left.begin[k], left.end[k]] = [k, m];
  return makeReflector(left.v, shift + k, shift + m, shift + k, left.tau, k);
}

function reflectorOfRow(a: Float64Array, n: number, k: number, right: Reflectors): number {
  const shift = k * right.stride;
  right.v.set(a.subarray(k * n + k + 1, k * n + n), shift + k + 1);
  [right.begin[k], right.end[k]] = [k + 1, n];
  return makeReflector(right.v, shift + k + 1, shift + n, shift + k + 1, right.tau, k);
}

/** row = τ·vᵀ·A of the columns after k, v the vector of column k; four rows at a time. */
function productOfRows(
  a: Float64Array,
  m: number,
  n: number,
  k: number,
  { v, stride, tau }: Reflectors,
  row: Float64Array,
): void {
  const shift = k * stride;
  row.fill(0);
  let i = k;
  for (; i + 3 < m; i += 4) {
    const at = i * n;
    const [w, x, y, z] = [v[shift + i]!, v[shift + i + 1]!, v[shift + i + 2]!, v[shift + i + 3]!];
    for (let j = k + 1; j < n; j++)
      row[j] = row[j]! + (w * a[at + j]! + x * a[at + n + j]! + (y * a[at + 2 * n + j]! + z * a[at + 3 * n + j]!));
  }
  for (; i < m; i++) {
    const [at, x] = [i * n, v[shift + i]!];
    for (let j = k + 1; j < n; j++) row[j] = row[j]! + x * a[at + j]!;
  }
  for (let j = k + 1; j < n; j++) row[j] = row[j]! * tau[k]!;
}

function subtractRow(a: Float64Array, at: number, row: Float64Array, factor: number, from: number, to: number): void {
  for (let j = from; j < to; j++) a[at + j] = a[at + j]! - factor * row[j]!;
}

/** The rows after k: the left reflector, whose product with the columns is in `row`, then the right one. */
function reflectRest(
  a: Float64Array,
  m: number,
  n: number,
  k: number,
  left: Reflectors,
  row: Float64Array,
  right: Reflectors,
  u: Float64Array,
): void {
  u.set(right.v.subarray(k * n, k * n + n));
  const [shift, tau] = [k * left.stride, right.tau[k]!];
  let i = k + 1;
  for (; i + 1 < m; i += 2) reflectTwo(a, i * n, n, k + 1, row, left.v[shift + i]!, left.v[shift + i + 1]!, u, tau);
  if (i < m) reflectOne(a, i * n, n, k + 1, row, left.v[shift + i]!, u, tau);
}

function reflectOne(
  a: Float64Array,
  at: number,
  n: number,
  from: number,
  row: Float64Array,
  factor: number,
  u: Float64Array,
  tau: number,
): void {
  let sum = 0;
  for (let j = from; j < n; j++) {
    const x = a[at + j]! - factor * row[j]!;
    a[at + j] = x;
    sum += x * u[j]!;
  }
  subtractRow(a, at, u, tau * sum, from, n);
}

function reflectTwo(
  a: Float64Array,
  at: number,
  n: number,
  from: number,
  row: Float64Array,
  one: number,
  two: number,
  u: Float64Array,
  tau: number,
): void {
  const below = at + n;
  let p = 0;
  let q = 0;
  for (let j = from; j < n; j++) {
    const x = a[at + j]! - one * row[j]!;
    const y = a[below + j]! - two * row[j]!;
    a[at + j] = x;
    a[below + j] = y;
    p += x * u[j]!;
    q += y * u[j]!;
  }
  p *= tau;
  q *= tau;
  for (let j = from; j < n; j++) {
    a[at + j] = a[at + j]! - p * u[j]!;
    a[below + j] = a[below + j]! - q * u[j]!;
  }
}
