// Values as numbers of classes: the same ones on every table, whatever values it has and in what order.
import { AttributeError, checkOptions, DTypeError, FormatError } from '../kit.ts';
import type { Tensor } from '../surface.ts';
import { type Column, columnOf } from './column.ts';
import { recoded } from './concat.ts';
import { indicatorsOf } from './encoding.ts';
import { columnNamed } from './frame.ts';
import { distinct } from './grouping.ts';
import { Table } from './table.ts';
import { listElements } from './values.ts';

/** A value that stands for a class. */
type Label = string | number;

/** What was learnt of a column: its different values, in order. Plain JSON. */
export interface LabelStatistics {
  readonly kind: 'labels';
  readonly column: string;
  readonly categories: readonly Label[];
  /** What becomes of values that are not among them. */
  readonly unseen: 'error' | 'other';
}

/** Classes of a column, to be applied to that table and to others. */
export interface LabelEncoding {
  /** Plain JSON, which `restoreLabels` takes. */
  readonly statistics: LabelStatistics;
  /** Classes: `categories`, and one more where unseen values are a class of their own. */
  readonly classes: number;
  /** The column as int32 numbers of classes. Unseen and missing values are an error, or the last class. */
  apply(table: Table): Promise<Table>;
  /** The column as a column of 0 and 1 for each class, `name=category`. */
  indicators(table: Table): Promise<Table>;
  /** What numbers of classes stand for; null for the class of unseen values. */
  invert(classes: Tensor): Promise<(Label | null)[]>;
}

/** What `labelEncode` may be told. */
export interface LabelOptions {
  /** Unseen and missing values are an `error` (default), or a class of their own, the last. */
  readonly unseen?: 'error' | 'other';
}

const UNSEEN = {
  expected: "'error' or 'other'",
  accepts: (value: unknown): boolean => value === 'error' || value === 'other',
};

/** Learns the different values of a column: texts, integers or truth values, in order. */
export async function labelEncode(table: Table, name: string, options: LabelOptions = {}): Promise<LabelEncoding> {
  checkOptions('labelEncode', options, { unseen: UNSEEN });
  const { tensor, categories } = columnNamed('labelEncode', table, name);
  const found = await distinct(tensor);
  const values = categories === undefined ? found.map((value) => labelOf(name, value)) : textsAt(categories, found);
  return restoreLabels({ kind: 'labels', column: name, categories: values, unseen: options.unseen ?? 'error' });
}

const textsAt = (categories: readonly string[], codes: readonly (number | bigint)[]): string[] =>
  codes.filter((code) => code >= 0).map((code) => categories[Number(code)]!);

function labelOf(name: string, value: number | bigint): number {
  if (Number.isSafeInteger(Number(value))) return Number(value);
  throw new DTypeError(
    `labelEncode: ${value} in the column "${name}" is no class; label texts, truth values, or integers up to 2⁵³.`,
    { column: name, value },
  );
}

/** An encoding as it was, from its statistics. Throws an AttributeError for what are none. */
export function restoreLabels(statistics: LabelStatistics): LabelEncoding {
  const { kind, column, categories, unseen } = statistics ?? {};
  if (kind !== 'labels' || typeof column !== 'string' || !Array.isArray(categories) || !UNSEEN.accepts(unseen))
    throw new AttributeError(
      'restoreLabels: these are no statistics of labels; give what encoding.statistics was: { kind, column, ' +
        'categories, unseen }.',
      { statistics },
    );
  const classes = categories.length + Number(unseen === 'other');
  const apply = async (table: Table): Promise<Table> =>
    table.with({ [column]: await classesOf(statistics, columnNamed('apply', table, column), table) });
  return {
    statistics,
    classes,
    apply,
    indicators: async (table) => {
      const encoded = await apply(table);
      const names = [...categories.map(String), ...(unseen === 'other' ? ['(other)'] : [])];
      const columns = Array.from(encoded.columns, ([name, { tensor }]) =>
        name === column
          ? indicatorsOf(name, { tensor, categories: names }, 'float32')
          : ([[name, table.columns.get(name)!]] as const),
      ).flat();
      return new Table({ sheet: table.sheet, rows: table.rows, columns: new Map(columns) });
    },
    invert: async (tensor) =>
      Array.from((await tensor.toArray(1)) as readonly (number | bigint)[], (of) => categories[Number(of)] ?? null),
  };
}

/** The class of each row, int32. */
async function classesOf(
  { column: name, categories, unseen }: LabelStatistics,
  column: Column,
  table: Table,
): Promise<Tensor> {
  const codes = await codesOf(name, categories, column, table);
  const isUnseen = codes.less(0);
  if (unseen === 'other') return isUnseen.where(categories.length, codes);
  const row = table.rows === 0 ? 0 : Number(await isUnseen.astype('int32').argmax().item());
  if (table.rows === 0 || Number(await codes.slice([row], [row + 1]).item()) >= 0) return codes;
  const [value] = await table.slice(row, row + 1).values(name);
  const shown = value === null || Number.isNaN(value) ? 'a missing value' : JSON.stringify(String(value));
  throw new FormatError(
    `labelEncode: row ${row}, column "${name}" has ${shown}, which the rows had not that were learnt of; learn of ` +
      "more rows, filter that one, or give unseen values a class: { unseen: 'other' }.",
    { row, column: name, value },
  );
}

/** The place of each value among the categories; -1 for others. */
async function codesOf(name: string, categories: readonly Label[], column: Column, { sheet }: Table): Promise<Tensor> {
  if ((column.categories === undefined) !== categories.every((category) => typeof category === 'number'))
    throw new DTypeError(
      `labelEncode: the column "${name}" holds ${column.categories === undefined ? 'numbers' : 'texts'} here and ` +
        "something else where it was learnt of; read both alike, with { dtypes: { [name]: 'string' } }.",
      { column: name },
    );
  if (column.categories !== undefined) return recoded(sheet, column, categories as readonly string[]).tensor;
  const values = column.tensor.astype('float64');
  const sorted = columnOf(sheet, listElements(categories, { owner: 'labelEncode', column: name }, 'float64')).tensor;
  const at = sorted.searchsorted(values).minimum(Math.max(0, categories.length - 1));
  return sorted.take(at).equal(values).where(at, -1);
}
