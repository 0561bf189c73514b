// Decompositions of one matrix, laid out one part after another, with signs and order as signs.ts has them.
import { type ComplexEigen, complexEigenOf } from './eig.ts';
import { eigenOf } from './eigh.ts';
import { matrixExponential } from './expm.ts';
import { determinantOf, luOf } from './lu.ts';
import { columnsOfQ, factorColumns, type QrFactors } from './qr.ts';
import type { Rows } from './reflectors.ts';
import { largestOf, lengthOf, type Scale, scaleOf } from './scaling.ts';
import { NEAR, orderOf, signOf } from './signs.ts';
import { type Singular, singularOf, type Wanted } from './svd.ts';

/** Where the parts of a result go, from an index on. */
export interface ResultPlace {
  readonly array: Float32Array | Float64Array;
  readonly at: number;
}

/** One matrix of an array, row-major; `rows` may be overwritten. */
export interface MatrixCopy {
  readonly rows: Float64Array;
  readonly m: number;
  readonly n: number;
}

/** Why there is no result. */
export type Failure = 'not finite' | 'not converged';

type Steps = Generator<void, Failure | undefined>;

/** Brings a matrix near 1; undefined where an element is not finite. */
function scaled({ rows }: MatrixCopy): Scale | undefined {
  const largest = largestOf(rows, 0, rows.length);
  if (Number.isNaN(largest)) return undefined;
  const scale = scaleOf(largest);
  for (let i = 0; i < rows.length; i++) rows[i] = rows[i]! * scale.by;
  return scale;
}

function transposed(a: Float64Array, m: number, n: number): Float64Array {
  const columns = new Float64Array(m * n);
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) columns[j * m + i] = a[i * n + j]!;
  return columns;
}

/** Writes a number as an element; −0 as 0. */
const put = (array: ResultPlace['array'], at: number, value: number): void => {
  array[at] = value + 0;
};

/** Q (m × k), then R (k × n), k the rows of R: m, or the smaller of m and n. The diagonal of R is not negative. */
export function* packedQr(matrix: MatrixCopy, mode: 'reduced' | 'complete', out: ResultPlace): Steps {
  const { m, n } = matrix;
  const scale = scaled(matrix);
  if (scale === undefined) return 'not finite';
  const k = mode === 'complete' ? m : Math.min(m, n);
  const factors = yield* factorColumns({ values: transposed(matrix.rows, m, n), stride: m }, m, n);
  const q = yield* columnsOfQ(factors, m, k);
  const signs = Int8Array.from({ length: k }, (_, i) => signOfRow(factors, q, i, n));
  for (let j = 0; j < k; j++)
    for (let i = 0; i < m; i++) put(out.array, out.at + i * k + j, signs[j]! * q.values[j * m + i]!);
  const at = out.at + m * k;
  for (let i = 0; i < k; i++)
    for (let j = 0; j < n; j++)
      put(out.array, at + i * n + j, i > j ? 0 : signs[i]! * factors.columns.values[j * m + i]! * scale.back);
  return undefined;
}

/** Of a row that R has no diagonal in, that of the column of Q. */
const signOfRow = ({ columns: { values, stride } }: QrFactors, q: Rows, i: number, n: number): 1 | -1 =>
  i >= n ? signOf(q, i) : values[i * stride + i]! < 0 ? -1 : 1;

/** The eigenvalues of a symmetric matrix, ascending; then, where they are wanted, the matrix of the eigenvectors. */
export function* packedEigen(matrix: MatrixCopy, wanted: 'values' | 'vectors', out: ResultPlace): Steps {
  const { n } = matrix;
  for (let i = 0; i < n; i++) matrix.rows.fill(0, i * n + i + 1, i * n + n);
  const scale = scaled(matrix);
  if (scale === undefined) return 'not finite';
  const found = yield* eigenOf(matrix.rows, n, wanted);
  if (found === undefined) return 'not converged';
  const order = orderOf(found.values, 'ascending');
  order.forEach((from, j) => put(out.array, out.at + j, found.values[from]! * scale.back));
  if (found.vectors !== undefined) order.forEach((from, j) => putColumn(out, n, n, j, found.vectors!, from));
  return undefined;
}

/** A row as column j of a matrix that begins `skip` elements on. */
function putColumn(out: ResultPlace, skip: number, columns: number, j: number, rows: Rows, row: number): void {
  const sign = signOf(rows, row);
  for (let i = 0; i < rows.stride; i++)
    put(out.array, out.at + skip + i * columns + j, sign * rows.values[row * rows.stride + i]!);
}

/** U, the singular values in descending order, and Vᵀ; or the values alone. */
export function* packedSvd(matrix: MatrixCopy, wanted: Wanted, out: ResultPlace): Steps {
  const { m, n } = matrix;
  const scale = scaled(matrix);
  if (scale === undefined) return 'not finite';
  const wide = m < n;
  const found: Singular | undefined = wide
    ? yield* singularOf(transposed(matrix.rows, m, n), n, m, wanted)
    : yield* singularOf(matrix.rows, m, n, wanted);
  if (found === undefined) return 'not converged';
  const order = orderOf(found.values, 'descending');
  const [u, v] = wide ? [found.right, found.left] : [found.left, found.right];
  const k = order.length;
  const [before, after] = u === undefined || v === undefined ? [0, 0] : [u.values.length, v.values.length];
  order.forEach((from, j) => put(out.array, out.at + before + j, found.values[from]! * scale.back));
  if (after > 0 || before > 0) putVectors(out, order, u!, v!, before + k);
  return undefined;
}

/** Both vectors of a value have the sign of the left one; those without a value each have their own. */
function putVectors({ array, at }: ResultPlace, order: Int32Array, u: Rows, v: Rows, skip: number): void {
  const columns = u.values.length / Math.max(1, u.stride);
  for (let j = 0; j < columns; j++) putColumn({ array, at }, 0, columns, j, u, order[j] ?? j);
  const rows = v.values.length / Math.max(1, v.stride);
  for (let j = 0; j < rows; j++) {
    const from = order[j] ?? j;
    const sign = j < order.length ? signOf(u, from) : signOf(v, from);
    for (let i = 0; i < v.stride; i++) put(array, at + skip + j * v.stride + i, sign * v.values[from * v.stride + i]!);
  }
}

/** L below the diagonal and U from it on (m × n), where each row came from (m), and the determinant of that order. */
export function* packedLu({ rows, m, n }: MatrixCopy, out: ResultPlace): Steps {
  if (Number.isNaN(largestOf(rows, 0, rows.length))) return 'not finite';
  const { factors, permutation, parity } = yield* luOf(rows, m, n);
  out.array.set(factors, out.at);
  out.array.set(permutation, out.at + m * n);
  out.array[out.at + m * n + m] = parity;
  return undefined;
}

/** The determinant of a square matrix. */
export function* determinant({ rows, n }: MatrixCopy, out: ResultPlace): Steps {
  put(out.array, out.at, determinantOf(yield* luOf(rows, n, n), n));
  return undefined;
}

/** e to a square matrix. */
export function* packedExponential({ rows, n }: MatrixCopy, out: ResultPlace): Steps {
  if (Number.isNaN(largestOf(rows, 0, rows.length))) return 'not finite';
  out.array.set(n === 0 ? rows : yield* matrixExponential(rows, n), out.at);
  return undefined;
}

/**
 * Real and imaginary parts of the eigenvalues of a square matrix, by ascending real parts; then, where they are wanted,
 * those of the matrix of the eigenvectors, of length 1 and with a largest component that is real and positive.
 */
export function* packedComplexEigen(matrix: MatrixCopy, wanted: 'values' | 'vectors', out: ResultPlace): Steps {
  const { n } = matrix;
  const scale = scaled(matrix);
  if (scale === undefined) return 'not finite';
  const found = yield* complexEigenOf(matrix.rows, n, wanted);
  if (found === undefined) return 'not converged';
  const order = orderOfComplex(found);
  order.forEach((from, j) => {
    put(out.array, out.at + j, found.real[from]! * scale.back);
    put(out.array, out.at + n + j, found.imag[from]! * scale.back);
    if (found.vectors !== undefined) putComplex(out, n, j, found.vectors, from);
  });
  return undefined;
}

/** By real parts, then by the size of imaginary ones; of a pair the positive one first. */
function orderOfComplex({ real, imag }: ComplexEigen): Int32Array {
  const order = Int32Array.from(real, (_, i) => i);
  return order.sort(
    (i, j) => real[i]! - real[j]! || Math.abs(imag[i]!) - Math.abs(imag[j]!) || imag[j]! - imag[i]! || i - j,
  );
}

/** A row as column j of the real and of the imaginary parts, divided by its length and by the phase of its largest. */
function putComplex(
  { array, at }: ResultPlace,
  n: number,
  j: number,
  vectors: NonNullable<ComplexEigen['vectors']>,
  row: number,
): void {
  const [real, imag] = [vectors.real, vectors.imag].map((part) => part.subarray(row * n, row * n + n)) as [
    Float64Array,
    Float64Array,
  ];
  const sizes = real.map((x, i) => lengthOf(x, imag[i]!));
  const largest = sizes.reduce((most, size) => Math.max(most, size), 0);
  const by = sizes.findIndex((size) => size >= NEAR * largest);
  const length = largest * Math.sqrt(sizes.reduce((sum, size) => sum + (size / largest) * (size / largest), 0));
  const [c, s] = [real[by]! / sizes[by]! / length, imag[by]! / sizes[by]! / length];
  for (let i = 0; i < n; i++) {
    const to = at + 2 * n + i * n + j;
    put(array, to, real[i]! * c + imag[i]! * s);
    put(array, to + n * n, i === by ? 0 : imag[i]! * c - real[i]! * s);
  }
}
