// Calls that several composites are made of.
import { isFloat } from '../tensor/dtype.ts';
import { sameShape, type Shape } from '../tensor/shape.ts';
import type { Called, Calls } from './composite.ts';

/** The elements of an axis from one index to before another; none where that comes first. */
export function sliceOf<C extends Called>(call: Calls<C>, x: C, axis: number, from: number, to: number): C {
  const along = (value: number): (number | null)[] => x.type.shape.map((_, k) => (k === axis ? value : null));
  return call('slice', [x], { start: along(from), stop: along(Math.max(from, to)) });
}

/** x in another shape of as many elements. */
export const reshaped = <C extends Called>(call: Calls<C>, x: C, shape: Shape): C =>
  sameShape(x.type.shape, shape) ? x : call('reshape', [x], { shape: [...shape] });

/** All elements in one row. */
export const flat = <C extends Called>(call: Calls<C>, x: C): C => call('reshape', [x], { shape: [x.type.size] });

/** x where it is of floats, and as float32 otherwise. */
export const asFloats = <C extends Called>(call: Calls<C>, x: C): C =>
  isFloat(x.type.dtype) ? x : call('astype', [x], { dtype: 'float32' });

/** x as int32: what is counted. */
export const asCounts = <C extends Called>(call: Calls<C>, x: C): C => call('astype', [x], { dtype: 'int32' });
