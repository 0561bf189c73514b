// Tables, on Node: columns of files as tensors, files by their paths too.
import { nodeHost } from './host/node/host.ts';
import { loadPeer } from './host/node/packages.ts';
import { AttributeError, FormatError, SheetError, UnavailableError } from './kit.ts';
import type { Files } from './core/env.ts';
import { MAX_BYTES } from './table/options.ts';
import { readSource } from './table/source.ts';
import type {
  ArrowTable,
  CsvOptions,
  JsonOptions,
  ParquetModule,
  ParquetOptions,
  Table,
  TableSource,
} from './table/surface.ts';
import { readCsv, readJson, readParquet, tableFromArrow } from './table/surface.ts';

/** What `readTable` may be told: what the reader of that kind of file takes. */
export type ReadTableOptions = CsvOptions | JsonOptions | Omit<ParquetOptions, 'hyparquet'>;

type Read = (source: TableSource, options: ReadTableOptions) => Promise<Table>;

/** How files are read, by the end of their names. */
const READERS: Readonly<Record<string, Read>> = {
  csv: (source, options) => readCsv(source, options as CsvOptions),
  tsv: (source, options) => readCsv(source, { delimiter: '\t', ...(options as CsvOptions) }),
  json: (source, options) => readJson(source, options as JsonOptions),
  jsonl: (source, options) => readJson(source, { lines: true, ...(options as JsonOptions) }),
  ndjson: (source, options) => readJson(source, { lines: true, ...(options as JsonOptions) }),
  parquet: async (source, options) => {
    const hyparquet = (await loadPeer('hyparquet', 'Or save the table as .csv.')) as ParquetModule;
    return readParquet(source, { hyparquet, ...options });
  },
  arrow: readArrow,
  feather: readArrow,
};

async function readArrow(source: TableSource, options: ReadTableOptions): Promise<Table> {
  const arrow = (await loadPeer('apache-arrow', 'Or save the table as .csv.')) as {
    tableFromIPC(bytes: Uint8Array): ArrowTable;
  };
  const bytes = await readSource(source, { owner: 'readTable', maxBytes: options.maxBytes ?? MAX_BYTES });
  const { sheet, columns } = options;
  try {
    return tableFromArrow(arrow.tableFromIPC(bytes), { sheet, ...(columns !== undefined && { columns }) });
  } catch (error) {
    if (error instanceof SheetError) throw error;
    throw new FormatError(
      `readTable: apache-arrow does not read this file: ${String(error).slice(0, 200)}; make it again, uncompressed.`,
      {},
    );
  }
}

/**
 * The table of a file, read by the end of its name: .csv, .tsv, .json, .jsonl, .ndjson, .parquet (npm install
 * hyparquet), .arrow and .feather (npm install apache-arrow); of all of them .gz too. Options are those of `readCsv`,
 * `readJson`, `readParquet` and `tableFromArrow`.
 */
export async function readTable(path: string, options: ReadTableOptions): Promise<Table> {
  const name = typeof path === 'string' ? path.toLowerCase() : '';
  const isPacked = name.endsWith('.gz');
  const end = name
    .slice(0, isPacked ? -3 : undefined)
    .split('.')
    .at(-1)!;
  if (!Object.hasOwn(READERS, end))
    throw new AttributeError(
      `readTable: "${String(path)}" does not say what kind of file it is; name it ${Object.keys(READERS)
        .map((known) => `.${known}`)
        .join(', ')}` + ', or read its bytes: readCsv(bytes, { sheet }).',
      { path },
    );
  const bytes = await readFile(path);
  return READERS[end]!(isPacked ? unpacked(path, bytes) : bytes, options);
}

async function readFile(path: string): Promise<Uint8Array> {
  const { files } = await nodeHost();
  try {
    return await (files as Files).read(path);
  } catch (cause) {
    throw new UnavailableError(
      `readTable: the file "${path}" cannot be read (${(cause as { code?: string }).code ?? String(cause)}); see ` +
        'whether it is there and yours to read.',
      { path },
      { cause },
    );
  }
}

async function* unpacked(path: string, bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  const packed = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
  try {
    for await (const chunk of packed.pipeThrough(new DecompressionStream('gzip'))) yield chunk as Uint8Array;
  } catch (cause) {
    throw new FormatError(`readTable: "${path}" is no whole file of gzip (${String(cause)}); copy or pack it again.`, {
      path,
    });
  }
}

export * from './table/surface.ts';
