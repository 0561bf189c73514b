// Tables as CSV, RFC 4180 with lines that end in LF: what is read again is what was written.
import { checkOptions } from '../kit.ts';
import { delimiterByte } from './csv-scan.ts';
import type { Frame } from './frame.ts';
import { MISSING_NAMES } from './options.ts';
import { type Cells, cellsOf } from './print.ts';

/** What `toCsv` may be told. */
export interface WriteCsvOptions {
  /** Between fields. Default a comma. */
  readonly delimiter?: string;
  /** Whether the first row has the names of the columns. Default true. */
  readonly header?: boolean;
}

const SPECS = {
  delimiter: { expected: "one character, as ',' or '\\t'", accepts: (value: unknown) => typeof value === 'string' },
  header: { expected: 'true or false', accepts: (value: unknown) => typeof value === 'boolean' },
};

/** The text of a table. */
export async function writeCsv({ columns, rows }: Frame, options: WriteCsvOptions): Promise<string> {
  checkOptions('toCsv', options, SPECS);
  const { delimiter = ',', header = true } = options;
  delimiterByte(delimiter);
  const cells = await Promise.all([...columns.values()].map(cellsOf));
  const lines = header ? [[...columns.keys()].map((name) => quoted(name, delimiter)).join(delimiter)] : [];
  for (let row = 0; row < rows; row++)
    lines.push(cells.map((values) => field(values[row]!, delimiter)).join(delimiter));
  return lines.map((line) => `${line === '' ? '""' : line}\n`).join('');
}

/** A value as a field. Texts that would be read as something else stand in quotes. */
function field(value: Cells[number], delimiter: string): string {
  if (value === null || Number.isNaN(value)) return '';
  if (typeof value !== 'string') return Object.is(value, -0) ? '-0' : String(value);
  return quoted(value, delimiter, MISSING_NAMES.includes(value));
}

const quoted = (text: string, delimiter: string, isDoubtful = false): string =>
  isDoubtful || text.includes('"') || text.includes(delimiter) || /[\r\n]/.test(text)
    ? `"${text.replaceAll('"', '""')}"`
    : text;
