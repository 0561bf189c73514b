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

/** One field of a column after the other, without spaces around. What is quoted is missing where it is empty. */
class FieldCursor {
  readonly #column: CsvColumn;
  start = 0;
  end = 0;
  isMissing = false;

  constructor(column: CsvColumn) {
    this.#column = column;
  }

  to(row: number): void {
    const { fields, at, missing } = this.#column;
    const { bytes } = fields;
    const i = row * fields.width + at;
    let start = fields.starts[i]!;
    let end = fields.ends[i]!;
    const isText = start < end && isQuoted(bytes, start);
    while (start < end && (bytes[start] === SPACE || bytes[start] === TAB)) start++;
    while (start < end && (bytes[end - 1] === SPACE || bytes[end - 1] === TAB)) end--;
    this.start = start;
    this.end = end;
    this.isMissing = !isText && missing.has(bytes, start, end);
  }
}

/** The elements of a column of whatever dtype holds all of its fields. */
export const inferColumn = (column: CsvColumn): ColumnElements =>
  inferNumbers(column) ?? inferTruths(column) ?? textsOf(column);

/** Integers as int32 or int64, other numbers, and those of which some are missing, as float64. Undefined for others. */
function inferNumbers(column: CsvColumn): ColumnElements | undefined {
  const { bytes, rows } = column.fields;
  const cursor = new FieldCursor(column);
  const reader = new NumberReader(bytes);
  const array = new Float64Array(rows);
  let areIntegers = true;
  let someMissing = false;
  for (let row = 0; row < rows; row++) {
    cursor.to(row);
    if (cursor.isMissing) {
      someMissing = true;
      array[row] = NaN;
    } else {
      if (!reader.read(cursor.start, cursor.end) || reader.isPadded) return undefined;
      areIntegers &&= reader.isInteger;
      array[row] = reader.value;
    }
  }
  return areIntegers && rows > 0 ? integersOf(column, array, someMissing) : { dtype: 'float64', array };
}

/** Integers that were read as float64. Where it cannot hold them and some are missing, they stay texts. */
function integersOf(column: CsvColumn, array: Float64Array, someMissing: boolean): ColumnElements | undefined {
  const areExact = array.every((value) => !(Math.abs(value) > Number.MAX_SAFE_INTEGER));
  if (someMissing) return areExact ? { dtype: 'float64', array } : undefined;
  if (array.every((value) => value === (value | 0))) return { dtype: 'int32', array: Int32Array.from(array) };
  return areExact ? { dtype: 'int64', array: BigInt64Array.from(array, BigInt) } : longIntegers(column);
}

/** Integers that float64 does not hold; undefined where int64 does not, either. */
function longIntegers(column: CsvColumn): ColumnElements | undefined {
  const { bytes, rows } = column.fields;
  const cursor = new FieldCursor(column);
  const array = new BigInt64Array(rows);
  for (let row = 0; row < rows; row++) {
    cursor.to(row);
    const value = BigInt(asciiText(bytes, cursor.start, cursor.end));
    array[row] = value;
    if (array[row] !== value) return undefined;
  }
  return { dtype: 'int64', array };
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
  const cursor = new FieldCursor(column);
  const array = new Float64Array(rows);
  let someMissing = false;
  for (let row = 0; row < rows; row++) {
    cursor.to(row);
    someMissing ||= cursor.isMissing;
    const value = cursor.isMissing ? NaN : truthOf(bytes, cursor.start, cursor.end);
    if (value === undefined) return undefined;
    array[row] = value;
  }
  return someMissing ? { dtype: 'float64', array } : { dtype: 'bool', array: Uint8Array.from(array) };
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

/** Elements of a dtype that was asked for. Throws a FormatError that names the line of a field that is none. */
export function readColumnAs(column: CsvColumn, dtype: ColumnDType): ColumnElements {
  if (dtype === 'string') return textsOf(column);
  const { bytes, rows } = column.fields;
  const cursor = new FieldCursor(column);
  const reader = new NumberReader(bytes);
  const array = new Float64Array(rows);
  const exact = new BigInt64Array(dtype === 'int64' ? rows : 0);
  for (let row = 0; row < rows; row++) {
    cursor.to(row);
    const { start, end, isMissing } = cursor;
    const value = isMissing ? NaN : valueOf(reader, bytes, start, end, dtype);
    if (value === undefined || (dtype !== 'float64' && dtype !== 'float32' && asInteger(dtype, value) === undefined))
      throw unreadable(column, start, end, dtype);
    array[row] = value;
    if (dtype !== 'int64') continue;
    const integer = reader.isInteger ? BigInt(asciiText(bytes, start, end)) : BigInt(value);
    exact[row] = integer;
    if (exact[row] !== integer) throw unreadable(column, start, end, dtype);
  }
  return dtype === 'int64' ? { dtype, array: exact } : numbersAs(dtype, array);
}

function valueOf(
  reader: NumberReader,
  bytes: Uint8Array,
  start: number,
  end: number,
  dtype: ColumnDType,
): number | undefined {
  const truth = dtype === 'bool' ? truthOf(bytes, start, end) : undefined;
  return truth ?? (reader.read(start, end) ? reader.value : undefined);
}

function numbersAs(dtype: Exclude<ColumnDType, 'string' | 'int64'>, array: Float64Array): Numbers {
  if (dtype === 'float64') return { dtype, array };
  if (dtype === 'float32') return { dtype, array: Float32Array.from(array) };
  return dtype === 'int32' ? { dtype, array: Int32Array.from(array) } : { dtype, array: Uint8Array.from(array) };
}

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
