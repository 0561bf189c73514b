// Dense linear algebra on the contract skeleton: Cholesky, triangular solve, LU with partial pivoting and its solve.
//
// Each algorithm is written once, as a X// drives it decides where a step runs: JavaScript, WebAssembly on one thread
// or many, now or asynchronously. Splits depend on the order alone and steps run in sequence, so all drivers give the
// same bits. Recursion after Gustavson 1997 (Cholesky) and Toledo 1997 (LU). Breakdown is not an error here: the index
// of the offending pivot is returned, or −1.
import { contract } from './contract.ts';
import type { Contraction, FloatArray, Matrix } from './contract.ts';
import { choleskyBlock, luPanel, solveBlock, swapRows } from './linalg-leaf.ts';
import type { BlockSolve } from './linalg-leaf.ts';

/** One step of a factorisation. */
type LinalgStep =
  | { readonly kind: 'contract'; readonly spec: Contraction<FloatArray> }
  | { readonly kind: 'solve'; readonly spec: BlockSolve };

/** An algorithm under way: yields steps that must be done before it goes on. */
export type LinalgSteps<R> = Generator<LinalgStep, R, void>;

/** Kernels that do a step at once. */
export interface LinalgKernels {
  contract(spec: Contraction<FloatArray>): void;
  solve(spec: BlockSolve): void;
}

/** Kernels that do a step while the caller goes on. */
export interface AsyncLinalgKernels {
  contractAsync(spec: Contraction<FloatArray>): Promise<void>;
  solveAsync(spec: BlockSolve): Promise<void>;
}

/** The reference kernels: plain JavaScript. */
export const jsLinalgKernels: LinalgKernels = { contract, solve: solveBlock };

/** op(T)·X = B, X in place of B: `x` has n rows and `columns` columns. */
interface TriangularSystem<V extends FloatArray = FloatArray> {
  readonly n: number;
  readonly columns: number;
  readonly t: Matrix<V>;
  readonly triangle: 'lower' | 'upper';
  readonly transposeT: boolean;
  readonly diagonal: 'given' | 'unit';
  readonly x: Matrix<V>;
}

/** Order below which the recursion ends; part of sqs-num/1. */
const LEAF = 32;
/** Columns of a panel of LU that is factored without recursion; part of sqs-num/1. */
const PANEL = 8;

/** Drives an algorithm to its end. */
export function runLinalg<R>(steps: LinalgSteps<R>, kernels: LinalgKernels): R {
  for (;;) {
    const next = steps.next();
    if (next.done === true) return next.value;
    if (next.value.kind === 'contract') kernels.contract(next.value.spec);
    else kernels.solve(next.value.spec);
  }
}

/** Drives an algorithm to its end on other threads. */
export async function runLinalgAsync<R>(steps: LinalgSteps<R>, kernels: AsyncLinalgKernels): Promise<R> {
  for (;;) {
    const next = steps.next();
    if (next.done === true) return next.value;
    if (next.value.kind === 'contract') await kernels.contractAsync(next.value.spec);
    else await kernels.solveAsync(next.value.spec);
  }
}

/**
 * Lower Cholesky factor in place of A (n×n, symmetric, only the lower triangle is read); above the diagonal it is set
 * to 0. Returns −1, or the index of the first pivot that is not positive (A is then not positive definite, and what is
 * left in it no factor).
 */
export function* cholesky(a: Matrix<FloatArray>, n: number): LinalgSteps<number> {
  const broken = yield* choleskyLower(a, n);
  for (let i = 0; i < n; i++) a.values.fill(0, a.offset + i * a.stride + i + 1, a.offset + i * a.stride + n);
  return broken;
}

/**
 * Solves op(T)·X = B in place of B. Returns −1, or the index of the first zero on the diagonal (B is then untouched).
 */
export function* solveTriangular(system: TriangularSystem): LinalgSteps<number> {
  for (let i = 0; system.diagonal === 'given' && i < system.n; i++)
    if (system.t.values[system.t.offset + i * system.t.stride + i] === 0) return i;
  if (system.columns > 0) yield* substitute(system);
  return -1;
}

/**
 * LU with partial pivoting in place of A (m×n): unit lower L below the diagonal, U on and above it; P·A = L·U. `pivots`
 * (min(m, n)): row k was swapped with row pivots[k] ≥ k, in order. Returns −1, or the index of the first zero pivot (A
 * is singular).
 */
export function* lu(a: Matrix<FloatArray>, m: number, n: number, pivots: Int32Array): LinalgSteps<number> {
  return yield* luColumns(a, m, n, pivots, 0);
}

/**
 * Solves A·X = B in place of B (n×columns) from the result of `lu` on a square A. Returns −1, or the index of a zero
 * pivot.
 */
export function* luSolve(
  factors: Matrix<FloatArray>,
  pivots: Int32Array,
  n: number,
  x: Matrix<FloatArray>,
  columns: number,
): LinalgSteps<number> {
  const system = { n, columns, t: factors, transposeT: false, x };
  for (let i = 0; i < n; i++) if (factors.values[factors.offset + i * factors.stride + i] === 0) return i;
  for (let k = 0; k < n; k++) swapRows(x, k, pivots[k]!, 0, columns);
  yield* solveTriangular({ ...system, triangle: 'lower', diagonal: 'unit' });
  return yield* solveTriangular({ ...system, triangle: 'upper', diagonal: 'given' });
}

function* choleskyLower(a: Matrix<FloatArray>, n: number): LinalgSteps<number> {
  if (n <= LEAF) return choleskyBlock(a, n);
  const [top, rest] = split(n, LEAF);
  const [below, corner] = [part(a, top, 0), part(a, top, top)];
  const broken = yield* choleskyLower(a, top);
  if (broken >= 0) return broken;
  yield* solveRowsLower(a, top, below, rest);
  yield product(rest, rest, top, below, 'plain', below, 'transposed', corner, 'lower');
  const later = yield* choleskyLower(corner, rest);
  return later < 0 ? -1 : top + later;
}

// X·Lᵀ = B in place of B (count × n): the rows of X solve L·xᵀ = bᵀ.
function* solveRowsLower(l: Matrix<FloatArray>, n: number, x: Matrix<FloatArray>, count: number): LinalgSteps<void> {
  if (n <= LEAF) {
    yield {
      kind: 'solve',
      spec: { size: n, count, t: l, transposeT: false, direction: 'forward', diagonal: 'given', x, layout: 'rows' },
    };
    return;
  }
  const [left, right] = split(n, LEAF);
  yield* solveRowsLower(l, left, x, count);
  yield product(count, right, left, x, 'plain', part(l, left, 0), 'transposed', part(x, 0, left), 'none');
  yield* solveRowsLower(part(l, left, left), right, part(x, 0, left), count);
}

function* substitute(system: TriangularSystem): LinalgSteps<void> {
  const { n, columns, t, x, transposeT, triangle, diagonal } = system;
  const direction = (triangle === 'lower') === transposeT ? 'backward' : 'forward';
  if (n <= LEAF) {
    yield {
      kind: 'solve',
      spec: { size: n, count: columns, t, transposeT, direction, diagonal, x, layout: 'columns' },
    };
    return;
  }
  const [top, rest] = split(n, LEAF);
  const upper = { ...system, n: top };
  const lower = { ...system, n: rest, t: part(t, top, top), x: part(x, top, 0) };
  const off = triangle === 'lower' ? part(t, top, 0) : part(t, 0, top);
  const turned = transposeT ? 'transposed' : 'plain';
  yield* substitute(direction === 'forward' ? upper : lower);
  yield direction === 'forward'
    ? product(rest, columns, top, off, turned, x, 'plain', lower.x, 'none')
    : product(top, columns, rest, off, turned, lower.x, 'plain', x, 'none');
  yield* substitute(direction === 'forward' ? lower : upper);
}

// Columns [0, n) of an m-row panel; its pivots go to pivots[offset…], counted from the panel's first row.
function* luColumns(
  a: Matrix<FloatArray>,
  m: number,
  n: number,
  pivots: Int32Array,
  offset: number,
): LinalgSteps<number> {
  if (n <= PANEL) return luPanel(a, m, n, pivots, offset);
  const [left, right] = split(n, PANEL);
  const done = Math.min(m, left);
  const first = yield* luColumns(a, m, left, pivots, offset);
  for (let k = 0; k < done; k++) swapRows(a, k, pivots[offset + k]!, left, n);
  yield* substitute({
    n: done,
    columns: right,
    t: a,
    triangle: 'lower',
    transposeT: false,
    diagonal: 'unit',
    x: part(a, 0, left),
  });
  if (m <= left) return first;
  const corner = part(a, left, left);
  yield product(m - left, right, left, part(a, left, 0), 'plain', part(a, 0, left), 'plain', corner, 'none');
  const later = yield* luColumns(corner, m - left, right, pivots, offset + left);
  for (let k = left; k < Math.min(m, n); k++) {
    pivots[offset + k]! += left;
    swapRows(a, k, pivots[offset + k]!, 0, left);
  }
  return first >= 0 || later < 0 ? first : left + later;
}

// The step C −= op(A)·op(B).
function product(
  m: number,
  n: number,
  k: number,
  a: Matrix<FloatArray>,
  turnA: 'plain' | 'transposed',
  b: Matrix<FloatArray>,
  turnB: 'plain' | 'transposed',
  c: Matrix<FloatArray>,
  triangle: 'none' | 'lower',
): LinalgStep {
  return {
    kind: 'contract',
    spec: {
      m,
      n,
      k,
      a,
      transposeA: turnA === 'transposed',
      b,
      transposeB: turnB === 'transposed',
      c,
      mode: 'subtract',
      triangle,
    },
  };
}

function part<V>(matrix: Matrix<V>, row: number, column: number): Matrix<V> {
  return { ...matrix, offset: matrix.offset + row * matrix.stride + column };
}

// The largest leaf·2^i below n, and the rest.
function split(n: number, leaf: number): readonly [number, number] {
  let first = leaf;
  while (first * 2 < n) first *= 2;
  return [first, n - first];
}
