// Options of the main job: sizes, class and where pictures go.
import { parseArgs } from 'node:util';

/** What the main job runs on. */
export interface MainOptions {
  readonly rows: number;
  readonly features: number;
  readonly scales: readonly number[];
  readonly lambdas: readonly number[];
  readonly folds: number;
  readonly finalRows: number;
  readonly finalFeatures: number;
  readonly class: 'exact' | 'tolerance';
  /** Computes on this device where it can. */
  readonly device: string | undefined;
  readonly out: string;
  readonly quick: boolean;
}

/** An option that cannot be used; the message says what can. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const FULL = {
  rows: '20000',
  features: '1024',
  scales: '0.05,0.1,0.2',
  lambdas: '1e-5,3e-5,1e-4,3e-4,1e-3,3e-3,1e-2,3e-2,0.1,0.3',
  folds: '3',
  'final-rows': '60000',
  'final-features': '3072',
  class: 'exact',
  out: 'out',
};
const QUICK = {
  ...FULL,
  rows: '3000',
  features: '512',
  lambdas: '1e-4,1e-3,1e-2,0.1',
  'final-rows': '6000',
  'final-features': '1024',
};

export const USAGE = `npm start -- [options]
  --quick                 small sizes, under 30 s on two cores
  --rows N                digits that are cross-validated (up to 60000)
  --features N            random features of a fit
  --scales A,B,…          scales of the random features
  --lambdas A,B,…         strengths of the ridge
  --folds N               parts of the cross-validation
  --final-rows N          digits of the final fit (up to 60000)
  --final-features N      its features
  --class exact|tolerance bits that results may have
  --device NAME           compute on this one where it can: webgpu, blas, wasm, js (class tolerance)
  --out FOLDER            where pictures and the trace go
  --help`;

const STRINGS = Object.fromEntries(Object.keys(FULL).map((name) => [name, { type: 'string' as const }]));

/** Reads the command line; undefined where help was asked for. */
export function readOptions(args: readonly string[]): MainOptions | undefined {
  const { help, quick, device, ...given } = parse(args);
  if (help === true) return undefined;
  const text = {
    ...(quick === true ? QUICK : FULL),
    ...(device !== undefined && { class: 'tolerance' }),
    ...given,
  } as typeof FULL;
  return {
    rows: count('rows', text.rows, 60, 60_000),
    features: count('features', text.features, 1, 16_384),
    folds: count('folds', text.folds, 2, 20),
    scales: list('scales', text.scales),
    lambdas: list('lambdas', text.lambdas),
    finalRows: count('final-rows', text['final-rows'], 60, 60_000),
    finalFeatures: count('final-features', text['final-features'], 1, 16_384),
    class: numerics(text.class),
    device: device as string | undefined,
    out: text.out,
    quick: quick === true,
  };
}

function parse(args: readonly string[]): Record<string, string | boolean | undefined> {
  try {
    return parseArgs({
      args: [...args],
      options: {
        ...STRINGS,
        device: { type: 'string' },
        quick: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split('.')[0]}.\n\n${USAGE}`);
  }
}

function count(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new UsageError(`--${name} is "${text}"; use a whole number from ${least} to ${most}.`);
}

function list(name: string, text: string): number[] {
  const values = text.split(',').map(Number);
  if (text.trim() === '' || values.some((value) => !(value > 0 && Number.isFinite(value))))
    throw new UsageError(
      `--${name} is "${text}"; use positive numbers with commas between them, as in ` +
        `${FULL[name as 'scales' | 'lambdas']}.`,
    );
  if (new Set(values).size < values.length)
    throw new UsageError(`--${name} is "${text}"; one of its numbers is there twice, and every fit is counted once.`);
  return values;
}

function numerics(text: string): MainOptions['class'] {
  if (text === 'exact' || text === 'tolerance') return text;
  throw new UsageError(
    `--class is "${text}"; use exact (the same bits everywhere) or tolerance (any device, a BLAS too).`,
  );
}
