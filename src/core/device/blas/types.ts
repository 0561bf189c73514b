// The contract of a system BLAS: what a caller passes, what a library gives, why there may be none.

/** Element types a BLAS computes in. */
export type BlasDType = 'float32' | 'float64';

/** The storage of a matrix; views with a byte offset and views of shared memory are passed by address, never copied. */
export type BlasArray = Float32Array | Float64Array;

/** Which triangle of a square matrix is read or written; the other one is left alone. */
export type MatrixTriangle = 'lower' | 'upper';

/**
 * C = alpha * op(A) @ op(B) + beta * C, row-major. op(A) is m x k, op(B) is k x n, C is m x n. A leading dimension
 * (`lda` ...) is the distance in elements between two stored rows; A is stored k x m when `transposeA`, B n x k when
 * `transposeB`. `alpha` defaults to 1, `beta` to 0; with `beta` 0 what C held is never read, not even a NaN. C must not
 * overlap A or B.
 */
export type GemmCall = {
  readonly dtype: BlasDType;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly a: BlasArray;
  readonly lda: number;
  readonly b: BlasArray;
  readonly ldb: number;
  readonly c: BlasArray;
  readonly ldc: number;
  readonly alpha?: number;
  readonly beta?: number;
};

/**
 * One triangle of C = alpha * op(A) @ op(A)ᵀ + beta * C, row-major. op(A) is n x k: A as stored, or Aᵀ when
 * `transposeA`.
 */
export type SyrkCall = {
  readonly dtype: BlasDType;
  readonly triangle: MatrixTriangle;
  readonly transposeA: boolean;
  readonly n: number;
  readonly k: number;
  readonly a: BlasArray;
  readonly lda: number;
  readonly c: BlasArray;
  readonly ldc: number;
  readonly alpha?: number;
  readonly beta?: number;
};

/**
 * Solves op(A) @ X = alpha * B (`left`) or X @ op(A) = alpha * B (`right`) for a triangular A; X replaces B (m x n).
 * A is m x m on the left, n x n on the right; with `diagonal: 'unit'` its diagonal is taken as ones and not read.
 */
export type TrsmCall = {
  readonly dtype: BlasDType;
  readonly side: 'left' | 'right';
  readonly triangle: MatrixTriangle;
  readonly transposeA: boolean;
  readonly diagonal: 'stored' | 'unit';
  readonly m: number;
  readonly n: number;
  readonly a: BlasArray;
  readonly lda: number;
  readonly b: BlasArray;
  readonly ldb: number;
  readonly alpha?: number;
};

/** Cholesky in place: the given triangle of a symmetric n x n A becomes L (A = L Lᵀ) or U (A = Uᵀ U). */
export type PotrfCall = {
  readonly dtype: BlasDType;
  readonly triangle: MatrixTriangle;
  readonly n: number;
  readonly a: BlasArray;
  readonly lda: number;
};

/** Solves A @ X = B from the factor `potrf` left in A; X replaces B (n x columns). */
export type PotrsCall = PotrfCall & { readonly columns: number; readonly b: BlasArray; readonly ldb: number };

/** Solves A @ X = B for a general n x n A; X replaces B (n x columns), A is overwritten by its factors. */
export type GesvCall = Omit<PotrsCall, 'triangle'>;

/**
 * The factorizations, where the library has LAPACK. A result of 0 is success; i > 0 names the row (from 1) that failed.
 */
export type Lapack = {
  /** @returns 0, or i > 0: the leading i x i minor is not positive definite and A is half factored. */
  potrf(call: PotrfCall): number;
  /** Two triangular solves; cannot fail after a successful `potrf`. */
  potrs(call: PotrsCall): void;
  /** @returns 0, or i > 0: A is singular (pivot i is exactly zero) and B is as it was. */
  gesv(call: GesvCall): number;
};

/** A candidate that was not taken, and why. */
export type BlasRefusal = { readonly file: string; readonly reason: string };

/** A library that was opened, answered correctly, and is fast enough. */
export type Blas = {
  readonly found: true;
  /** 'OpenBLAS', 'Intel MKL', 'BLIS', ... or 'BLAS' when it does not say. */
  readonly name: string;
  /** Its own version or configuration string; empty when it has none. */
  readonly version: string;
  /** The candidate that opened: a soname or a path. */
  readonly file: string;
  /** Threads the library uses by its own default; undefined when it does not say. */
  readonly threads: number | undefined;
  /** 4 for LP64, 8 for ILP64. */
  readonly integerBytes: 4 | 8;
  readonly symbols: 'cblas' | 'fortran';
  /** Best float32 rate of the speed probe (n = 256), 1e9 flop per second. */
  readonly gflops: number;
  /**
   * Library, version, threads, integer width: what the bits of a result depend on besides the processor. For the key of
   * a result.
   */
  readonly signature: string;
  /** What makes this library slower or less live than it could be, each ending with what to do. */
  readonly notes: readonly string[];
  readonly refused: readonly BlasRefusal[];
  /** @throws ShapeError, DTypeError before anything is written. */
  gemm(call: GemmCall): void;
  /**
   * As `gemm`, off the event loop. The arrays are held until it settles; do not write, transfer or detach them before.
   */
  gemmAsync(call: GemmCall): Promise<void>;
  syrk(call: SyrkCall): void;
  trsm(call: TrsmCall): void;
  readonly lapack?: Lapack;
};

/** No usable library; `reason` says which were tried and ends with what to do. */
export type BlasAbsent = { readonly found: false; readonly reason: string; readonly refused: readonly BlasRefusal[] };
