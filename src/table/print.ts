// The values of tables for people and programs: as lists, as records, as text in columns.
import { alignColumns } from '../kit.ts';
import type { Column } from './column.ts';
import type { Frame } from './frame.ts';

/** Values of a column; null where a text is missing, NaN where a number is. */
export type Cells = readonly (number | bigint | boolean | string | null)[];

const MAX_TEXT = 40;

/** The values of a column. */
export async function cellsOf({ tensor, categories }: Column): Promise<Cells> {
  const values = (await tensor.toArray(1)) as readonly (number | bigint | boolean)[];
  return categories === undefined ? values : values.map((code) => categories[Number(code)] ?? null);
}

/** The rows as objects. */
export async function recordsOf({ columns, rows }: Frame): Promise<Readonly<Record<string, Cells[number]>>[]> {
  const cells = await Promise.all(Array.from(columns.values(), cellsOf));
  const names = [...columns.keys()];
  return Array.from({ length: rows }, (_, row) => Object.fromEntries(names.map((name, i) => [name, cells[i]![row]!])));
}

/** Rows as text: names, dtypes, values in columns; `all` is of how many rows these are the first. */
export async function previewOf({ columns, rows }: Frame, all: number): Promise<string> {
  const shown = await Promise.all(
    Array.from(columns, async ([name, column]) => {
      const cells = (await cellsOf(column)).map(printCell);
      const dtype = column.categories === undefined ? column.tensor.dtype : 'string';
      const texts = [cut(name), dtype, ...cells];
      const width = Math.max(...texts.map((text) => text.length));
      return column.categories === undefined ? texts.map((text) => text.padStart(width)) : texts;
    }),
  );
  const lines = Array.from({ length: rows + 2 }, (_, line) => shown.map((texts) => texts[line]!));
  const more = all > rows ? `… of ${all} rows` : `${all} rows`;
  return `${alignColumns(lines)}\n${more}`;
}

const cut = (text: string): string => (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1)}…` : text);

/** A value as people read it: control characters as escapes, six digits. */
function printCell(value: Cells[number]): string {
  if (value === null || Number.isNaN(value)) return '–';
  if (typeof value === 'string') return cut(JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"'));
  return typeof value === 'number' && !Number.isInteger(value) ? String(Number(value.toPrecision(6))) : String(value);
}
