// Columns in another form: texts as columns of 0 and 1, and values in place of missing ones.
import { DTypeError } from '../kit.ts';
import type { DType, Sheet } from '../surface.ts';
import { withMissing } from './concat.ts';
import { inOrder } from './dictionary.ts';
import type { Column } from './column.ts';

/** A value for what is missing: a number, or a text for a column of texts. */
export type FillValue = number | string;

/** A column of 0 and 1 for every category: `name=category`. A missing text is 0 in all of them. */
export const indicatorsOf = (
  name: string,
  { tensor, categories = [] }: Column,
  dtype: DType,
): (readonly [string, Column])[] =>
  categories.map((category, code) => [`${name}=${category}`, { tensor: tensor.equal(code).astype(dtype) }]);

/** The column with a value where one is missing. Integers and truth values miss none. */
export function fillColumn(sheet: Sheet, name: string, column: Column, value: FillValue): Column {
  const { tensor, categories } = column;
  if ((typeof value === 'string') !== (categories !== undefined))
    throw new DTypeError(
      `fillMissing: ${JSON.stringify(value)} is no value of the column "${name}", which holds ` +
        `${categories === undefined ? 'numbers; give a number' : 'texts; give a text'}.`,
      { column: name, value },
    );
  if (categories !== undefined) return fillTexts(sheet, column, value as string);
  return mayMiss(tensor.dtype) ? { tensor: tensor.isnan().where(value as number, tensor) } : column;
}

/** Whether NaN is among the elements of a dtype. */
export const mayMiss = (dtype: DType): boolean => dtype.startsWith('float');

function fillTexts(sheet: Sheet, { tensor, categories = [] }: Column, value: string): Column {
  const all = inOrder(new Int32Array(), [...categories, value]).categories;
  const places = Int32Array.from(categories, (category) => all.indexOf(category));
  const filled = sheet.tensor(withMissing(places, all.indexOf(value)), { own: true });
  return { tensor: filled.take(tensor), categories: all };
}
