// Calls that several composites are made of.
import { AttributeError, ShapeError } from '../errors.ts';
import { DTYPES, isFloat } from '../tensor/dtype.ts';
import { promote } from '../tensor/promotion.ts';
import { formatShape, sameShape, type Shape, sizeOf } from '../tensor/shape.ts';
import { numberAttribute } from './attribute-values.ts';
import type { Called, Calls } from './composite.ts';
import type { AttributeValues } from './define.ts';

/** The elements of an axis from one index to before another; none where that comes first. */
export function sliceOf<C extends Called>(call: Calls<C>, x: C, axis: number, from: number, to: number): C {
  const along = (value: number): (number | null)[] => x.type.shape.map((_, k) => (k === axis ? value : null));
  return call('slice', [x], { start: along(from), stop: along(Math.max(from, to)) });
}

/** x in another shape of as many elements. */
export const reshaped = <C extends Called>(call: Calls<C>, x: C, shape: Shape): C =>
  sameShape(x.type.shape, shape) ? x : call('reshape', [x], { shape: [...shape] });

/** Matrices with rows for columns. */
export const transposed = <C extends Called>(call: Calls<C>, x: C): C =>
  call('moveaxis', [x], { source: x.type.shape.length - 1, destination: x.type.shape.length - 2 });

/** The parts of a result that is packed in its last axis, of shapes after the batch. */
export function partsOfPacked<C extends Called>(call: Calls<C>, packed: C, shapes: readonly Shape[]): C[] {
  const batch = packed.type.shape.slice(0, -1);
  let at = 0;
  return shapes.map((shape) =>
    call('reshape', [sliceOf(call, packed, batch.length, at, (at += sizeOf(shape)))], { shape: [...batch, ...shape] }),
  );
}

/** All elements in one row. */
export const flat = <C extends Called>(call: Calls<C>, x: C): C => call('reshape', [x], { shape: [x.type.size] });

/** x where it is of floats, and as float32 otherwise. */
export const asFloats = <C extends Called>(call: Calls<C>, x: C): C =>
  isFloat(x.type.dtype) ? x : call('astype', [x], { dtype: 'float32' });

/** x as int32: what is counted. */
export const asCounts = <C extends Called>(call: Calls<C>, x: C): C => call('astype', [x], { dtype: 'int32' });

/** x in the dtype that its elements are computed in. */
export function asComputed<C extends Called>(call: Calls<C>, x: C): C {
  const { compute } = DTYPES[x.type.dtype];
  return compute === x.type.dtype ? x : call('astype', [x], { dtype: compute });
}

/** What was computed of elements of a tensor, in its dtype. */
export const restored = <C extends Called>(call: Calls<C>, value: C, { type: { dtype } }: Called): C =>
  value.type.dtype === dtype ? value : call('astype', [value], { dtype });

/** Both in their common dtype. */
export function inCommon<C extends Called>(call: Calls<C>, op: string, x: C, y: C): readonly [C, C] {
  const dtype = promote(x.type.dtype, y.type.dtype, op);
  const cast = (each: C): C => (each.type.dtype === dtype ? each : call('astype', [each], { dtype }));
  return [cast(x), cast(y)];
}

/** Refuses an operand of another rank. */
export function needVector(op: string, name: string, { type: { shape } }: Called): void {
  if (shape.length === 1) return;
  throw new ShapeError(`${op}: ${name} has shape ${formatShape(shape)}; it must be a vector. Use reshape([-1]).`, {
    shape,
  });
}

/** Refuses an integer below what an attribute may be. */
export function needAtLeast(op: string, attrs: AttributeValues, name: string, least: number): number {
  const value = numberAttribute(attrs, name);
  if (value >= least) return value;
  throw new AttributeError(`${op}: ${name} is ${value}; give ${least} or more.`, { [name]: value });
}
