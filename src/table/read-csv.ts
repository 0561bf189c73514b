// Tables of CSV: RFC 4180 with any delimiter and any line ends. Numbers never become objects or texts on the way.
import { AttributeError, checkOptions, describe, FormatError } from '../kit.ts';
import type { Sheet } from '../surface.ts';
import { decodeText, inferColumn, MissingNames, readColumnAs } from './csv-column.ts';
import { type CsvFields, CsvScan, delimiterByte } from './csv-scan.ts';
import { columnOf, type ColumnDType } from './column.ts';
import { checkSheet, COLUMN_DTYPES, POSITIVE, MAX_BYTES, MISSING_NAMES, NAMES, SHEET } from './options.ts';
import type { Frame } from './frame.ts';
import { checkDistinct, unknownColumn } from './names.ts';
import { readOnce } from './once.ts';
import { readSource, type TableSource } from './source.ts';
import type { Table } from './table.ts';

const MAX_FIELD_BYTES = 2 ** 20;
const BOM = [0xef, 0xbb, 0xbf];

/** What `readCsv` may be told. */
export interface CsvOptions {
  /** The sheet whose tensors the columns are. */
  readonly sheet: Sheet;
  /** Between fields. Default a comma. */
  readonly delimiter?: string;
  /** Whether the first row has the names of the columns (default), or their names where no row has. */
  readonly header?: boolean | readonly string[];
  /** The columns to read, in this order. Default all. */
  readonly columns?: readonly string[];
  /** Dtypes that are not to be inferred, by column. */
  readonly dtypes?: Readonly<Record<string, ColumnDType>>;
  /** Fields that stand for nothing: NaN among numbers, no category among texts. Default empty ones, NA, null, … */
  readonly missing?: readonly string[];
  /** The most that is read. Default 1 GiB. */
  readonly maxBytes?: number;
  /** The longest field. Default 1 MiB. */
  readonly maxFieldBytes?: number;
}

const SPECS = {
  sheet: SHEET,
  delimiter: { expected: "one character, as ',' or '\\t'", accepts: (value: unknown) => typeof value === 'string' },
  header: {
    expected: 'true, false or the names of the columns',
    accepts: (value: unknown) => typeof value === 'boolean' || NAMES.accepts(value),
  },
  columns: NAMES,
  dtypes: COLUMN_DTYPES,
  missing: NAMES,
  maxBytes: POSITIVE,
  maxFieldBytes: POSITIVE,
};

/**
 * The table of a CSV file: its text, its bytes in UTF-8, a Blob or Response, or a stream. Throws a FormatError that
 * names the line for a row of another length, a number that is none, or a quote that is not closed.
 */
export async function readCsv(source: TableSource, options: CsvOptions): Promise<Table> {
  checkOptions('readCsv', options, SPECS);
  const { sheet, maxBytes = MAX_BYTES } = options;
  checkSheet('readCsv', sheet);
  const bytes = await readSource(source, { owner: 'readCsv', maxBytes });
  const { sheet: _sheet, maxBytes: _maxBytes, ...how } = options;
  return readOnce('readCsv', sheet, bytes, how, (held) => frameOfCsv(held, options));
}

function frameOfCsv(bytes: Uint8Array, options: CsvOptions): Frame {
  const { sheet } = options;
  const { fields, names } = fieldsOf(bytes, options);
  const missing = new MissingNames(options.missing ?? MISSING_NAMES);
  const dtypes = new Map(Object.entries(options.dtypes ?? {}));
  const columns = names.map((name, at) => {
    const column = { fields, at, name, missing };
    const dtype = dtypes.get(name);
    return [name, columnOf(sheet, dtype === undefined ? inferColumn(column) : readColumnAs(column, dtype))] as const;
  });
  const found = new Map(columns);
  const order = options.columns ?? names;
  return { sheet, rows: fields.rows, columns: new Map(order.map((name) => [name, found.get(name)!])) };
}

/** The fields of the columns to read, and their names as they come in the file. */
function fieldsOf(bytes: Uint8Array, options: CsvOptions): { readonly fields: CsvFields; readonly names: string[] } {
  checkText(bytes);
  const { delimiter = ',', header = true, maxFieldBytes = MAX_FIELD_BYTES } = options;
  const dialect = { delimiter: delimiterByte(delimiter), maxFieldBytes };
  const from = BOM.every((byte, i) => bytes[i] === byte) ? BOM.length : 0;
  const scan = new CsvScan(bytes, dialect, from);
  const first = scan.row();
  if (first === undefined)
    throw new FormatError(
      'readCsv: this file is empty; give one with a row of names, or { header: [names] } and rows.',
      {
        sizeBytes: bytes.length,
      },
    );
  const names =
    header === true
      ? first.map(([start, end], i) => decodeText(bytes, start, end) || `column_${i + 1}`)
      : header === false
        ? first.map((_, i) => `column_${i + 1}`)
        : [...header];
  checkDistinct('readCsv', names);
  if (names.length !== first.length)
    throw new AttributeError(
      `readCsv: header has ${names.length} names, and the first row ${first.length} fields; give a name for each, or ` +
        'the delimiter of this file.',
      { names: names.length, fields: first.length },
    );
  checkDistinct('readCsv', options.columns ?? []);
  for (const name of [...(options.columns ?? []), ...Object.keys(options.dtypes ?? {})])
    if (!names.includes(name)) throw unknownColumn('readCsv', name, names);
  const wanted = names.map((name) => options.columns?.includes(name) ?? true);
  const rows = header === true ? scan : new CsvScan(bytes, dialect, from);
  return { fields: rows.rest(names.length, wanted), names: names.filter((_, i) => wanted[i]) };
}

/** Refuses what is plainly no UTF-8: UTF-16, and files that are not texts. */
function checkText(bytes: Uint8Array): void {
  const isMarked = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (!isMarked && !bytes.subarray(0, 4096).includes(0)) return;
  const label = bytes[0] === 0xfe || bytes[0] === 0 ? 'utf-16be' : 'utf-16le';
  throw new FormatError(
    `readCsv: this file is in UTF-16, or no text at all; decode it first: readCsv(new TextDecoder('${label}')` +
      '.decode(bytes), …).',
    { first: describe([...bytes.subarray(0, 4)]) },
  );
}
