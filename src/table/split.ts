// Rows for learning and rows for judging: drawn by seed, equal in their shares of classes where that is asked for.
import { AttributeError, checkOptions } from '../kit.ts';
import { columnNamed } from './frame.ts';
import { SEED } from './options.ts';
import { Table } from './table.ts';

/** What `trainTestSplit` is told. */
export interface SplitOptions {
  /** Which rows are drawn: equal seeds draw equal rows on every machine. */
  readonly seed: number;
  /** The share of rows for judging. Default a quarter. */
  readonly test?: number;
  /** A column whose values both parts have in equal shares, as far as whole rows allow. */
  readonly stratify?: string;
}

/** What `kFold` may be told. */
export interface FoldOptions {
  /** Which rows come together. Without it, and without `stratify`, folds are slices of the table as it is. */
  readonly seed?: number;
  /** A column whose values all folds have in equal shares, as far as whole rows allow. */
  readonly stratify?: string;
}

/** One fold: judged by `test`, learnt from all others. */
export interface Fold {
  readonly test: Table;
  /** The other folds, one after the other. */
  readonly train: Table;
  /** The same, each by itself: what is computed of one is found in every other fold. */
  readonly others: readonly Table[];
}

const COLUMN = { expected: 'the name of a column', accepts: (value: unknown): boolean => typeof value === 'string' };
const SHARE = {
  expected: 'a share between 0 and 1',
  accepts: (value: unknown): boolean => typeof value === 'number' && value > 0 && value < 1,
};

/** Two tables of the rows of one, in random order. */
export async function trainTestSplit(
  table: Table,
  options: SplitOptions,
): Promise<{ readonly train: Table; readonly test: Table }> {
  checkOptions('trainTestSplit', options, { seed: SEED, test: SHARE, stratify: COLUMN });
  const { seed, test = 0.25, stratify } = options;
  if (seed === undefined)
    throw new AttributeError('trainTestSplit: say which rows are drawn: { seed: 1 }; to cut a table use slice.', {});
  const order = table.sheet.randomPermutation(table.rows, { seed });
  if (stratify === undefined) {
    const count = checkedCount(table, Math.round(table.rows * test), test);
    return { test: table.take(order.slice([0], [count])), train: table.take(order.slice([count])) };
  }
  const classes = await classesInOrder(table, stratify, await order.data());
  const parts = classes.map((rows) => ({ rows, count: Math.round(rows.length * test) }));
  checkedCount(
    table,
    parts.reduce((sum, { count }) => sum + count, 0),
    test,
  );
  const isTest = new Uint8Array(table.rows);
  for (const { rows, count } of parts) for (const row of rows.slice(0, count)) isTest[row] = 1;
  const drawn = [...(await order.data())];
  const of = (part: number): Table => table.take(Int32Array.from(drawn.filter((row) => isTest[row] === part)));
  return { test: of(1), train: of(0) };
}

/** How many rows are for judging. Throws an AttributeError where one of both parts would have none. */
function checkedCount({ rows }: Table, count: number, test: number): number {
  if (count > 0 && count < rows) return count;
  throw noRows(rows, count, test);
}

const noRows = (rows: number, count: number, test: number): AttributeError =>
  new AttributeError(
    `trainTestSplit: a share of ${test} of ${rows} rows leaves none to ${count === 0 ? 'judge by' : 'learn of'}; ` +
      'give another share, or more rows.',
    { rows, test, count },
  );

/**
 * The rows of a table in `folds` parts, each once for judging. A table is put in order once, and folds are slices of
 * that: what is computed of a slice is found again wherever it is learnt from.
 */
export async function kFold(table: Table, folds: number, options: FoldOptions = {}): Promise<Fold[]> {
  checkOptions('kFold', options, { seed: SEED, stratify: COLUMN });
  if (!Number.isSafeInteger(folds) || folds < 2 || folds > table.rows)
    throw new AttributeError(`kFold: ${folds} folds of ${table.rows} rows; use an integer from 2 to the rows.`, {
      folds,
      rows: table.rows,
    });
  const ordered = await inFolds(table, folds, options);
  // The first folds have a row more where there is a rest.
  const bounds = Array.from({ length: folds + 1 }, (_, i) => {
    const size = Math.floor(table.rows / folds);
    return i * size + Math.min(i, table.rows % folds);
  });
  const parts = bounds.slice(1).map((stop, i) => ordered.slice(bounds[i]!, stop));
  return parts.map((test, i) => {
    const others = parts.filter((_, other) => other !== i);
    return { test, train: Table.concat(others), others };
  });
}

/** The table with the rows of each fold together. */
async function inFolds(table: Table, folds: number, { seed, stratify }: FoldOptions): Promise<Table> {
  const order = seed === undefined ? undefined : table.sheet.randomPermutation(table.rows, { seed });
  if (stratify === undefined) return order === undefined ? table : table.take(order);
  const rows = order === undefined ? Int32Array.from({ length: table.rows }, (_, row) => row) : await order.data();
  // Classes one after the other, dealt to the folds: each has its share of every class, and of the rows.
  const dealt = (await classesInOrder(table, stratify, rows)).flat();
  const byFold = Array.from({ length: folds }, (_, fold) => dealt.filter((_row, i) => i % folds === fold));
  return table.take(Int32Array.from(byFold.flat()));
}

/** Rows by the value of a column, those of each in the given order. */
async function classesInOrder(table: Table, name: string, rows: ArrayLike<number>): Promise<number[][]> {
  const values = await columnNamed('stratify', table, name).tensor.data();
  const classes = new Map<number | bigint, number[]>();
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    const value = values[row]!;
    const found = classes.get(value);
    if (found === undefined) classes.set(value, [row]);
    else found.push(row);
  }
  return [...classes].sort(([a], [b]) => (a < b ? -1 : Number(a > b))).map(([, of]) => of);
}
