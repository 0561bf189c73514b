// Groups of rows: what rows of one number come to together, and how many there are.
import { canonicaliseNaN } from '../../../../kernels/js/map.ts';
import { AttributeError, ShapeError } from '../../errors.ts';
import { allocate, isFloat } from '../../tensor/dtype.ts';
import { formatShape, type Shape } from '../../tensor/shape.ts';
import type { TensorType } from '../../tensor/type.ts';
import { numberAttribute } from '../attribute-values.ts';
import { type AttributeSpec, type AttributeValues, makeRow, type OpRow, type TypedOperand } from '../define.ts';
import { counted } from '../infer.ts';

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

/** Rows of this family. */
export const GROUPING: readonly OpRow[] = [segmentSum, bincount];
