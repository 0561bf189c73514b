// The small blocks of the dense factorisations, in plain JavaScript: what the recursion of linalg.ts ends in.
//
// Float32 operands: every product, difference, quotient and root is rounded to float32 (a float64 operation rounded
// once more gives the same bits); float64 operands: plain arithmetic. The order of the operations is part of sqs-num/1
// (docs/format/numerics.md, "linalg").
import type { FloatArray, Matrix } from './contract.ts';

/**
 * op(T)·X = B with T triangular of order `size`, in place on `x`; one of the `count` right-hand sides is a column or a
 * row of `x`.
 */
export interface BlockSolve<V extends FloatArray = FloatArray> {
  readonly size: number;
  readonly count: number;
  readonly t: Matrix<V>;
  readonly transposeT: boolean;
  /** `forward` when op(T) is lower triangular, `backward` when it is upper triangular. */
  readonly direction: 'forward' | 'backward';
  readonly diagonal: 'given' | 'unit';
  readonly x: Matrix<V>;
  readonly layout: 'columns' | 'rows';
}

/**
 * Substitution: x_i = (b_i − T_ik·x_k − …) / T_ii, k in the order in which the x_k were found, each operation rounded.
 */
export function solveBlock(spec: BlockSolve): void {
  const { size, t, x, direction, diagonal } = spec;
  const subtract = x.values instanceof Float32Array ? subtractScaled32 : subtractScaled64;
  const [step, stride] = spec.layout === 'columns' ? [1, x.stride] : [x.stride, 1];
  const place = (i: number) => (direction === 'forward' ? i : size - 1 - i);
  for (let i = 0; i < size; i++) {
    const row = place(i);
    const at = x.offset + row * stride;
    for (let k = 0; k < i; k++)
      subtract(
        x.values,
        at,
        elementOf(t, spec.transposeT, row, place(k)),
        x.offset + place(k) * stride,
        spec.count,
        step,
      );
    if (diagonal === 'unit') continue;
    const pivot = elementOf(t, spec.transposeT, row, row);
    for (let j = 0; j < spec.count; j++) x.values[at + j * step] = x.values[at + j * step]! / pivot;
  }
}

/**
 * Lower Cholesky factor in place of the lower triangle of a small matrix; the index of the first pivot that is not
 * positive, or −1.
 */
export function choleskyBlock(a: Matrix<FloatArray>, n: number): number {
  const { values } = a;
  const subtract = values instanceof Float32Array ? subtractScaled32 : subtractScaled64;
  for (let k = 0; k < n; k++) {
    const pivotAt = a.offset + k * a.stride + k;
    const pivot = values[pivotAt]!;
    if (!(pivot > 0)) return k;
    values[pivotAt] = Math.sqrt(pivot);
    for (let i = k + 1; i < n; i++)
      values[pivotAt + (i - k) * a.stride] = values[pivotAt + (i - k) * a.stride]! / values[pivotAt]!;
    for (let j = k + 1; j < n; j++) {
      const factor = values[pivotAt + (j - k) * a.stride]!;
      subtract(values, a.offset + j * a.stride + j, factor, pivotAt + (j - k) * a.stride, n - j, a.stride);
    }
  }
  return -1;
}

/**
 * LU with partial pivoting of a narrow m×n panel in place: the largest |a_ik| of the column, the first among equals.
 * `pivots[offset + k]` = row swapped with row k, counted from the panel's first row; the first zero pivot, or −1.
 */
export function luPanel(a: Matrix<FloatArray>, m: number, n: number, pivots: Int32Array, offset: number): number {
  const { values, stride } = a;
  const subtract = values instanceof Float32Array ? subtractScaled32 : subtractScaled64;
  let singular = -1;
  for (let k = 0; k < Math.min(m, n); k++) {
    const pivotRow = largestInColumn(a, k, m);
    pivots[offset + k] = pivotRow;
    swapRows(a, k, pivotRow, 0, n);
    const at = a.offset + k * stride + k;
    const pivot = values[at]!;
    if (pivot === 0) {
      if (singular < 0) singular = k;
      continue;
    }
    for (let i = k + 1; i < m; i++) {
      const rowAt = at + (i - k) * stride;
      values[rowAt] = values[rowAt]! / pivot;
      subtract(values, rowAt + 1, values[rowAt]!, at + 1, n - k - 1, 1);
    }
  }
  return singular;
}

/** Swaps columns [first, last) of two rows. */
export function swapRows(a: Matrix<FloatArray>, i: number, j: number, first: number, last: number): void {
  if (i === j) return;
  const { values } = a;
  const [one, two] = [a.offset + i * a.stride, a.offset + j * a.stride];
  for (let column = first; column < last; column++) {
    const kept = values[one + column]!;
    values[one + column] = values[two + column]!;
    values[two + column] = kept;
  }
}

function largestInColumn(a: Matrix<FloatArray>, k: number, m: number): number {
  let best = k;
  let bestSize = Math.abs(a.values[a.offset + k * a.stride + k]!);
  for (let i = k + 1; i < m; i++) {
    const size = Math.abs(a.values[a.offset + i * a.stride + k]!);
    if (size > bestSize) [best, bestSize] = [i, size];
  }
  return best;
}

function elementOf(t: Matrix<FloatArray>, transposed: boolean, i: number, k: number): number {
  return t.values[t.offset + (transposed ? k * t.stride + i : i * t.stride + k)]!;
}

// values[at + j·step] −= factor · values[from + j·step]; the store rounds the difference.
function subtractScaled32(
  values: FloatArray,
  at: number,
  factor: number,
  from: number,
  count: number,
  step: number,
): void {
  for (let j = 0; j < count * step; j += step)
    values[at + j] = values[at + j]! - Math.fround(factor * values[from + j]!);
}

function subtractScaled64(
  values: FloatArray,
  at: number,
  factor: number,
  from: number,
  count: number,
  step: number,
): void {
  for (let j = 0; j < count * step; j += step) values[at + j] = values[at + j]! - factor * values[from + j]!;
}
