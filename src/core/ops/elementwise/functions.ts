// Elementwise functions of floating operands: exponentials, logarithms, trigonometry, activations, selection.
import { scalar } from '../../../../kernels/scalar/algebra.ts';
import * as math from '../../../../kernels/scalar/math.ts';
import { pow } from '../../../../kernels/scalar/power.ts';
import { makeRow, type OpRow, versioned } from '../define.ts';
import { elementwise, fn, fn2 } from './elementwise.ts';
import { broadcastShapes } from '../infer.ts';

const logAddExp = scalar('logaddexp', 2, (m, x, y) => {
  const high = m.max(x, y);
  const same = m.eq(x, y); // also both +∞ or both −∞, where the difference would be NaN
  const gap = m.select(same, m.constant(0), m.neg(m.abs(m.sub(x, y))));
  return m.add(high, m.call(math.log1p, m.call(math.exp, gap)));
});

/** max·√(1 + (min/max)²): neither overflows nor underflows before the result does. */
const hypotenuse = scalar('hypot', 2, (m, x, y) => {
  const [a, b] = [m.abs(x), m.abs(y)];
  const [large, small] = [m.max(a, b), m.min(a, b)];
  const infinity = m.constant(Infinity);
  const ratio = m.div(small, m.select(m.eq(large, m.constant(0)), m.constant(1), large));
  const length = m.mul(large, m.sqrt(m.add(m.constant(1), m.mul(ratio, ratio))));
  return m.select(m.or(m.eq(a, infinity), m.eq(b, infinity)), infinity, length);
});

const elu = scalar('elu', 2, (m, x, alpha) =>
  m.select(m.gt(x, m.constant(0)), x, m.mul(alpha, m.call(math.expm1, m.min(x, m.constant(0))))),
);

/** Selection keeps the operand dtypes but for the condition. */
const where: OpRow = makeRow({
  name: 'where',
  doc: 'Elements of x where the condition is true, of y elsewhere.',
  promotion: 'common',
  result: 'promoted',
  operands: [
    { name: 'condition', kind: 'bool' },
    { name: 'x', kind: 'any' },
    { name: 'y', kind: 'any' },
  ],
  infer: (operands) => ({
    dtype: operands[1]!.dtype,
    shape: broadcastShapes(where, operands),
  }),
  kernel: {
    skeleton: 'map',
    element: scalar('where', 3, (m, condition, x, y) => m.select(m.ne(condition, m.constant(0)), x, y)),
  },
  separable: 'elements',
});

/** Rows of this family. */
export const FUNCTIONS: readonly OpRow[] = [
  fn('exp', 'eˣ.', math.exp),
  fn('expm1', 'eˣ − 1 without cancellation near 0.', math.expm1),
  fn('log', 'Natural logarithm; −∞ at 0, NaN below.', math.log),
  fn('log1p', 'log(1 + x) without cancellation near 0.', math.log1p),
  fn('log2', 'Logarithm to base 2.', math.log2),
  fn('log10', 'Logarithm to base 10.', math.log10),
  fn2('logaddexp', 'log(eˣ + eʸ) without overflow; near 0 it has the digits of the larger operand.', logAddExp, {
    laws: ['commutative'],
  }),
  fn2('pow', 'x to the power of the exponent.', pow, { names: ['x', 'exponent'] }),
  fn2('hypot', '√(x² + y²) without overflow.', hypotenuse, { laws: ['commutative'] }),
  fn('sin', 'Sine, x in radians.', math.sin, ['odd']),
  fn('cos', 'Cosine, x in radians.', math.cos, ['even']),
  fn('tan', 'Tangent, x in radians.', math.tan, ['odd']),
  fn('sinh', 'Hyperbolic sine.', math.sinh, ['odd']),
  fn('cosh', 'Hyperbolic cosine.', math.cosh, ['even']),
  fn('tanh', 'Hyperbolic tangent.', math.tanh, ['odd']),
  elementwise('relu', 'max(x, 0); NaN stays NaN.', 1, (m, x) => m.max(x, m.constant(0)), { laws: ['idempotent'] }),
  elementwise(
    'leaky_relu',
    'x where positive, slope · x elsewhere.',
    2,
    (m, x, slope) => m.select(m.gt(x, m.constant(0)), x, m.mul(slope, x)),
    { names: ['x', 'slope'], kind: 'float', flops: 2 },
  ),
  fn2('elu', 'x where positive, alpha · (eˣ − 1) elsewhere.', elu, { names: ['x', 'alpha'] }),
  fn('sigmoid', '1 / (1 + e⁻ˣ).', math.sigmoid),
  versioned(3, fn('silu', 'x · sigmoid(x); −0 at −∞, its limit.', math.silu)),
  fn('softplus', 'log(1 + eˣ) without overflow.', math.softplus),
  where,
];
