// Fortran BLAS in the shape of CBLAS, for libraries that export only sgemm_ and its kin (the libblas.so.3 of some
// systems). Row-major X is column-major Xᵀ: gemm swaps its operands, syrk its triangle and transposition, trsm its side
// and triangle.
import { bindNative, type Done, type Native, type NativeLibrary } from './koffi.ts';
import { CBLAS, int64Slot, letterSlot, repeated, type GemmArguments, type Level3, type Naming } from './abi.ts';
import type { BlasArray } from '../../../core/device/blas/types.ts';

type FortranGemm = Native<
  [
    transA: Uint8Array,
    transB: Uint8Array,
    m: Int32Array,
    n: Int32Array,
    k: Int32Array,
    alpha: BlasArray,
    a: BlasArray,
    lda: Int32Array,
    b: BlasArray,
    ldb: Int32Array,
    beta: BlasArray,
    c: BlasArray,
    ldc: Int32Array,
    length1: number,
    length2: number,
  ]
>;
type FortranSyrk = (
  uplo: Uint8Array,
  trans: Uint8Array,
  n: Int32Array,
  k: Int32Array,
  alpha: BlasArray,
  a: BlasArray,
  lda: Int32Array,
  beta: BlasArray,
  c: BlasArray,
  ldc: Int32Array,
  length1: number,
  length2: number,
) => void;
type FortranTrsm = (
  side: Uint8Array,
  uplo: Uint8Array,
  trans: Uint8Array,
  diag: Uint8Array,
  m: Int32Array,
  n: Int32Array,
  alpha: BlasArray,
  a: BlasArray,
  lda: Int32Array,
  b: BlasArray,
  ldb: Int32Array,
  l1: number,
  l2: number,
  l3: number,
  l4: number,
) => void;
type Scalar = (value: number) => BlasArray;

const NO = letterSlot('N');
const YES = letterSlot('T');
const UPPER = letterSlot('U');
const LOWER = letterSlot('L');
const LEFT = letterSlot('L');
const RIGHT = letterSlot('R');

/** Level 3 through Fortran symbols, or undefined where one is missing. */
export function fortranLevel3(
  library: NativeLibrary,
  naming: Naming,
  [letter, scalarType]: readonly [string, string],
): Level3 | undefined {
  const bind = <F>(op: string, addresses: number, letters: number): F | undefined =>
    bindNative<F>(library, `${naming.prefix}${letter}${op}${naming.fortran}`, 'void', [
      ...repeated('void *', addresses),
      ...repeated('size_t', letters),
    ]);
  const scalar: Scalar = scalarType === 'float' ? (value) => Float32Array.of(value) : (value) => Float64Array.of(value);
  const gemm = bind<FortranGemm>('gemm', 13, 2);
  const syrk = bind<FortranSyrk>('syrk', 10, 2);
  const trsm = bind<FortranTrsm>('trsm', 11, 4);
  return (
    gemm &&
    syrk &&
    trsm && { gemm: rowMajorGemm(gemm, scalar), syrk: rowMajorSyrk(syrk, scalar), trsm: rowMajorTrsm(trsm, scalar) }
  );
}

function rowMajorGemm(gemm: FortranGemm, scalar: Scalar): Level3['gemm'] {
  const swap = (args: GemmArguments): Parameters<FortranGemm> => {
    const [, transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc] = args;
    return [
      transposed(transB),
      transposed(transA),
      int64Slot(n),
      int64Slot(m),
      int64Slot(k),
      scalar(alpha),
      b,
      int64Slot(ldb),
      a,
      int64Slot(lda),
      scalar(beta),
      c,
      int64Slot(ldc),
      1,
      1,
    ];
  };
  const call = (...args: GemmArguments): void => gemm(...swap(args));
  return Object.assign(call, {
    async(...args: [...GemmArguments, Done]): void {
      const done = args[14];
      const slots = swap(args.slice(0, 14) as GemmArguments);
      const keepAlive: unknown[] = [...slots];
      gemm.async(...slots, (error) => {
        keepAlive.length = 0; // until here the scalars by address had to stay alive
        done(error);
      });
    },
  });
}

function rowMajorSyrk(syrk: FortranSyrk, scalar: Scalar): Level3['syrk'] {
  return (_order, uplo, trans, n, k, alpha, a, lda, beta, c, ldc) => {
    const flipped = trans === CBLAS.keep ? YES : NO;
    syrk(
      mirrored(uplo),
      flipped,
      int64Slot(n),
      int64Slot(k),
      scalar(alpha),
      a,
      int64Slot(lda),
      scalar(beta),
      c,
      int64Slot(ldc),
      1,
      1,
    );
  };
}

function rowMajorTrsm(trsm: FortranTrsm, scalar: Scalar): Level3['trsm'] {
  const unit = letterSlot('U');
  return (_order, side, uplo, trans, diag, m, n, alpha, a, lda, b, ldb) => {
    const flipped = side === CBLAS.left ? RIGHT : LEFT;
    const diagonal = diag === CBLAS.unit ? unit : NO;
    trsm(
      flipped,
      mirrored(uplo),
      transposed(trans),
      diagonal,
      int64Slot(n),
      int64Slot(m),
      scalar(alpha),
      a,
      int64Slot(lda),
      b,
      int64Slot(ldb),
      1,
      1,
      1,
      1,
    );
  };
}

function transposed(trans: number): Uint8Array {
  return trans === CBLAS.transpose ? YES : NO;
}

function mirrored(uplo: number): Uint8Array {
  return uplo === CBLAS.lower ? UPPER : LOWER;
}
