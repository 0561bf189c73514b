// The exponential of a matrix: scaled by a power of two until the Padé approximant of degree 13 holds, squared back
// (Higham 2005).
import { type Contraction, type Matrix } from '../contract.ts';
import { type LinalgSteps, lu, luSolve } from '../linalg.ts';
import { inSteps } from './lu.ts';

/** Coefficients of the numerator; those of the denominator have alternating signs. */
const PADE = [
  64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000, 10559470521600,
  670442572800, 33522128640, 1323241920, 40840800, 960960, 16380, 182, 1,
] as const;
/** The norm up to which the approximant is exact to rounding. */
const NORM = 5.371920351148152;

/** e to a square matrix of order n, row-major and finite, which is overwritten. */
export function* matrixExponential(a: Float64Array, n: number): Generator<void, Float64Array> {
  let squarings = 0;
  for (let norm = normOf(a, n); norm > NORM; norm /= 2) squarings++;
  for (let i = 0; i < squarings; i++) for (let at = 0; at < a.length; at++) a[at] = a[at]! / 2;
  let result = yield* approximant(a, n);
  for (let i = 0; i < squarings; i++) result = yield* product(result, result, n);
  return result;
}

/** The largest sum of magnitudes of a column. */
function normOf(a: Float64Array, n: number): number {
  let largest = 0;
  for (let j = 0; j < n; j++) largest = Math.max(largest, sumOfColumn(a, n, j));
  return largest;
}

function sumOfColumn(a: Float64Array, n: number, j: number): number {
  let total = 0;
  for (let i = 0; i < n; i++) total += Math.abs(a[i * n + j]!);
  return total;
}

const whole = (values: Float64Array, n: number): Matrix<Float64Array> => ({ values, offset: 0, stride: n });

function* product(a: Float64Array, b: Float64Array, n: number): Generator<void, Float64Array> {
  const values = new Float64Array(n * n);
  const spec: Contraction<Float64Array> = {
    m: n,
    n,
    k: n,
    a: whole(a, n),
    transposeA: false,
    b: whole(b, n),
    transposeB: false,
    c: whole(values, n),
    mode: 'store',
    triangle: 'none',
  };
  yield* inSteps(
    (function* (): LinalgSteps<void> {
      yield { kind: 'contract', spec };
    })(),
  );
  return values;
}

/** A sum of matrices times numbers, and a multiple of the identity. */
function sum(n: number, terms: readonly (readonly [number, Float64Array])[], identity: number): Float64Array {
  const result = new Float64Array(n * n);
  for (const [factor, matrix] of terms)
    for (let i = 0; i < result.length; i++) result[i] = result[i]! + factor * matrix[i]!;
  for (let i = 0; i < n; i++) result[i * n + i] = result[i * n + i]! + identity;
  return result;
}

/** The quotient of V + U and V − U, U the odd terms and V the even ones. */
function* approximant(a: Float64Array, n: number): Generator<void, Float64Array> {
  const a2 = yield* product(a, a, n);
  const a4 = yield* product(a2, a2, n);
  const a6 = yield* product(a4, a2, n);
  const upper = function* (odd: 0 | 1): Generator<void, Float64Array> {
    const [b12, b10, b8] = [PADE[12 + odd]!, PADE[10 + odd]!, PADE[8 + odd]!];
    const high = yield* product(
      a6,
      sum(
        n,
        [
          [b12, a6],
          [b10, a4],
          [b8, a2],
        ],
        0,
      ),
      n,
    );
    const [b6, b4, b2] = [PADE[6 + odd]!, PADE[4 + odd]!, PADE[2 + odd]!];
    return sum(
      n,
      [
        [1, high],
        [b6, a6],
        [b4, a4],
        [b2, a2],
      ],
      PADE[odd],
    );
  };
  const v = yield* upper(0);
  const u = yield* product(a, yield* upper(1), n);
  const result = sum(
    n,
    [
      [1, v],
      [1, u],
    ],
    0,
  );
  yield* inSteps(
    quotient(
      sum(
        n,
        [
          [1, v],
          [-1, u],
        ],
        0,
      ),
      result,
      n,
    ),
  );
  return result;
}

/** Solves in place of the right-hand sides. */
function* quotient(denominator: Float64Array, sides: Float64Array, n: number): LinalgSteps<void> {
  const pivots = new Int32Array(n);
  yield* lu(whole(denominator, n), n, n, pivots);
  yield* luSolve(whole(denominator, n), pivots, n, whole(sides, n), n);
}
