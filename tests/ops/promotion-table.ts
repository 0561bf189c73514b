// Type promotion of the Python array API standard (2024.12), written out; bool and mixed kinds as this library extends
// them.
import type { Name } from './reference.ts';

const NAMES = ['bool', 'int8', 'int32', 'int64', 'uint8', 'uint32', 'float32', 'float64'] as const;
const SHORT: Readonly<Record<string, Name>> = {
  b: 'bool',
  i1: 'int8',
  i4: 'int32',
  i8: 'int64',
  u1: 'uint8',
  u4: 'uint32',
  f4: 'float32',
  f8: 'float64',
};

// Rows and columns in the order of NAMES. uint8 + int8 would be int16, which does not exist here: int32.
const ROWS = [
  'b  i1 i4 i8 u1 u4 f4 f8',
  'i1 i1 i4 i8 i4 i8 f4 f8',
  'i4 i4 i4 i8 i4 i8 f4 f8',
  'i8 i8 i8 i8 i8 i8 f4 f8',
  'u1 i4 i4 i8 u1 u4 f4 f8',
  'u4 i8 i8 i8 u4 u4 f4 f8',
  'f4 f4 f4 f4 f4 f4 f4 f8',
  'f8 f8 f8 f8 f8 f8 f8 f8',
];

/** `[a, b, common dtype]` for every pair. */
export const PROMOTIONS: readonly (readonly [Name, Name, Name])[] = ROWS.flatMap((row, i) =>
  row.split(/ +/).map((short, j) => [NAMES[i]!, NAMES[j]!, SHORT[short]!] as const),
);

const TABLE = new Map(PROMOTIONS.map(([a, b, common]) => [`${a} ${b}`, common]));

/** The common dtype of operands by the table. */
export const common = (dtypes: readonly Name[]): Name => dtypes.reduce((a, b) => TABLE.get(`${a} ${b}`)!);
