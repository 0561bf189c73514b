// The main job's sweep: bare kernels, hoisted by hand, the sheet with its cache off, then on: cold, and the same again.
import { performance } from 'node:perf_hooks';
import { SymbolicSheet } from 'symbolic-sheet';
import { readDigits } from '../examples/lib/mnist.ts';
import { sweepByHand } from '../examples/mnist-hoisted.ts';
import { type Digits, type Fit, type Grid, sweep } from '../examples/mnist-sweep.ts';
import { bareSweep } from './contenders/bare-sweep.ts';
import { addDifference, contradictions, countsOf, type Counts, noCounts, type Scenario } from './measure/counts.ts';
import { quantile } from './measure/harness.ts';
import { numberOf, wordsOf } from './measure/options.ts';
import { Check } from './measure/oracle.ts';
import { accountOf, type Bench, type BenchOptions, type Row, timesOf } from './report/report.ts';

const SCALES = [0.1, 0.2, 0.3];
const LAMBDAS = Array.from({ length: 10 }, (_, i) => 10 ** (i / 2 - 6));

/** One way to run the sweep, and what it cost over the rounds. */
interface Run {
  readonly name: string;
  readonly samples: number[];
  readonly counts: Counts;
  readonly scenario: Scenario | undefined;
  flops: number;
  fits: readonly Fit[];
}

/** The bench `pipeline`. `--rows`, `--features`, `--lambdas`, `--rounds` set its size, `--class exact` the numerics. */
export const pipeline: Bench = async (options, tell) => {
  const { rows, grid, rounds, numerics } = sizeOf(options);
  const check = new Check();
  await checkSmall(check);
  const digits = readDigits('train', rows);
  const runs = makeRuns(grid);
  for (let round = 0; round < rounds; round++) {
    await runAll(runs, digits, grid, numerics);
    tell(
      `pipeline round ${round + 1} of ${rounds}: ${Object.values(runs)
        .map(({ name, samples }) => `${name} ${(samples.at(-1)! / 1000).toFixed(2)} s`)
        .join(', ')}`,
    );
  }
  for (const run of Object.values(runs))
    check.hold(
      `the ${run.name} sweep`,
      (difference(run.fits, runs.off.fits) * rows) / grid.folds / (numerics === 'exact' ? 0.5 : 20),
    );
  const columns = [
    'rows',
    'features',
    'fits',
    'directMs',
    'hoistedMs',
    'offMs',
    'coldMs',
    'warmMs',
    'coldRatio',
    'warmRatio',
    'hoistedRatio',
    'avoidedFlops',
  ];
  return { checked: check.summary, rows: [rowOf(runs, { rows, grid, rounds, numerics })], columns };
};

interface Size {
  readonly rows: number;
  readonly grid: Grid;
  readonly rounds: number;
  readonly numerics: 'tolerance' | 'exact';
}

function sizeOf({ quick, values }: BenchOptions): Size {
  const [rows, features] = [
    numberOf(values, 'rows') ?? (quick ? 6_000 : 20_000),
    numberOf(values, 'features') ?? (quick ? 512 : 1_024),
  ];
  const lambdas = LAMBDAS.slice(0, numberOf(values, 'lambdas') ?? LAMBDAS.length);
  return {
    rows,
    grid: { features, scales: SCALES, lambdas, folds: 3 },
    rounds: numberOf(values, 'rounds') ?? (quick ? 1 : 3),
    numerics: wordsOf(values, 'class', ['exact', 'tolerance'])?.[0] ?? 'tolerance',
  };
}

type Runs = Readonly<Record<'direct' | 'hoisted' | 'off' | 'cold' | 'warm', Run>>;

function makeRuns({ scales, lambdas, folds }: Grid): Runs {
  const fits = scales.length * lambdas.length * folds;
  const run = (name: string, scenario?: Scenario): Run => ({
    name,
    samples: [],
    counts: noCounts(),
    scenario,
    flops: 0,
    fits: [],
  });
  const idle = { hits: 0, misses: 0, bypasses: 0, bytesHashed: 0 };
  const off = run('off', (calls) => ({ ...idle, kernelCalls: [calls * fits * 10, Infinity] }));
  return {
    direct: run('direct'),
    hoisted: run('hoisted', () => idle),
    off,
    cold: run('cold', (calls) => ({
      kernelCalls: [1, off.counts.kernelCalls - 1],
      hits: [1, Infinity],
      bytesDemanded: calls * fits * 4,
    })),
    warm: run('warm', (calls) => ({
      kernelCalls: 0,
      misses: 0,
      bypasses: 0,
      hits: [calls * fits, Infinity],
      bytesDemanded: calls * fits * 4,
    })),
  };
}

async function runAll(runs: Runs, digits: Digits, grid: Grid, numerics: 'tolerance' | 'exact'): Promise<void> {
  const off = await SymbolicSheet.open({ class: numerics, cache: 'off' });
  const on = await SymbolicSheet.open({ class: numerics });
  try {
    await warmUp(off);
    await timed(runs.direct, off, () => bareSweep(off, digits, grid));
    await timed(runs.hoisted, off, () => sweepByHand(off, digits, grid));
    await timed(runs.off, off, () => sweep(off, digits, grid));
    await timed(runs.cold, on, () => sweep(on, digits, grid));
    await timed(runs.warm, on, () => sweep(on, digits, grid));
  } finally {
    await off.close();
    await on.close();
  }
}

/** Compiles the kernels on digits that the sweep does not see; the sheet that reuses starts cold. */
async function warmUp(sheet: SymbolicSheet): Promise<void> {
  await sweep(sheet, readDigits('t10k', 600), { features: 128, scales: [0.25], lambdas: [1e-3], folds: 3 });
}

async function timed(run: Run, sheet: SymbolicSheet, work: () => Promise<Fit[]>): Promise<void> {
  const [before, flops] = [countsOf(sheet), sheet.stats().counters.flops];
  const start = performance.now();
  run.fits = await work();
  run.samples.push(performance.now() - start);
  addDifference(run.counts, before, countsOf(sheet));
  run.flops = sheet.stats().counters.flops - flops;
}

function rowOf(runs: Runs, { rows, grid, rounds, numerics }: Size): Row {
  const timings = Object.fromEntries(
    Object.values(runs).map(({ name, samples, counts, scenario }) => [
      name,
      {
        medianMs: quantile(samples, 0.5),
        p10Ms: quantile(samples, 0.1),
        p90Ms: quantile(samples, 0.9),
        rounds,
        callsPerRound: 1,
        counts,
        contradictions:
          scenario === undefined ? [] : contradictions(counts, rounds, scenario).map((what) => `${name}: ${what}`),
      },
    ]),
  );
  const ms = (name: keyof Runs): number => quantile(runs[name].samples, 0.5);
  return {
    rows,
    features: grid.features,
    fits: runs.off.fits.length,
    class: numerics,
    ...timesOf(timings),
    coldRatio: ms('direct') / ms('cold'),
    warmRatio: ms('direct') / ms('warm'),
    hoistedRatio: ms('cold') / ms('hoisted'),
    avoidedFlops: runs.off.flops - runs.cold.flops,
    ...accountOf(timings, toil(runs, grid)),
  };
}

/**
 * The features and gram matrices do not depend on λ, so of L values of λ a cold sweep may do little more than 1/L of
 * the work.
 */
function toil({ off, cold }: Runs, { lambdas }: Grid): string[] {
  const most = off.flops * (1 / lambdas.length + 0.4);
  return cold.flops <= most ? [] : [`cold: ${cold.flops} flops of ${off.flops}, expected at most ${most}`];
}

/** Largest difference of an accuracy between two sweeps. */
const difference = (found: readonly Fit[], wanted: readonly Fit[]): number =>
  found.length === wanted.length
    ? Math.max(0, ...found.map(({ accuracy }, i) => Math.abs(accuracy - wanted[i]!.accuracy)))
    : Infinity;

/** A small sweep of every kind against the JavaScript reference, which accumulates in float64. */
async function checkSmall(check: Check): Promise<void> {
  const digits = readDigits('train', 600);
  const grid: Grid = { features: 32, scales: [0.2], lambdas: [1e-3], folds: 3 };
  const reference = await SymbolicSheet.open({ class: 'exact', devices: ['js'], cache: 'off' });
  const sheet = await SymbolicSheet.open();
  try {
    const wanted = await sweep(reference, digits, grid);
    for (const found of [
      await sweep(sheet, digits, grid),
      await sweepByHand(sheet, digits, grid),
      await bareSweep(sheet, digits, grid),
    ]) {
      check.hold('a sweep of 600 digits', (difference(found, wanted) * 200) / 4);
    }
  } finally {
    await reference.close();
    await sheet.close();
  }
}
