// Norms of vectors and matrices, condition numbers, covariances: composites of reductions and singular values.
import { AttributeError, ShapeError } from '../../errors.ts';
import { formatShape } from '../../tensor/shape.ts';
import { type AttributeValue, numberAttribute } from '../attribute-values.ts';
import { type Called, type Calls, composite, type Composite } from '../composite.ts';
import type { AttributeSpec, AttributeValues } from '../define.ts';
import { square } from './linalg.ts';
import { sidesOf, turned } from './matrix-parts.ts';

const KEEPDIMS: AttributeSpec = { kind: 'bool', fallback: false, doc: 'keep reduced axes with length 1' };
const ORDERS = ['fro', 'nuc', 1, -1, 2, -2, Infinity, -Infinity] as const;

const vectorNorm = composite({
  name: 'vector_norm',
  doc: 'The p-norm over axes: (Σ|x|ᵖ)^(1/p), the largest or least magnitude for ±∞, how many are not 0 for 0.',
  operands: [{ name: 'x', kind: 'float' }],
  attributes: {
    axis: { kind: 'axes', fallback: null, doc: 'axes to reduce; null = all' },
    keepdims: KEEPDIMS,
    ord: { kind: 'float', fallback: 2, doc: 'p; not NaN' },
  },
  result: 'same',
  expand: (call, [x], { ord, axis, keepdims }) => normOf(call, x!, ord as number, { axis: axis!, keepdims: keepdims! }),
});

function normOf<C extends Called>(call: Calls<C>, x: C, ord: number, attrs: AttributeValues): C {
  if (Number.isNaN(ord)) throw new AttributeError('vector_norm: ord is NaN; give a number, or ±Infinity.', { ord });
  if (ord === 2) return call('norm', [x], attrs);
  if (ord === 1) return call('norm1', [x], attrs);
  if (ord === Infinity) return call('norm_inf', [x], attrs);
  const sizes = call('abs', [x]);
  if (ord === -Infinity) return call('min', [sizes], attrs);
  if (ord === 0) return call('sum', [call('astype', [call('not_equal', [x, 0])], { dtype: x.type.dtype })], attrs);
  return call('pow', [call('sum', [call('pow', [sizes, ord])], attrs), 1 / ord]);
}

const matrixNorm = composite({
  name: 'matrix_norm',
  doc:
    'Norm of matrices: fro: the root of the sum of squares; nuc: the sum of singular values; 2 and −2: the largest ' +
    'and least of them; ±1 and ±∞: the largest and least sum of magnitudes of a column, of a row.',
  operands: [{ name: 'x', kind: 'float' }],
  attributes: { keepdims: KEEPDIMS, ord: { kind: 'choice', choices: ORDERS, fallback: 'fro', doc: 'which norm' } },
  result: 'same',
  expand: (call, [x], { ord, keepdims }) => {
    const { batch } = sidesOf('matrix_norm', x!);
    const norm = x!.type.size === 0 ? emptyNorm(call, x!, ord!) : matrixNormOf(call, x!, ord!);
    return keepdims === true ? call('reshape', [norm], { shape: [...batch, 1, 1] }) : norm;
  },
});

/** Nothing has norm 0, and no least of anything. */
function emptyNorm<C extends Called>(call: Calls<C>, { type: { shape, dtype } }: C, ord: AttributeValue): C {
  if (typeof ord !== 'number' || ord > 0) return call('zeros', [], { shape: shape.slice(0, -2), dtype });
  throw new ShapeError(`matrix_norm: x has shape ${formatShape(shape)}; give matrices that have elements.`, { shape });
}

function matrixNormOf<C extends Called>(call: Calls<C>, x: C, ord: AttributeValue): C {
  const last = { axis: -1 };
  if (ord === 'fro') return call('norm', [x], { axis: [-2, -1] });
  if (ord === 'nuc') return call('sum', [call('svdvals', [x])], last);
  const extreme = (ord as number) > 0 ? 'max' : 'min';
  if (Math.abs(ord as number) === 2) return call(extreme, [call('svdvals', [x])], last);
  return call(extreme, [call('norm1', [x], { axis: Math.abs(ord as number) === 1 ? -2 : -1 })], last);
}

const cond = composite({
  name: 'cond',
  doc: 'Condition number: the norm of a matrix times that of its inverse; for ±2 by singular values, of any shape.',
  operands: [{ name: 'x', kind: 'float' }],
  attributes: { ord: { kind: 'choice', choices: ORDERS, fallback: 2, doc: 'the norm, as in matrix_norm' } },
  result: 'same',
  deviation: 'a singular matrix has none but in the norms 2 and −2, where it is ∞ and 0',
  expand: (call, [x], { ord }) => {
    const { m, n } = sidesOf('cond', x!);
    if (m === 0 || n === 0)
      throw new ShapeError(`cond: x has shape ${formatShape(x!.type.shape)}; give matrices that have elements.`, {
        shape: x!.type.shape,
      });
    if (Math.abs(ord as number) !== 2) {
      square('cond', 'x', x!.type);
      return call('multiply', [matrixNormOf(call, x!, ord!), matrixNormOf(call, call('inv', [x!]), ord!)]);
    }
    const s = call('svdvals', [x!]);
    const [largest, least] = [call('max', [s], { axis: -1 }), call('min', [s], { axis: -1 })];
    const ratio = ord === 2 ? call('divide', [largest, least]) : call('divide', [least, largest]);
    return call('where', [call('isnan', [ratio]), Infinity, ratio]);
  },
});

const ROWVAR: AttributeSpec = { kind: 'bool', fallback: true, doc: 'a row is a variable; else a column is one' };

const cov = composite({
  name: 'cov',
  doc: 'Covariances of variables, each a row of observations; of one variable its variance, as a scalar.',
  operands: [{ name: 'x', kind: 'float' }],
  attributes: {
    rowvar: ROWVAR,
    correction: { kind: 'number', fallback: 1, doc: 'taken from the number of observations' },
  },
  result: 'same',
  expand: (call, [x], attrs) => covariances(call, 'cov', x!, attrs, numberAttribute(attrs, 'correction')),
});

function covariances<C extends Called>(
  call: Calls<C>,
  op: string,
  x: C,
  attrs: AttributeValues,
  correction: number,
): C {
  const { shape } = x.type;
  if (shape.length > 2 || shape.length === 0)
    throw new ShapeError(
      `${op}: x has shape ${formatShape(shape)}; give a vector, or a matrix of variables and observations.`,
      { shape },
    );
  const rows = shape.length === 2 && attrs['rowvar'] === false ? turned(call, x) : x;
  const count = rows.type.shape.at(-1)!;
  const centred = call('subtract', [rows, call('mean', [rows], { axis: -1, keepdims: true })]);
  const products = call('matmul', [centred, centred], { transposeB: shape.length === 2 });
  const result = call('divide', [products, Math.max(0, count - Number(correction))]);
  return result.type.size === 1 ? call('reshape', [result], { shape: [] }) : result;
}

const corrcoef = composite({
  name: 'corrcoef',
  doc: 'Correlation coefficients of variables, each a row of observations; NaN of one that does not vary.',
  operands: [{ name: 'x', kind: 'float' }],
  attributes: { rowvar: ROWVAR },
  result: 'same',
  expand: (call, [x], attrs) => {
    const c = covariances(call, 'corrcoef', x!, attrs, 0);
    if (c.type.shape.length === 0) return call('divide', [c, c]);
    const deviations = call('sqrt', [call('diagonal', [c])]);
    const byRows = call('divide', [c, call('expand_dims', [deviations], { axis: -1 })]);
    return call('clip', [call('divide', [byRows, deviations]), -1, 1]);
  },
});

/** Composites of this family. */
export const MATRIX_NORMS: readonly Composite[] = [vectorNorm, matrixNorm, cond, cov, corrcoef];
