// A square matrix as Q·H·Qᵀ with H zero below the first subdiagonal, by Householder reflectors.
import { makeReflector, type Reflectors, reflectors, reflectRows } from './reflectors.ts';

/** Reduces a row-major matrix of order n in place; the product of the reflectors is Q. */
export function* hessenberg(a: Float64Array, n: number): Generator<void, Reflectors> {
  const by = reflectors(Math.max(0, n - 2), n);
  const row = new Float64Array(n);
  for (let k = 0; k < n - 2; k++) {
    const shift = k * n;
    for (let i = k + 1; i < n; i++) by.v[shift + i] = a[i * n + k]!;
    [by.begin[k], by.end[k]] = [k + 1, n];
    const beta = makeReflector(by.v, shift + k + 1, shift + n, shift + k + 1, by.tau, k);
    reflectFromLeft(a, n, k, by, row);
    for (let i = k + 1; i < n; i++) a[i * n + k] = i === k + 1 ? beta : 0;
    for (let i = 0; i < n; i += 4) reflectRows({ values: a, stride: n }, i, Math.min(4, n - i), by, k);
    yield;
  }
  return by;
}

/** Rows after k, columns after k: A −= τ·v·(vᵀ·A). */
function reflectFromLeft(a: Float64Array, n: number, k: number, { v, tau }: Reflectors, row: Float64Array): void {
  if (tau[k] === 0) return;
  row.fill(0);
  for (let i = k + 1; i < n; i++) {
    const x = v[k * n + i]!;
    for (let j = k + 1; j < n; j++) row[j] = row[j]! + x * a[i * n + j]!;
  }
  for (let i = k + 1; i < n; i++) {
    const x = tau[k]! * v[k * n + i]!;
    for (let j = k + 1; j < n; j++) a[i * n + j] = a[i * n + j]! - x * row[j]!;
  }
}
