// Eigenvalues and eigenvectors of matrices that need not be symmetric: real and imaginary parts beside each other.
import { hessenberg } from './hessenberg.ts';
import { reflectUnits } from './reflectors.ts';
import { schur } from './schur.ts';

const EPSILON = 2 ** -52;
/** Beside a matrix near 1 nothing is lost with an element below it. */
const VANISHING = 1e-150;
/** Components of a vector under way beyond which it is scaled down. */
const LARGE = 1e100;

/** Eigenvalues in no order, pairs of complex ones beside each other; and the vectors, a row each. */
export interface ComplexEigen {
  readonly real: Float64Array;
  readonly imag: Float64Array;
  readonly vectors: { readonly real: Float64Array; readonly imag: Float64Array } | undefined;
}

/** Of a row-major matrix of order n that is near 1 and is overwritten; undefined where it does not converge. */
export function* complexEigenOf(
  a: Float64Array,
  n: number,
  wanted: 'values' | 'vectors',
): Generator<void, ComplexEigen | undefined> {
  const by = yield* hessenberg(a, n);
  let basis: Float64Array | undefined;
  if (wanted === 'vectors') {
    basis = new Float64Array(n * n);
    yield* reflectUnits({ values: basis, stride: n }, 0, n, by, 'down');
  }
  if (!(yield* schur({ h: a, n, vectors: basis }))) return undefined;
  const values = valuesOf(a, n);
  if (basis === undefined) return { ...values, vectors: undefined };
  return { ...values, vectors: yield* vectorsOf(a, n, basis, values) };
}

/** Eigenvalues of a Schur form. */
function valuesOf(t: Float64Array, n: number): { real: Float64Array; imag: Float64Array } {
  const [real, imag] = [new Float64Array(n), new Float64Array(n)];
  for (let k = 0; k < n; k++) {
    const at = k * n + k;
    if (k === n - 1 || t[at + n] === 0) {
      real[k] = t[at]!;
      continue;
    }
    const half = (t[at]! - t[at + n + 1]!) / 2;
    const root = Math.sqrt(Math.max(0, -(half * half + t[at + n]! * t[at + 1]!)));
    [real[k], real[k + 1]] = [t[at + n + 1]! + half, t[at + n + 1]! + half];
    [imag[k], imag[k + 1]] = [root, -root];
    k++;
  }
  return { real, imag };
}

type Parts = { readonly real: Float64Array; readonly imag: Float64Array };

/** Vectors of a Schur form, each multiplied by the basis; that of a second of a pair is the conjugate of the first. */
function* vectorsOf(t: Float64Array, n: number, basis: Float64Array, values: Parts): Generator<void, Parts> {
  const result = { real: new Float64Array(n * n), imag: new Float64Array(n * n) };
  for (let k = 0; k < n; k++) {
    const isPair = values.imag[k] !== 0;
    const x = vectorOf(t, n, isPair ? k + 1 : k, values.real[k]!, values.imag[k]!);
    for (const part of ['real', 'imag'] as const) {
      const row = result[part].subarray(k * n, k * n + n);
      for (let i = 0; i <= (isPair ? k + 1 : k); i++)
        for (let j = 0; j < n; j++) row[j] = row[j]! + x[part][i]! * basis[i * n + j]!;
    }
    if (isPair) {
      result.real.copyWithin((k + 1) * n, k * n, k * n + n);
      for (let j = 0; j < n; j++) result.imag[(k + 1) * n + j] = -result.imag[k * n + j]!;
      k++;
    }
    yield;
  }
  return result;
}

/** A complex number that is computed with. */
type Complex = readonly [real: number, imag: number];

/** A quotient in which no square of the divisor vanishes. */
function over([a, b]: Complex, [c, d]: Complex): Complex {
  // Both times −i.
  if (Math.abs(c) < Math.abs(d)) return over([b, -a], [d, -c]);
  const ratio = d / c;
  const divisor = c + d * ratio;
  return [(a + b * ratio) / divisor, (b - a * ratio) / divisor];
}
const times = ([a, b]: Complex, [c, d]: Complex): Complex => [a * c - b * d, a * d + b * c];
const minus = ([a, b]: Complex, [c, d]: Complex): Complex => [a - c, b - d];
/** A pivot, or the least that is told from 0 beside an eigenvalue. */
const pivoted = ([a, b]: Complex, least: number): Complex => (Math.abs(a) + Math.abs(b) < least ? [least, 0] : [a, b]);

/** The x of T·x = λ·x that ends with a 1 at `last`, from there upwards. */
function vectorOf(t: Float64Array, n: number, last: number, real: number, imag: number): Parts {
  const x = { real: new Float64Array(n), imag: new Float64Array(n) };
  const least = Math.max(VANISHING, EPSILON * (Math.abs(real) + Math.abs(imag)));
  const beside = (i: number): Complex => [t[i * n + i]! - real, -imag];
  x.real[last] = 1;
  let i = last - 1;
  if (imag !== 0) {
    [x.real[i], x.imag[i]] = over([real - t[last * n + last]!, imag], [t[last * n + i]!, 0]);
    i--;
  }
  for (; i >= 0; i--) {
    if (i > 0 && t[i * n + i - 1] !== 0) {
      solvePair(t, n, i - 1, last, x, beside, least * least);
      i--;
    } else {
      const [re, im] = over(sumAfter(t, n, i, i + 1, last, x), pivoted(beside(i), least));
      [x.real[i], x.imag[i]] = [-re, -im];
    }
    const size = Math.abs(x.real[i]!) + Math.abs(x.imag[i]!);
    if (size > LARGE) scaleDown(x, i, last, size);
  }
  return x;
}

/** Two rows of a block together, by Cramer's rule. */
function solvePair(
  t: Float64Array,
  n: number,
  i: number,
  last: number,
  x: Parts,
  beside: (i: number) => Complex,
  least: number,
): void {
  const [f, g] = [sumAfter(t, n, i, i + 2, last, x), sumAfter(t, n, i + 1, i + 2, last, x)];
  const [a, b, c, d] = [beside(i), t[i * n + i + 1]!, t[(i + 1) * n + i]!, beside(i + 1)];
  const determinant = pivoted(minus(times(a, d), [b * c, 0]), least);
  [x.real[i], x.imag[i]] = over(minus(times([b, 0], g), times(d, f)), determinant);
  [x.real[i + 1], x.imag[i + 1]] = over(minus(times([c, 0], f), times(a, g)), determinant);
}

/** Σ t[i][j]·x[j] over the j from `from` to `last`. */
function sumAfter(t: Float64Array, n: number, i: number, from: number, last: number, x: Parts): Complex {
  let [real, imag] = [0, 0];
  for (let j = from; j <= last; j++) {
    real += t[i * n + j]! * x.real[j]!;
    imag += t[i * n + j]! * x.imag[j]!;
  }
  return [real, imag];
}

function scaleDown({ real, imag }: Parts, from: number, last: number, by: number): void {
  for (let i = from; i <= last; i++) {
    real[i] = real[i]! / by;
    imag[i] = imag[i]! / by;
  }
}
