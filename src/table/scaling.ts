// Columns of numbers on a common scale: what is learnt of some rows is applied to others, and is plain JSON.
import { AttributeError, checkOptions, NumericError } from '../kit.ts';
import type { Tensor } from '../surface.ts';
import { mayMiss } from './encoding.ts';
import { numbersNamed, numericNames } from './frame.ts';
import { momentsOf } from './moments.ts';
import { NAMES } from './options.ts';
import type { Table } from './table.ts';

/** What was learnt of columns, each by its name. A value `x` becomes `(x - offset) / scale`. */
export interface ScalingStatistics {
  readonly kind: 'scaling';
  readonly columns: Readonly<Record<string, { readonly offset: number; readonly scale: number }>>;
}

/** What was learnt of the columns of a table, to be applied to that and to others. */
export interface Scaling {
  /** Plain JSON, which `restoreScaling` takes. */
  readonly statistics: ScalingStatistics;
  /** The table with these columns on their new scale; integers become float64. */
  apply(table: Table): Table;
  /** The table with these columns as they were before `apply`, as far as floats hold them. */
  invert(table: Table): Table;
}

/** What `minMax` may be told. */
export interface MinMaxOptions {
  /** What the least and the greatest value become. Default 0 and 1. */
  readonly range?: readonly [least: number, greatest: number];
}

const RANGE = {
  expected: 'two numbers, the lesser first',
  accepts: (value: unknown): boolean =>
    Array.isArray(value) && value.length === 2 && Number.isFinite(value[1] - value[0]) && value[0] < value[1],
};

/**
 * Learns mean and standard deviation (divisor n) of columns: applied, they have mean 0 and deviation 1. Missing values
 * stay missing; a column of one value becomes 0. Default all numbers that are no truth values.
 */
export async function standardise(table: Table, names: readonly string[] = scaled(table)): Promise<Scaling> {
  return fitted('standardise', table, names, async (x) => {
    const { mean, variance } = await momentsOf(x);
    return [mean, Math.sqrt(variance)];
  });
}

/** Learns the least and the greatest value of columns: applied, they are 0 and 1, or what `range` says. */
export async function minMax(
  table: Table,
  names: readonly string[] = scaled(table),
  options: MinMaxOptions = {},
): Promise<Scaling> {
  checkOptions('minMax', options, { range: RANGE });
  const [low, high] = options.range ?? [0, 1];
  return fitted('minMax', table, names, async (x) => {
    const missing = x.isnan();
    const [least, greatest] = await Promise.all([
      missing.where(Infinity, x).min().item(),
      missing.where(-Infinity, x).max().item(),
    ]);
    const width = Number(greatest) - Number(least);
    const scale = width === 0 ? 1 : width / (high - low);
    return [Number(least) - low * scale, scale];
  });
}

/** A scaling as it was, from its statistics. Throws an AttributeError for what are none. */
export function restoreScaling(statistics: ScalingStatistics): Scaling {
  const columns = Object.entries(statistics?.columns ?? {});
  const isScaling = statistics?.kind === 'scaling' && columns.length > 0;
  if (!isScaling || !columns.every(([, { offset, scale }]) => Number.isFinite(offset) && Number.isFinite(scale)))
    throw new AttributeError(
      'restoreScaling: these are no statistics of a scaling; give what scaling.statistics was: { kind, columns: { ' +
        'name: { offset, scale } } }.',
      { statistics },
    );
  const changed = (owner: string, table: Table, change: (x: Tensor, offset: number, scale: number) => Tensor): Table =>
    table.byPart((part) =>
      part.with(
        Object.fromEntries(
          columns.map(([name, { offset, scale }]) => {
            const tensor = numbersNamed(owner, part, name);
            const x = mayMiss(tensor.dtype) ? tensor : tensor.astype('float64');
            return [name, change(x, offset, scale)];
          }),
        ),
      ),
    );
  return {
    statistics,
    apply: (table) => changed('apply', table, (x, offset, scale) => x.subtract(offset).divide(scale)),
    invert: (table) => changed('invert', table, (x, offset, scale) => x.multiply(scale).add(offset)),
  };
}

const scaled = (table: Table): string[] => numericNames(table).filter((name) => table.dtypes[name] !== 'bool');

async function fitted(
  owner: string,
  table: Table,
  names: readonly string[],
  learn: (x: Tensor<'float64'>) => Promise<readonly [offset: number, scale: number]>,
): Promise<Scaling> {
  if (!NAMES.accepts(names) || names.length === 0)
    throw new AttributeError(`${owner}: there is no column to learn of; name some of numbers, as ['age', 'height'].`, {
      names,
    });
  const columns = await Promise.all(
    names.map(async (name) => {
      const [offset, scale] = await learn(numbersNamed(owner, table, name).astype('float64'));
      if (Number.isFinite(offset) && Number.isFinite(scale)) return [name, { offset, scale: scale || 1 }] as const;
      throw new NumericError(
        `${owner}: the column "${name}" has no finite scale: it has no values, or infinite ones; leave it out, or ` +
          'filter its rows first.',
        { column: name, offset, scale },
      );
    }),
  );
  return restoreScaling({ kind: 'scaling', columns: Object.fromEntries(columns) });
}
