// Inverse trigonometric and hyperbolic functions, power and cube root as bodies over the algebra; bits of specification
// sqs-num/1. Coefficients are those published with fdlibm (Sun Microsystems, 1993; s_atan.c, e_asin.c, e_pow.c,
// s_cbrt.c); forms are our own.
import { scalar, type Algebra, type Scalar } from './algebra.ts';
import { log1p, polynomial, scaleByPowerOfTwo } from './math.ts';

export { erf, erfc, gelu, geluTanh } from './error-function.ts';

const PI_LOW = 1.2246467991473532e-16;
const HALF_PI_LOW = 6.123233995736766e-17;

// Reduction of atan at 7/16, 11/16, 19/16 and 39/16 to atan(c) + atan((x - c) / (1 + c x)), c = 1/2, 1, 3/2, infinity.
const ATAN = [
  1.62858201153657823623e-2, -3.6531572744216915527e-2, 4.97687799461593236017e-2, -5.83357013379057348645e-2,
  6.66107313738753120669e-2, -7.69187620504482999495e-2, 9.09088713343650656196e-2, -1.1111110405462355788e-1,
  1.42857142725034663711e-1, -1.99999999998764832476e-1, 3.33333333333329318027e-1,
];
const ASIN_P = [
  3.4793310759602116757e-5, 7.91534994289814532176e-4, -4.00555345006794114027e-2, 2.01212532134862925881e-1,
  -3.25565818622400915405e-1, 1.66666666666666657415e-1,
];
const ASIN_Q = [
  7.70381505559019352791e-2, -6.8828397160545329303e-1, 2.02094576023350569471, -2.40339491173441421878, 1,
];

/** Arc tangent. */
export const atan: Scalar = scalar('atan', 1, (m, x) => {
  const c = (value: number) => m.constant(value);
  const t = m.abs(x);
  const above = [7 / 16, 11 / 16, 19 / 16, 39 / 16].map((edge) => m.ge(t, c(edge)));
  const numerator = stepwise(m, above, [t, m.sub(m.add(t, t), c(1)), m.sub(t, c(1)), m.sub(t, c(1.5)), c(-1)]);
  const denominator = stepwise(m, above, [c(1), m.add(c(2), t), m.add(t, c(1)), m.add(c(1), m.mul(c(1.5), t)), t]);
  const high = stepwise(
    m,
    above,
    [0, 4.63647609000806093515e-1, 7.85398163397448278999e-1, 9.82793723247329054082e-1, Math.PI / 2].map(c),
  );
  const low = stepwise(
    m,
    above,
    [0, 2.26987774529616870924e-17, 3.06161699786838301793e-17, 1.39033110312309984516e-17, HALF_PI_LOW].map(c),
  );
  const u = m.div(numerator, denominator);
  const z = m.mul(u, u);
  const bend = m.mul(u, m.mul(z, polynomial(m, z, ATAN)));
  const y = m.sub(high, m.sub(m.sub(bend, low), u));
  return m.copySign(y, x);
});

/** Angle of the point (x, y) in [-pi, pi]; signed zeros and infinities as in IEEE 754-2019 §9.2. */
export const atan2: Scalar = scalar('atan2', 2, (m, y, x) => {
  const [ay, ax] = [m.abs(y), m.abs(x)];
  const bothZero = m.eq(m.max(ay, ax), m.constant(0));
  const bothInfinite = m.eq(m.min(ay, ax), m.constant(Infinity));
  const ratio = m.select(bothZero, m.constant(0), m.select(bothInfinite, m.constant(1), m.div(ay, ax)));
  const angle = m.call(atan, ratio);
  const behind = m.sub(m.constant(Math.PI), m.sub(angle, m.constant(PI_LOW)));
  return m.copySign(m.select(isNegative(m, x), behind, angle), y);
});

/** Arc sine; NaN outside [-1, 1]. */
export const asin: Scalar = scalar('asin', 1, (m, x) => {
  const c = (value: number) => m.constant(value);
  const t = m.abs(x);
  const near = m.lt(t, c(0.5));
  const z = m.select(near, m.mul(t, t), m.mul(c(0.5), m.sub(c(1), t)));
  const ratio = asinRatio(m, z);
  const inner = m.add(t, m.mul(t, ratio));
  // asin t = pi/2 - 2 asin(sqrt z), z = (1 - t)/2; the square root as head + tail.
  const { root, head, tail } = splitRoot(m, z);
  const p = m.sub(m.mul(m.mul(c(2), root), ratio), m.sub(c(HALF_PI_LOW), m.mul(c(2), tail)));
  const q = m.sub(c(Math.PI / 4), m.mul(c(2), head));
  const outer = m.sub(c(Math.PI / 4), m.sub(p, q));
  return m.copySign(m.select(near, inner, outer), x);
});

/** Arc cosine; NaN outside [-1, 1]. */
export const acos: Scalar = scalar('acos', 1, (m, x) => {
  const c = (value: number) => m.constant(value);
  const t = m.abs(x);
  const near = m.lt(t, c(0.5));
  const z = m.select(near, m.mul(t, t), m.mul(c(0.5), m.sub(c(1), t)));
  const ratio = asinRatio(m, z);
  const inner = m.sub(c(Math.PI / 2), m.sub(x, m.sub(c(HALF_PI_LOW), m.mul(x, ratio))));
  const { root, head, tail } = splitRoot(m, z);
  const right = m.mul(c(2), m.add(head, m.add(m.mul(ratio, root), tail)));
  const left = m.sub(c(Math.PI), m.mul(c(2), m.add(root, m.sub(m.mul(ratio, root), c(HALF_PI_LOW)))));
  return m.select(near, inner, m.select(m.lt(x, c(0)), left, right));
});

/** Inverse hyperbolic sine. */
export const asinh: Scalar = scalar('asinh', 1, (m, x) => {
  const one = m.constant(1);
  const t = m.abs(x);
  const big = m.gt(t, m.constant(2 ** 28));
  const square = m.mul(t, t);
  const excess = m.add(t, m.div(square, m.add(one, m.sqrt(m.add(one, square)))));
  const y = m.add(
    m.call(log1p, m.select(big, m.sub(t, one), excess)),
    m.select(big, m.constant(Math.LN2), m.constant(0)),
  );
  return m.select(m.lt(t, m.constant(2 ** -28)), x, m.copySign(y, x));
});

/** Inverse hyperbolic cosine; NaN below 1. */
export const acosh: Scalar = scalar('acosh', 1, (m, x) => {
  const big = m.gt(x, m.constant(2 ** 28));
  const t = m.sub(x, m.constant(1));
  const excess = m.add(t, m.sqrt(m.add(m.mul(m.constant(2), t), m.mul(t, t))));
  const y = m.add(m.call(log1p, m.select(big, t, excess)), m.select(big, m.constant(Math.LN2), m.constant(0)));
  return m.select(m.lt(x, m.constant(1)), m.constant(NaN), y);
});

/** Inverse hyperbolic tangent; infinite at -1 and 1, NaN outside. */
export const atanh: Scalar = scalar('atanh', 1, (m, x) => {
  const t = m.abs(x);
  const twice = m.add(t, t);
  const rest = m.sub(m.constant(1), t);
  const small = m.add(twice, m.div(m.mul(twice, t), rest));
  const argument = m.select(m.lt(t, m.constant(0.5)), small, m.div(twice, rest));
  const y = m.mul(m.constant(0.5), m.call(log1p, argument));
  return m.select(m.lt(t, m.constant(2 ** -28)), x, m.copySign(y, x));
});

/** Cube root, of negative numbers too. */
export const cbrt: Scalar = scalar('cbrt', 1, (m, x) => {
  const c = (value: number) => m.constant(value);
  const t = m.abs(x);
  const subnormal = m.lt(t, c(2 ** -1022));
  const normal = m.select(subnormal, m.mul(t, c(2 ** 54)), t);
  const exponent = m.exponent(normal);
  const third = m.floor(m.div(exponent, c(3)));
  const r = m.mul(m.mantissa(normal), m.powerOfTwo(m.sub(exponent, m.mul(c(3), third)))); // in [1, 8)
  let root = polynomial(m, r, [-0.0157, 0.2841, 0.7316]);
  for (let round = 0; round < 2; round++) root = halley(m, root, r);
  const head = m.highHalf(root); // its square is exact
  const correction = m.div(r, m.mul(head, head));
  const y = m.add(head, m.div(m.mul(head, m.sub(correction, head)), m.add(m.add(head, head), correction)));
  const scaled = m.mul(y, m.powerOfTwo(m.sub(third, m.select(subnormal, c(18), c(0)))));
  const regular = m.and(m.gt(t, c(0)), m.lt(t, c(Infinity)));
  return m.select(regular, m.copySign(scaled, x), x);
});

/**
 * x^y as in IEEE 754-2019 §9.2 (pow): pow(x, 0) = pow(1, y) = 1 even for NaN; NaN for finite x < 0 and y not an
 * integer.
 */
export const pow: Scalar = scalar('pow', 2, (m, x, y) => {
  const c = (value: number) => m.constant(value);
  const [t, one, zero, infinity] = [m.abs(x), c(1), c(0), c(Infinity)];
  const finite = m.and(m.gt(t, zero), m.lt(t, infinity));
  const bounded = m.max(m.min(y, c(2 ** 80)), c(-(2 ** 80))); // beyond, every x but 1 overflows or underflows
  const grows = m.or(m.and(m.gt(t, one), m.gt(y, zero)), m.and(m.le(t, one), m.lt(y, zero)));
  const edge = m.select(m.eq(y, y), m.select(m.eq(t, t), m.select(grows, infinity, zero), t), y);
  const magnitude = m.select(finite, power(m, t, bounded), edge);
  const whole = m.eq(m.floor(y), y);
  const half = m.mul(y, c(0.5));
  const odd = m.and(whole, m.ne(m.floor(half), half));
  const signed = m.select(m.and(isNegative(m, x), odd), m.neg(magnitude), magnitude);
  const undefinedHere = m.and(m.and(m.lt(x, zero), finite), m.not(whole));
  const plain = m.select(undefinedHere, c(NaN), signed);
  const isOne = m.or(m.or(m.eq(y, zero), m.eq(x, one)), m.and(m.eq(t, one), m.eq(m.abs(y), infinity)));
  return m.select(isOne, one, plain);
});

// fdlibm e_pow.c: log2(x) = 2 / (3 ln 2) * (3 s + s^3 + s^5 (L1 + …)), s = (x - c) / (x + c), c = 1 or 1.5.
const LOG_L = [
  2.06975017800338417784e-1, 2.30660745775561754067e-1, 2.72728123808534006489e-1, 3.33333329818377432918e-1,
  4.28571428578550184252e-1, 5.99999999999994648725e-1,
];
const EXP_P = [
  4.13813679705723846039e-8, -1.6533902205465251539e-6, 6.61375632143793436117e-5, -2.77777777770155933842e-3,
  1.66666666666666019037e-1,
];
const CP = 9.61796693925975554329e-1; // 2 / (3 ln 2)
const CP_HIGH = 9.61796700954437255859e-1;
const CP_LOW = -7.02846165095275826516e-9;
const LOG2_3_2_HIGH = 5.84962487220764160156e-1; // log2(3/2)
const LOG2_3_2_LOW = 1.35003920212974897128e-8;
const LN2_HIGH = 6.93147182464599609375e-1; // 24 bits
const LN2_LOW = -1.90465429995776804525e-9;

/** t^y for positive finite t and |y| <= 2^80. */
function power<T, M>(m: Algebra<T, M>, t: T, y: T): T {
  const { high, low } = log2Pair(m, t);
  const head = m.highHalf(y);
  const small = m.add(m.mul(m.sub(y, head), high), m.mul(y, low));
  const big = m.mul(head, high);
  const z = m.add(small, big);
  const k = m.nearest(z);
  const scaled = scaleByPowerOfTwo(m, exp2OfPair(m, m.sub(big, k), small), k);
  const over = m.ge(z, m.constant(1024.5));
  const under = m.lt(z, m.constant(-1080));
  return m.select(over, m.constant(Infinity), m.select(under, m.constant(0), scaled));
}

/** log2(t) as a sum of two floats, the high one of 26 bits; relative error below 2^-65. */
function log2Pair<T, M>(m: Algebra<T, M>, t: T): { high: T; low: T } {
  const c = (value: number): T => m.constant(value);
  const subnormal = m.lt(t, c(2 ** -1022));
  const normal = m.select(subnormal, m.mul(t, c(2 ** 54)), t);
  const mantissa = m.mantissa(normal);
  const halved = m.ge(mantissa, c(Math.sqrt(3)));
  const middle = m.and(m.ge(mantissa, c(Math.sqrt(1.5))), m.not(halved)); // around 1.5 instead of 1
  const n = m.add(m.sub(m.exponent(normal), m.select(subnormal, c(54), c(0))), m.select(halved, c(1), c(0)));
  const x = m.select(halved, m.mul(mantissa, c(0.5)), mantissa);
  const center = m.select(middle, c(1.5), c(1));
  const ratio = log2OfRatio(m, x, center);
  const base = m.select(middle, c(LOG2_3_2_HIGH), c(0));
  const low = m.add(ratio.low, m.select(middle, c(LOG2_3_2_LOW), c(0)));
  const high = m.highHalf(m.add(m.add(m.add(ratio.high, low), base), n));
  return { high, low: m.sub(low, m.sub(m.sub(m.sub(high, n), base), ratio.high)) };
}

function log2OfRatio<T, M>(m: Algebra<T, M>, x: T, center: T): { high: T; low: T } {
  const c = (value: number): T => m.constant(value);
  const u = m.sub(x, center);
  const v = m.div(c(1), m.add(x, center));
  const s = m.mul(u, v);
  const sHigh = m.highHalf(s);
  const sumHigh = m.highHalf(m.add(x, center));
  const sumLow = m.sub(x, m.sub(sumHigh, center));
  const sLow = m.mul(v, m.sub(m.sub(u, m.mul(sHigh, sumHigh)), m.mul(sHigh, sumLow)));
  const square = m.mul(s, s);
  const series = m.add(m.mul(m.mul(square, square), polynomial(m, square, LOG_L)), m.mul(sLow, m.add(sHigh, s)));
  const squareHigh = m.mul(sHigh, sHigh);
  const tHigh = m.highHalf(m.add(m.add(c(3), squareHigh), series));
  const tLow = m.sub(series, m.sub(m.sub(tHigh, c(3)), squareHigh));
  const p = m.mul(sHigh, tHigh);
  const q = m.add(m.mul(sLow, tHigh), m.mul(tLow, s));
  const high = m.highHalf(m.add(p, q));
  const low = m.sub(q, m.sub(high, p));
  return { high: m.mul(c(CP_HIGH), high), low: m.add(m.mul(c(CP_LOW), high), m.mul(low, c(CP))) };
}

/** 2^(high + low), |high + low| <= 1/2. */
function exp2OfPair<T, M>(m: Algebra<T, M>, high: T, low: T): T {
  const c = (value: number): T => m.constant(value);
  const t = m.highHalf(m.add(low, high));
  const u = m.mul(t, c(LN2_HIGH));
  const v = m.add(m.mul(m.sub(low, m.sub(t, high)), c(Math.LN2)), m.mul(t, c(LN2_LOW)));
  const z = m.add(u, v);
  const w = m.sub(v, m.sub(z, u));
  const square = m.mul(z, z);
  const bend = m.sub(z, m.mul(square, polynomial(m, square, EXP_P)));
  const r = m.sub(m.div(m.mul(z, bend), m.sub(bend, c(2))), m.add(w, m.mul(z, w)));
  return m.sub(c(1), m.sub(r, z));
}

/** values[0], or values[i + 1] for the last mask i that is on. */
function stepwise<T, M>(m: Algebra<T, M>, above: readonly M[], values: readonly T[]): T {
  let chosen: T = values[0]!;
  above.forEach((mask, i) => (chosen = m.select(mask, values[i + 1]!, chosen)));
  return chosen;
}

function isNegative<T, M>(m: Algebra<T, M>, x: T): M {
  return m.lt(m.copySign(m.constant(1), x), m.constant(0));
}

/** (asin t - t) / t as a function of t^2 on [0, 1/4]. */
function asinRatio<T, M>(m: Algebra<T, M>, z: T): T {
  return m.div(m.mul(z, polynomial(m, z, ASIN_P)), polynomial(m, z, ASIN_Q));
}

/** sqrt(z) and the same as head + tail, the square of the head exact. */
function splitRoot<T, M>(m: Algebra<T, M>, z: T): { root: T; head: T; tail: T } {
  const root = m.sqrt(z);
  const head = m.highHalf(root);
  const tail = m.div(m.sub(z, m.mul(head, head)), m.add(root, head));
  return { root, head, tail: m.select(m.eq(z, m.constant(0)), m.constant(0), tail) };
}

/** One step of Halley's iteration for the cube root of r. */
function halley<T, M>(m: Algebra<T, M>, root: T, r: T): T {
  const cube = m.mul(root, m.mul(root, root));
  return m.div(m.mul(root, m.add(cube, m.add(r, r))), m.add(m.add(cube, cube), r));
}
