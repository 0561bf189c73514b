// Tables of Parquet, read by the package hyparquet, which a program has beside the library.
import { checkOptions, FormatError, UnavailableError } from '../kit.ts';
import type { Sheet, TypedArray } from '../surface.ts';
import type { ColumnDType } from './column.ts';
import { type List, tableOfLists } from './lists.ts';
import { unknownColumn } from './names.ts';
import { checkSheet, COLUMN_DTYPES, MAX_BYTES, NAMES, POSITIVE, SHEET } from './options.ts';
import { readOnce } from './once.ts';
import { readSource, type TableSource } from './source.ts';
import type { Table } from './table.ts';
import type { CellValue } from './values.ts';

/** A part of a column, as hyparquet gives it. */
interface Chunk {
  readonly columnData: ArrayLike<unknown>;
  readonly rowStart: number;
}

/** A column, as the file states it. */
interface Field {
  readonly name: string;
  readonly type?: string;
}

/** What the end of a file says. */
interface Metadata {
  readonly row_groups: readonly { readonly num_rows: bigint | number }[];
}

/** What is used of hyparquet as it is called. */
interface Reader {
  parquetMetadata(file: ArrayBuffer): Metadata;
  parquetSchema(metadata: Metadata): { readonly children: readonly { readonly element: Field }[] };
  parquetRead(options: object): Promise<void>;
}

/** What is used of the module hyparquet. */
export interface ParquetModule {
  readonly parquetMetadata: unknown;
  readonly parquetSchema: unknown;
  readonly parquetRead: unknown;
}

/** What `readParquet` may be told. */
export interface ParquetOptions {
  /** The sheet whose tensors the columns are. */
  readonly sheet: Sheet;
  /** The module: `import * as hyparquet from 'hyparquet'`. */
  readonly hyparquet: ParquetModule;
  /** What it needs for codecs other than snappy: those of the package hyparquet-compressors. */
  readonly compressors?: object;
  /** The columns to read, in this order; others are not decoded. Default all. */
  readonly columns?: readonly string[];
  /** Dtypes that are not to be inferred, by column. */
  readonly dtypes?: Readonly<Record<string, ColumnDType>>;
  /** The most that is read. Default 1 GiB. */
  readonly maxBytes?: number;
}

/** Types of Parquet that are floats. */
const FLOATS: Readonly<Record<string, ColumnDType>> = { FLOAT: 'float32', DOUBLE: 'float64' };

const SPECS = {
  sheet: SHEET,
  hyparquet: {
    expected: "the module, after import * as hyparquet from 'hyparquet'",
    accepts: (value: unknown) => typeof (value as ParquetModule | null)?.parquetRead === 'function',
  },
  compressors: { expected: 'an object of functions', accepts: (value: unknown) => typeof value === 'object' },
  columns: NAMES,
  dtypes: COLUMN_DTYPES,
  maxBytes: POSITIVE,
};

/** The table of a Parquet file. Throws a FormatError for what hyparquet does not read, and says why. */
export async function readParquet(source: TableSource, options: ParquetOptions): Promise<Table> {
  checkOptions('readParquet', options, SPECS);
  const { sheet, hyparquet, maxBytes = MAX_BYTES } = options;
  checkSheet('readParquet', sheet);
  if (hyparquet === undefined)
    throw new UnavailableError(
      "readParquet: give the module that reads the file: import * as hyparquet from 'hyparquet' (npm install " +
        'hyparquet), and readParquet(source, { sheet, hyparquet }).',
      { package: 'hyparquet' },
    );
  const bytes = await readSource(source, { owner: 'readParquet', maxBytes });
  const { columns, dtypes } = options;
  return readOnce('readParquet', sheet, bytes, { columns, dtypes }, async (held) => {
    const { lists, floats } = await listsOf(held, hyparquet as Reader, options);
    return tableOfLists('readParquet', lists, { ...options, dtypes: { ...floats, ...dtypes } });
  });
}

/** What was read of a file. */
interface Read {
  readonly lists: ReadonlyMap<string, List>;
  /** Columns of floats that came as values, which may be integers all. */
  readonly floats: Readonly<Record<string, ColumnDType>>;
}

async function listsOf(bytes: Uint8Array, reader: Reader, options: ParquetOptions): Promise<Read> {
  const opened = open(bytes, reader);
  const { fields } = opened;
  const names = fields.map(({ name }) => name);
  for (const name of options.columns ?? []) if (!names.includes(name)) throw unknownColumn('readParquet', name, names);
  const lists = new Map<string, List>();
  for (const name of options.columns ?? names) lists.set(name, await readColumn(name, opened, reader, options));
  const floats = fields.flatMap(({ name, type = '' }) =>
    Object.hasOwn(FLOATS, type) && Array.isArray(lists.get(name)) ? [[name, FLOATS[type]!] as const] : [],
  );
  return { lists, floats: Object.fromEntries(floats) };
}

/**
 * A column, one group of rows after the other: where several parts of a damaged file are read at once, hyparquet leaves
 * failures that nobody awaits, and those end a Node process.
 */
async function readColumn(
  name: string,
  { file, metadata }: Opened,
  reader: Reader,
  { compressors }: ParquetOptions,
): Promise<List> {
  const chunks: Chunk[] = [];
  let rowStart = 0;
  for (const { num_rows: rows } of metadata.row_groups) {
    const rowEnd = rowStart + Number(rows);
    try {
      await reader.parquetRead({
        file,
        metadata,
        columns: [name],
        rowStart,
        rowEnd,
        ...(compressors !== undefined && { compressors }),
        onChunk: (chunk: Chunk) => void chunks.push(chunk),
      });
    } catch (error) {
      throw refusal(error);
    }
    rowStart = rowEnd;
    const found = chunks.reduce((sum, { columnData }) => sum + columnData.length, 0);
    if (found !== rowEnd)
      throw new FormatError(
        `readParquet: the column "${name}" has ${found} values where the file says ${rowEnd}; it is damaged: make it ` +
          'again, or leave that column out.',
        { column: name, found, rows: rowEnd },
      );
  }
  return joined(chunks);
}

/** A file whose end was read, which says what is in it. */
interface Opened {
  readonly file: ArrayBuffer;
  readonly metadata: Metadata;
  readonly fields: readonly Field[];
}

function open(bytes: Uint8Array, reader: Reader): Opened {
  const file = bytes.slice().buffer;
  try {
    const metadata = reader.parquetMetadata(file);
    return { file, metadata, fields: reader.parquetSchema(metadata).children.map(({ element }) => element) };
  } catch (error) {
    throw refusal(error);
  }
}

const refusal = (error: unknown): FormatError =>
  new FormatError(
    `readParquet: hyparquet does not read this file: ${String((error as Error).message).slice(0, 200)}; where it ` +
      'names a codec, npm install hyparquet-compressors and give { compressors }.',
    {},
  );

/** The parts of a column as one: elements where all parts hold those of one kind, else values. */
function joined(chunks: readonly Chunk[]): List {
  const parts = [...chunks].sort((a, b) => a.rowStart - b.rowStart).map(({ columnData }) => columnData);
  const [first] = parts;
  if (first === undefined || !parts.every((part) => isArrayOf(first, part)))
    return parts.flatMap((part) => Array.from(part)) as readonly CellValue[];
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = new (first.constructor as new (length: number) => Float64Array)(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part as Float64Array, at);
    at += part.length;
  }
  return whole;
}

/** Whether both are typed arrays of one kind that a tensor has. */
const isArrayOf = (first: ArrayLike<unknown>, part: ArrayLike<unknown>): part is TypedArray =>
  [Float64Array, Float32Array, Int32Array, BigInt64Array, Uint32Array, Uint8Array, Int8Array].some(
    (kind) => first instanceof kind && part instanceof kind,
  );
