// Lists of values as elements of a column: what JSON, Parquet and programs give.
import { DTypeError, FormatError } from '../kit.ts';
import { encodeTexts } from './dictionary.ts';
import { asInteger, type ColumnDType, type ColumnElements } from './column.ts';

/** A value of a list; null, undefined and NaN are missing. Dates are read as milliseconds since 1970. */
export type CellValue = number | bigint | boolean | string | Date | null | undefined;

/** Where a list stands, for messages. */
interface ListPlace {
  readonly owner: string;
  readonly column: string;
}

const isMissing = (value: unknown): value is null | undefined => value === null || value === undefined;

/** The elements of a list, of the dtype that holds all of its values, or of the one that is asked for. */
export function listElements(values: readonly CellValue[], place: ListPlace, dtype?: ColumnDType): ColumnElements {
  const kinds = new Set(values.map(kindOf));
  kinds.delete('missing');
  const other = [...kinds].find((kind) => !['number', 'bigint', 'boolean', 'string'].includes(kind));
  if (other !== undefined)
    throw unreadable(
      values.findIndex((value) => kindOf(value) === other),
      other,
      place,
    );
  if (dtype === 'string' || (dtype === undefined && kinds.has('string'))) return textsOf(values, kinds, dtype, place);
  if (kinds.has('string')) throw wrongElement(values, (value) => typeof value === 'string', place, dtype!);
  return dtype === undefined ? inferred(values, kinds, place) : numbersOf(values, place, dtype);
}

/** What a value is; of objects, what they say they are. */
function kindOf(value: unknown): string {
  if (isMissing(value)) return 'missing';
  if (value instanceof Date) return 'number';
  return typeof value === 'object' ? Object.prototype.toString.call(value).slice(8, -1) : typeof value;
}

function textsOf(
  values: readonly CellValue[],
  kinds: ReadonlySet<string>,
  dtype: ColumnDType | undefined,
  place: ListPlace,
): ColumnElements {
  if (dtype === undefined && kinds.size > 1)
    throw wrongElement(values, (value) => !isMissing(value) && typeof value !== 'string', place, 'string');
  return encodeTexts(values.map((value) => (isMissing(value) ? null : String(value))));
}

function inferred(values: readonly CellValue[], kinds: ReadonlySet<string>, place: ListPlace): ColumnElements {
  const isWhole = !values.some(isMissing) && values.length > 0;
  if (kinds.has('bigint') && (isWhole || !values.every(isExact))) return numbersOf(values, place, 'int64');
  if (kinds.size === 1 && kinds.has('boolean') && isWhole) return numbersOf(values, place, 'bool');
  const array = Float64Array.from(values, numberOf);
  return isWhole && array.every((value) => value === (value | 0) && !Object.is(value, -0))
    ? { dtype: 'int32', array: Int32Array.from(array) }
    : { dtype: 'float64', array };
}

/** Whether float64 holds a value, as it has to beside missing ones. */
const isExact = (value: CellValue): boolean => typeof value !== 'bigint' || Number.isSafeInteger(Number(value));

const numberOf = (value: CellValue): number => (isMissing(value) ? NaN : Number(value));

function numbersOf(
  values: readonly CellValue[],
  place: ListPlace,
  dtype: Exclude<ColumnDType, 'string'>,
): ColumnElements {
  if (dtype === 'float64') return { dtype, array: Float64Array.from(values, numberOf) };
  if (dtype === 'float32') return { dtype, array: Float32Array.from(values, numberOf) };
  if (dtype === 'int64') {
    const array = BigInt64Array.from(values, (value) =>
      typeof value === 'bigint' ? value : BigInt(asInteger(dtype, numberOf(value)) ?? 0),
    );
    const isOther = (value: CellValue, i: number): boolean =>
      typeof value === 'bigint' ? array[i] !== value : asInteger(dtype, numberOf(value)) === undefined;
    if (values.some(isOther)) throw wrongElement(values, isOther, place, dtype);
    return { dtype, array };
  }
  const isOther = (value: CellValue): boolean => asInteger(dtype, numberOf(value)) === undefined;
  if (values.some(isOther)) throw wrongElement(values, isOther, place, dtype);
  return dtype === 'int32'
    ? { dtype, array: Int32Array.from(values, numberOf) }
    : { dtype, array: Uint8Array.from(values, numberOf) };
}

function wrongElement(
  values: readonly CellValue[],
  isWrong: (value: CellValue, i: number) => boolean,
  { owner, column }: ListPlace,
  dtype: ColumnDType,
): FormatError {
  const row = values.findIndex(isWrong);
  const value = values[row];
  const shown = typeof value === 'bigint' ? `${value}n` : isMissing(value) ? 'missing' : JSON.stringify(value);
  const remedy = isMissing(value)
    ? "use float64, where a missing number is NaN, or 'string'"
    : `mend it, or read all as texts: { dtypes: { '${column}': 'string' } }`;
  return new FormatError(
    `${owner}: row ${row}, column "${column}": ${shown.slice(0, 60)} is no ${dtype}${
      dtype === 'string' ? ' as the others are' : ''
    }; ${remedy}.`,
    { row, column, value, dtype },
  );
}

const unreadable = (row: number, kind: string, { owner, column }: ListPlace): DTypeError =>
  new DTypeError(
    `${owner}: row ${row}, column "${column}" is of kind ${kind}; columns hold numbers, truth values, texts and ` +
      'dates: take it apart first, or leave that column out.',
    { row, column, kind },
  );
