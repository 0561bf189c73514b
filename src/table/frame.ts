// The columns of a table as a plain record, and what is done to all of them at once.
import { AttributeError, describe, DTypeError, ShapeError } from '../kit.ts';
import { type Shape, type Sheet, Tensor, type TypedArray } from '../surface.ts';
import { type Column, columnOf } from './column.ts';
import { unknownColumn } from './names.ts';
import { type CellValue, listElements } from './values.ts';

/** Columns of equal length on one sheet, in order. */
export interface Frame {
  readonly sheet: Sheet;
  readonly rows: number;
  readonly columns: ReadonlyMap<string, Column>;
}

/** What a column is made of: a tensor of one axis, a typed array, or a list; null and undefined are missing. */
export type ColumnSource = Tensor | TypedArray | readonly CellValue[];

/** The column of a name. Throws an AttributeError that suggests the nearest one. */
export function columnNamed(owner: string, { columns }: Frame, name: string): Column {
  const column = columns.get(name);
  if (column === undefined) throw unknownColumn(owner, name, [...columns.keys()]);
  return column;
}

/** The column of a name that holds numbers. Throws a DTypeError for texts. */
export function numbersNamed(owner: string, frame: Frame, name: string): Tensor {
  const { tensor, categories } = columnNamed(owner, frame, name);
  if (categories === undefined) return tensor;
  throw notNumbers(owner, name);
}

const notNumbers = (owner: string, name: string): DTypeError =>
  new DTypeError(
    `${owner}: the column "${name}" holds texts; make numbers of them with table.oneHot('${name}') or ` +
      `await labelEncode(table, '${name}'), or leave it out.`,
    { column: name },
  );

/** The names of the columns that hold no texts. */
export const numericNames = ({ columns }: Frame): string[] =>
  [...columns].filter(([, { categories }]) => categories === undefined).map(([name]) => name);

/** All columns, each with another tensor. */
export const mapColumns = (
  { columns }: Frame,
  change: (tensor: Tensor, name: string) => Tensor,
): ReadonlyMap<string, Column> =>
  new Map(Array.from(columns, ([name, column]) => [name, { ...column, tensor: change(column.tensor, name) }]));

/** Columns of what a program gives. Throws a ShapeError where they are not equally long. */
export function frameOf(owner: string, sheet: Sheet, sources: Readonly<Record<string, ColumnSource>>): Frame {
  const made = Object.entries(sources).map(([name, source]) => [name, columnFrom(owner, sheet, name, source)] as const);
  const columns = new Map(made);
  const rows = [...columns.values()][0]?.tensor.size ?? 0;
  for (const [name, { tensor }] of columns) checkLength(owner, name, tensor, rows);
  return { sheet, rows, columns };
}

/** Refuses a column that has not one axis of `rows` elements. */
function checkLength(owner: string, name: string, { shape }: Tensor, rows: number): void {
  if (shape.length === 1 && shape[0] === rows) return;
  throw otherLength(owner, name, shape, rows);
}

const otherLength = (owner: string, column: string, shape: Shape, rows: number): ShapeError =>
  new ShapeError(
    `${owner}: the column "${column}" has shape [${shape.join(', ')}] beside ${rows} rows; give columns of one axis ` +
      'that are equally long.',
    { column, shape, rows },
  );

function columnFrom(owner: string, sheet: Sheet, name: string, source: ColumnSource): Column {
  if (source instanceof Tensor) return { tensor: source };
  if (ArrayBuffer.isView(source)) return { tensor: sheet.tensor(source) };
  if (Array.isArray(source)) return columnOf(sheet, listElements(source as CellValue[], { owner, column: name }));
  throw new AttributeError(
    `${owner}: the column "${name}" is ${describe(source)}; give a tensor of one axis, a typed array or a list.`,
    { column: name },
  );
}
