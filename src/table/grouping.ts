// Which row is of which group: a number for each different value of a key, in the order of the values.
import type { Tensor } from '../surface.ts';
import { type Column, columnOf } from './column.ts';
import { columnNamed, type Frame } from './frame.ts';
import { listElements } from './values.ts';

/** The groups of rows. Those whose key is missing are in one more, the last, which is not present. */
export interface Grouping {
  /** The group of each row. */
  readonly groups: Tensor;
  /** How many groups there are, with that of missing keys. */
  readonly all: number;
  /** Rows by group. */
  readonly sizes: Tensor;
  /** The groups that have rows, and how many those are. */
  readonly present: Tensor;
  readonly rows: number;
  /** The keys of those that are present. */
  readonly key: Column;
}

/** Groups by a column. It is read, or for texts their counts are: how many groups there are has to be known. */
export async function groupingOf(frame: Frame, name: string): Promise<Grouping> {
  const { tensor, categories } = columnNamed('groupBy', frame, name);
  const keys = categories ?? (await distinct(tensor));
  const count = keys.length;
  const groups =
    categories === undefined
      ? numbered(frame, tensor, keys as readonly (number | bigint)[])
      : tensor.less(0).where(count, tensor);
  const sizes = groups.bincount(count + 1);
  const filled = Array.from(await sizes.data(), (size, group) => (size > 0 ? group : count)).filter(
    (group) => group < count,
  );
  const kept = filled.map((group) => keys[group]!);
  const values = tensor.dtype === 'bool' ? kept.map((value) => value === 1) : kept;
  return {
    groups,
    all: count + 1,
    sizes,
    present: frame.sheet.tensor(Int32Array.from(filled), { own: true }),
    rows: filled.length,
    key: keyOf(frame, tensor, values, categories),
  };
}

function keyOf(
  { sheet }: Frame,
  tensor: Tensor,
  values: readonly (string | number | bigint | boolean)[],
  categories: readonly string[] | undefined,
): Column {
  const column = columnOf(
    sheet,
    listElements(values, { owner: 'groupBy', column: 'key' }, categories === undefined ? undefined : 'string'),
  );
  return categories === undefined ? { tensor: column.tensor.astype(tensor.dtype) } : column;
}

/** The different numbers of a column in order, without NaN. */
export async function distinct(tensor: Tensor): Promise<readonly (number | bigint)[]> {
  const found = new Set<number | bigint>(await tensor.data());
  found.delete(NaN);
  return [...found].sort((a, b) => (a < b ? -1 : Number(a > b)));
}

/** The place of each number among those there are; NaN has the place after the last. */
function numbered({ sheet }: Frame, tensor: Tensor, keys: readonly (number | bigint)[]): Tensor {
  const sorted = columnOf(sheet, listElements(keys, { owner: 'groupBy', column: 'key' }));
  return sorted.tensor
    .astype(tensor.dtype === 'bool' ? 'int32' : tensor.dtype)
    .searchsorted(tensor.dtype === 'bool' ? tensor.astype('int32') : tensor);
}
