// The instruction set: all rows, by code and by name.
import { CONVERSION_ROWS } from './conversions.ts';
import { FLOAT_ROWS } from './floats.ts';
import { INTEGER_ROWS } from './integers.ts';
import type { VacRow } from './row.ts';
import { STRUCTURE_ROWS } from './structure.ts';

/** Version of the instruction set: what a row computes, its code and its ticks. */
export const ISA_VERSION = 1;

/** Every row, in the order of its code. */
export const ISA_ROWS: readonly VacRow[] = [...STRUCTURE_ROWS, ...INTEGER_ROWS, ...FLOAT_ROWS, ...CONVERSION_ROWS].sort(
  (a, b) => a.code - b.code,
);

const BY_CODE: readonly (VacRow | undefined)[] = Array.from({ length: 256 }, (_, code) =>
  ISA_ROWS.find((row) => row.code === code),
);
const BY_NAME: ReadonlyMap<string, VacRow> = new Map(ISA_ROWS.map((row) => [row.name, row]));

/** The row of a byte of code. */
export const rowOfCode = (code: number): VacRow | undefined => BY_CODE[code];

/** The row of a name. */
export const rowNamed = (name: string): VacRow | undefined => BY_NAME.get(name);
