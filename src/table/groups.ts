// Rows by the values of a column, reduced through ops of the sheet: sums by segment, extremes by order.
import { AttributeError } from '../kit.ts';
import type { Tensor } from '../surface.ts';
import type { Column } from './column.ts';
import { mayMiss } from './encoding.ts';
import { columnNamed, type Frame, numbersNamed, numericNames } from './frame.ts';
import { type Grouping, groupingOf } from './grouping.ts';

/** Groups of the rows of a table. Rows whose key is missing are in none. */
export class Groups<T> {
  readonly #frame: Frame;
  readonly #key: string;
  readonly #wrap: (frame: Frame) => T;

  /** @internal */
  constructor(frame: Frame, key: string, wrap: (frame: Frame) => T) {
    columnNamed('groupBy', frame, key);
    this.#frame = frame;
    this.#key = key;
    this.#wrap = wrap;
  }

  /** How many rows each group has, as the column `count`. */
  async count(): Promise<T> {
    const grouping = await groupingOf(this.#frame, this.#key);
    return this.#table(grouping, new Map([['count', { tensor: grouping.sizes.take(grouping.present) }]]));
  }

  /** Sums by group of the columns that are named, or of all numbers; integers as int64. */
  sum(...names: readonly string[]): Promise<T> {
    return this.#reduced(names, (grouping, tensor) => sumOf(grouping, widened(tensor)));
  }

  /** Means by group. */
  mean(...names: readonly string[]): Promise<T> {
    return this.#reduced(names, (grouping, tensor) => {
      const x = mayMiss(tensor.dtype) ? tensor : tensor.astype('float64');
      return sumOf(grouping, x).divide(countOf(grouping, x).astype(x.dtype));
    });
  }

  /** Least values by group. */
  min(...names: readonly string[]): Promise<T> {
    return this.#reduced(names, (grouping, tensor) => {
      const { sorted, starts } = ordered(grouping, tensor);
      return sorted.take(starts);
    });
  }

  /** Greatest values by group. Missing ones are the last of theirs; where all are, the first is as good as any. */
  max(...names: readonly string[]): Promise<T> {
    return this.#reduced(names, (grouping, tensor) => {
      const { sorted, starts } = ordered(grouping, tensor);
      return sorted.take(starts.add(countOf(grouping, tensor).subtract(1).maximum(0)));
    });
  }

  async #reduced(names: readonly string[], reduce: (grouping: Grouping, tensor: Tensor) => Tensor): Promise<T> {
    const frame = this.#frame;
    const chosen = names.length > 0 ? names : numericNames(frame).filter((name) => name !== this.#key);
    const tensors = chosen.map((name) => [name, numbersNamed('groupBy', frame, name)] as const);
    if (chosen.includes(this.#key))
      throw new AttributeError(`groupBy: "${this.#key}" is the key itself; name other columns.`, { column: this.#key });
    const grouping = await groupingOf(this.#frame, this.#key);
    return this.#table(
      grouping,
      new Map(tensors.map(([name, tensor]) => [name, { tensor: reduce(grouping, tensor) }])),
    );
  }

  #table({ key, rows }: Grouping, columns: ReadonlyMap<string, Column>): T {
    const { sheet } = this.#frame;
    return this.#wrap({ sheet, rows, columns: new Map([[this.#key, key], ...columns]) });
  }
}

/** Sums of what is not missing. */
function sumOf({ groups, all, present }: Grouping, x: Tensor): Tensor {
  const terms = mayMiss(x.dtype) ? x.isnan().where(0, x) : x;
  return terms.segmentSum(groups, all).take(present);
}

/** How many are not missing. */
function countOf({ groups, all, present, sizes }: Grouping, x: Tensor): Tensor {
  const counts = mayMiss(x.dtype) ? x.isnan().logicalNot().segmentSum(groups, all) : sizes;
  return counts.take(present);
}

const widened = (x: Tensor): Tensor => (mayMiss(x.dtype) ? x : x.astype('int64'));

/** The elements by group and in order within it, missing ones last, and where each group begins. */
function ordered(
  { groups, present, sizes }: Grouping,
  x: Tensor,
): { readonly sorted: Tensor; readonly starts: Tensor } {
  const byValue = x.argsort();
  const byGroup = groups.take(byValue).argsort();
  const starts = sizes.cumulativeSum({ includeInitial: true }).take(present);
  return { sorted: x.take(byValue.take(byGroup)), starts };
}
