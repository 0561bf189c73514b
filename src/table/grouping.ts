// Which row is of which group: a number for each different value of a key, in the order of the values.
import type { Tensor } from '../surface.ts';
import type { Column } from './column.ts';
import { mayMiss } from './encoding.ts';
import { columnNamed, type Frame } from './frame.ts';

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

/** Groups by a column. How many groups there are has to be known: their numbers are read, or for texts their counts. */
export async function groupingOf(frame: Frame, name: string): Promise<Grouping> {
  const { tensor, categories } = columnNamed('groupBy', frame, name);
  if (categories === undefined) return groupingOfNumbers(frame, tensor);
  const count = categories.length;
  const groups = tensor.less(0).where(count, tensor);
  const sizes = groups.bincount(count + 1);
  const filled = Array.from(await sizes.data(), (size, group) => (size > 0 ? group : count)).filter(
    (group) => group < count,
  );
  const present = frame.sheet.tensor(Int32Array.from(filled), { own: true });
  return { groups, all: count + 1, sizes, present, rows: filled.length, key: { tensor: present, categories } };
}

/** Those of numbers: NaN, of which each is a value of its own, is in the group after all others. */
async function groupingOfNumbers({ sheet }: Frame, tensor: Tensor): Promise<Grouping> {
  const { values, inverse } = await tensor.uniqueInverse();
  const count = (await numbersIn(values)).length;
  const groups = inverse.minimum(count);
  const present = sheet.arange(count, { dtype: 'int32' });
  return {
    groups,
    all: count + 1,
    sizes: groups.bincount(count + 1),
    present,
    rows: count,
    key: { tensor: values.slice([0], [count]) },
  };
}

/** The different numbers of a column in order, without NaN. */
export const distinct = async (tensor: Tensor): Promise<readonly (number | bigint)[]> =>
  numbersIn(await tensor.uniqueValues());

/** As float64 where they are floats, which may be stored as bits. */
const numbersIn = async (values: Tensor): Promise<readonly (number | bigint)[]> =>
  Array.from(
    (await (mayMiss(values.dtype) ? values.astype('float64') : values).data()) as Iterable<number | bigint>,
  ).filter((value) => !Number.isNaN(value));
