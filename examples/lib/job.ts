// The steps of the main job: the sweep with a cache, by hand and without, the final fit, and what is compared with
// what.
import { type DiskStore, SymbolicSheet } from 'symbolic-sheet';
import { sweepByHand } from '../mnist-hoisted.ts';
import { type Digits, fit, type Fit, type Grid, load, type OnFit, ranked, sweep } from '../mnist-sweep.ts';
import { withChangedRows } from './changed-rows.ts';
import type { MainOptions } from './main-options.ts';
import { readDigits } from './mnist.ts';
import { Stopped } from './progress.ts';
import { type Agreement, compare, isWhole, measure, type Run, type RunPlan } from './runs.ts';
import { formatRun } from './run-table.ts';
import type { Screen } from './screen.ts';
import { sweepInNewProcess } from './sweep-in-new-process.ts';

/** Everything the steps share. */
export interface Job {
  readonly screen: Screen;
  readonly options: MainOptions;
  readonly grid: Grid;
  readonly digits: Digits;
  /** The digits after 1 % of them were corrected, all in the first fold. */
  readonly changed: Digits;
  /** Runs in the order in which they were made. */
  readonly runs: Run[];
  /** Fits made again without a cache, beside those of the run without one: of the digits, and of the changed digits. */
  readonly again: { readonly digits: Fit[]; readonly changed: Fit[] };
}

const CHANGED = '1 % of rows changed, one fold';
const OFF = 'cache off';

/** A job on the digits that the options ask for. */
export function prepare(screen: Screen, options: MainOptions): Job {
  const { features, scales, lambdas, folds, rows } = options;
  const digits = readDigits('train', rows);
  return {
    screen,
    options,
    grid: { features, scales, lambdas, folds },
    digits,
    changed: withChangedRows(digits, Math.max(1, Math.round(rows / 100)), 0, folds),
    runs: [],
    again: { digits: [], changed: [] },
  };
}

/** First run, the same again, one new λ, changed rows: the plain program on one sheet. */
export async function runCached(job: Job, sheet: SymbolicSheet): Promise<void> {
  const { grid, digits, changed } = job;
  const cached = (name: string, of: Digits, on: Grid): Promise<void> =>
    addRun(job, { name, sheet, planned: fitsOf(on), program: (onFit) => sweep(sheet, of, on, onFit) });
  await cached('cache on, first run', digits, grid);
  await cached('the same again', digits, grid);
  await sheet.flush();
  await runElsewhere(job);
  await cached('one new λ', digits, { ...grid, lambdas: [...grid.lambdas, newLambda(job)] });
  await cached(CHANGED, changed, grid);
}

/** The plain program in a process that begins with nothing but what the first run left on the disk. */
async function runElsewhere(job: Job): Promise<void> {
  const { options, screen, grid } = job;
  const name = 'the same in a new process';
  screen.live(`  ${name} …`);
  const again = await sweepInNewProcess(options);
  const run: Run = { ...again, name, planned: fitsOf(grid) };
  job.runs.push(run);
  screen.print(formatRun(run));
}

/** The program that an expert writes, on a sheet that keeps nothing. */
export async function runByHand(job: Job): Promise<void> {
  const { grid, digits } = job;
  await using sheet = await openWithoutCache(job);
  await addRun(job, {
    name: 'hoisted by hand (an expert)',
    sheet,
    planned: fitsOf(grid),
    program: (onFit) => sweepByHand(sheet, digits, grid, onFit),
  });
}

/** The plain program without a cache, and a few of the other runs' fits for comparison. */
export async function runOff(job: Job): Promise<void> {
  const { grid, digits, changed, again } = job;
  await using sheet = await openWithoutCache(job);
  await addRun(job, { name: OFF, sheet, planned: fitsOf(grid), program: (onFit) => sweep(sheet, digits, grid, onFit) });
  const { scale, lambda } = bestOf(job);
  job.screen.live('  comparing …');
  again.digits.push(...(await sweep(sheet, digits, { ...grid, scales: [scale], lambdas: [newLambda(job)] })));
  again.changed.push(...(await sweep(sheet, changed, { ...grid, scales: [scale], lambdas: [lambda] })));
}

/** Fits the best scale and λ on more digits and more features, and answers the accuracy on the 10,000 test digits. */
export async function fitFinal(job: Job): Promise<number> {
  const { options, screen } = job;
  const { finalRows, finalFeatures } = options;
  await using sheet = await openSheet(options);
  screen.live(`  final fit on ${finalRows.toLocaleString('en')} digits …`);
  return fit(sheet, [load(sheet, readDigits('train', finalRows))], load(sheet, readDigits('t10k')), {
    ...bestOf(job),
    features: finalFeatures,
  });
}

/** The best scale and λ of the first run; of its first fit, where it was stopped before. */
export function bestOf({ runs, grid }: Job): {
  readonly scale: number;
  readonly lambda: number;
  readonly accuracy: number;
} {
  return ranked(runs[0]?.fits ?? [])[0] ?? { scale: grid.scales[0]!, lambda: grid.lambdas[0]!, accuracy: Number.NaN };
}

/** The run without a cache, as far as it came. */
export const offRun = ({ runs }: Job): Run | undefined => runs.find(({ name }) => name === OFF);

/** How a run's accuracies stand to those without a cache; undefined for that run itself, and before it. */
export function agreementOf(job: Job, run: Run): Agreement | undefined {
  const off = offRun(job);
  if (off === undefined || run === off) return undefined;
  return run.name === CHANGED
    ? compare(run.fits, job.again.changed)
    : compare(run.fits, [...off.fits, ...job.again.digits]);
}

/** A sheet of the class and on the device that the options ask for; what it computes is kept in `store`. */
export const openSheet = (
  { class: numerics, device }: MainOptions,
  cache: 'on' | 'off' = 'on',
  store: 'memory' | DiskStore = 'memory',
): Promise<SymbolicSheet> =>
  SymbolicSheet.open({ class: numerics, cache, store, ...(device !== undefined && { device }) });

const openWithoutCache = ({ options }: Job): Promise<SymbolicSheet> => openSheet(options, 'off');

const fitsOf = ({ scales, lambdas, folds }: Grid): number => scales.length * lambdas.length * folds;

/** Between the best λ and the next: where one would look next. */
function newLambda(job: Job): number {
  const { lambda } = bestOf(job);
  const next = [...job.grid.lambdas].sort((a, b) => a - b).find((other) => other > lambda) ?? lambda * 4;
  return Number(Math.sqrt(lambda * next).toPrecision(2));
}

/** Measures a run and prints its line; a run that its user stopped ends the job. */
async function addRun(job: Job, plan: RunPlan & { program: (onFit: OnFit) => Promise<unknown> }): Promise<void> {
  const run = await measure(job.screen, plan);
  job.runs.push(run);
  job.screen.print(formatRun(run));
  if (!isWhole(run)) throw new Stopped(plan.name);
}
