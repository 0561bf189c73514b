// Inverse trigonometric and hyperbolic functions as bodies over the algebra; bits of specification sqs-num/1.
// Coefficients are those published with fdlibm (Sun Microsystems, 1993; s_atan.c, e_asin.c); forms are our own.
import { scalar, type Algebra, type Scalar } from './algebra.ts';
import { log1p, polynomial } from './math.ts';
import { isNegative } from './power.ts';

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

/** values[0], or values[i + 1] for the last mask i that is on. */
function stepwise<T, M>(m: Algebra<T, M>, above: readonly M[], values: readonly T[]): T {
  let chosen: T = values[0]!;
  above.forEach((mask, i) => (chosen = m.select(mask, values[i + 1]!, chosen)));
  return chosen;
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
