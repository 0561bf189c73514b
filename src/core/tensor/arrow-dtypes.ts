// What Apache Arrow calls element types, and what to do about those that are none of ours.
import type { DType } from './dtype.ts';

/** The class of an Arrow type, which it is also printed as. */
export const ARROW_TYPES: Readonly<Partial<Record<DType, string>>> = {
  float64: 'Float64',
  float32: 'Float32',
  float16: 'Float16',
  int64: 'Int64',
  int32: 'Int32',
  uint32: 'Uint32',
  uint8: 'Uint8',
  int8: 'Int8',
  bool: 'Bool',
  int16: 'Int16',
  uint16: 'Uint16',
  uint64: 'Uint64',
};

const DTYPE_OF_TYPE = new Map(Object.entries(ARROW_TYPES).map(([dtype, type]) => [type, dtype as DType]));

/** The dtype of an Arrow type, by what it is printed as. */
export const dtypeOfArrow = (type: string): DType | undefined => DTYPE_OF_TYPE.get(type);

/** Types that exist in Arrow alone, with the way to one of ours. */
const REMEDIES: Readonly<Record<string, string>> = {
  Utf8: 'map the texts to numbers first, or give them to sheet.memo, which takes any arguments',
};

/** What to do about a type that is none of ours. */
export const arrowRemedy = (type: string): string =>
  Object.hasOwn(REMEDIES, type) ? REMEDIES[type]! : 'cast the column to a float, an integer or Bool first';
