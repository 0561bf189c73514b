// Stability rules: forms that are equal in the real numbers and better in floating point.
import { numberAttribute, numbersAttribute } from '../../ops/attribute-values.ts';
import {
  ADD,
  COS,
  DIVIDE,
  EXP,
  EXPM1,
  HYPOT,
  LOG,
  LOG1P,
  LOG_SOFTMAX,
  LOGADDEXP,
  LOGSUMEXP,
  MEAN,
  MULTIPLY,
  NEGATIVE,
  NORM,
  SIGMOID,
  SIN,
  SOFTMAX,
  SOFTPLUS,
  SQRT,
  SQUARE,
  SUBTRACT,
  SUM,
  VAR,
} from '../../ops/named.ts';
import { limited, named, type PatternNode, squareOf } from '../pattern.ts';
import { constantOf } from '../same.ts';
import { realRule, type Rule } from './rule.ts';

const LSE = 'Blanchard, Higham, Higham 2021, Accurately computing the log-sum-exp and softmax functions';
const KAHAN = 'Kahan 1987, Branch cuts for complex elementary functions; C99 expm1, log1p';
const GOLDBERG = 'Goldberg 1991, What every computer scientist should know about floating-point arithmetic';
const HIGHAM = 'Higham 2002, Accuracy and stability of numerical algorithms, §1.7–1.14';
const MAECHLER = 'Mächler 2012, Accurately computing log(1 − exp(−|a|)), Rmpfr vignette';

const axesOf = ({ attributes }: PatternNode): readonly number[] => numbersAttribute(attributes.values, 'axis');

/** The one axis of a transform along an axis. */
const axisOf = ({ attributes }: PatternNode): number => numberAttribute(attributes.values, 'axis');

/** What a reduction along the same axes is given. */
const alongAxes = (reduction: PatternNode): { axis: readonly number[]; keepdims: boolean } => ({
  axis: axesOf(reduction),
  keepdims: reduction.attributes.values['keepdims'] === true,
});

/** Whether a total divides the very elements it sums up. */
const isBesideItsElements = (total: PatternNode, x: PatternNode): boolean =>
  axesOf(total).length === 1 && (total.attributes.values['keepdims'] === true || x.type.shape.length === 1);

/** Of other constants the better form would be NaN where the written one is not: 0/0 at x = 0, ∞/∞. */
function isStep(node: PatternNode): boolean {
  const value = constantOf(node);
  return value !== undefined && value !== 0 && Number.isFinite(value);
}

const isFloat32 = ({ type }: PatternNode): boolean => type.dtype === 'float32';

/** Rules of class real, tried in this order. */
export const REAL_RULES: readonly Rule[] = [
  realRule({
    formula: 'log(sum(exp(x))) → logsumexp(x)',
    from: [LOG, named('total', [SUM, [EXP, 'x']])],
    to: { make: [LOGSUMEXP, 'x'], given: ({ total }) => alongAxes(total) },
    why: 'exp overflows or underflows where the logarithm of the sum does not',
    source: LSE,
  }),
  realRule({
    formula: 'exp(x) / sum(exp(x)) → softmax(x)',
    from: [DIVIDE, named('e', [EXP, 'x']), named('total', [SUM, 'e'])],
    to: { make: [SOFTMAX, 'x'], given: ({ total }) => ({ axis: axesOf(total)[0]! }) },
    when: ({ total, x }) => isBesideItsElements(total, x),
    only: 'the sum is along one axis, which is kept or x’s only one',
    why: 'exp overflows to ∞/∞ = NaN, or underflows to 0/0',
    source: LSE,
  }),
  realRule({
    formula: 'exp(x) / (1 + exp(x)) → sigmoid(x)',
    from: [DIVIDE, [EXP, 'x'], [ADD, 1, [EXP, 'x']]],
    to: [SIGMOID, 'x'],
    why: 'exp overflows to ∞/∞ = NaN',
    source: LSE,
  }),
  realRule({
    formula: 'log(softmax(x)) → log_softmax(x)',
    from: [LOG, named('shares', [SOFTMAX, 'x'])],
    to: { make: [LOG_SOFTMAX, 'x'], given: ({ shares }) => ({ axis: axisOf(shares) }) },
    why: 'a softmax that underflows to 0 has the logarithm −∞',
    source: LSE,
  }),
  realRule({
    formula: 'log(exp(x) + exp(y)) → logaddexp(x, y)',
    from: [LOG, [ADD, [EXP, 'x'], [EXP, 'y']]],
    to: [LOGADDEXP, 'x', 'y'],
    why: 'exp overflows or underflows where the logarithm of the sum does not',
    source: LSE,
  }),
  realRule({
    formula: 'log(1 + exp(x)) → softplus(x)',
    from: [LOG, [ADD, 1, [EXP, 'x']]],
    to: [SOFTPLUS, 'x'],
    why: 'exp overflows above, 1 + exp rounds to 1 below',
    source: MAECHLER,
  }),
  realRule({
    formula: 'log1p(exp(x)) → softplus(x)',
    from: [LOG1P, [EXP, 'x']],
    to: [SOFTPLUS, 'x'],
    why: 'exp overflows where the result is x',
    source: MAECHLER,
  }),
  realRule({
    formula: 'log(sigmoid(x)) → −softplus(−x)',
    from: [LOG, [SIGMOID, 'x']],
    to: [NEGATIVE, [SOFTPLUS, [NEGATIVE, 'x']]],
    why: 'sigmoid underflows to 0 far below, rounds to 1 far above',
    source: MAECHLER,
  }),
  realRule({
    formula: 'log(1 + x) → log1p(x)',
    from: [LOG, [ADD, 1, 'x']],
    to: [LOG1P, 'x'],
    why: '1 + x loses the digits of a small x',
    source: KAHAN,
  }),
  realRule({
    formula: 'exp(x) − 1 → expm1(x)',
    from: [SUBTRACT, [EXP, 'x'], 1],
    to: [EXPM1, 'x'],
    why: 'exp(x) near 1 cancels',
    source: KAHAN,
  }),
  realRule({
    formula: '1 − sigmoid(x) → sigmoid(−x)',
    from: [SUBTRACT, 1, [SIGMOID, 'x']],
    to: [SIGMOID, [NEGATIVE, 'x']],
    why: 'sigmoid near 1 cancels',
    source: HIGHAM,
  }),
  realRule({
    formula: '1 − cos(x) → 2·sin(x/2)²',
    from: [SUBTRACT, 1, [COS, 'x']],
    to: [MULTIPLY, [SQUARE, [SIN, [MULTIPLY, 'x', 0.5]]], 2],
    why: 'cos(x) near 1 cancels',
    source: HIGHAM,
  }),
  realRule({
    formula: 'mean(x²) − mean(x)² → var(x)',
    from: [SUBTRACT, named('ofSquares', [MEAN, squareOf('x')]), squareOf(named('average', [MEAN, 'x']))],
    to: { make: [VAR, 'x'], given: ({ average }) => ({ ...alongAxes(average), correction: 0 }) },
    when: ({ ofSquares, average }) => ofSquares.attributes === average.attributes,
    only: 'both means are along the same axes',
    why: 'two large numbers cancel, even to a negative variance',
    source: 'Chan, Golub, LeVeque 1983, Algorithms for computing the sample variance',
  }),
  realRule({
    formula: 'x² − y² → (x − y)·(x + y)',
    from: [SUBTRACT, squareOf('x'), squareOf('y')],
    to: [MULTIPLY, [SUBTRACT, 'x', 'y'], [ADD, 'x', 'y']],
    why: 'the squares are rounded before they cancel, and overflow early',
    source: GOLDBERG,
  }),
  realRule({
    formula: '√(x + c) − √x → c / (√(x + c) + √x)',
    from: [SUBTRACT, named('upper', [SQRT, [ADD, 'x', limited(isStep, 'c')]]), named('lower', [SQRT, 'x'])],
    to: [DIVIDE, 'c', [ADD, 'upper', 'lower']],
    only: 'c is a finite number other than 0',
    why: 'nearly equal roots cancel',
    source: HIGHAM,
  }),
  realRule({
    formula: '√sum(x²) → norm(x)',
    from: [SQRT, named('total', [SUM, squareOf('x')])],
    to: { make: [NORM, 'x'], given: ({ total }) => alongAxes(total) },
    when: ({ total }) => isFloat32(total),
    only: 'x is float32',
    why: 'squares of float32 overflow and underflow; the norm accumulates in float64',
    source: 'Blue 1978, A portable Fortran program to find the Euclidean norm of a vector',
  }),
  realRule({
    formula: '√(x² + y²) → hypot(x, y)',
    from: [SQRT, [ADD, squareOf('x'), squareOf('y')]],
    to: [HYPOT, 'x', 'y'],
    why: 'squares overflow and underflow where the length does not',
    source: 'Moler, Morrison 1983, Replacing square roots by Pythagorean sums',
  }),
];
