// Functions of statistics and signals that NumPy and SciPy have beside the elementary ones.
import { scalar } from '../../../../kernels/scalar/algebra.ts';
import { cbrt } from '../../../../kernels/scalar/cube-root.ts';
import { besselI0, digamma, erfinv, gamma, lgamma } from '../../../../kernels/scalar/gamma.ts';
import { atanh } from '../../../../kernels/scalar/inverse.ts';
import { exp, exp2, log, log1p, sin } from '../../../../kernels/scalar/math.ts';
import { composite, type Composite } from '../composite.ts';
import type { OpRow } from '../define.ts';
import { fn } from './elementwise.ts';

/** sin(πx) / (πx), the sine of the distance to the nearest integer, which is exact. */
const sinc = scalar('sinc', 1, (m, x) => {
  const c = (value: number) => m.constant(value);
  const whole = m.nearest(x);
  const half = m.mul(c(0.5), whole);
  const sine = m.call(sin, m.mul(c(Math.PI), m.sub(x, whole)));
  const signed = m.select(m.eq(m.floor(half), half), sine, m.neg(sine));
  const isSmall = m.lt(m.abs(x), c(2 ** -29)); // the next term of the series is too small for a digit
  const value = m.div(signed, m.mul(c(Math.PI), m.select(isSmall, c(1), x)));
  return m.select(isSmall, c(1), m.select(m.eq(sine, c(0)), c(0), value)); // zeros are positive
});

/** log(p / (1 − p)); near ½ by the inverse hyperbolic tangent of 2p − 1, which is exact there. */
const logit = scalar('logit', 1, (m, p) => {
  const c = (value: number) => m.constant(value);
  const middle = m.mul(c(2), m.call(atanh, m.sub(m.add(p, p), c(1))));
  const outer = m.call(log, m.div(p, m.sub(c(1), p)));
  return m.select(m.le(m.abs(m.sub(p, c(0.5))), c(0.25)), middle, outer);
});

const logSigmoid = scalar('log_sigmoid', 1, (m, x) =>
  m.sub(m.min(x, m.constant(0)), m.call(log1p, m.call(exp, m.neg(m.abs(x))))),
);

const xlogy = composite({
  name: 'xlogy',
  doc: 'x · log(y), 0 where x is 0 and y a number.',
  operands: [
    { name: 'x', kind: 'float' },
    { name: 'y', kind: 'float' },
  ],
  expand: (call, [x, y]) => {
    const product = call('multiply', [x!, call('log', [y!])]);
    const isZero = call('logical_and', [call('equal', [x!, 0]), call('equal', [y!, y!])]);
    return call('where', [isZero, 0, product]);
  },
});

const betaln = composite({
  name: 'betaln',
  doc: 'Logarithm of the beta function, log |Γ(a) Γ(b) / Γ(a + b)|.',
  operands: [
    { name: 'a', kind: 'float' },
    { name: 'b', kind: 'float' },
  ],
  expand: (call, [a, b]) => {
    const product = call('add', [call('lgamma', [a!]), call('lgamma', [b!])]);
    return call('subtract', [product, call('lgamma', [call('add', [a!, b!])])]);
  },
});

/** Rows of this family. */
export const SPECIAL_FUNCTIONS: readonly OpRow[] = [
  fn('exp2', '2ˣ; exact of integers.', exp2),
  fn('cbrt', 'Cube root, of negative numbers too.', cbrt, ['odd']),
  fn('sinc', 'sin(πx) / (πx), 1 at 0.', sinc, ['even']),
  fn('logit', 'log(x / (1 − x)), the inverse of the logistic function.', logit),
  fn('gamma', 'The gamma function Γ(x); infinite at 0, NaN at negative integers.', gamma),
  fn('lgamma', 'log |Γ(x)|; ∞ at 0 and at negative integers.', lgamma),
  fn('digamma', 'ψ(x), the derivative of log Γ(x); infinite at 0, NaN at negative integers.', digamma),
  fn('erfinv', 'Inverse of the error function; infinite at −1 and 1, NaN outside.', erfinv, ['odd']),
  fn('i0', 'Modified Bessel function of the first kind, of order 0.', besselI0, ['even']),
  fn('log_sigmoid', 'log(1 / (1 + e⁻ˣ)) without overflow.', logSigmoid),
];

/** Composites of this family. */
export const SPECIAL_COMPOSITES: readonly Composite[] = [xlogy, betaln];
