// Sine, cosine and tangent as bodies over the algebra, accurate for every float64 argument. Kernel coefficients are
// those published with fdlibm (k_sin.c, k_cos.c); large arguments follow Payne and Hanek (1983).
import { scalar, type Algebra, type Scalar } from './algebra.ts';

/** Sine. Worst error seen 0.8 ulp in float64. */
export const sin: Scalar = scalar('sin', 1, (m, x) => {
  const { quadrant, sine, cosine } = sineAndCosine(m, x);
  const y = m.select(isOdd(m, quadrant), cosine, sine);
  const signed = m.select(m.ge(quadrant, m.constant(2)), m.neg(y), y);
  return m.select(m.eq(x, m.constant(0)), x, signed);
});

/** Cosine. Worst error seen 0.8 ulp in float64. */
export const cos: Scalar = scalar('cos', 1, (m, x) => {
  const { quadrant, sine, cosine } = sineAndCosine(m, x);
  const y = m.select(isOdd(m, quadrant), sine, cosine);
  const negative = m.eq(m.abs(m.sub(quadrant, m.constant(1.5))), m.constant(0.5)); // quadrants 1 and 2
  return m.select(negative, m.neg(y), y);
});

/** Tangent: the quotient, within 2 ulp. */
export const tan: Scalar = scalar('tan', 1, (m, x) => {
  const { quadrant, sine, cosine } = sineAndCosine(m, x);
  const odd = isOdd(m, quadrant);
  const y = m.div(m.select(odd, m.neg(cosine), sine), m.select(odd, sine, cosine));
  return m.select(m.eq(x, m.constant(0)), x, y);
});

const SIN = [
  1.58969099521155010221e-10, -2.50507602534068634195e-8, 2.75573137070700676789e-6, -1.98412698298579493134e-4,
  8.33333333332248946124e-3,
];
const SIN_1 = -1.66666666666666324348e-1;
const COS = [
  -1.13596475577881948265e-11, 2.0875723212981748279e-9, -2.75573143513906633035e-7, 2.48015872894767294178e-5,
  -1.38888888888741095749e-3, 4.16666666666666019037e-2,
];

// pi/2 in three parts of 33, 33 and 53 bits; n * HALF_PI[0] is exact for |n| < 2^20.
const HALF_PI_1 = 1.5707963267341256;
const HALF_PI_2 = 6.077100506303966e-11;
const HALF_PI_3 = 2.0222662487959506e-21;
const HALF_PI_HIGH = 1.5707963267948966;
const HALF_PI_LOW = 6.123233995736766e-17;
const CODY_WAITE_LIMIT = 1.6e6;

// 2/pi in base 2^24, after the point.
const TWO_OVER_PI = [
  10680707, 7228996, 1387004, 2578385, 16069853, 12639074, 9804092, 4427841, 16666979, 11263675, 12935607, 2387514,
  4345298, 14681673, 3074569, 13734428, 16653803, 1880361, 10960616, 8533493, 3062596, 8710556, 7349940, 6258241,
  3772886, 3769171, 3798172, 8675211, 12450088, 3874808, 9961438, 366607, 15675153, 9132554, 7151469, 3571407, 2607881,
  12013382, 4155038, 6285869, 7677882, 13102053, 15825725, 473591, 9065106, 15363067, 6271263, 9264392, 5636912,
  4652155, 7056368, 13614112,
];
// Two zeros in front, so that the digits before the first one can be asked for.
const PADDED_TWO_OVER_PI = [0, 0, ...TWO_OVER_PI];
const DIGITS = 7; // 168 bits: 53 of the result, 62 of the worst cancellation, the rest to spare

interface Reduced<T> {
  /** Integer multiple of pi/2 taken away, modulo 4 (or congruent to it). */
  readonly n: T;
  /** The rest, |high| <= pi/4 (a little more where n was a near tie), low its continuation. */
  readonly high: T;
  readonly low: T;
}

function sineAndCosine<T, M>(m: Algebra<T, M>, x: T): { quadrant: T; sine: T; cosine: T } {
  const { n, high, low } = reduce(m, x);
  const quadrant = m.sub(n, m.mul(m.constant(4), m.floor(m.mul(n, m.constant(0.25)))));
  return { quadrant, sine: sineKernel(m, high, low), cosine: cosineKernel(m, high, low) };
}

function isOdd<T, M>(m: Algebra<T, M>, quadrant: T): M {
  return m.eq(m.abs(m.sub(quadrant, m.constant(2))), m.constant(1)); // 1 or 3
}

// Cody and Waite in three parts; what they cannot do (large arguments, arguments next to a multiple of pi/2) is rare.
function reduce<T, M>(m: Algebra<T, M>, x: T): Reduced<T> {
  const n = m.nearest(m.mul(x, m.constant(2 / Math.PI)));
  const first = m.sub(x, m.mul(n, m.constant(HALF_PI_1)));
  const second = m.mul(n, m.constant(HALF_PI_2));
  const head = m.sub(first, second);
  const rest = m.sub(m.sub(m.sub(first, head), second), m.mul(n, m.constant(HALF_PI_3)));
  const high = m.add(head, rest);
  const low = m.add(m.sub(head, high), rest);
  const cancelled = m.and(m.lt(m.abs(high), m.constant(2 ** -26)), m.ne(n, m.constant(0)));
  const hard = m.or(m.ge(m.abs(x), m.constant(CODY_WAITE_LIMIT)), cancelled);
  const [n1, high1, low1] = m.rare(hard, [n, high, low], () => reduceExactly(m, x));
  return { n: n1!, high: high1!, low: low1! };
}

// |x| = X 2^e with X = x0 + x1 2^-24 + x2 2^-48 and integers x_i < 2^24. Digits of 2/pi whose products
// are multiples of 8 are skipped; the q_i are exact integers below 2^51 that weigh 2^(weight - 24 i).
function reduceExactly<T, M>(m: Algebra<T, M>, x: T): readonly T[] {
  const c = (value: number): T => m.constant(value);
  const magnitude = m.abs(x);
  const e = m.sub(m.exponent(magnitude), c(23));
  const skipped = m.max(c(0), m.floor(m.div(m.sub(e, c(3)), c(24))));
  const weight = m.sub(e, m.mul(c(24), m.add(skipped, c(1))));
  const q = products(m, threeDigits(m, magnitude), skipped);
  for (let i = DIGITS - 1; i > 0; i--) {
    const carry = m.floor(m.mul(q[i]!, c(2 ** -24)));
    q[i] = m.sub(q[i]!, m.mul(carry, c(2 ** 24)));
    q[i - 1] = m.add(q[i - 1]!, carry);
  }
  const parts = q.map((digit, i) => m.mul(digit, m.powerOfTwo(m.sub(weight, c(24 * i)))));
  const whole = m.sub(parts[0]!, m.mul(c(8), m.floor(m.mul(parts[0]!, c(0.125)))));
  const n = m.nearest(m.add(whole, parts[1]!));
  const fraction = sumParts(m, [m.sub(whole, n), ...parts.slice(1)]);
  const angle = timesHalfPi(m, fraction);
  const notFinite = m.sub(x, x); // 0, or NaN for infinities
  const negative = m.lt(x, c(0));
  const sign = (value: T): T => m.select(negative, m.neg(value), value);
  return [sign(n), m.add(sign(angle[0]!), notFinite), sign(angle[1]!)];
}

function threeDigits<T, M>(m: Algebra<T, M>, magnitude: T): readonly T[] {
  const scale = m.constant(2 ** 24);
  const scaled = m.mul(m.mantissa(magnitude), m.constant(2 ** 23));
  const x0 = m.floor(scaled);
  const rest = m.mul(m.sub(scaled, x0), scale);
  const x1 = m.floor(rest);
  return [x0, x1, m.mul(m.sub(rest, x1), scale)];
}

function products<T, M>(m: Algebra<T, M>, digits: readonly T[], skipped: T): T[] {
  const table: T[] = [];
  for (let j = 0; j < DIGITS + 2; j++) table.push(m.lookup(PADDED_TWO_OVER_PI, m.add(skipped, m.constant(j))));
  const q: T[] = [];
  for (let i = 0; i < DIGITS; i++) {
    const terms = digits.map((digit, a) => m.mul(digit, table[i - a + 2]!));
    q.push(m.add(m.add(terms[0]!, terms[1]!), terms[2]!));
  }
  return q;
}

// The parts shrink by 2^24 each and the first few may cancel; three rounds of TwoSum leave a normalised pair.
function sumParts<T, M>(m: Algebra<T, M>, parts: readonly T[]): readonly [T, T] {
  let terms = [...parts];
  for (let round = 0; round < 3; round++) {
    const next: T[] = [];
    let sum: T = terms[terms.length - 1]!;
    for (let i = terms.length - 2; i >= 0; i--) {
      const [high, low] = twoSum(m, terms[i]!, sum);
      next.unshift(low);
      sum = high;
    }
    terms = [sum, ...next];
  }
  return [terms[0]!, m.add(terms[1]!, terms[2]!)];
}

function twoSum<T, M>(m: Algebra<T, M>, a: T, b: T): readonly [T, T] {
  const sum = m.add(a, b);
  const part = m.sub(sum, a);
  return [sum, m.add(m.sub(a, m.sub(sum, part)), m.sub(b, part))];
}

// (high + low) * pi/2 by Dekker's product.
function timesHalfPi<T, M>(m: Algebra<T, M>, [high, low]: readonly [T, T]): readonly [T, T] {
  const c = (value: number): T => m.constant(value);
  const product = m.mul(high, c(HALF_PI_HIGH));
  const a = m.highHalf(high);
  const b = m.sub(high, a);
  const p = 1.5707963109016418; // HALF_PI_HIGH to 26 bits
  const q = HALF_PI_HIGH - p;
  const lost = m.add(m.add(m.add(m.sub(m.mul(a, c(p)), product), m.mul(a, c(q))), m.mul(b, c(p))), m.mul(b, c(q)));
  const rest = m.add(lost, m.add(m.mul(high, c(HALF_PI_LOW)), m.mul(low, c(HALF_PI_HIGH))));
  const sum = m.add(product, rest);
  return [sum, m.add(m.sub(product, sum), rest)];
}

function sineKernel<T, M>(m: Algebra<T, M>, x: T, low: T): T {
  const z = m.mul(x, x);
  const cube = m.mul(z, x);
  const r = horner(m, z, SIN);
  const bend = m.sub(m.mul(m.constant(0.5), low), m.mul(cube, r));
  return m.sub(x, m.sub(m.sub(m.mul(z, bend), low), m.mul(cube, m.constant(SIN_1))));
}

function cosineKernel<T, M>(m: Algebra<T, M>, x: T, low: T): T {
  const one = m.constant(1);
  const z = m.mul(x, x);
  const r = m.mul(z, horner(m, z, COS));
  const half = m.mul(m.constant(0.5), z);
  const w = m.sub(one, half);
  return m.add(w, m.add(m.sub(m.sub(one, w), half), m.sub(m.mul(z, r), m.mul(x, low))));
}

function horner<T, M>(m: Algebra<T, M>, x: T, coefficients: readonly number[]): T {
  let sum = m.constant(coefficients[0]!);
  for (let i = 1; i < coefficients.length; i++) sum = m.add(m.mul(sum, x), m.constant(coefficients[i]!));
  return sum;
}
