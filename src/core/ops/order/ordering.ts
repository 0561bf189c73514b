// Order along an axis, and what follows from it: sorting, places in a sorted vector, running sums and products.
import { type Around, putRows, rowsAlong } from '../../../../kernels/js/along-last.ts';
import { cumulate, type Running } from '../../../../kernels/js/cumulate.ts';
import { searchSorted } from '../../../../kernels/js/search-sorted.ts';
import { argsort, sort } from '../../../../kernels/js/sort.ts';
import { AttributeError, ShapeError } from '../../errors.ts';
import { allocate } from '../../tensor/dtype.ts';
import { formatShape } from '../../tensor/shape.ts';
import type { TensorType } from '../../tensor/type.ts';
import { numberAttribute } from '../attribute-values.ts';
import {
  type AttributeSpec,
  type AttributeValues,
  makeRow,
  type OpRow,
  type TypedOperand,
  unaryOperands,
} from '../define.ts';
import { aroundAxis, counted, first, needRank, settledAxis } from '../infer.ts';

const LAST_AXIS: AttributeSpec = { kind: 'int', fallback: -1, doc: 'axis to order along' };
const DESCENDING: AttributeSpec = { kind: 'bool', fallback: false, doc: 'the greatest first' };

const aroundOf = (x: TypedOperand, attrs: AttributeValues): Around =>
  aroundAxis(x.type.shape, numberAttribute(attrs, 'axis'));

const settleAxis =
  (name: string): NonNullable<OpRow['settle']> =>
  ([x], attrs) => {
    needRank(name, 'x', x as TensorType, 1);
    return { ...attrs, axis: settledAxis(name, attrs, (x as TensorType).shape.length) };
  };

/** Comparisons of a sort by merging. */
const sortFlops: OpRow['flops'] = ([x], _out, attrs) => {
  const { shape, size } = x as TensorType;
  return size * Math.ceil(Math.log2(2 + shape[numberAttribute(attrs, 'axis')]!));
};

const NAN_LAST = 'stable; NaN comes last in either direction';

const SORT = makeRow({
  name: 'sort',
  doc: 'The elements of an axis in order; equal elements keep theirs, NaN comes last.',
  operands: unaryOperands('any'),
  attributes: { axis: LAST_AXIS, descending: DESCENDING },
  settle: settleAxis('sort'),
  infer: ([x]) => x as TensorType,
  kernel: {
    skeleton: 'direct',
    run: ([x], out, attrs) => {
      const place = aroundOf(x as TypedOperand, attrs);
      const rows = rowsAlong((x as TypedOperand).array, place);
      const sorted = place.inner === 1 ? out.array : rows;
      sort({ array: rows.slice() as never, count: place.length }, directionOf(attrs), sorted as never);
      putRows(sorted as never, place, out.array as never);
    },
  },
  flops: sortFlops,
  laws: ['idempotent'],
  deviation: NAN_LAST,
});

const ARGSORT = makeRow({
  name: 'argsort',
  doc: 'Indices that put the elements of an axis in order; equal elements keep theirs, NaN comes last.',
  operands: unaryOperands('any'),
  result: 'int32',
  attributes: { axis: LAST_AXIS, descending: DESCENDING },
  settle: settleAxis('argsort'),
  infer: ([x]) => ({ dtype: 'int32', shape: (x as TensorType).shape }),
  kernel: {
    skeleton: 'direct',
    run: ([x], out, attrs) => {
      const place = aroundOf(x as TypedOperand, attrs);
      const rows = rowsAlong((x as TypedOperand).array, place);
      const order = new Int32Array(rows.length);
      argsort({ array: rows as never, count: place.length }, directionOf(attrs), order);
      putRows(order, place, out.array as Int32Array);
    },
  },
  flops: sortFlops,
  deviation: `indices are int32; ${NAN_LAST}`,
});

const directionOf = (attrs: AttributeValues): 'ascending' | 'descending' =>
  attrs['descending'] === true ? 'descending' : 'ascending';

const SEARCHSORTED = makeRow({
  name: 'searchsorted',
  doc: 'Where values would be inserted into a sorted vector: before equal elements (left) or after them (right).',
  operands: [
    { name: 'sorted', kind: 'any' },
    { name: 'values', kind: 'any' },
  ],
  promotion: 'common',
  result: 'int32',
  attributes: { side: { kind: 'choice', choices: ['left', 'right'], fallback: 'left', doc: 'side of equal elements' } },
  infer: ([sorted, values]) => {
    const { shape } = sorted as TensorType;
    if (shape.length !== 1)
      throw new ShapeError(
        `searchsorted: sorted has shape ${formatShape(shape)}; it must be a vector. Use reshape([-1]).`,
        { shape },
      );
    return { dtype: 'int32', shape: (values as TensorType).shape };
  },
  kernel: {
    skeleton: 'direct',
    run: ([sorted, values], out, attrs) =>
      searchSorted(
        (sorted as TypedOperand).array as never,
        (values as TypedOperand).array as never,
        attrs['side'] as 'left' | 'right',
        out.array as Int32Array,
      ),
  },
  flops: ([sorted], out) => out.size * Math.ceil(Math.log2(2 + (sorted as TensorType).size)),
  deviation: 'indices are int32; sorted is not checked to be in order',
});

const INITIAL: OpRow['attributes'] = {
  includeInitial: { kind: 'bool', fallback: false, doc: 'begin with what the accumulation starts from' },
};

function cumulative(running: Running, doc: string, { attributes = {}, ...options }: Partial<OpRow> = {}): OpRow {
  const name = `cumulative_${running}`;
  return makeRow({
    name,
    doc,
    attributes: {
      axis: { kind: 'axis', fallback: null, doc: 'axis to go along; may be left out for a vector' },
      ...attributes,
    },
    settle: ([x], attrs) => {
      const { shape } = x as TensorType;
      needRank(name, 'x', x as TensorType, 1);
      if (attrs['axis'] === null && shape.length > 1)
        throw new AttributeError(
          `${name}: x has shape ${formatShape(shape)} and no axis is given; give { axis: ${shape.length - 1} }.`,
          { shape },
        );
      return { ...attrs, axis: attrs['axis'] === null ? 0 : settledAxis(name, attrs, shape.length) };
    },
    infer: (operands, attrs) => {
      const { dtype, shape } = first(operands);
      const more = attrs['includeInitial'] === true ? 1 : 0;
      return { dtype: counted(dtype), shape: shape.map((n, axis) => (axis === attrs['axis'] ? n + more : n)) };
    },
    kernel: {
      skeleton: 'direct',
      run: ([x], out, attrs) => {
        const operand = x as TypedOperand;
        const rows = rowsAlong(operand.array, aroundOf(operand, attrs));
        const place = aroundOf(out, attrs);
        const result = place.inner === 1 ? out.array : allocate(out.type.dtype, out.type.size);
        const count = operand.type.shape[numberAttribute(attrs, 'axis')]!;
        cumulate({ array: rows as never, count }, running, result as never, place.length);
        putRows(result as never, place, out.array as never);
      },
    },
    bound: 4,
    ...options,
  });
}

/** Rows of this family. */
export const ORDERING: readonly OpRow[] = [
  SORT,
  ARGSORT,
  SEARCHSORTED,
  cumulative('sum', 'Running sum along an axis, accumulated in float64; every element is rounded once.', {
    operands: unaryOperands('any'),
    attributes: INITIAL,
    result: 'counted',
    deviation: 'keeps the dtype of integers (they wrap); bool is counted as int32',
  }),
  cumulative('prod', 'Running product along an axis, accumulated in float64; every element is rounded once.', {
    attributes: INITIAL,
    deviation: 'keeps the dtype of integers (they wrap)',
  }),
  cumulative('min', 'Smallest element so far along an axis; NaN from the first one on.'),
  cumulative('max', 'Largest element so far along an axis; NaN from the first one on.'),
];
