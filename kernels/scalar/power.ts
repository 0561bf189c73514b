// The power as a body over the algebra; bits of specification sqs-num/1. Coefficients are those published with fdlibm
// (Sun Microsystems, 1993; e_pow.c); the form is our own.
import { scalar, type Algebra, type Scalar } from './algebra.ts';
import { polynomial, scaleByPowerOfTwo } from './math.ts';

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

/** Whether the sign bit of x is set. */
export function isNegative<T, M>(m: Algebra<T, M>, x: T): M {
  return m.lt(m.copySign(m.constant(1), x), m.constant(0));
}
