// Groups of rows: what rows of one number come to together, and how many there are.
import { canonicaliseNaN } from '../../../../kernels/js/map.ts';
import { AttributeError, ShapeError } from '../../errors.ts';
import { allocate, isFloat } from '../../tensor/dtype.ts';
import { rangeOf } from '../../tensor/range.ts';
import { formatShape, type Shape } from '../../tensor/shape.ts';
import type { TensorType } from '../../tensor/type.ts';
import { numberAttribute } from '../attribute-values.ts';
import { type Called, type Calls, composite, type Composite } from '../composite.ts';
import {
  type AttributeSpec,
  type AttributeValues,
  makeRow,
  type OperandSpec,
  type OpRow,
  type TypedOperand,
} from '../define.ts';
import { counted } from '../infer.ts';
import { asFloats } from '../parts.ts';

const COUNT: AttributeSpec = { kind: 'int', doc: 'number of groups: their numbers are from 0 to before it' };

function checkCount(op: string, attrs: AttributeValues): void {
  if (numberAttribute(attrs, 'count') >= 0) return;
  throw new AttributeError(`${op}: count is ${String(attrs['count'])}; give 0 or more.`, { count: attrs['count'] });
}

/** The group of a row; one that is none is refused. */
function groupAt(op: string, group: number, count: number, at: number): number {
  if (group >= 0 && group < count) return group;
  throw new AttributeError(
    `${op}: groups[${at}] is ${group}; groups are from 0 to ${count - 1}. Give a larger count, or filter the rows.`,
    { group, at, count },
  );
}

function needGroups(op: string, groups: Shape, rows: number | undefined): void {
  if (groups.length === 1 && (rows === undefined || groups[0] === rows)) return;
  const wanted = rows === undefined ? 'a vector' : `a vector of ${rows}, one for each row`;
  throw new ShapeError(`${op}: groups have shape ${formatShape(groups)}; give ${wanted}.`, { groups });
}

const segmentSum = makeRow({
  name: 'segment_sum',
  doc: 'Sums of the rows (slices of the first axis) of each group; 0 for a group without rows. Accumulated in float64.',
  operands: [
    { name: 'x', kind: 'any' },
    { name: 'groups', kind: 'index' },
  ],
  positional: ['count'],
  result: 'counted',
  attributes: { count: COUNT },
  settle: (_operands, attrs) => {
    checkCount('segment_sum', attrs);
    return attrs;
  },
  infer: ([x, groups], attrs) => {
    const { dtype, shape } = x as TensorType;
    if (shape.length === 0)
      throw new ShapeError('segment_sum: x has rank 0; it needs rows, rank 1 or more. Use reshape.', { shape });
    needGroups('segment_sum', (groups as TensorType).shape, shape[0]);
    return { dtype: counted(dtype), shape: [numberAttribute(attrs, 'count'), ...shape.slice(1)] };
  },
  kernel: { skeleton: 'direct', run: ([x, groups], out) => sumGroups(x as TypedOperand, groups as TypedOperand, out) },
  flops: ([x]) => (x as TensorType).size,
  bound: 4,
  deviation: 'groups outside are refused',
});

function sumGroups(x: TypedOperand, groups: TypedOperand, out: TypedOperand): void {
  const [count] = out.type.shape as [number];
  const width = x.type.size / Math.max(1, groups.type.size);
  const rows = Int32Array.from(groups.array as Int32Array, (group, at) =>
    groupAt('segment_sum', Number(group), count, at),
  );
  const totals = isFloat(out.type.dtype) ? allocate('float64', out.type.size) : out.array;
  totals.fill(allocate(out.type.dtype, 1)[0] as never);
  addRows(x.array as Float64Array, rows, width, totals as Float64Array);
  out.array.set(totals as never);
  canonicaliseNaN(out.array);
}

/** Adds every row to the one it belongs to; bigints as numbers. Integers wrap as they are stored. */
function addRows(x: Float64Array, groups: Int32Array, width: number, totals: Float64Array): void {
  for (let row = 0, from = 0; row < groups.length; row++)
    for (let i = groups[row]! * width, end = i + width; i < end; i++) totals[i]! += x[from++]!;
}

const bincount = makeRow({
  name: 'bincount',
  doc: 'How often each number from 0 to before `count` occurs; for weights use segment_sum(weights, x, count).',
  operands: [{ name: 'x', kind: 'index' }],
  positional: ['count'],
  result: 'int32',
  attributes: { count: COUNT },
  settle: (_operands, attrs) => {
    checkCount('bincount', attrs);
    return attrs;
  },
  infer: ([x], attrs) => {
    needGroups('bincount', (x as TensorType).shape, undefined);
    return { dtype: 'int32', shape: [numberAttribute(attrs, 'count')] };
  },
  kernel: {
    skeleton: 'direct',
    run: ([x], out) => {
      const [count] = out.type.shape as [number];
      const totals = out.array as Int32Array;
      totals.fill(0);
      (x as TypedOperand).array.forEach((group: number | bigint, at: number) => {
        totals[groupAt('bincount', Number(group), count, at)]!++;
      });
    },
  },
  flops: ([x]) => (x as TensorType).size,
  deviation: 'the length is given, and numbers beyond it are refused; counts are int32',
});

const GROUPED: readonly OperandSpec[] = [
  { name: 'x', kind: 'numeric' },
  { name: 'groups', kind: 'index' },
];

const segmentMean = composite({
  name: 'segment_mean',
  doc: 'Means of the rows (slices of the first axis) of each group; NaN for a group without rows.',
  operands: GROUPED,
  positional: ['count'],
  attributes: { count: COUNT },
  deviation: 'groups outside are refused; integers are averaged as float32',
  expand: (call, [x, groups], attrs) => {
    const sums = call('segment_sum', [asFloats(call, x!), groups!], attrs);
    const counts = call('astype', [call('bincount', [groups!], attrs)], { dtype: sums.type.dtype });
    return call('divide', [
      sums,
      call('reshape', [counts], { shape: [counts.type.size, ...sums.type.shape.slice(1).map(() => 1)] }),
    ]);
  },
});

/** Groups that are none are numbered beyond all of them, for negative numbers would count from the end. */
const beyondNegative = <C extends Called>(call: Calls<C>, groups: C, count: number): C =>
  groups.type.dtype.startsWith('u') ? groups : call('where', [call('less', [groups, 0]), count, groups]);

function segmentExtreme(name: string, doc: string, reduction: 'minimum' | 'maximum'): Composite {
  return composite({
    name,
    doc,
    operands: GROUPED,
    positional: ['count'],
    attributes: { count: COUNT },
    result: 'same',
    deviation: 'groups outside are refused',
    expand: (call, [x, groups], attrs) => {
      checkCount(name, attrs);
      const { dtype, shape } = x!.type;
      if (shape.length === 0)
        throw new ShapeError(`${name}: x has rank 0; it needs rows, rank 1 or more. Use reshape.`, { shape });
      needGroups(name, groups!.type.shape, shape[0]);
      const count = numberAttribute(attrs, 'count');
      const { least, most } = rangeOf(dtype);
      const value = reduction === 'minimum' ? most : least;
      const none = call('full', [], { shape: [count, ...shape.slice(1)], value, dtype });
      const within = call('astype', [beyondNegative(call, groups!, count)], { dtype: 'int32' });
      return call('scatter', [none, within, x!], { reduction });
    },
  });
}

/** Rows of this family. */
export const GROUPING: readonly OpRow[] = [segmentSum, bincount];
/** Its composites. */
export const GROUPED_FURTHER: readonly Composite[] = [
  segmentMean,
  segmentExtreme(
    'segment_min',
    'The least element of the rows of each group; what nothing is above, as ∞, for a group without rows.',
    'minimum',
  ),
  segmentExtreme(
    'segment_max',
    'The largest element of the rows of each group; what nothing is below, as −∞, for a group without rows.',
    'maximum',
  ),
];
