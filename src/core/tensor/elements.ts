// Elements on their way in or out: an array with its type, not (or no longer) the sheet's own.
import type { DType, TypedArray } from './dtype.ts';
import type { Shape } from './shape.ts';

/** Row-major elements with their type; whoever keeps them copies unless they are fresh. */
export interface Elements {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly array: TypedArray;
  /** The array was made for the reader and nobody else holds it. */
  readonly fresh: boolean;
}
