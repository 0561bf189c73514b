// Eigenvalues and eigenvectors of symmetric matrices: a tridiagonal matrix by Householder reflectors, then implicit QL.
import { makeReflector, type Reflectors, reflectUnits, type Rows } from './reflectors.ts';
import { Rotations } from './rotations.ts';
import { lengthOf } from './scaling.ts';

const EPSILON = 2 ** -52;
/** Beside a matrix near 1 nothing is lost with an element below it. */
const VANISHING = 1e-150;
/** Sweeps for each eigenvalue, of which two are usual. */
const MOST_SWEEPS = 60;

/** A symmetric tridiagonal matrix, and the reflectors that lead to it. */
interface Tridiagonal {
  readonly diagonal: Float64Array;
  readonly beside: Float64Array;
  readonly by: Reflectors;
}

/** Eigenvalues in no order; rows of `vectors` are the eigenvectors. Undefined where the iteration did not converge. */
interface Eigen {
  readonly values: Float64Array;
  readonly vectors: Rows | undefined;
}

/**
 * Eigenvalues of a symmetric matrix of which the lower triangle is read and overwritten, elements near 1 at most; with
 * eigenvectors where they are wanted.
 */
export function* eigenOf(a: Float64Array, n: number, wanted: 'values' | 'vectors'): Generator<void, Eigen | undefined> {
  const { diagonal, beside, by } = yield* tridiagonal(a, n);
  if (wanted === 'values') {
    const converged = yield* diagonalise(diagonal, beside, undefined);
    return converged ? { values: diagonal, vectors: undefined } : undefined;
  }
  const vectors: Rows = { values: new Float64Array(n * n), stride: n };
  yield* reflectUnits(vectors, 0, n, by, 'up');
  const converged = yield* diagonalise(diagonal, beside, new Rotations(vectors.values, n));
  return converged ? { values: diagonal, vectors } : undefined;
}

/** Takes the last row to its last two elements, then the one before it, …; row i of `a` becomes the vector i. */
function* tridiagonal(a: Float64Array, n: number): Generator<void, Tridiagonal> {
  const by = { v: a, stride: n, tau: new Float64Array(n), begin: new Int32Array(n), end: new Int32Array(n) };
  const [diagonal, beside, product] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
  for (let i = n - 1; i > 0; i--) {
    const at = i * n;
    diagonal[i] = a[at + i]!;
    by.end[i] = i;
    beside[i - 1] = makeReflector(a, at, at + i, at + i - 1, by.tau, i);
    if (by.tau[i] !== 0) reflectBothSides(a, n, i, by.tau[i]!, product);
    yield;
  }
  if (n > 0) diagonal[0] = a[0]!;
  return { diagonal, beside, by };
}

/** H·A·H of the leading block of order m, H the reflector of the vector in row m: A − v·qᵀ − q·vᵀ. */
function reflectBothSides(a: Float64Array, n: number, m: number, tau: number, q: Float64Array): void {
  const v = a.subarray(m * n, m * n + m);
  timesSymmetric(a, n, m, v, q);
  let along = 0;
  for (let j = 0; j < m; j++) along += v[j]! * q[j]!;
  const half = (tau * tau * along) / 2;
  for (let j = 0; j < m; j++) q[j] = tau * q[j]! - half * v[j]!;
  for (let j = 0; j < m; j++) {
    const [row, x, y] = [j * n, v[j]!, q[j]!];
    for (let k = 0; k <= j; k++) a[row + k] = a[row + k]! - (x * q[k]! + y * v[k]!);
  }
}

/** q = A·v for the leading block of order m, of which the lower triangle is read: once, two rows at a time. */
function timesSymmetric(a: Float64Array, n: number, m: number, v: Float64Array, q: Float64Array): void {
  q.fill(0, 0, m);
  let j = 0;
  for (; j + 1 < m; j += 2) {
    const [one, two] = [j * n, j * n + n];
    const [x, y] = [v[j]!, v[j + 1]!];
    let [p, r] = [0, 0];
    for (let k = 0; k < j; k++) {
      const first = a[one + k]!;
      const second = a[two + k]!;
      p += first * v[k]!;
      r += second * v[k]!;
      q[k] = q[k]! + (first * x + second * y);
    }
    const cross = a[two + j]!;
    q[j] = p + (a[one + j]! * x + cross * y);
    q[j + 1] = r + (cross * x + a[two + j + 1]! * y);
  }
  if (j === m) return;
  const [row, x] = [j * n, v[j]!];
  let p = 0;
  for (let k = 0; k < j; k++) {
    p += a[row + k]! * v[k]!;
    q[k] = q[k]! + a[row + k]! * x;
  }
  q[j] = p + a[row + j]! * x;
}

/** Implicit QL: d becomes the eigenvalues; rotations of rows are noted. False where it does not converge. */
function* diagonalise(d: Float64Array, e: Float64Array, rotations: Rotations | undefined): Generator<void, boolean> {
  const n = d.length;
  for (let first = 0; first < n; first++) {
    for (let sweep = 0; ; sweep++) {
      const last = endOfBlock(d, e, first);
      if (last === first) break;
      if (sweep === MOST_SWEEPS) return false;
      if (rotations?.hasRoom(last - first) === false) yield* rotations.done();
      sweepQl(d, e, first, last, rotations);
      yield;
    }
  }
  if (rotations !== undefined) yield* rotations.done();
  return true;
}

/** The first index from `first` on after which the matrix falls apart. */
function endOfBlock(d: Float64Array, e: Float64Array, first: number): number {
  let last = first;
  for (; last < d.length - 1; last++) {
    const beside = Math.abs(e[last]!);
    if (beside <= VANISHING || beside <= EPSILON * (Math.abs(d[last]!) + Math.abs(d[last + 1]!))) break;
  }
  return last;
}

/** One sweep over a block, with the eigenvalue of its first two rows that is nearer to the first as its shift. */
function sweepQl(d: Float64Array, e: Float64Array, first: number, last: number, noted: Rotations | undefined): void {
  const slope = (d[first + 1]! - d[first]!) / (2 * e[first]!);
  const root = lengthOf(slope, 1);
  let g = d[last]! - d[first]! + e[first]! / (slope + (slope < 0 ? -root : root));
  let [c, s, p] = [1, 1, 0];
  e[last] = 0;
  for (let i = last - 1; i >= first; i--) {
    const [f, b] = [s * e[i]!, c * e[i]!];
    const r = lengthOf(f, g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1] = d[i + 1]! - p;
      e[last] = 0;
      return;
    }
    s = f / r;
    c = g / r;
    const shifted = d[i + 1]! - p;
    const t = (d[i]! - shifted) * s + 2 * c * b;
    p = s * t;
    d[i + 1] = shifted + p;
    g = c * t - b;
    noted?.add(i, c, -s);
  }
  d[first] = d[first]! - p;
  e[first] = g;
  e[last] = 0;
}
