// Pooling: what lies under windows that slide along the last axes, reduced to one element each.
import { argmaxPool, maxPool, type Pool, sumPool, tapCounts } from '../../../../kernels/js/windows.ts';
import { AttributeError, ShapeError } from '../../errors.ts';
import type { DType } from '../../tensor/dtype.ts';
import { elementOf, rangeOf } from '../../tensor/range.ts';
import type { Shape } from '../../tensor/shape.ts';
import type { TensorType } from '../../tensor/type.ts';
import { numbersAttribute } from '../attribute-values.ts';
import { type AttributeSpec, type AttributeValues, makeRow, type OpRow, type TypedOperand } from '../define.ts';
import { first } from '../infer.ts';
import { DILATION, oneAnAxis, settledWindow, spanOf, STEPS, WINDOW } from '../movement/sliding.ts';

const REACH = [0, 1, [0, 1], [1, 0]] as const;
const SPECS: Readonly<Record<string, AttributeSpec>> = {
  window: WINDOW,
  stride: {
    kind: 'ints',
    fallback: null,
    doc: 'distance of neighbouring windows, one or one an axis; null = the extents of the window',
    examples: [null, ...STEPS],
  },
  before: {
    kind: 'ints',
    fallback: 0,
    doc: 'how far windows reach before the axes, one or one an axis',
    examples: REACH,
  },
  after: {
    kind: 'ints',
    fallback: null,
    doc: 'how far they reach after them; null = as far as before',
    examples: [null, ...REACH],
  },
  dilation: DILATION,
  ceil: { kind: 'bool', fallback: false, doc: 'count a last window that does not fit whole' },
};

function settlePool(op: string, x: TensorType, attrs: AttributeValues): AttributeValues {
  const window = settledWindow(op, x, attrs);
  const list = (name: string, otherwise: readonly number[], least: number): readonly number[] =>
    attrs[name] === null ? otherwise : oneAnAxis(op, name, attrs[name] ?? 0, window.length, least);
  const before = list('before', [], 0);
  const dilation = list('dilation', [], 1);
  const settled = { ...attrs, window, stride: list('stride', window, 1), before, after: list('after', before, 0) };
  const wide = window.findIndex((n, k) => Math.max(before[k]!, settled.after[k]!) >= spanOf(n, dilation[k]!));
  if (wide < 0) return { ...settled, dilation };
  throw new AttributeError(
    `${op}: windows reach ${Math.max(before[wide]!, settled.after[wide]!)} beyond axis ${wide - window.length} and ` +
      `span ${spanOf(window[wide]!, dilation[wide]!)}: some would lie outside. Reach less far, or pad the tensor.`,
    { window, before, after: settled.after },
  );
}

/** How many windows there are along an axis; the last begins on an element or before the first one. */
function windowCount(op: string, n: number, k: number, attrs: AttributeValues): number {
  const at = (name: string): number => numbersAttribute(attrs, name)[k]!;
  const room = n + at('before') + at('after') - spanOf(at('window'), at('dilation'));
  if (room < 0)
    throw new ShapeError(
      `${op}: a window spans ${n + at('before') + at('after') - room} elements of an axis of length ${n}; ` +
        'use a smaller one, or let it reach beyond the axis with before and after.',
      { length: n, window: at('window') },
    );
  if (attrs['ceil'] !== true) return Math.floor(room / at('stride')) + 1;
  const count = Math.ceil(room / at('stride')) + 1;
  return (count - 1) * at('stride') >= n + at('before') ? count - 1 : count;
}

function pooledShape(op: string, { shape }: TensorType, attrs: AttributeValues): Shape {
  const lead = shape.length - numbersAttribute(attrs, 'window').length;
  return shape.map((n, axis) => (axis < lead ? n : windowCount(op, n, axis - lead, attrs)));
}

function poolOf(x: TypedOperand, out: TypedOperand, attrs: AttributeValues): Pool {
  const list = (name: string): readonly number[] => numbersAttribute(attrs, name);
  const lead = x.type.shape.length - list('window').length;
  return {
    window: list('window'),
    positions: out.type.shape.slice(lead),
    lengths: x.type.shape.slice(lead),
    stride: list('stride'),
    dilation: list('dilation'),
    before: list('before'),
    after: list('after'),
  };
}

function pooling(
  name: string,
  doc: string,
  run: (x: TypedOperand, out: TypedOperand, pool: Pool, attrs: AttributeValues) => void,
  { dtype, attributes = {}, ...options }: Partial<OpRow> & { readonly dtype?: DType } = {},
): OpRow {
  return makeRow({
    name,
    doc,
    operands: [{ name: 'x', kind: 'float' }],
    positional: ['window'],
    attributes: { ...SPECS, ...attributes },
    settle: (operands, attrs) => settlePool(name, first(operands), attrs),
    infer: (operands, attrs) => ({
      dtype: dtype ?? first(operands).dtype,
      shape: pooledShape(name, first(operands), attrs),
    }),
    kernel: {
      skeleton: 'direct',
      run: ([x], out, attrs) => run(x as TypedOperand, out, poolOf(x as TypedOperand, out, attrs), attrs),
    },
    flops: (_operands, out, attrs) => out.size * numbersAttribute(attrs, 'window').reduce((a, n) => a * n, 1),
    ...options,
  });
}

/** Rows of this family. */
export const POOLING: readonly OpRow[] = [
  pooling(
    'max_pool',
    'The largest element under each window; NaN where one is. What windows reach beyond the axes does not count.',
    (x, out, pool) => maxPool(x.array, pool, elementOf(out.type.dtype, rangeOf(out.type.dtype).least), out.array),
    { operands: [{ name: 'x', kind: 'numeric' }] },
  ),
  pooling(
    'argmax_pool',
    'Where the largest element under each window is: its number in row-major order on the axes of the window.',
    (x, out, pool) => argmaxPool(x.array, pool, out.array as Int32Array),
    { operands: [{ name: 'x', kind: 'numeric' }], dtype: 'int32', result: 'int32', deviation: 'indices are int32' },
  ),
  pooling(
    'sum_pool',
    'Sum of the elements under each window, accumulated in float64.',
    (x, out, pool) => sumPool(x.array as Float64Array, pool, out.array as Float64Array),
    { bound: 4 },
  ),
  pooling(
    'average_pool',
    'Mean of the elements under each window, accumulated in float64.',
    (x, out, pool, attrs) =>
      sumPool(
        x.array as Float64Array,
        pool,
        out.array as Float64Array,
        tapCounts(pool, attrs['includePadding'] === true ? 'padded' : 'elements'),
      ),
    {
      bound: 4,
      attributes: {
        includePadding: { kind: 'bool', fallback: false, doc: 'count what windows reach beyond the axes as zeros' },
      },
    },
  ),
];
