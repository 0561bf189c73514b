// Tables of Apache Arrow: columns of numbers by their memory, texts by their dictionary.
import { checkOptions, SourceError } from '../kit.ts';
import { type ArrowColumn, fromArrow } from '../interchange/surface.ts';
import type { Sheet } from '../surface.ts';
import { type Column, columnOf } from './column.ts';
import { encodeTexts } from './dictionary.ts';
import { unknownColumn } from './names.ts';
import { checkSheet, NAMES, SHEET } from './options.ts';
import { Table } from './table.ts';
import { type CellValue, listElements } from './values.ts';

/** A table, as that of apache-arrow is. */
export interface ArrowTable {
  readonly schema: { readonly fields: readonly { readonly name: string }[] };
  readonly numRows: number;
  getChild(name: never): (ArrowColumn & { readonly nullCount: number; get(row: number): unknown }) | null;
}

/** What `tableFromArrow` may be told. */
export interface ArrowTableOptions {
  /** The sheet whose tensors the columns are. */
  readonly sheet: Sheet;
  /** The columns to take, in this order. Default all. */
  readonly columns?: readonly string[];
}

const FLOATS = /^Float/;
const NUMBERS = /^(U?Int|Bool)/;
const TEXTS = /^(Large)?Utf8|^Dictionary<.*Utf8/;

/**
 * A table of apache-arrow as one of tensors: numbers are copied once, nulls become NaN, integers with nulls float64.
 * Throws a DTypeError for columns of other kinds, as dates and lists are.
 */
export function tableFromArrow(table: ArrowTable, options: ArrowTableOptions): Table {
  checkOptions('tableFromArrow', options, { sheet: SHEET, columns: NAMES });
  const { sheet } = options;
  checkSheet('tableFromArrow', sheet);
  const names = table?.schema?.fields?.map(({ name }) => name);
  if (names === undefined)
    throw new SourceError(
      'tableFromArrow: this is no table of Arrow; give what tableFromIPC(bytes) or tableFromArrays gives.',
      {},
    );
  const columns = (options.columns ?? names).map((name): [string, Column] => {
    if (!names.includes(name)) throw unknownColumn('tableFromArrow', name, names);
    return [name, columnFromArrow(sheet, name, table)];
  });
  return new Table({ sheet, rows: table.numRows, columns: new Map(columns) });
}

function columnFromArrow(sheet: Sheet, name: string, table: ArrowTable): Column {
  const column = table.getChild(name as never)!;
  const type = (column.type as { toString(): string }).toString();
  const values = (): CellValue[] => Array.from({ length: table.numRows }, (_, row) => column.get(row) as CellValue);
  if (TEXTS.test(type)) return columnOf(sheet, encodeTexts(values() as (string | null)[]));
  if (column.nullCount > 0 && NUMBERS.test(type))
    return columnOf(sheet, listElements(values(), { owner: 'tableFromArrow', column: name }));
  const { array, shape, dtype } = fromArrow(column, FLOATS.test(type) ? { nulls: NaN } : {});
  return { tensor: sheet.tensor(array, shape, { dtype }) };
}
