// Elements of a column before they are tensors of a sheet: numbers, truth values, or texts by code.
import type { Sheet, Tensor } from '../surface.ts';
import type { Encoded } from './dictionary.ts';

/** Dtypes that columns are read as. */
export type ColumnDType = 'bool' | 'int32' | 'int64' | 'float32' | 'float64' | 'string';

/** Arrays of those that are numbers. */
interface NumberArrays {
  readonly bool: Uint8Array;
  readonly int32: Int32Array;
  readonly int64: BigInt64Array;
  readonly float32: Float32Array;
  readonly float64: Float64Array;
}

/** Numbers of a column. */
export type Numbers = {
  [D in keyof NumberArrays]: { readonly dtype: D; readonly array: NumberArrays[D] };
}[keyof NumberArrays];

/** Elements of a column. */
export type ColumnElements = Numbers | Encoded;

/** A column of a table: a tensor of one axis. That of texts holds codes, and -1 where one is missing. */
export interface Column {
  readonly tensor: Tensor;
  /** What the codes of a column of texts stand for, in order; other columns have none. */
  readonly categories?: readonly string[];
}

/** Elements as a column on a sheet, which takes them over. */
export function columnOf(sheet: Sheet, elements: ColumnElements): Column {
  if (!('codes' in elements)) return { tensor: sheet.tensor(elements.array, { dtype: elements.dtype, own: true }) };
  return { tensor: sheet.tensor(elements.codes, { own: true }), categories: elements.categories };
}

/** The number as an integer of a dtype; undefined where it is none. */
export function asInteger(dtype: 'bool' | 'int32' | 'int64', value: number): number | undefined {
  if (!Number.isInteger(value)) return undefined;
  const isHeld = dtype === 'bool' ? value === 0 || value === 1 : dtype === 'int64' || value === (value | 0);
  return isHeld ? value : undefined;
}
