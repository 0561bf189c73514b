// Tables put together row after row. Texts that were encoded apart get codes in common.
import { AttributeError } from '../kit.ts';
import type { Sheet } from '../surface.ts';
import { inOrder, MISSING } from './dictionary.ts';
import type { Column } from './column.ts';
import { columnNamed, type Frame } from './frame.ts';

/** The rows of frames with the same columns. */
export function concatColumns(frames: readonly Frame[]): Frame {
  const [first] = frames;
  if (first === undefined) throw new AttributeError('Table.concat: the list is empty; give at least one table.', {});
  const columns = Array.from(first.columns.keys(), (name) => {
    const parts = frames.map((frame) => columnNamed('Table.concat', frame, name));
    if (parts.some(({ categories }) => (categories === undefined) !== (parts[0]!.categories === undefined)))
      throw new AttributeError(
        `Table.concat: the column "${name}" holds texts in one table and numbers in another; read it alike, with ` +
          `{ dtypes: { '${name}': 'string' } }.`,
        { column: name },
      );
    return [name, concatColumn(first.sheet, parts)] as const;
  });
  const rows = frames.reduce((sum, frame) => sum + frame.rows, 0);
  return { sheet: first.sheet, rows, columns: new Map(columns) };
}

function concatColumn(sheet: Sheet, parts: readonly Column[]): Column {
  const known = parts[0]!.categories;
  if (known === undefined) return { tensor: sheet.concat(parts.map(({ tensor }) => tensor)) };
  const isShared = parts.every(({ categories }) => isSame(categories!, known));
  const { categories } = isShared ? { categories: known } : inOrder(new Int32Array(), parts.flatMap(allOf));
  return { tensor: sheet.concat(parts.map((part) => recoded(sheet, part, categories).tensor)), categories };
}

const allOf = ({ categories }: Column): readonly string[] => categories!;

const isSame = (a: readonly string[], b: readonly string[]): boolean =>
  a === b || (a.length === b.length && a.every((category, i) => category === b[i]));

/** The same texts by the codes of other categories; those that are not among them are missing. */
export function recoded(sheet: Sheet, { tensor, categories = [] }: Column, others: readonly string[]): Column {
  if (isSame(categories, others)) return { tensor, categories: others };
  const placeOf = new Map(others.map((category, place) => [category, place]));
  const places = Int32Array.from(categories, (category) => placeOf.get(category) ?? MISSING);
  return { tensor: sheet.tensor(withMissing(places, MISSING), { own: true }).take(tensor), categories: others };
}

/** What codes become, by code; what a missing one becomes comes last, where -1 counts from the end to. */
export function withMissing(places: Int32Array, missing: number): Int32Array {
  const all = new Int32Array(places.length + 1);
  all.set(places);
  all[places.length] = missing;
  return all;
}
