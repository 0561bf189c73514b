// The error function, its complement and the gaussian linear unit as bodies over the algebra; bits of specification
// sqs-num/1. Rational approximations are those published with fdlibm (Sun Microsystems, 1993; s_erf.c).
import { scalar, type Algebra, type Scalar } from './algebra.ts';
import { exp, exponential, polynomial, tanh } from './math.ts';

/** erf(x). */
export const erf: Scalar = scalar('erf', 1, (m, x) => {
  const t = m.abs(x);
  const [y] = m.rare(m.not(m.lt(t, m.constant(0.84375))), [m.add(x, m.mul(x, nearZero(m, x)))], () => {
    const [outer] = m.rare(m.ge(t, m.constant(1.25)), [m.add(m.constant(ERX), aroundOne(m, t))], () => [
      m.sub(m.constant(1), tail(m, t)),
    ]);
    return [m.copySign(outer!, x)];
  });
  return m.select(m.eq(x, x), y!, x);
});

/** 1 - erf(x), accurate where it is small. */
export const erfc: Scalar = scalar('erfc', 1, (m, x) => {
  const c = (value: number) => m.constant(value);
  const t = m.abs(x);
  const bend = m.mul(x, nearZero(m, x));
  const left = m.sub(c(1), m.add(x, bend));
  const right = m.sub(c(0.5), m.add(m.sub(x, c(0.5)), bend));
  const [y] = m.rare(m.not(m.lt(t, c(0.84375))), [m.select(m.lt(x, c(0.25)), left, right)], () => {
    const positive = m.gt(x, c(0));
    const rest = aroundOne(m, t);
    const middle = m.select(positive, m.sub(c(1 - ERX), rest), m.add(c(1), m.add(c(ERX), rest)));
    const [outer] = m.rare(m.ge(t, c(1.25)), [middle], () => {
      const small = tail(m, t);
      return [m.select(positive, small, m.sub(c(2), small))];
    });
    return [outer!];
  });
  return m.select(m.eq(x, x), y!, x);
});

/**
 * Gaussian error linear unit, exact form: x/2 erfc(z), z = -x / sqrt 2. What rounding z loses is put back by erfc(z +
 * d) ~ erfc(z) (1 - 2 z d), without which the error of the left tail grows with x^2; and where erfc is subnormal the
 * product with x is rounded once.
 */
export const gelu: Scalar = scalar('gelu', 1, (m, x) => {
  const c = (value: number) => m.constant(value);
  const z = m.mul(x, c(-Math.SQRT1_2));
  const head = m.highHalf(x);
  const exact = m.sub(m.mul(head, c(-SQRT_HALF_26)), z);
  const lost = m.sub(m.sub(exact, m.mul(head, c(SQRT_HALF_REST))), m.mul(m.sub(x, head), c(Math.SQRT1_2)));
  const half = m.mul(c(0.5), x);
  const plain = m.mul(half, m.call(erfc, z));
  const [y] = m.rare(m.gt(z, c(1.25)), [plain], () => {
    const turn = m.sub(c(1), m.mul(m.add(z, z), lost));
    const deep = m.mul(m.mul(m.mul(half, tail(m, z, TAIL_SHIFT)), turn), c(2 ** -TAIL_SHIFT));
    return [m.select(m.gt(z, c(1.25)), m.select(m.gt(z, c(28)), c(-0), deep), plain)];
  });
  return m.select(m.eq(x, c(-Infinity)), c(-0), y!);
});

/** Gaussian error linear unit, tanh form (Hendrycks and Gimpel 2016): x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))). */
export const geluTanh: Scalar = scalar('geluTanh', 1, (m, x) => {
  const cubic = m.mul(x, m.add(m.constant(1), m.mul(m.constant(0.044715), m.mul(x, x))));
  const gate = m.call(tanh, m.mul(m.constant(0.7978845608028654), cubic));
  const y = m.mul(m.mul(m.constant(0.5), x), m.add(m.constant(1), gate));
  return m.select(m.eq(x, m.constant(-Infinity)), m.constant(-0), y);
});

const SQRT_HALF_26 = 0.7071067690849304; // 26 bits and fewer
const SQRT_HALF_REST = 1.210161710447897e-8;
const TAIL_SHIFT = 64;

const ERX = 8.45062911510467529297e-1;
const SMALL_P = [
  -2.37630166566501626084e-5, -5.77027029648944159157e-3, -2.84817495755985104766e-2, -3.2504210724700149937e-1,
  1.28379167095512558561e-1,
];
const SMALL_Q = [
  -3.9602282787753681232e-6, 1.32494738004321644526e-4, 5.08130628187576562776e-3, 6.50222499887672944485e-2,
  3.97917223959155352819e-1, 1,
];
const MIDDLE_P = [
  -2.166375594868790843e-3, 3.54783043256182359371e-2, -1.10894694282396677476e-1, 3.18346619901161753674e-1,
  -3.72207876035701323847e-1, 4.14856118683748331666e-1, -2.36211856075265944077e-3,
];
const MIDDLE_Q = [
  1.1984499846799107417e-2, 1.36370839120290507362e-2, 1.26171219808761642112e-1, 7.18286544141962662868e-2,
  5.40397917702171048937e-1, 1.06420880400844228286e-1, 1,
];
const NEAR_P = [
  -9.81432934416914548592, -8.12874355063065934246e1, -1.84605092906711035994e2, -1.62396669462573470355e2,
  -6.23753324503260060396e1, -1.05586262253232909814e1, -6.93858572707181764372e-1, -9.86494403484714822705e-3,
];
const NEAR_Q = [
  -6.04244152148580987438e-2, 6.57024977031928170135, 1.08635005541779435134e2, 4.29008140027567833386e2,
  6.45387271733267880336e2, 4.34565877475229228821e2, 1.376577541435190426e2, 1.96512716674392571292e1, 1,
];
const FAR_P = [
  -4.83519191608651397019e2, -1.02509513161107724954e3, -6.37566443368389627722e2, -1.60636384855821916062e2,
  -1.77579549177547519889e1, -7.99283237680523006574e-1, -9.86494292470009928597e-3,
];
const FAR_Q = [
  -2.24409524465858183362e1, 4.74528541206955367215e2, 2.55305040643316442583e3, 3.19985821950859553908e3,
  1.53672958608443695994e3, 3.25792512996573918826e2, 3.03380607434824582924e1, 1,
];

/** erf(x) / x - 1 for |x| < 0.84375. */
function nearZero<T, M>(m: Algebra<T, M>, x: T): T {
  const z = m.mul(x, x);
  return m.div(polynomial(m, z, SMALL_P), polynomial(m, z, SMALL_Q));
}

/** erf(t) - ERX for t in [0.84375, 1.25). */
function aroundOne<T, M>(m: Algebra<T, M>, t: T): T {
  const s = m.sub(t, m.constant(1));
  return m.div(polynomial(m, s, MIDDLE_P), polynomial(m, s, MIDDLE_Q));
}

/** erfc(t) 2^shift for t >= 1.25: e^(-t^2 - 0.5625 + R/S) / t, t^2 split so that its head is exact. */
function tail<T, M>(m: Algebra<T, M>, t: T, shift = 0): T {
  const c = (value: number): T => m.constant(value);
  const s = m.div(c(1), m.mul(t, t));
  const near = m.lt(t, c(1 / 0.35));
  const p = m.select(near, polynomial(m, s, NEAR_P), polynomial(m, s, FAR_P));
  const q = m.select(near, polynomial(m, s, NEAR_Q), polynomial(m, s, FAR_Q));
  const head = m.highHalf(t);
  const exponent = m.sub(c(-0.5625), m.mul(head, head));
  const first = shift === 0 ? m.call(exp, exponent) : exponential(m, exponent, shift);
  const second = m.call(exp, m.add(m.mul(m.sub(head, t), m.add(head, t)), m.div(p, q)));
  const y = m.div(m.mul(first, second), t);
  return m.select(m.gt(t, c(28)), c(0), y);
}
