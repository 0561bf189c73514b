// Tables of columns that others have read: lists of values, and typed arrays, which are taken as they are.
import { FormatError } from '../kit.ts';
import type { Sheet, TypedArray } from '../surface.ts';
import { type Column, columnOf, type ColumnDType } from './column.ts';
import { checkDistinct, unknownColumn } from './names.ts';
import { Table } from './table.ts';
import { type CellValue, listElements } from './values.ts';

/** Which columns a table has of those that were read, and as what. */
interface ListOptions {
  readonly sheet: Sheet;
  readonly columns?: readonly string[];
  readonly dtypes?: Readonly<Record<string, ColumnDType>>;
}

/** A column that was read: values, or elements that are copied. */
export type List = readonly CellValue[] | TypedArray;

/** The table of columns by name. */
export function tableOfLists(owner: string, lists: ReadonlyMap<string, List>, options: ListOptions): Table {
  const { sheet, columns = [...lists.keys()] } = options;
  checkDistinct(owner, columns);
  const dtypes = new Map(Object.entries(options.dtypes ?? {}));
  for (const name of [...columns, ...dtypes.keys()])
    if (!lists.has(name)) throw unknownColumn(owner, name, [...lists.keys()]);
  const made = columns.map((name): [string, Column] => {
    const [list, dtype] = [lists.get(name)!, dtypes.get(name)];
    if (ArrayBuffer.isView(list) && dtype === undefined) return [name, { tensor: sheet.tensor(list) }];
    const values = (ArrayBuffer.isView(list) ? Array.from(list as Float64Array) : list) as readonly CellValue[];
    return [name, columnOf(sheet, listElements(values, { owner, column: name }, dtype))];
  });
  const rows = made[0]?.[1].tensor.size ?? 0;
  const other = made.find(([, { tensor }]) => tensor.size !== rows);
  if (other !== undefined)
    throw new FormatError(
      `${owner}: the column "${other[0]}" has ${other[1].tensor.size} values where the first has ${rows}; the file ` +
        'is damaged, or no table: make it again, or leave that column out.',
      { column: other[0], rows, found: other[1].tensor.size },
    );
  return new Table({ sheet, rows, columns: new Map(made) });
}
