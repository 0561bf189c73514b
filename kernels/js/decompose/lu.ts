// The factorisations of linalg.ts in float64, in steps of some milliseconds: rows of a product know nothing of each
// other.
import { contract, type Matrix } from '../contract.ts';
import { rowsOfProduct } from '../linalg-in-turns.ts';
import { solveBlock } from '../linalg-leaf.ts';
import { type LinalgSteps, lu } from '../linalg.ts';

/** Multiply-adds of a step. */
const STEP_WORK = 1 << 21;

/** Does the steps of an algorithm, of which a product is several. */
export function* inSteps<R>(steps: LinalgSteps<R>): Generator<void, R> {
  for (;;) {
    const next = steps.next();
    if (next.done === true) return next.value;
    if (next.value.kind === 'solve') solveBlock(next.value.spec);
    else {
      const { spec } = next.value;
      const rows = Math.max(1, Math.floor(STEP_WORK / Math.max(1, spec.n * spec.k)));
      for (let from = 0; from < spec.m; from += rows) {
        contract(rowsOfProduct(spec, from, Math.min(spec.m, from + rows)) as typeof spec);
        yield;
      }
    }
  }
}

/** Factors of a matrix of m rows and n columns: L below the diagonal, U from it on; and where its rows went. */
interface LuFactors {
  readonly factors: Float64Array;
  /** Row i of L·U is row `permutation[i]` of the matrix. */
  readonly permutation: Int32Array;
  /** The determinant of the permutation. */
  readonly parity: 1 | -1;
}

/** Factors a row-major matrix in place. */
export function* luOf(a: Float64Array, m: number, n: number): Generator<void, LuFactors> {
  const pivots = new Int32Array(Math.min(m, n));
  const matrix: Matrix<Float64Array> = { values: a, offset: 0, stride: n };
  if (a.length > 0) yield* inSteps(lu(matrix, m, n, pivots));
  const permutation = Int32Array.from({ length: m }, (_, i) => i);
  let parity: 1 | -1 = 1;
  pivots.forEach((row, k) => {
    if (row === k) return;
    [permutation[k], permutation[row]] = [permutation[row]!, permutation[k]!];
    parity = parity === 1 ? -1 : 1;
  });
  return { factors: a, permutation, parity };
}

/** Beyond it a running product is brought back, and the power of two that takes is noted. */
const LARGE = 2 ** 512;
const SMALL = 2 ** -512;

/** The product of the diagonal of U and a sign, which neither overflows nor vanishes on the way. */
export function determinantOf({ factors, parity }: LuFactors, n: number): number {
  let [product, powers]: [number, number] = [parity, 0];
  for (let i = 0; i < n; i++) {
    let pivot = factors[i * n + i]!;
    for (; Math.abs(pivot) > LARGE && pivot - pivot === 0; powers++) pivot *= SMALL;
    for (; Math.abs(pivot) < SMALL && pivot !== 0; powers--) pivot *= LARGE;
    product *= pivot;
    if (Math.abs(product) > LARGE && product - product === 0) [product, powers] = [product * SMALL, powers + 1];
    else if (Math.abs(product) < SMALL && product !== 0) [product, powers] = [product * LARGE, powers - 1];
  }
  for (; powers > 0 && product - product === 0; powers--) product *= LARGE;
  for (; powers < 0 && product !== 0; powers++) product *= SMALL;
  return product;
}
