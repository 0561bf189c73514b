// Row-major Cholesky and LU over column-major LAPACK, in place: a row-major matrix is the transpose of the column-major
// one.
import { int64Slot, letterSlot, type NativeBlas } from './abi.ts';
import { checkExtent, checkMatrix } from './checks.ts';
import type { Blas, BlasArray, GesvCall, Lapack, PotrfCall, PotrsCall } from '../../../core/device/blas/types.ts';

/** The factorizations over a library's LAPACK and its own trsm, or undefined where it has none. */
export function lapackCalls(native: NativeBlas, trsm: Blas['trsm']): Lapack | undefined {
  if (native.factorizations === undefined) return undefined;
  return {
    potrf: (call) => potrf(native, call),
    potrs: (call) => potrs(trsm, call),
    gesv: (call) => gesv(native, trsm, call),
  };
}

function potrf(native: NativeBlas, call: PotrfCall): number {
  const { dtype, n, a, lda } = call;
  checkExtent('n', n);
  checkMatrix('a', dtype, a, n, n, lda);
  if (n === 0) return 0;
  const outcome = int64Slot(0);
  const uplo = letterSlot(call.triangle === 'lower' ? 'U' : 'L');
  native.factorizations?.[dtype].potrf(uplo, int64Slot(n), a, int64Slot(lda), outcome, 1);
  return outcome[0] ?? 0;
}

function potrs(trsm: Blas['trsm'], call: PotrsCall): void {
  const { dtype, triangle, n, columns, a, lda, b, ldb } = call;
  const lower = triangle === 'lower';
  const step = { dtype, side: 'left', triangle, diagonal: 'stored', m: n, n: columns, a, lda, b, ldb } as const;
  trsm({ ...step, transposeA: !lower }); // L Y = B, or Uᵀ Y = B
  trsm({ ...step, transposeA: lower }); // Lᵀ X = Y, or U X = Y
}

/**
 * getrf sees Aᵀ = P L U, so A = Uᵀ Lᵀ Pᵀ: two triangular solves from the row-major view, then the row exchanges last to
 * first. Pivoting thus goes along rows of A instead of columns: as stable (Higham, Accuracy and Stability, 9.3), and
 * nothing is copied.
 */
function gesv(native: NativeBlas, trsm: Blas['trsm'], call: GesvCall): number {
  const { dtype, n, columns, a, lda, b, ldb } = call;
  checkExtent('n', n);
  checkExtent('columns', columns);
  checkMatrix('a', dtype, a, n, n, lda);
  checkMatrix('b', dtype, b, n, columns, ldb);
  if (n === 0) return 0;
  const wordsPerPivot = native.integerBytes / 4;
  const pivots = new Int32Array(n * wordsPerPivot);
  const outcome = int64Slot(0);
  native.factorizations?.[dtype].getrf(int64Slot(n), int64Slot(n), a, int64Slot(lda), pivots, outcome);
  const failed = outcome[0] ?? 0;
  if (failed !== 0) return failed;
  const step = { dtype, side: 'left', transposeA: false, m: n, n: columns, a, lda, b, ldb } as const;
  trsm({ ...step, triangle: 'lower', diagonal: 'stored' });
  trsm({ ...step, triangle: 'upper', diagonal: 'unit' });
  for (let i = n - 1; i >= 0; i--) exchangeRows(b, columns, i * ldb, ((pivots[i * wordsPerPivot] ?? 0) - 1) * ldb);
  return 0;
}

function exchangeRows(b: BlasArray, columns: number, first: number, second: number): void {
  if (first === second) return;
  const kept = b.slice(first, first + columns);
  b.copyWithin(first, second, second + columns);
  b.set(kept, second);
}
