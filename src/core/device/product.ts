// A task of the contract skeleton as devices compute it: the product, and whether one triangle of it says everything.
import { NumericError } from '../errors.ts';
import type { MatrixProduct } from '../../../kernels/js/matrix-product.ts';
import type { Task } from './device.ts';

/** A product, and what is known of its result. */
export interface Product extends MatrixProduct {
  /**
   * op(A)·op(B) with B = A and one of them transposed: C = Cᵀ bit for bit, because a·b = b·a and every sum runs along K
   * in one order.
   */
  readonly symmetric: boolean;
}

/**
 * Mirroring an element takes 2 ns, what two threads need for 120 multiply-adds; products of fewer along K are computed
 * whole.
 */
const MIN_DEPTH = 192;
/** Below this many rows a triangle is not worth a second pass. */
const MIN_ROWS = 32;

/** The product of a task. The one place where symmetry is decided; it changes no bits, so every class may use it. */
export function productOf(task: Task): Product {
  const { kernel } = task.row;
  if (kernel.skeleton !== 'contract')
    throw new NumericError(
      `${task.row.name}: its kernel is of skeleton ${kernel.skeleton}, not contract; report this, it is a fault ` +
        'of the library.',
      {},
    );
  const product = kernel.contraction(
    task.operands.map((operand) => operand.type),
    task.attrs,
  );
  return { ...product, symmetric: isSymmetric(product, task) };
}

function isSymmetric(
  { m, n, k, transposeA, transposeB, lda, ldb, offsetsA, offsetsB }: MatrixProduct,
  { operands: [a, b] }: Task,
): boolean {
  if (a === undefined || b === undefined || a.array !== b.array) return false;
  if (m !== n || lda !== ldb || transposeA === transposeB || m < MIN_ROWS || k < MIN_DEPTH) return false;
  return offsetsA.every((offset, batch) => offset === offsetsB[batch]);
}

/** An array of numbers, or of bigints. */
export interface Indexed<E> {
  [index: number]: E;
}

/** Rows and columns of a block: both sides of the diagonal stay in the L1 cache. */
const BLOCK = 32;

/**
 * Copies the lower triangle of an n×n row-major matrix at `offset` over its upper one, block by block (2 ns an element
 * at any n).
 */
export function mirrorLower<E>(values: Indexed<E>, n: number, offset: number): void {
  for (let row = 0; row < n; row += BLOCK) {
    for (let column = 0; column <= row; column += BLOCK) mirrorBlock(values, n, offset, row, column);
  }
}

// Written along rows: writing down columns of a power-of-two stride would fight over one set of the cache (4 ns an
// element).
function mirrorBlock<E>(values: Indexed<E>, n: number, offset: number, row: number, column: number): void {
  const lastRow = Math.min(n, row + BLOCK);
  const lastColumn = Math.min(lastRow, column + BLOCK);
  for (let j = column; j < lastColumn; j++) {
    const target = offset + j * n;
    for (let i = Math.max(row, j + 1); i < lastRow; i++) values[target + i] = values[offset + i * n + j]!;
  }
}
