// The calling convention of CBLAS and Fortran LAPACK: constants, argument lists, values by address.
import type { Native } from './koffi.ts';
import type { BlasArray, BlasDType } from '../../../core/device/blas/types.ts';

/** The values CBLAS gives its enumerations; they stay 32-bit in ILP64 libraries. */
export const CBLAS = {
  rowMajor: 101,
  keep: 111,
  transpose: 112,
  upper: 121,
  lower: 122,
  nonUnit: 131,
  unit: 132,
  left: 141,
  right: 142,
} as const;

/** cblas_?gemm(order, transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc). */
export type GemmArguments = [
  order: number,
  transA: number,
  transB: number,
  m: number,
  n: number,
  k: number,
  alpha: number,
  a: BlasArray,
  lda: number,
  b: BlasArray,
  ldb: number,
  beta: number,
  c: BlasArray,
  ldc: number,
];
/** cblas_?syrk(order, uplo, trans, n, k, alpha, a, lda, beta, c, ldc). */
type SyrkArguments = [
  order: number,
  uplo: number,
  trans: number,
  n: number,
  k: number,
  alpha: number,
  a: BlasArray,
  lda: number,
  beta: number,
  c: BlasArray,
  ldc: number,
];
/** cblas_?trsm(order, side, uplo, trans, diag, m, n, alpha, a, lda, b, ldb). */
type TrsmArguments = [
  order: number,
  side: number,
  uplo: number,
  trans: number,
  diag: number,
  m: number,
  n: number,
  alpha: number,
  a: BlasArray,
  lda: number,
  b: BlasArray,
  ldb: number,
];

/** Level 3 of one dtype. */
export type Level3 = {
  readonly gemm: Native<GemmArguments>;
  readonly syrk: (...args: SyrkArguments) => void;
  readonly trsm: (...args: TrsmArguments) => void;
};

/** LAPACK ?potrf_(uplo, n, a, lda, info, 1) and ?getrf_(m, n, a, lda, pivots, info); integers by address. */
export type Factorizations = {
  readonly potrf: (
    uplo: Uint8Array,
    n: Int32Array,
    a: BlasArray,
    lda: Int32Array,
    outcome: Int32Array,
    uploLength: number,
  ) => void;
  readonly getrf: (
    m: Int32Array,
    n: Int32Array,
    a: BlasArray,
    lda: Int32Array,
    pivots: Int32Array,
    outcome: Int32Array,
  ) => void;
};

/** How a library decorates the names of the standard, e.g. cblas_sgemm64_ or scipy_sgemm_64_. */
export type Naming = { readonly prefix: string; readonly cblas: string; readonly fortran: string };

/** Everything bound from one library. */
export type NativeBlas = {
  readonly naming: Naming;
  readonly symbols: 'cblas' | 'fortran';
  readonly integerBytes: 4 | 8;
  readonly level3: Readonly<Record<BlasDType, Level3>>;
  readonly factorizations: Readonly<Record<BlasDType, Factorizations>> | undefined;
};

/**
 * An integer by address, right for 32-bit and 64-bit readers alike on little-endian machines (all that pass the width
 * probe).
 */
export function int64Slot(value: number): Int32Array {
  return Int32Array.of(value, value < 0 ? -1 : 0);
}

/** A Fortran character by address. */
export function letterSlot(letter: string): Uint8Array {
  return Uint8Array.of(letter.charCodeAt(0));
}

/** A parameter list of one type. */
export function repeated(type: string, count: number): string[] {
  return Array.from({ length: count }, () => type);
}
