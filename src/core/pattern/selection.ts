// Products with a matrix that has at most one element other than 0 in each row (or column): rows or columns picked and
// scaled.
import type { MatrixProduct } from '../../../kernels/js/matrix-product.ts';
import { isBigIntArray } from '../../../kernels/big-integers.ts';
import type { TypedArray } from '../tensor/dtype.ts';

/** One picked line and its factor, for each line of the result; −1 picks nothing. */
export interface Selection {
  readonly at: Int32Array;
  readonly factors: ArrayLike<number | bigint>;
}

type Indexed = { [index: number]: number | bigint; fill(value: never, start: number, end: number): unknown };
type Times = (a: number | bigint, b: number | bigint) => number | bigint;

/**
 * A product of two elements as a sum of the specification that starts at 0 leaves it: rounded to the dtype, −0 become
 * +0. The other terms are zeros, for the operands are finite, and change nothing.
 */
function timesOf(array: TypedArray): Times {
  if (array instanceof Float32Array) return (a, b) => Math.fround((a as number) * (b as number)) + 0;
  if (array instanceof Float64Array) return (a, b) => (a as number) * (b as number) + 0;
  if (isBigIntArray(array)) return (a, b) => (a as bigint) * (b as bigint);
  return (a, b) => Math.imul(a as number, b as number);
}

/** C = S·op(B), S given by `selection`: row i of C is factor i times row at[i] of op(B). */
export function selectRows(
  selection: Selection,
  other: TypedArray,
  { n, transposeB, ldb }: MatrixProduct,
  out: TypedArray,
): void {
  const times = timesOf(out);
  const [source, target] = [other as unknown as Indexed, out as unknown as Indexed];
  const [down, right] = transposeB ? [1, ldb] : [ldb, 1];
  for (let i = 0; i < selection.at.length; i++) {
    const at = selection.at[i]!;
    const factor = selection.factors[i] as number;
    if (at < 0) target.fill((isBigIntArray(out) ? 0n : 0) as never, i * n, (i + 1) * n);
    else for (let j = 0; j < n; j++) target[i * n + j] = times(factor, source[at * down + j * right] as number);
  }
}

/** C = op(A)·S, S given by `selection`: column j of C is factor j times column at[j] of op(A). */
export function selectColumns(
  selection: Selection,
  other: TypedArray,
  { m, n, transposeA, lda }: MatrixProduct,
  out: TypedArray,
): void {
  const times = timesOf(out);
  const zero = (isBigIntArray(out) ? 0n : 0) as number;
  const [source, target] = [other as unknown as Indexed, out as unknown as Indexed];
  const [down, right] = transposeA ? [1, lda] : [lda, 1];
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      const at = selection.at[j]!;
      target[i * n + j] =
        at < 0 ? zero : times(source[i * down + at * right] as number, selection.factors[j] as number);
    }
  }
}
