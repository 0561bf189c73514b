// Row-major gemm, syrk and trsm over the native functions of one library.
import { CBLAS, type NativeBlas } from './abi.ts';
import { asyncSlots } from './async.ts';
import { checkGemm, checkSyrk, checkTrsm } from './checks.ts';
import type { Blas, GemmCall, SyrkCall, MatrixTriangle, TrsmCall } from '../../../core/device/blas/types.ts';

/** The level 3 part of a `Blas`. */
type Level3Calls = Pick<Blas, 'gemm' | 'gemmAsync' | 'syrk' | 'trsm'>;

/** Checks each call, then makes it. `nativeAsync` false runs `gemmAsync` on the JavaScript thread, in a later turn. */
export function level3Calls(native: NativeBlas, { nativeAsync }: { readonly nativeAsync: boolean }): Level3Calls {
  const { float32, float64 } = native.level3;
  const enqueue = asyncSlots();

  // One flat function: no argument list is built on the way to a call that takes 0.3 us at n = 4.
  const gemm = (call: GemmCall): void => {
    checkGemm(call);
    const { m, n, k, a, lda, b, ldb, c, ldc, alpha = 1, beta = 0 } = call;
    if (m === 0 || n === 0) return;
    const run = call.dtype === 'float32' ? float32.gemm : float64.gemm;
    run(
      CBLAS.rowMajor,
      transposition(call.transposeA),
      transposition(call.transposeB),
      m,
      n,
      k,
      alpha,
      a,
      lda,
      b,
      ldb,
      beta,
      c,
      ldc,
    );
  };

  const gemmAsync = async (call: GemmCall): Promise<void> => {
    checkGemm(call);
    const held = { ...call }; // the caller may reuse its call object while this one waits; the arrays stay the same
    if (held.m === 0 || held.n === 0) return;
    await enqueue((done) =>
      nativeAsync ? startGemm(native, held, done) : setImmediate(() => done(attempt(() => gemm(held)))),
    );
  };

  return { gemm, gemmAsync, syrk: (call) => syrk(native, call), trsm: (call) => trsm(native, call) };
}

function startGemm(native: NativeBlas, held: GemmCall, done: (error: unknown) => void): void {
  // A call can wait its turn: an array detached since it was made has length 0 by now.
  checkGemm(held);
  const { m, n, k, a, lda, b, ldb, c, ldc, alpha = 1, beta = 0 } = held;
  const keepAlive = [a, b, c];
  native.level3[held.dtype].gemm.async(
    CBLAS.rowMajor,
    transposition(held.transposeA),
    transposition(held.transposeB),
    m,
    n,
    k,
    alpha,
    a,
    lda,
    b,
    ldb,
    beta,
    c,
    ldc,
    (error) => {
      // This use holds the arrays until now; without it the library would write into an array that was collected.
      keepAlive.length = 0;
      done(error);
    },
  );
}

function syrk(native: NativeBlas, call: SyrkCall): void {
  checkSyrk(call);
  const { n, k, a, lda, c, ldc, alpha = 1, beta = 0 } = call;
  if (n === 0) return;
  native.level3[call.dtype].syrk(
    CBLAS.rowMajor,
    triangleCode(call.triangle),
    transposition(call.transposeA),
    n,
    k,
    alpha,
    a,
    lda,
    beta,
    c,
    ldc,
  );
}

function trsm(native: NativeBlas, call: TrsmCall): void {
  checkTrsm(call);
  const { m, n, a, lda, b, ldb, alpha = 1 } = call;
  if (m === 0 || n === 0) return;
  native.level3[call.dtype].trsm(
    CBLAS.rowMajor,
    call.side === 'left' ? CBLAS.left : CBLAS.right,
    triangleCode(call.triangle),
    transposition(call.transposeA),
    call.diagonal === 'unit' ? CBLAS.unit : CBLAS.nonUnit,
    m,
    n,
    alpha,
    a,
    lda,
    b,
    ldb,
  );
}

function transposition(transposed: boolean): number {
  return transposed ? CBLAS.transpose : CBLAS.keep;
}

function triangleCode(triangle: MatrixTriangle): number {
  return triangle === 'lower' ? CBLAS.lower : CBLAS.upper;
}

function attempt(work: () => void): unknown {
  try {
    work();
    return null;
  } catch (error) {
    return error;
  }
}
