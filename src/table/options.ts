// Options that several ways to read and use a table have in common.
import { AttributeError } from '../kit.ts';
import type { Sheet } from '../surface.ts';

/** Bytes that are read at most where nothing else is said. */
export const MAX_BYTES = 2 ** 30;

/** What stands for a missing value where nothing else is said. */
export const MISSING_NAMES = ['', 'NA', 'N/A', 'n/a', '#N/A', '<NA>', 'NaN', 'nan', 'NULL', 'null', 'None'];

const DTYPES = ['bool', 'int32', 'int64', 'float32', 'float64', 'string'];

export const POSITIVE = {
  expected: 'a positive integer',
  accepts: (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) > 0,
};
export const NAMES = {
  expected: 'a list of texts',
  accepts: (value: unknown): boolean => Array.isArray(value) && value.every((name) => typeof name === 'string'),
};
export const COLUMN_DTYPES = {
  expected: `an object of columns and ${DTYPES.join(', ')}; for other dtypes astype them then`,
  accepts: (value: unknown): boolean =>
    typeof value === 'object' && value !== null && Object.values(value).every((dtype) => DTYPES.includes(dtype)),
};
export const SEED = {
  expected: 'an integer from 0 on',
  accepts: (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0,
};
export const SHEET = {
  expected: 'an open sheet, as await SymbolicSheet.open() gives it',
  accepts: (value: unknown): boolean => typeof (value as Sheet | null)?.tensor === 'function',
};

/** Throws an AttributeError where no sheet is given. */
export function checkSheet(owner: string, sheet: Sheet | undefined): asserts sheet is Sheet {
  if (sheet === undefined)
    throw new AttributeError(`${owner}: say whose tensors the columns are: ${owner}(source, { sheet }).`, {});
}
