// Tables of JSON: a list of objects, a list of lists, an object of lists, or an object in each line.
import { AttributeError, checkOptions, describe, FormatError } from '../kit.ts';
import type { Sheet } from '../surface.ts';
import { type ColumnDType } from './column.ts';
import { tableOfLists } from './lists.ts';
import { checkDistinct } from './names.ts';
import { checkSheet, COLUMN_DTYPES, MAX_BYTES, NAMES, POSITIVE, SHEET } from './options.ts';
import { readOnce } from './once.ts';
import { readSource, type TableSource } from './source.ts';
import type { Table } from './table.ts';
import type { CellValue } from './values.ts';

/** What `readJson` may be told. */
export interface JsonOptions {
  /** The sheet whose tensors the columns are. */
  readonly sheet: Sheet;
  /** The columns to read, in this order. Default all. */
  readonly columns?: readonly string[];
  /** Dtypes that are not to be inferred, by column. */
  readonly dtypes?: Readonly<Record<string, ColumnDType>>;
  /** The names of the columns of lists of values; by default the first list has them. */
  readonly header?: readonly string[];
  /** Whether every line is a value of its own, as in .jsonl and .ndjson files. Default false. */
  readonly lines?: boolean;
  /** The most that is read. Default 1 GiB. */
  readonly maxBytes?: number;
}

const SPECS = {
  sheet: SHEET,
  columns: NAMES,
  dtypes: COLUMN_DTYPES,
  header: NAMES,
  lines: { expected: 'true or false', accepts: (value: unknown) => typeof value === 'boolean' },
  maxBytes: POSITIVE,
};

type Lists = Map<string, readonly CellValue[]>;

/**
 * The table of JSON: `[{ name: value }]`, `[[name], [value]]` or `{ name: [value] }`, as text, bytes, a Blob or
 * Response, or a stream; values that objects have not are missing. Throws a FormatError that names the place of what is
 * none of these.
 */
export async function readJson(source: TableSource, options: JsonOptions): Promise<Table> {
  checkOptions('readJson', options, SPECS);
  const { sheet, maxBytes = MAX_BYTES, lines = false } = options;
  checkSheet('readJson', sheet);
  const bytes = await readSource(source, { owner: 'readJson', maxBytes });
  const { sheet: _sheet, maxBytes: _maxBytes, ...how } = options;
  return readOnce('readJson', sheet, bytes, how, (held) => {
    const text = decode(held);
    return tableOfLists('readJson', listsOf(lines ? parseLines(text) : parse(text, 1), options), options);
  });
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new FormatError(
      "readJson: this file is not in UTF-8; decode it first: readJson(new TextDecoder('windows-1252').decode(bytes), " +
        '…).',
      { sizeBytes: bytes.length },
    );
  }
}

function parse(text: string, line: number): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FormatError(
      `readJson: from line ${line} on this is no JSON: ${(error as Error).message.slice(0, 200)}; mend it, or read ` +
        'an object in each line with { lines: true }.',
      { line },
    );
  }
}

const parseLines = (text: string): unknown =>
  text.split('\n').flatMap((line, i) => (line.trim() === '' ? [] : [parse(line, i + 1)]));

const isObject = (value: unknown): value is Readonly<Record<string, CellValue>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function listsOf(value: unknown, options: JsonOptions): Lists {
  if (isObject(value)) return ofColumns(value);
  if (!Array.isArray(value) || value.length === 0)
    throw new FormatError(
      `readJson: ${describe(value)} is no table; give a list of objects, a list of lists, or an object of lists.`,
      {},
    );
  return value.every(isObject) ? ofRecords(value) : ofRows(value, options);
}

function ofColumns(columns: Readonly<Record<string, unknown>>): Lists {
  const entries = Object.entries(columns);
  const rows = Array.isArray(entries[0]?.[1]) ? entries[0][1].length : 0;
  const wrong = entries.find(([, list]) => !Array.isArray(list) || list.length !== rows);
  if (wrong !== undefined)
    throw new FormatError(
      `readJson: the column "${wrong[0]}" is ${describe(wrong[1])}; give a list of ${rows} values, as the first ` +
        'column has, or a list of objects.',
      { column: wrong[0], rows },
    );
  return new Map(entries as [string, readonly CellValue[]][]);
}

function ofRecords(records: readonly Readonly<Record<string, CellValue>>[]): Lists {
  const lists = new Map<string, CellValue[]>();
  for (const [row, record] of records.entries())
    for (const [name, value] of Object.entries(record)) {
      let list = lists.get(name);
      if (list === undefined) lists.set(name, (list = Array.from({ length: records.length }, () => null)));
      list[row] = value;
    }
  return lists;
}

function ofRows(lists: readonly unknown[], { header }: JsonOptions): Lists {
  const names = header ?? lists[0];
  const rows = header === undefined ? lists.slice(1) : lists;
  if (!NAMES.accepts(names))
    throw new AttributeError(
      `readJson: the first list is ${describe(names)} and no names; give those: { header: ['age', 'city'] }.`,
      {},
    );
  const columns = names as readonly string[];
  checkDistinct('readJson', columns);
  const wrong = rows.findIndex((row) => !Array.isArray(row) || row.length !== columns.length);
  if (wrong !== -1)
    throw new FormatError(
      `readJson: row ${wrong} is ${describe(rows[wrong])}; give a list of ${columns.length} values, one a column.`,
      { row: wrong, expected: columns.length },
    );
  return new Map(columns.map((name, i) => [name, (rows as readonly CellValue[][]).map((row) => row[i]!)]));
}
