// Products that do not fit the kernels' memory, as tiles that do: bit for bit the same, for elements of a product know
// nothing of each other.
import type { Contraction, MatrixArray } from '../../../../kernels/js/contract.ts';
import type { Value } from '../../tensor/block.ts';
import type { Product } from '../product.ts';

/** Rows of K of a tile: a multiple of the blocks in which `sqs-num/1` sums, so that sums may go on in the next one. */
const TILE_DEPTH = 2048;
const MOST_SIDE = 1024;
const LEAST_SIDE = 16;
const ITEM_BYTES = 8;

/**
 * Every tile of a product, each with the sums of the one before it along K; `memoryBytes` is what all copies of several
 * tiles must fit.
 */
export function* productTiles(
  product: Product,
  [a, b]: readonly [Value, Value],
  out: MatrixArray,
  memoryBytes: number,
): Generator<Contraction<MatrixArray>> {
  const { m, n, k, transposeA, transposeB, lda, ldb, offsetsA, offsetsB } = product;
  const side = sideOf(memoryBytes);
  for (const [batch, offsetA] of offsetsA.entries()) {
    for (let row = 0; row < m; row += side) {
      for (let column = 0; column < n; column += side) {
        for (let at = 0; at === 0 || at < k; at += TILE_DEPTH) {
          yield {
            m: Math.min(side, m - row),
            n: Math.min(side, n - column),
            k: Math.min(TILE_DEPTH, k - at),
            transposeA,
            transposeB,
            a: {
              values: a.array as MatrixArray,
              offset: offsetA + (transposeA ? at * lda + row : row * lda + at),
              stride: lda,
            },
            b: {
              values: b.array as MatrixArray,
              offset: offsetsB[batch]! + (transposeB ? column * ldb + at : at * ldb + column),
              stride: ldb,
            },
            c: { values: out, offset: (batch * m + row) * n + column, stride: n },
            mode: at === 0 ? 'store' : 'add',
            triangle: 'none',
          };
        }
      }
    }
  }
}

/** The side of tiles of which an operand takes a sixteenth of the memory. */
function sideOf(memoryBytes: number): number {
  const fitting = memoryBytes / 16 / ITEM_BYTES / TILE_DEPTH;
  return Math.max(LEAST_SIDE, Math.min(MOST_SIDE, 2 ** Math.floor(Math.log2(fitting))));
}
