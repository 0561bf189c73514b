// Derivatives of the functions that readings know, as formulas over any algebra: by it they have values, bounds or
// kernels of their own.
import type { Algebra } from '../scalar/algebra.ts';
import { FUNCTIONS_BY_NAME as f, type FunctionName } from './functions.ts';

/** The derivative by one operand, from the operands a and b, and from the value y where it is asked for. */
export type Slope = <T, M>(m: Algebra<T, M>, y: () => T, a: T, b: T) => T;

const TWO_OVER_ROOT_PI = 1.1283791670955126;
const ROOT_HALF_OVER_PI = 0.3989422804014327; // 1 / sqrt(2 pi)

const over = <T, M>(m: Algebra<T, M>, value: number, divisor: T): T => m.div(m.constant(value), divisor);
const square = <T, M>(m: Algebra<T, M>, x: T): T => m.mul(x, x);
/** (1 − x)(1 + x). */
const besideOne = <T, M>(m: Algebra<T, M>, x: T): T => m.mul(m.sub(m.constant(1), x), m.add(m.constant(1), x));
/** 1 / √((1 − x)(1 + x)). */
const overArc = <T, M>(m: Algebra<T, M>, x: T): T => over(m, 1, m.sqrt(besideOne(m, x)));
/** sigmoid(x) sigmoid(−x), which keeps its digits on both sides. */
const logistic = <T, M>(m: Algebra<T, M>, x: T): T => m.mul(m.call(f.sigmoid, x), m.call(f.sigmoid, m.neg(x)));
/** scale e^(−x²). */
const bell = <T, M>(m: Algebra<T, M>, x: T, scale: number): T =>
  m.mul(m.constant(scale), m.call(f.exp, m.neg(square(m, x))));

/** One formula for each operand. */
export const SLOPES: Readonly<Record<FunctionName, readonly Slope[]>> = {
  exp: [(_m, y) => y()],
  exp2: [(m, y) => m.mul(m.constant(Math.LN2), y())],
  expm1: [(m, _y, a) => m.call(f.exp, a)],
  log: [(m, _y, a) => over(m, 1, a)],
  log1p: [(m, _y, a) => over(m, 1, m.add(m.constant(1), a))],
  log2: [(m, _y, a) => over(m, Math.LOG2E, a)],
  log10: [(m, _y, a) => over(m, Math.LOG10E, a)],
  sin: [(m, _y, a) => m.call(f.cos, a)],
  cos: [(m, _y, a) => m.neg(m.call(f.sin, a))],
  tan: [(m, y) => m.add(m.constant(1), square(m, y()))],
  asin: [(m, _y, a) => overArc(m, a)],
  acos: [(m, _y, a) => m.neg(overArc(m, a))],
  atan: [(m, _y, a) => over(m, 1, m.add(m.constant(1), square(m, a)))],
  sinh: [(m, _y, a) => m.call(f.cosh, a)],
  cosh: [(m, _y, a) => m.call(f.sinh, a)],
  // 1 − tanh² has no digits where tanh is nearly 1.
  tanh: [(m, _y, a) => square(m, over(m, 1, m.call(f.cosh, a)))],
  // 1 / √(1 + x²) by the larger of 1 and |x|, so that the square does not overflow.
  asinh: [
    (m, _y, a) => {
      const [one, t] = [m.constant(1), m.abs(a)];
      const large = m.max(t, one);
      return m.div(m.div(one, large), m.sqrt(m.add(one, square(m, m.div(m.min(t, one), large)))));
    },
  ],
  acosh: [
    (m, _y, a) => {
      const [left, right] = [m.sub(a, m.constant(1)), m.add(a, m.constant(1))];
      return over(m, 1, m.mul(m.sqrt(left), m.sqrt(right)));
    },
  ],
  atanh: [(m, _y, a) => over(m, 1, besideOne(m, a))],
  cbrt: [(m, y) => over(m, 1, m.mul(m.constant(3), square(m, y())))],
  erf: [(m, _y, a) => bell(m, a, TWO_OVER_ROOT_PI)],
  erfc: [(m, _y, a) => m.neg(bell(m, a, TWO_OVER_ROOT_PI))],
  sigmoid: [(m, _y, a) => logistic(m, a)],
  silu: [(m, _y, a) => m.add(m.call(f.sigmoid, a), m.mul(a, logistic(m, a)))],
  softplus: [(m, _y, a) => m.call(f.sigmoid, a)],
  gelu: [
    (m, _y, a) => {
      const z = m.mul(a, m.constant(Math.SQRT1_2));
      const share = m.mul(m.constant(0.5), m.call(f.erfc, m.neg(z)));
      return m.add(share, m.mul(a, bell(m, z, ROOT_HALF_OVER_PI)));
    },
  ],
  // b a^(b−1) and y log a: 0 where the factor b, or y, is 0, whatever the other one is.
  pow: [
    (m, _y, a, b) => {
      const zero = m.constant(0);
      return m.select(m.eq(b, zero), zero, m.mul(b, m.call(f.pow, a, m.sub(b, m.constant(1)))));
    },
    (m, y, a) => {
      const zero = m.constant(0);
      return m.select(m.eq(y(), zero), zero, m.mul(y(), m.call(f.log, a)));
    },
  ],
  atan2: [(m, _y, a, b) => besideOrigin(m, b, a), (m, _y, a, b) => m.neg(besideOrigin(m, a, b))],
};

/** a / (a² + b²), scaled so that the squares neither overflow nor underflow. */
function besideOrigin<T, M>(m: Algebra<T, M>, a: T, b: T): T {
  const scale = m.max(m.abs(a), m.abs(b));
  const [p, q] = [m.div(a, scale), m.div(b, scale)];
  return m.div(m.div(p, m.add(square(m, p), square(m, q))), scale);
}
