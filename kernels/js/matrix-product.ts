// What a matrix product is: the shapes, how the operands lie, and where the matrices of a batch begin.

/** A product of (batches of) row-major matrices, as the `contract` skeleton sees it: C[m×n] = op(A) · op(B). */
export interface MatrixProduct {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly lda: number;
  readonly ldb: number;
  /** First element of every batch's matrix in a and in b; C's batches lie one after the other. */
  readonly offsetsA: readonly number[];
  readonly offsetsB: readonly number[];
}
