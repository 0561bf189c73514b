// Values for what is missing, learnt of some rows: plain JSON that fillMissing takes.
import { AttributeError, describe, DTypeError, NumericError } from '../kit.ts';
import type { Tensor } from '../surface.ts';
import type { Column } from './column.ts';
import type { FillValue } from './encoding.ts';
import { columnNamed } from './frame.ts';
import { momentsOf } from './moments.ts';
import type { Table } from './table.ts';

/** What of a column stands for what is missing; NaN or undefined where it has no values. */
const LEARNT = {
  mean: async (column: Column) => (await momentsOf(numbersOf(column))).mean,
  median: async (column: Column) => {
    const x = numbersOf(column);
    const count = x.size - Number(await x.isnan().sum().item());
    return count === 0 ? NaN : Number(await x.sort().slice([0], [count]).median().item());
  },
  frequent: async ({ tensor, categories = [] }: Column) => {
    const count = categories.length;
    if (count === 0) return undefined;
    const sizes = tensor
      .less(0)
      .where(count, tensor)
      .bincount(count + 1)
      .slice([0], [count]);
    const [most, code] = await Promise.all([sizes.max().item(), sizes.argmax().item()]);
    return Number(most) === 0 ? undefined : categories[Number(code)];
  },
};

/** What stands for what is missing: the mean or median of numbers, the most frequent one of texts. */
export type FillRule = keyof typeof LEARNT;

const numbersOf = ({ tensor }: Column): Tensor<'float64'> => tensor.astype('float64');

/**
 * Values for what is missing, learnt of a table: for `fillMissing` of that and of others. Where several texts
 * are equally frequent, the first in order is taken.
 */
export async function learnFills(
  table: Table,
  rules: Readonly<Record<string, FillRule>>,
): Promise<Record<string, FillValue>> {
  const learnt = Object.entries(rules).map(async ([name, rule]) => {
    const column = columnNamed('learnFills', table, name);
    checkRule(name, rule, column);
    const value = await LEARNT[rule](column);
    if (value !== undefined && (typeof value === 'string' || Number.isFinite(value))) return [name, value] as const;
    throw new NumericError(
      `learnFills: the column "${name}" has no values to learn of, or infinite ones; give a value yourself: ` +
        'table.fillMissing({ name: value }).',
      { column: name, value },
    );
  });
  return Object.fromEntries(await Promise.all(learnt));
}

function checkRule(name: string, rule: FillRule, { categories }: Column): void {
  const rules = Object.keys(LEARNT);
  if (!rules.includes(rule))
    throw new AttributeError(`learnFills: ${describe(rule)} is no rule for "${name}"; use ${rules.join(', ')}.`, {
      column: name,
      rule,
    });
  if ((LEARNT[rule] === LEARNT.frequent) === (categories !== undefined)) return;
  throw new DTypeError(
    `learnFills: the column "${name}" holds ${categories === undefined ? 'numbers' : 'texts'}; use ` +
      `${categories === undefined ? 'mean or median' : 'frequent'}.`,
    { column: name, rule },
  );
}
