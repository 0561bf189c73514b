// Elements put at places: one row by indices of the first axis, and composites that find those places.
import { canonicaliseNaN, domainFor, type ElementArray } from '../../../../kernels/js/map.ts';
import type { Algebra } from '../../../../kernels/scalar/algebra.ts';
import { broadcastStrides } from '../../../../kernels/strides.ts';
import { DTypeError, ShapeError } from '../../errors.ts';
import { allocate, type TypedArray } from '../../tensor/dtype.ts';
import { broadcast, formatShape, normaliseAxis, sameShape, type Shape, sizeOf, stridesOf } from '../../tensor/shape.ts';
import type { TensorType } from '../../tensor/type.ts';
import { numberAttribute, textAttribute } from '../attribute-values.ts';
import { type Called, type Calls, composite, type Composite } from '../composite.ts';
import { type AttributeSpec, makeRow, type OperandSpec, type OpRow, type RearrangingKernel } from '../define.ts';
import { indexWithin } from './indexing.ts';
import { needRank } from '../infer.ts';

const OPERANDS: readonly OperandSpec[] = [
  { name: 'x', kind: 'any' },
  { name: 'indices', kind: 'index' },
  { name: 'updates', kind: 'any' },
];

const REDUCTION: AttributeSpec = {
  kind: 'choice',
  choices: ['none', 'add', 'multiply', 'minimum', 'maximum'],
  fallback: 'none',
  doc: 'what becomes of an element and its update; none: the update, the last one of several',
};

/** Where updates go: the indices' axes, then those of x after the first. */
const targetOf = (x: Shape, indices: Shape): Shape => [...indices, ...x.slice(1)];

function checkUpdates(x: TensorType, indices: TensorType, updates: TensorType): void {
  needRank('scatter', 'x', x, 1);
  const target = targetOf(x.shape, indices.shape);
  if (updates.dtype !== x.dtype)
    throw new DTypeError(`scatter: x is ${x.dtype}, updates are ${updates.dtype}; cast one of them first.`, {
      x: x.dtype,
      updates: updates.dtype,
    });
  const fits =
    updates.shape.length <= target.length && sameShape(broadcast('scatter', [updates.shape, target], []), target);
  if (fits) return;
  throw new ShapeError(
    `scatter: updates are ${formatShape(updates.shape)}; for x of ${formatShape(x.shape)} and indices of ` +
      `${formatShape(indices.shape)} give ${formatShape(target)}, or what broadcasts to it.`,
    { x: x.shape, indices: indices.shape, updates: updates.shape },
  );
}

type Combine = <T>(m: Algebra<T, unknown>, element: T, update: T) => T;

const COMBINE: Readonly<Record<string, Combine>> = {
  none: (_m, _element, update) => update,
  add: (m, element, update) => m.add(element, update),
  multiply: (m, element, update) => m.mul(element, update),
  minimum: (m, element, update) => m.min(element, update),
  maximum: (m, element, update) => m.max(element, update),
};

/** Updates in row-major order, each rounded as it is stored. */
const scatterSlices: RearrangingKernel = ([x, indices, updates], out, attrs, on) => {
  if (x === undefined || indices === undefined || updates === undefined) return;
  const { shape } = x.type;
  out.array.set(x.array as never);
  const target = targetOf(shape, indices.type.shape);
  const size = sizeOf(target);
  let from: TypedArray = updates.array;
  if (updates.type.size !== size) {
    from = allocate(updates.type.dtype, size);
    const strides = broadcastStrides(updates.type.shape, stridesOf(updates.type.shape), target);
    on.copy(
      target,
      { array: updates.array, strides, offset: 0 },
      { array: from, strides: stridesOf(target), offset: 0 },
    );
  }
  const inner = sizeOf(shape.slice(1));
  const m = domainFor('value', [out.array as ElementArray], out.array as ElementArray) as Algebra<number, unknown>;
  const combine = COMBINE[textAttribute(attrs, 'reduction')]!;
  const [elements, given] = [out.array as Float64Array, from as Float64Array];
  const places = indices.array as ArrayLike<number | bigint>;
  for (let k = 0, next = 0; k < places.length; k++) {
    const first = indexWithin('scatter', Number(places[k]), shape[0]!, k) * inner;
    for (let i = first; i < first + inner; i++) elements[i] = combine(m, elements[i]!, given[next++]!);
  }
  canonicaliseNaN(out.array);
};

const scatter = makeRow({
  name: 'scatter',
  doc: 'x with slices of its first axis replaced by updates, or combined with them one after the other.',
  operands: OPERANDS,
  attributes: { reduction: REDUCTION },
  settle: ([x], attrs) => {
    if (attrs['reduction'] === 'none' || (x as TensorType).dtype !== 'bool') return attrs;
    throw new DTypeError("scatter: x is bool, which nothing is added to; use x.astype('int32').", { dtype: 'bool' });
  },
  infer: ([x, indices, updates]) => {
    checkUpdates(x as TensorType, indices as TensorType, updates as TensorType);
    return x as TensorType;
  },
  kernel: { skeleton: 'rearrange', run: scatterSlices },
  flops: ([, , updates], out) => out.size + (updates as TensorType).size,
  deviation: 'negative indices count from the end; others outside are refused',
});

/** Indices from 0 on: negative ones count from the end of an axis. */
const fromZero = <C extends Called>(call: Calls<C>, indices: C, length: number | C): C =>
  call('where', [call('less', [indices, 0]), call('add', [indices, length]), indices]);

/** Numbers in row-major order of places that a list of indices names on the first axes; those outside stay outside. */
function flatPlaces<C extends Called>(call: Calls<C>, indices: C, lengths: Shape): C {
  const places = call('astype', [indices], { dtype: 'int32' });
  const column = (axis: number): C => {
    const lead = places.type.shape.slice(0, -1);
    const part = call('slice', [places], {
      start: [...lead.map(() => null), axis],
      stop: [...lead.map(() => null), axis + 1],
    });
    return fromZero(call, call('reshape', [part], { shape: lead }), lengths[axis]!);
  };
  return lengths
    .map((_, axis) => call('multiply', [column(axis), sizeOf(lengths.slice(axis + 1))]))
    .reduce((sum, place) => call('add', [sum, place]));
}

/** Checks that the last axis of the indices names axes that there are. */
function depthOf(op: string, x: Called, indices: Called, lead: number): number {
  const depth = indices.type.shape.at(-1);
  if (depth !== undefined && depth >= 1 && lead + depth <= x.type.shape.length) return depth;
  throw new ShapeError(
    `${op}: x is ${formatShape(x.type.shape)}, indices are ${formatShape(indices.type.shape)}; the last axis of the ` +
      `indices names 1 to ${x.type.shape.length - lead} axes of x.`,
    { x: x.type.shape, indices: indices.type.shape },
  );
}

const gatherNd = composite({
  name: 'gather_nd',
  doc: 'Slices of x at places that the last axis of the indices names, one number for each axis.',
  operands: OPERANDS.slice(0, 2),
  attributes: { batch: { kind: 'int', fallback: 0, doc: 'how many first axes x and the indices have in common' } },
  result: 'same',
  expand: (call, [x, indices], attrs) => {
    const lead = numberAttribute(attrs, 'batch');
    const { shape } = x!.type;
    const depth = depthOf('gather_nd', x!, indices!, lead);
    const [batches, rest] = [shape.slice(0, lead), shape.slice(lead + depth)];
    const own = flatPlaces(call, indices!, shape.slice(lead, lead + depth));
    const slices = sizeOf(shape.slice(lead, lead + depth));
    const firsts = call('multiply', [call('arange', [], { start: 0, stop: sizeOf(batches), dtype: 'int32' }), slices]);
    const places =
      lead === 0
        ? own
        : call('add', [
            own,
            call('reshape', [firsts], { shape: [...batches, ...own.type.shape.slice(lead).map(() => 1)] }),
          ]);
    return call('take', [call('reshape', [x!], { shape: [sizeOf(batches) * slices, ...rest] }), places], { axis: 0 });
  },
});

const scatterNd = composite({
  name: 'scatter_nd',
  doc: 'x with slices replaced by updates, or combined with them, at places that the last axis of the indices names.',
  operands: OPERANDS,
  attributes: { reduction: REDUCTION },
  result: 'same',
  expand: (call, [x, indices, updates], attrs) => {
    const { shape } = x!.type;
    const depth = depthOf('scatter_nd', x!, indices!, 0);
    const lengths = shape.slice(0, depth);
    const slices = call('reshape', [x!], { shape: [sizeOf(lengths), ...shape.slice(depth)] });
    const given = call('scatter', [slices, flatPlaces(call, indices!, lengths), updates!], attrs);
    return call('reshape', [given], { shape });
  },
});

const scatterElements = composite({
  name: 'scatter_elements',
  doc: 'x with elements replaced by updates, or combined with them, at indices of an axis; other places are their own.',
  operands: OPERANDS,
  attributes: { axis: { kind: 'axis', fallback: -1, doc: 'the axis that indices are of' }, reduction: REDUCTION },
  result: 'same',
  expand: (call, [x, indices, updates], attrs) => {
    const [{ shape, size }, { shape: own }] = [x!.type, indices!.type];
    const axis = normaliseAxis('scatter_elements', numberAttribute(attrs, 'axis'), shape.length);
    const fits = own.length === shape.length && own.every((n, k) => k === axis || n <= shape[k]!);
    if (!fits || !sameShape(own, updates!.type.shape))
      throw new ShapeError(
        `scatter_elements: x is ${formatShape(shape)}, indices are ${formatShape(own)}, updates ` +
          `${formatShape(updates!.type.shape)}; give indices and updates of one shape that fits into x.`,
        { x: shape, indices: own, updates: updates!.type.shape },
      );
    const strides = stridesOf(shape);
    const along = call('astype', [indices!], { dtype: 'int32' });
    const places = shape.map((length, k) => {
      const number =
        k === axis
          ? fromZero(call, along, length)
          : call('reshape', [call('arange', [], { start: 0, stop: own[k]!, dtype: 'int32' })], {
              shape: own.map((n, i) => (i === k ? n : 1)),
            });
      return call('multiply', [number, strides[k]!]);
    });
    const flat = call('reshape', [places.reduce((a, b) => call('add', [a, b]))], { shape: [-1] });
    const row = (t: NonNullable<typeof x>) => call('reshape', [t], { shape: [t.type.size] });
    const given = call('scatter', [row(x!), flat, row(updates!)], { reduction: attrs['reduction']! });
    return size === 0 ? x! : call('reshape', [given], { shape });
  },
});

/** Rows of this family. */
export const SCATTERING: readonly OpRow[] = [scatter];
/** Composites of this family. */
export const SCATTERED: readonly Composite[] = [gatherNd, scatterNd, scatterElements];
