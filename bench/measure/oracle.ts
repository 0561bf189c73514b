// Results in float64, to hold contenders against before they are timed.

/** Largest error seen, in units of the bound it was held against. */
export class Check {
  results = 0;
  worst = 0;

  /** Holds one result against an oracle; throws where it is off. */
  hold(what: string, errorOverBound: number): void {
    this.results++;
    this.worst = Math.max(this.worst, errorOverBound);
    if (!(errorOverBound <= 1)) throw new RangeError(`${what} is wrong: ${errorOverBound} × its error bound`);
  }

  get summary(): { results: number; worst: number } {
    return { results: this.results, worst: this.worst };
  }
}

const EPSILON = 2 ** -24;

/** Shape of a product: C[m×n] = A[m×k] · B[k×n]. */
export interface ProductShape {
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/**
 * Error of a float32 product over the worst case k·ε·|A||B| of any summation order. All of C at once: C·x against
 * A·(B·x) in float64 for a vector x of ±1 (Freivalds, 1977), which an error in any element fails with probability at
 * least 1/2; three times.
 */
export function productError(
  a: Float32Array,
  b: Float32Array,
  c: ArrayLike<number>,
  { m, n, k }: ProductShape,
): number {
  let worst = 0;
  for (let trial = 0; trial < 3; trial++) {
    const signs = Float64Array.from({ length: n }, (_, j) =>
      (Math.imul(j + 1, 0x9e3779b1 + trial * 2) >>> 15) & 1 ? 1 : -1,
    );
    const bx = timesVector(b, signs, k, n);
    const size = timesVector(b, signs, k, n, Math.abs);
    for (let i = 0; i < m; i++) {
      let [found, wanted, bound] = [0, 0, 0];
      for (let j = 0; j < n; j++) found += c[i * n + j]! * signs[j]!;
      for (let p = 0; p < k; p++) {
        wanted += a[i * k + p]! * bx[p]!;
        bound += Math.abs(a[i * k + p]!) * size[p]!;
      }
      worst = Math.max(worst, Math.abs(found - wanted) / ((k + 1) * EPSILON * bound));
    }
  }
  return worst;
}

function timesVector(
  matrix: Float32Array,
  x: Float64Array,
  rows: number,
  columns: number,
  of: (value: number) => number = Number,
): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < columns; j++) sum += of(matrix[i * columns + j]! * x[j]!);
    return sum;
  });
}

/** Error of an elementwise float32 result over one rounding. */
export function elementsError(found: ArrayLike<number>, wanted: (i: number) => number): number {
  let worst = 0;
  for (let i = 0; i < found.length; i++) {
    const oracle = wanted(i);
    worst = Math.max(worst, Math.abs(found[i]! - oracle) / (EPSILON * Math.abs(oracle) + 2 ** -149));
  }
  return worst;
}

/** Error of float32 sums over rows of `length` over the worst case length·ε·Σ|x|. */
export function rowSumsError(x: Float32Array, found: ArrayLike<number>, length: number): number {
  let worst = 0;
  for (let row = 0; row < found.length; row++) {
    let [sum, bound] = [0, 0];
    for (let j = 0; j < length; j++) {
      sum += x[row * length + j]!;
      bound += Math.abs(x[row * length + j]!);
    }
    worst = Math.max(worst, Math.abs(found[row]! - sum) / (length * EPSILON * bound));
  }
  return worst;
}
