// Type promotion of the Python array API standard (2024.12), written out; bool and mixed kinds as this library extends
// them.
import type { Name } from './reference.ts';

const SHORT: Readonly<Record<string, Name>> = {
  b: 'bool',
  i1: 'int8',
  i2: 'int16',
  i4: 'int32',
  i8: 'int64',
  u1: 'uint8',
  u2: 'uint16',
  u4: 'uint32',
  u8: 'uint64',
  f4: 'float32',
  f8: 'float64',
};
const NAMES = Object.values(SHORT);

// Rows and columns in the order of NAMES; the standard has no common dtype of uint64 and a signed integer.
const ROWS = [
  'b  i1 i2 i4 i8 u1 u2 u4 u8 f4 f8',
  'i1 i1 i2 i4 i8 i2 i4 i8 -  f4 f8',
  'i2 i2 i2 i4 i8 i2 i4 i8 -  f4 f8',
  'i4 i4 i4 i4 i8 i4 i4 i8 -  f4 f8',
  'i8 i8 i8 i8 i8 i8 i8 i8 -  f4 f8',
  'u1 i2 i2 i4 i8 u1 u2 u4 u8 f4 f8',
  'u2 i4 i4 i4 i8 u2 u2 u4 u8 f4 f8',
  'u4 i8 i8 i8 i8 u4 u4 u4 u8 f4 f8',
  'u8 -  -  -  -  u8 u8 u8 u8 f4 f8',
  'f4 f4 f4 f4 f4 f4 f4 f4 f4 f4 f8',
  'f8 f8 f8 f8 f8 f8 f8 f8 f8 f8 f8',
];

const CELLS = ROWS.flatMap((row, i) =>
  row.split(/ +/).map((short, j) => [NAMES[i]!, NAMES[j]!, SHORT[short]] as const),
);

/** `[a, b, common dtype]` for every pair that has one. */
export const PROMOTIONS = CELLS.filter((cell): cell is readonly [Name, Name, Name] => cell[2] !== undefined);

/** The pairs without a common dtype. */
export const APART = CELLS.filter(([, , common]) => common === undefined);

const TABLE = new Map(PROMOTIONS.map(([a, b, common]) => [`${a} ${b}`, common]));

/** The common dtype of operands by the table. */
export const common = (dtypes: readonly Name[]): Name => dtypes.reduce((a, b) => TABLE.get(`${a} ${b}`)!);
