// The gamma function and its logarithm, its logarithmic derivative, the inverse of the error function and a Bessel
// function, as bodies over the algebra. The forms are our own; polynomials are fitted in 60 digits.
import { scalar, type Algebra, type Scalar } from './algebra.ts';
import { erf, erfc } from './error-function.ts';
import { exp, log, polynomial, sin, tan } from './math.ts';
import { pow } from './power.ts';
import {
  BESSEL_LARGE,
  BESSEL_SMALL,
  DIGAMMA_AT_1_5,
  DIGAMMA_ROOT,
  DIGAMMA_SERIES,
  GAMMA_AT_2_5,
  LGAMMA_AT_1,
  LGAMMA_AT_2,
  STIRLING_SERIES,
} from './special-coefficients.gen.ts';

const HALF_LOG_2_PI_LESS_HALF = 0.4189385332046727;
const ROOT_2_PI = 2.5066282746310007;

/**
 * x as the sum of two halves of its digits, of which float32 has none: near their zeros and poles these functions keep
 * digits in float64 alone, so that devices without it leave them to others.
 */
function inFloat64<T, M>(m: Algebra<T, M>, x: T): T {
  const high = m.highHalf(x);
  return m.add(high, m.sub(x, high));
}

/** log |Γ(x)|; ∞ at 0 and at negative integers. */
export const lgamma: Scalar = scalar('lgamma', 1, (m, x) => {
  const c = (value: number) => m.constant(value);
  const a = m.abs(x);
  const near = m.lt(a, c(0.5));
  const positive = logGammaOf(m, a, m.select(near, x, a));
  const [y] = m.rare(m.lt(x, c(-0.5)), [positive], () => {
    const { sine, isWhole } = sineOfPi(m, a);
    const reflected = m.sub(m.call(log, m.div(c(Math.PI), m.mul(a, m.abs(sine)))), positive);
    return [m.select(m.lt(x, c(-0.5)), m.select(isWhole, c(Infinity), reflected), positive)];
  });
  return m.select(m.eq(a, c(Infinity)), a, y!);
});

/** log Γ(a) of a > 0; where a is below ½, log |Γ(t)| of t = ±a. */
function logGammaOf<T, M>(m: Algebra<T, M>, a: T, t: T): T {
  const c = (value: number): T => m.constant(value);
  const [isTiny, isLow, isLarge] = [m.lt(a, c(0.5)), m.lt(a, c(1.5)), m.ge(a, c(8))];
  const steps = m.max(m.nearest(m.sub(a, c(2))), c(0));
  const product = productBelow(m, a, steps, 6);
  const fromOne = m.select(isTiny, t, m.sub(a, c(1)));
  const fromTwo = m.sub(inFloat64(m, m.sub(a, steps)), c(2));
  const logarithm = m.call(log, m.select(isTiny, a, m.select(isLarge, a, product)));
  const low = m.add(m.mul(fromOne, polynomial(m, fromOne, LGAMMA_AT_1)), c(0)); // zeros are positive
  const middle = m.add(m.mul(fromTwo, polynomial(m, fromTwo, LGAMMA_AT_2)), logarithm);
  const large = m.add(
    m.mul(m.sub(a, c(0.5)), m.sub(logarithm, c(1))),
    m.add(c(HALF_LOG_2_PI_LESS_HALF), stirlingRest(m, a)),
  );
  const moderate = m.select(isLow, m.sub(low, m.select(isTiny, logarithm, c(0))), middle);
  return m.select(isLarge, large, moderate);
}

/** (x − 1)(x − 2)…(x − steps), of at most so many. */
function productBelow<T, M>(m: Algebra<T, M>, x: T, steps: T, most: number): T {
  let product = m.constant(1);
  for (let j = 1; j <= most; j++)
    product = m.mul(product, m.select(m.ge(steps, m.constant(j)), m.sub(x, m.constant(j)), m.constant(1)));
  return product;
}

/** What Stirling's formula lacks of log Γ(x). */
function stirlingRest<T, M>(m: Algebra<T, M>, x: T): T {
  const inverse = m.div(m.constant(1), x);
  return m.mul(inverse, polynomial(m, m.mul(inverse, inverse), STIRLING_SERIES));
}

/** sin(πa) of a ≥ 0, by the distance to the nearest integer, which is exact. */
function sineOfPi<T, M>(m: Algebra<T, M>, a: T): { readonly sine: T; readonly isWhole: M } {
  const whole = m.nearest(a);
  const half = m.mul(m.constant(0.5), whole);
  const sine = m.call(sin, m.mul(m.constant(Math.PI), m.sub(a, whole)));
  return { sine: m.select(m.eq(m.floor(half), half), sine, m.neg(sine)), isWhole: m.eq(a, whole) };
}

/** Γ(x); infinite at 0, NaN at negative integers. */
export const gamma: Scalar = scalar('gamma', 1, (m, x) => {
  const c = (value: number) => m.constant(value);
  const a = m.min(m.abs(x), c(200));
  const isLarge = m.ge(a, c(8));
  // As a product of two, of which neither overflows.
  const root = m.call(pow, a, m.sub(m.mul(c(0.5), a), c(0.25)));
  const first = m.select(isLarge, m.mul(m.mul(c(ROOT_2_PI), root), m.call(exp, stirlingRest(m, a))), c(1));
  const second = m.select(isLarge, m.div(root, m.call(exp, a)), smallGammaOf(m, a));
  const { sine, isWhole } = sineOfPi(m, a);
  const reflected = m.div(m.div(m.div(c(-Math.PI), m.mul(second, sine)), first), a);
  const negative = m.select(m.or(isWhole, m.eq(x, c(-Infinity))), c(NaN), reflected);
  const value = m.select(m.lt(x, c(0)), m.select(m.lt(x, c(-190)), tinyOrNaN(m, x), negative), m.mul(first, second));
  const isTiny = m.lt(m.abs(x), c(2 ** -60));
  return m.select(isTiny, m.div(c(1), x), m.select(m.gt(x, c(171.7)), c(Infinity), value));
});

/** Below −190: 0 with the sign that Γ has between two integers, NaN at them. */
function tinyOrNaN<T, M>(m: Algebra<T, M>, x: T): T {
  const below = m.floor(x);
  const half = m.mul(m.constant(0.5), below);
  const zero = m.select(m.eq(m.floor(half), half), m.constant(0), m.constant(-0));
  return m.select(m.eq(below, x), m.constant(NaN), zero);
}

/** Γ(a) of 0 < a < 8. */
function smallGammaOf<T, M>(m: Algebra<T, M>, a: T): T {
  const c = (value: number): T => m.constant(value);
  const [belowOne, belowTwo] = [m.lt(a, c(1)), m.lt(a, c(2))];
  const steps = m.max(m.sub(m.floor(a), c(2)), c(0));
  const y = m.select(belowOne, m.add(a, c(2)), m.select(belowTwo, m.add(a, c(1)), m.sub(a, steps)));
  const divisor = m.select(belowOne, m.mul(a, m.add(a, c(1))), m.select(belowTwo, a, c(1)));
  const value = m.mul(polynomial(m, m.sub(inFloat64(m, y), c(2.5)), GAMMA_AT_2_5), productBelow(m, a, steps, 5));
  return m.div(value, divisor);
}

/** ψ(x), the derivative of log Γ(x); infinite at 0, NaN at negative integers. */
export const digamma: Scalar = scalar('digamma', 1, (m, x) => {
  const c = (value: number) => m.constant(value);
  const isNegative = m.lt(x, c(0));
  const positive = digammaOf(m, m.select(isNegative, m.sub(c(1), x), x));
  const [y] = m.rare(isNegative, [positive], () => {
    const rest = m.sub(x, m.nearest(x));
    const tangent = m.call(tan, m.mul(c(Math.PI), rest));
    const reflected = m.sub(positive, m.div(c(Math.PI), tangent));
    return [m.select(isNegative, m.select(m.eq(rest, c(0)), c(NaN), reflected), positive)];
  });
  const atEdge = m.select(m.eq(x, c(0)), m.div(c(-1), x), m.select(m.eq(x, c(-Infinity)), c(NaN), y!));
  return m.select(m.eq(x, c(Infinity)), x, atEdge);
});

/** ψ(x) of x > 0. */
function digammaOf<T, M>(m: Algebra<T, M>, x: T): T {
  const c = (value: number): T => m.constant(value);
  const [belowOne, isLarge] = [m.lt(x, c(1)), m.ge(x, c(10))];
  const steps = m.max(m.sub(m.floor(x), c(1)), c(0));
  let sum = m.select(belowOne, m.div(c(-1), x), c(0));
  for (let j = 1; j <= 8; j++) sum = m.add(sum, m.select(m.ge(steps, c(j)), m.div(c(1), m.sub(x, c(j))), c(0)));
  const y = m.select(belowOne, m.add(x, c(1)), m.sub(x, steps));
  const fromRoot = m.sub(m.sub(inFloat64(m, y), c(DIGAMMA_ROOT[0])), c(DIGAMMA_ROOT[1]));
  const small = m.add(m.mul(fromRoot, polynomial(m, m.sub(y, c(1.5)), DIGAMMA_AT_1_5)), sum);
  const inverse = m.div(c(1), x);
  const square = m.mul(inverse, inverse);
  const series = m.add(m.mul(c(0.5), inverse), m.mul(square, polynomial(m, square, DIGAMMA_SERIES)));
  return m.select(isLarge, m.sub(m.call(log, x), series), small);
}

// Giles, Approximating the erfinv function (2010): first guesses, within 10⁻⁶.
const CENTRE = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 2.1858087e-4, -1.25372503e-3, -4.17768164e-3,
  0.246640727, 1.50140941,
];
const TAIL = [
  -2.00214257e-4, 1.00950558e-4, 1.34934322e-3, -3.67342844e-3, 5.73950773e-3, -7.6224613e-3, 9.43887047e-3, 1.00167406,
  2.83297682,
];

/** The inverse of the error function; infinite at −1 and 1, NaN outside. */
export const erfinv: Scalar = scalar('erfinv', 1, (m, x) => {
  const c = (value: number) => m.constant(value);
  const a = m.min(m.abs(x), c(1));
  const rest = m.sub(c(1), a);
  const w = m.neg(m.call(log, m.mul(m.max(rest, c(2 ** -60)), m.add(c(1), a))));
  const centre = polynomial(m, m.sub(w, c(2.5)), CENTRE);
  const tail = polynomial(m, m.sub(m.sqrt(w), c(3)), TAIL);
  // Beyond where those were fitted, erfc(y) is nearly e^−y² / (y √π).
  const far = m.add(w, c(Math.LN2));
  const farthest = m.sqrt(m.sub(far, m.mul(c(0.5), m.call(log, m.mul(c(Math.PI), m.max(far, c(1)))))));
  let y = m.select(m.gt(w, c(14)), farthest, m.mul(a, m.select(m.lt(w, c(5)), centre, tail)));
  const isTail = m.gt(a, c(0.5));
  for (let round = 0; round < 2; round++) {
    const excess = m.select(isTail, m.sub(rest, m.call(erfc, y)), m.sub(m.call(erf, y), a));
    const step = m.mul(excess, m.mul(c(Math.sqrt(Math.PI) / 2), m.call(exp, m.mul(y, y))));
    y = m.sub(y, m.div(step, m.add(c(1), m.mul(y, step))));
  }
  const isTiny = m.lt(a, c(2 ** -27));
  const inside = m.select(isTiny, m.mul(a, c(Math.sqrt(Math.PI) / 2)), y);
  const isEdge = m.eq(m.abs(x), c(1));
  const isInside = m.lt(m.abs(x), c(1));
  return m.copySign(m.select(isEdge, c(Infinity), m.select(isInside, inside, c(NaN))), x);
});

/** The modified Bessel function of order 0. */
export const besselI0: Scalar = scalar('i0', 1, (m, x) => {
  const c = (value: number) => m.constant(value);
  const a = m.min(m.abs(x), c(8));
  const small = polynomial(m, m.mul(m.mul(a, a), c(0.25)), BESSEL_SMALL);
  const far = m.min(m.max(m.abs(x), c(8)), c(1400));
  const half = m.call(exp, m.mul(c(0.5), far)); // eˣ overflows before the result does
  const scaled = m.mul(half, m.div(polynomial(m, m.sub(m.div(c(16), far), c(1)), BESSEL_LARGE), m.sqrt(far)));
  return m.select(m.le(m.abs(x), c(8)), small, m.mul(scaled, half));
});
