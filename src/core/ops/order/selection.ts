// What elements say about places: where they are not 0, which rows a mask keeps. How many there are is a call of its
// own, computed first, so that a shape depends on it.
import { AttributeError, ShapeError } from '../../errors.ts';
import { broadcast, formatShape, normaliseAxis, sameShape, stridesOf } from '../../tensor/shape.ts';
import type { TensorType } from '../../tensor/type.ts';
import { numberAttribute } from '../attribute-values.ts';
import { type Called, type Calls, composite, type Composite } from '../composite.ts';
import {
  type AttributeSpec,
  makeRow,
  type OperandSpec,
  type OpRow,
  type TypedOperand,
  unaryOperands,
} from '../define.ts';
import { flat, needVector, restored } from '../parts.ts';

const firstNonzero: OpRow = makeRow({
  name: 'first_nonzero',
  doc: 'Flat row-major indices of the first `count` elements that are not 0; −1 where there are no more.',
  operands: unaryOperands('any'),
  positional: ['count'],
  result: 'int32',
  attributes: { count: { kind: 'int', doc: 'how many' } },
  settle: (_operands, attrs) => {
    if (numberAttribute(attrs, 'count') >= 0) return attrs;
    throw new AttributeError(`first_nonzero: count is ${String(attrs['count'])}; give 0 or more.`, attrs);
  },
  infer: (_operands, attrs) => ({ dtype: 'int32', shape: [numberAttribute(attrs, 'count')] }),
  kernel: {
    skeleton: 'direct',
    run: ([x], out) => findNonzero((x as TypedOperand).array as Float64Array, out.array as Int32Array),
  },
  flops: ([x]) => (x as TensorType).size,
});

/** Bigints are compared as numbers are. */
function findNonzero(x: Float64Array, out: Int32Array): void {
  let found = 0;
  for (let i = 0; i < x.length && found < out.length; i++) if (x[i]! != 0) out[found++] = i;
  out.fill(-1, found);
}

const AXES: AttributeSpec = { kind: 'axes', doc: 'axes to count along; null for all', fallback: null };
const KEEPDIMS: AttributeSpec = { kind: 'bool', doc: 'keep the axes with length 1', fallback: false };

/** Which elements are not 0, as bool. */
const isNonzero = <C extends Called>(call: Calls<C>, x: C): C =>
  x.type.dtype === 'bool' ? x : call('not_equal', [x, 0]);

const countNonzero = composite({
  name: 'count_nonzero',
  doc: 'How many elements are not 0.',
  operands: [{ name: 'x', kind: 'any' }],
  attributes: { axis: AXES, keepdims: KEEPDIMS },
  result: 'int32',
  expand: (call, [x], attrs) => call('sum', [isNonzero(call, x!)], attrs),
});

/** Flat places of what is not 0, as many as there are. */
export async function placesOf<C extends Called>(call: Calls<C>, x: C): Promise<C> {
  const mask = isNonzero(call, x);
  return call('first_nonzero', [mask], { count: await call.read(call('sum', [mask])) });
}

/** A vector of indices for each axis. */
async function indicesOf<C extends Called>(call: Calls<C>, x: C): Promise<readonly C[]> {
  const places = await placesOf(call, x);
  const { shape } = x.type;
  return stridesOf(shape).map((stride, axis) => {
    const over = stride <= 1 ? places : call('floor_divide', [places, stride]);
    return axis === 0 ? over : call('remainder', [over, Math.max(1, shape[axis]!)]);
  });
}

function needAxes(op: string, { type: { shape } }: Called): void {
  if (shape.length > 0) return;
  throw new ShapeError(`${op}: x has rank 0, and no axis to give indices of. Use reshape([1]).`, { shape });
}

const nonzero = composite({
  name: 'nonzero',
  doc: 'Indices of the elements that are not 0, in row-major order: a vector for each axis.',
  operands: [{ name: 'x', kind: 'any' }],
  result: 'int32',
  isList: true,
  waits: true,
  expand: (call, [x]) => {
    needAxes('nonzero', x!);
    return indicesOf(call, x!);
  },
});

const argwhere = composite({
  name: 'argwhere',
  doc: 'Indices of the elements that are not 0, in row-major order: a row for each element.',
  operands: [{ name: 'x', kind: 'any' }],
  result: 'int32',
  waits: true,
  expand: (call, [x]) => {
    needAxes('argwhere', x!);
    return indicesOf(call, x!).then((vectors) => call('stack', vectors, { axis: 1 }));
  },
});

const flatnonzero = composite({
  name: 'flatnonzero',
  doc: 'Indices of the elements that are not 0, in the tensor as one row.',
  operands: [{ name: 'x', kind: 'any' }],
  result: 'int32',
  waits: true,
  expand: (call, [x]) => placesOf(call, x!),
});

/** The slices of an axis at which a mask is true. */
export const kept = async <C extends Called>(call: Calls<C>, x: C, mask: C, axis: number): Promise<C> =>
  call('take', [x, await placesOf(call, mask)], { axis });

const maskSelect = composite({
  name: 'mask_select',
  doc: 'The elements at which a mask is true, in one row; given an axis, its slices at which a vector is true.',
  operands: [
    { name: 'x', kind: 'any' },
    { name: 'mask', kind: 'bool' },
  ],
  attributes: {
    axis: { kind: 'axis', doc: 'the axis that a vector selects from; null for elements', fallback: null },
  },
  result: 'same',
  waits: true,
  expand: (call, [x, mask], attrs) => {
    const { shape } = x!.type;
    if (attrs['axis'] !== null) {
      const axis = normaliseAxis('mask_select', numberAttribute(attrs, 'axis'), shape.length);
      needMask(mask!, [shape[axis]!], `a vector of ${shape[axis]}`);
      return kept(call, x!, mask!, axis);
    }
    const wide = broadcast('mask_select', [shape, mask!.type.shape], ['x', 'mask']);
    if (!sameShape(wide, shape)) needMask(mask!, shape, `one that stretches to ${formatShape(shape)}`);
    return kept(call, flat(call, x!), flat(call, call('broadcast_to', [mask!], { shape })), 0);
  },
});

function needMask({ type: { shape } }: Called, wanted: readonly number[], words: string): void {
  if (sameShape(shape, wanted)) return;
  throw new ShapeError(`mask_select: mask has shape ${formatShape(shape)}; give ${words}.`, { mask: shape, wanted });
}

const WRITTEN: readonly OperandSpec[] = [
  { name: 'x', kind: 'any' },
  { name: 'indices', kind: 'index' },
  { name: 'values', kind: 'any' },
];

/** x with values at indices of an axis; both stretch beside it. */
function write<C extends Called>(
  call: Calls<C>,
  [x, indices, values]: readonly C[],
  axis: number,
  reduction: string,
): C {
  const length = indices!.type.shape[axis]!;
  const shape = x!.type.shape.map((n, k) => (k === axis ? length : n));
  const stretched = [indices!, restored(call, values!, x!)].map((each) => call('broadcast_to', [each], { shape }));
  return call('scatter_elements', [x!, ...stretched], { axis, reduction });
}

const putAlongAxis = composite({
  name: 'put_along_axis',
  doc: 'x with values at indices of an axis, for each place beside it, as those that argsort gives.',
  operands: WRITTEN,
  attributes: { axis: { kind: 'int', doc: 'the axis', fallback: -1 } },
  result: 'same',
  deviation: 'a new tensor: none is changed',
  expand: (call, operands, attrs) => {
    const [x, indices] = [operands[0]!.type.shape, operands[1]!.type.shape];
    const axis = normaliseAxis('put_along_axis', numberAttribute(attrs, 'axis'), x.length);
    if (indices.length !== x.length)
      throw new ShapeError(
        `put_along_axis: x is ${formatShape(x)}, indices are ${formatShape(indices)}; both need one rank.`,
        { x, indices },
      );
    return write(call, operands, axis, 'none');
  },
});

const indexAdd = composite({
  name: 'index_add',
  doc: 'x with slices of an axis added at the indices of a vector, one after the other.',
  operands: WRITTEN,
  attributes: { axis: { kind: 'int', doc: 'the axis', fallback: 0 } },
  result: 'same',
  expand: (call, [x, indices, values], attrs) => {
    const { shape } = x!.type;
    const axis = normaliseAxis('index_add', numberAttribute(attrs, 'axis'), shape.length);
    needVector('index_add', 'indices', indices!);
    const along = call('reshape', [indices!], { shape: shape.map((_, k) => (k === axis ? indices!.type.size : 1)) });
    return write(call, [x!, along, values!], axis, 'add');
  },
});

/** Rows of this family. */
export const SELECTION: readonly OpRow[] = [firstNonzero];
/** Its composites. */
export const SELECTIONS: readonly Composite[] = [
  countNonzero,
  nonzero,
  argwhere,
  flatnonzero,
  maskSelect,
  putAlongAxis,
  indexAdd,
];
