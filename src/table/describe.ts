// What the columns of a table are like: counts, mean, spread and quantiles, through ops of the sheet.
import type { Tensor } from '../surface.ts';
import { type Column, columnOf } from './column.ts';
import type { Frame } from './frame.ts';
import { distinct } from './grouping.ts';
import { momentsOf } from './moments.ts';
import { listElements } from './values.ts';

/** What is said of a column. Of texts the numbers are missing. */
interface Description {
  readonly column: string;
  readonly dtype: string;
  readonly count: number;
  readonly missing: number;
  readonly distinct: number;
  readonly mean: number;
  readonly std: number;
  readonly min: number;
  readonly q25: number;
  readonly median: number;
  readonly q75: number;
  readonly max: number;
}

/** A row for each column. `std` has the divisor n - 1; quantiles are interpolated, as NumPy's are. */
export async function describeFrame({ sheet, columns }: Frame): Promise<Frame> {
  const rows = await Promise.all(Array.from(columns, ([name, column]) => describeColumn(name, column)));
  const of = (name: keyof Description): Column =>
    columnOf(
      sheet,
      listElements(
        rows.map((row) => row[name]),
        { owner: 'describe', column: name },
        name === 'column' || name === 'dtype' ? 'string' : name === 'count' || name === 'missing' ? 'int32' : 'float64',
      ),
    );
  const names: (keyof Description)[] = Object.keys(NONE) as (keyof Description)[];
  return { sheet, rows: rows.length, columns: new Map(names.map((name) => [name, of(name)])) };
}

const NONE: Description = {
  column: '',
  dtype: '',
  count: 0,
  missing: 0,
  distinct: 0,
  mean: NaN,
  std: NaN,
  min: NaN,
  q25: NaN,
  median: NaN,
  q75: NaN,
  max: NaN,
};

async function describeColumn(column: string, { tensor, categories }: Column): Promise<Description> {
  const found = await distinct(tensor);
  if (categories === undefined)
    return { ...NONE, column, dtype: tensor.dtype, distinct: found.length, ...(await describeNumbers(tensor)) };
  const missing = tensor.size === 0 ? 0 : Number(await tensor.less(0).sum().item());
  const distinctTexts = found.length - Number(missing > 0);
  return { ...NONE, column, dtype: 'string', count: tensor.size - missing, missing, distinct: distinctTexts };
}

async function describeNumbers(tensor: Tensor): Promise<Partial<Description>> {
  const x = tensor.astype('float64') as Tensor<'float64'>;
  const { count, mean, variance } = await momentsOf(x);
  const missing = tensor.size - count;
  if (count === 0) return { count, missing };
  // Missing ones are the last in order.
  const held = missing === 0 ? x : x.sort().slice([0], [count]);
  const at = await held.quantile([0, 0.25, 0.5, 0.75, 1]).data();
  const [min, q25, median, q75, max] = at as unknown as [number, number, number, number, number];
  return { count, missing, mean, std: Math.sqrt((variance * count) / (count - 1)), min, q25, median, q75, max };
}
