// A column of CSV as elements: its dtype is inferred from all of its fields, or given.
import { FormatError } from '../kit.ts';
import { asciiText, NumberReader } from './csv-number.ts';
import { type CsvFields, isQuoted, lineAt } from './csv-scan.ts';
import { ByteStrings, inOrder, MISSING } from './dictionary.ts';
import { asInteger, type ColumnDType, type ColumnElements, type Numbers } from './column.ts';

const SPACE = 0x20;
const TAB = 0x09;

/** Fields that stand for nothing, as bytes. */
export class MissingNames {
  readonly #names: readonly Uint8Array[];
  readonly #first = new Uint8Array(256);
  readonly #hasEmpty: boolean;

  constructor(names: readonly string[]) {
    this.#names = names.filter((name) => name !== '').map((name) => new TextEncoder().encode(name));
    for (const [first] of this.#names) this.#first[first!] = 1;
    this.#hasEmpty = names.includes('');
  }

  has(bytes: Uint8Array, start: number, end: number): boolean {
    if (start === end) return this.#hasEmpty;
    if (this.#first[bytes[start]!] === 0) return false;
    return this.#names.some(
      (name) => name.length === end - start && name.every((byte, i) => byte === bytes[start + i]),
    );
  }
}

/** One column of what was scanned. */
interface CsvColumn {
  readonly fields: CsvFields;
  /** Its place among the fields of a row. */
  readonly at: number;
  readonly name: string;
  readonly missing: MissingNames;
}

/**
 * Calls `read` with the number of every row, the first byte and the end of its field without spaces around, and whether
 * it is missing; ends where that answers false. What is quoted is missing where it is empty.
 */
function everyField(
  { fields: { bytes, width, rows, starts, ends }, at, missing }: CsvColumn,
  read: (row: number, start: number, end: number, isMissing: boolean) => boolean,
): boolean {
  for (let row = 0, i = at; row < rows; row++, i += width) {
    let [start, end] = [starts[i]!, ends[i]!];
    const isText = start < end && isQuoted(bytes, start);
    while (start < end && (bytes[start] === SPACE || bytes[start] === TAB)) start++;
    while (start < end && (bytes[end - 1] === SPACE || bytes[end - 1] === TAB)) end--;
    if (!read(row, start, end, !isText && missing.has(bytes, start, end))) return false;
  }
  return true;
}

/** The elements of a column of whatever dtype holds all of its fields. */
export const inferColumn = (column: CsvColumn): ColumnElements =>
  inferNumbers(column) ?? inferTruths(column) ?? textsOf(column);

/** Integers as int32 or int64, other numbers, and those of which some are missing, as float64. Undefined for others. */
function inferNumbers(column: CsvColumn): ColumnElements | undefined {
  const { bytes, rows } = column.fields;
  const reader = new NumberReader(bytes);
  const array = new Float64Array(rows);
  let [integers, missing, largest] = [true, false, 0];
  const whole = everyField(column, (row, start, end, isMissing) => {
    if (isMissing) {
      missing = true;
      array[row] = NaN;
      return true;
    }
    if (!reader.read(start, end) || reader.isPadded) return false;
    integers &&= reader.isInteger;
    largest = Math.max(largest, Math.abs(reader.value));
    array[row] = reader.value;
    return true;
  });
  if (!whole) return undefined;
  if (!integers || (missing && largest <= Number.MAX_SAFE_INTEGER) || rows === 0) return { dtype: 'float64', array };
  // Integers that float64 cannot hold stay texts where some are missing.
  if (missing) return undefined;
  if (array.every((value) => value === (value | 0))) return { dtype: 'int32', array: Int32Array.from(array) };
  return largest <= Number.MAX_SAFE_INTEGER
    ? { dtype: 'int64', array: BigInt64Array.from(array, BigInt) }
    : longIntegers(column);
}

/** Integers that float64 does not hold; undefined where int64 does not, either. */
function longIntegers(column: CsvColumn): ColumnElements | undefined {
  const { bytes, rows } = column.fields;
  const array = new BigInt64Array(rows);
  const fits = everyField(column, (row, start, end) => {
    const value = BigInt(asciiText(bytes, start, end));
    array[row] = value;
    return array[row] === value;
  });
  return fits ? { dtype: 'int64', array } : undefined;
}

/** 1 for true, 0 for false, in the ways that other programs write them; undefined for anything else. */
function truthOf(bytes: Uint8Array, start: number, end: number): number | undefined {
  if (end - start !== 4 && end - start !== 5) return undefined;
  const text = asciiText(bytes, start, end);
  if (text === 'true' || text === 'True' || text === 'TRUE') return 1;
  return text === 'false' || text === 'False' || text === 'FALSE' ? 0 : undefined;
}

/** Truth values: bool, or float64 of 1, 0 and NaN where one is missing. Undefined where a field is none. */
function inferTruths(column: CsvColumn): ColumnElements | undefined {
  const { bytes, rows } = column.fields;
  const array = new Float64Array(rows);
  let missing = false;
  const whole = everyField(column, (row, start, end, isMissing) => {
    missing ||= isMissing;
    const value = isMissing ? NaN : truthOf(bytes, start, end);
    array[row] = value ?? NaN;
    return value !== undefined;
  });
  if (!whole) return undefined;
  return missing ? { dtype: 'float64', array } : { dtype: 'bool', array: Uint8Array.from(array) };
}

/** Texts, as they stand. What is quoted is not missing. */
function textsOf(column: CsvColumn): ColumnElements {
  const { bytes, width, rows, starts, ends } = column.fields;
  const strings = new ByteStrings(bytes);
  const codes = new Int32Array(rows);
  for (let row = 0, i = column.at; row < rows; row++, i += width) {
    const [start, end] = [starts[i]!, ends[i]!];
    const isMissing = !isQuoted(bytes, start) && column.missing.has(bytes, start, end);
    codes[row] = isMissing ? MISSING : strings.numberOf(start, end);
  }
  return inOrder(
    codes,
    Array.from(strings.places(), ([start, end]) => decodeText(bytes, start, end)),
  );
}

/** ColumnElements of a dtype that was asked for. Throws a FormatError that names the line of a field that is none. */
export function readColumnAs(column: CsvColumn, dtype: ColumnDType): ColumnElements {
  if (dtype === 'string') return textsOf(column);
  const { bytes, rows } = column.fields;
  const reader = new NumberReader(bytes);
  const array = new Float64Array(rows);
  let exact: BigInt64Array<ArrayBuffer> | undefined;
  everyField(column, (row, start, end, isMissing) => {
    const value = isMissing
      ? NaN
      : dtype === 'bool'
        ? (truthOf(bytes, start, end) ?? (reader.read(start, end) ? reader.value : NaN))
        : reader.read(start, end)
          ? reader.value
          : undefined;
    if (value === undefined) throw unreadable(column, start, end, dtype);
    if (dtype !== 'float64' && dtype !== 'float32' && !isOf(dtype, value)) throw unreadable(column, start, end, dtype);
    array[row] = value;
    if (dtype === 'int64') {
      exact ??= new BigInt64Array(rows);
      const integer = reader.isInteger ? BigInt(asciiText(bytes, start, end)) : BigInt(value);
      exact[row] = integer;
      if (exact[row] !== integer) throw unreadable(column, start, end, dtype);
    }
    return true;
  });
  return dtype === 'int64' ? { dtype, array: exact ?? new BigInt64Array(rows) } : numbersAs(dtype, array);
}

function numbersAs(dtype: Exclude<ColumnDType, 'string' | 'int64'>, array: Float64Array<ArrayBuffer>): Numbers {
  if (dtype === 'float64') return { dtype, array };
  if (dtype === 'float32') return { dtype, array: Float32Array.from(array) };
  return dtype === 'int32' ? { dtype, array: Int32Array.from(array) } : { dtype, array: Uint8Array.from(array) };
}

const isOf = (dtype: 'bool' | 'int32' | 'int64', value: number): boolean => asInteger(dtype, value) !== undefined;

function unreadable(
  { fields: { bytes }, name, missing }: CsvColumn,
  start: number,
  end: number,
  dtype: string,
): FormatError {
  const line = lineAt(bytes, start);
  const value = decodeText(bytes, start, Math.min(end, start + 60), true);
  const remedy = missing.has(bytes, start, end)
    ? `leave its dtype to be float64, where a missing number is NaN, or text: { dtypes: { '${name}': 'float64' } }`
    : `mend it, name it among what is missing: { missing: ['', '${value}'] }, or read texts: { dtypes: { '${name}': ` +
      "'string' } }";
  return new FormatError(`readCsv: line ${line}, column "${name}": "${value}" is no ${dtype}; ${remedy}.`, {
    line,
    column: name,
    value,
    dtype,
  });
}

const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const LENIENT = new TextDecoder('utf-8', { ignoreBOM: true });

/** The text of a field. Throws a FormatError for what is not UTF-8. */
export function decodeText(bytes: Uint8Array, start: number, end: number, isLenient = false): string {
  const field = bytes.subarray(start, end);
  if (isLenient) return LENIENT.decode(field);
  try {
    const text = STRICT.decode(field);
    return isQuoted(bytes, start) ? text.replaceAll('""', '"') : text;
  } catch {
    const line = lineAt(bytes, start);
    throw new FormatError(
      `readCsv: line ${line} is not in UTF-8: "${LENIENT.decode(field.subarray(0, 60))}"; say what it is in: ` +
        "readCsv(new TextDecoder('windows-1252').decode(bytes), …).",
      { line },
    );
  }
}
