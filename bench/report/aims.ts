// What results of the benches say of the aims for a GPU.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

type Row = Readonly<Record<string, unknown>>;

interface Result {
  readonly machine: { readonly adapter?: string; readonly sanity?: boolean };
  readonly rows: readonly Row[];
}

/** Products count from this order on; where none is so large, the largest does. */
const COUNTED_ORDER = 4096;

/** One aim: the figure that was found, and what it should at least (or at most) be. */
export interface Aim {
  readonly what: string;
  readonly found: number;
  readonly wanted: number;
  readonly unit: string;
  readonly most?: true;
}

/** The aims that results of a bench have figures for. */
export function aimsOf(name: string, rows: readonly Row[]): Aim[] {
  const aims: Readonly<Record<string, () => Aim[]>> = {
    matmul: () => products(rows),
    elementwise: () =>
      rows
        .filter((row) => row['op'] === 'add')
        .slice(-1)
        .map((row) => ({
          what: `add of ${String(row['bytes'])} B, of a copy on the device`,
          found: 100 * figure(row, 'shareOfCopy'),
          wanted: 80,
          unit: '%',
        })),
    dispatch: () => [
      {
        what: 'a hit on the device, of the slower op',
        found: Math.max(...figures(rows, 'hitUs')),
        wanted: 3,
        unit: 'µs',
        most: true,
      },
    ],
    fingerprint: () => [
      {
        what: 'digests on the device',
        found: Math.max(
          ...figures(
            rows.filter((row) => row['device'] === 'webgpu'),
            'gigabytesPerSecond',
          ),
        ),
        wanted: 260,
        unit: 'GB/s',
      },
    ],
  };
  return (aims[name]?.() ?? []).filter(({ found }) => Number.isFinite(found));
}

const figure = (row: Row, field: string): number => (typeof row[field] === 'number' ? row[field] : Number.NaN);
const figures = (rows: readonly Row[], field: string): number[] =>
  rows.map((row) => figure(row, field)).filter((value) => !Number.isNaN(value));

function products(rows: readonly Row[]): Aim[] {
  const smallest = Math.min(COUNTED_ORDER, Math.max(...figures(rows, 'n')));
  const counted = rows.filter((row) => figure(row, 'n') >= smallest);
  const kernels = counted.filter((row) => row['variant'] !== 'sheet' && row['precision'] === 'f32');
  return [
    ...counted
      .filter((row) => row['variant'] === 'sheet')
      .flatMap((row) => [
        {
          what: `product of order ${String(row['n'])}, against tfjs`,
          found: figure(row, 'tfjsRatio'),
          wanted: 1.5,
          unit: '×',
        },
        {
          what: `product of order ${String(row['n'])}, against jax-js`,
          found: figure(row, 'jaxRatio'),
          wanted: 1.5,
          unit: '×',
        },
        {
          what: `product of order ${String(row['n'])}, of the float32 peak`,
          found: 100 * figure(row, 'shareOfPeak'),
          wanted: 60,
          unit: '%',
        },
      ]),
    {
      what: 'the best float32 kernel, of the peak',
      found: 100 * Math.max(...figures(kernels, 'shareOfPeak')),
      wanted: 60,
      unit: '%',
    },
  ];
}

/** A line per aim. */
function linesOf(aims: readonly Aim[]): string[] {
  const width = Math.max(0, ...aims.map(({ what }) => what.length));
  return aims.map(({ what, found, wanted, unit, most }) => {
    const met = most === true ? found <= wanted : found >= wanted;
    return (
      `${met ? '✓' : '✗'} ${what.padEnd(width)}  ${found.toPrecision(3)} ${unit}  (${most === true ? '≤' : '≥'} ` +
      `${wanted} ${unit})`
    );
  });
}

/** The summary of the results in a folder. */
export function summaryOf(
  folder: string,
  names: readonly string[] = ['matmul', 'elementwise', 'dispatch', 'fingerprint'],
): string {
  const results = names.flatMap((name) => {
    const file = join(folder, `${name}.json`);
    return existsSync(file) ? [{ name, result: JSON.parse(readFileSync(file, 'utf8')) as Result }] : [];
  });
  const machine = results.find(({ result }) => result.machine.adapter !== undefined)?.result.machine;
  const sanity = ': a software driver, these figures say only that the benches run';
  const adapter = (machine?.adapter ?? 'no GPU') + (machine?.sanity === true ? sanity : '');
  const missing = names.filter((name) => !results.some((result) => result.name === name));
  const lines = linesOf(results.flatMap(({ name, result }) => aimsOf(name, result.rows)));
  return [adapter, ...lines, ...(missing.length > 0 ? [`without results: ${missing.join(', ')}`] : [])].join('\n');
}
