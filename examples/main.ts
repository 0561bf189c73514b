// The main job: one plain program on the MNIST digits, with and without a sheet that skips what was already done.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { diskStore, type DiskStore } from 'symbolic-sheet';
import { bannerOf } from './lib/banner.ts';
import { formatSeconds } from './lib/format.ts';
import { drawHeatMap } from './lib/heat-map.ts';
import {
  agreementOf,
  bestOf,
  fitFinal,
  type Job,
  offRun,
  openSheet,
  prepare,
  runByHand,
  runCached,
  runOff,
} from './lib/job.ts';
import { drawLanes } from './lib/lanes.ts';
import { type MainOptions, readOptions, USAGE, UsageError } from './lib/main-options.ts';
import { Stopped } from './lib/progress.ts';
import { replayInNewProcess } from './lib/replay-in-new-process.ts';
import { isWhole, wholeSeconds } from './lib/runs.ts';
import { formatTable } from './lib/run-table.ts';
import { openScreen, type Screen } from './lib/screen.ts';
import { storeOf } from './lib/sweep-in-new-process.ts';
import { writePicture } from './lib/svg.ts';
import { ranked } from './mnist-sweep.ts';

/** Least share of the test digits that the final fit of the full size must read. */
const LEAST_ACCURACY = 0.963;

async function main(screen: Screen, options: MainOptions): Promise<void> {
  mkdirSync(options.out, { recursive: true });
  const job = prepare(screen, options);
  try {
    await withCache(job);
    await runByHand(job);
    await finalFit(job);
    screen.print(screen.dim('  now without a cache; Ctrl-C stops it and extrapolates'));
    await runOff(job);
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
  }
  printResults(job);
  await drawPictures(job);
  printNext(job);
}

async function withCache(job: Job): Promise<void> {
  const { options } = job;
  // The first run begins with nothing.
  rmSync(storeOf(options), { recursive: true, force: true });
  const store = await diskStore(storeOf(options));
  try {
    await onStore(job, store);
  } finally {
    await store.close();
  }
}

async function onStore(job: Job, store: DiskStore): Promise<void> {
  const { screen, options } = job;
  await using sheet = await openSheet(options, 'on', store);
  for (const line of bannerOf(sheet, options)) screen.print(line);
  screen.print();
  await runCached(job, sheet);
  const path = join(options.out, 'mnist.sqs.json');
  screen.live('  replaying the trace in a new process …');
  const { events, sizeBytes } = await sheet.trace.save(path);
  screen.print(`  trace  ${events.toLocaleString('en')} events, ${(sizeBytes / 1e6).toFixed(1)} MB, in ${path}`);
  const { lines, isEqual } = await replayInNewProcess(path);
  for (const line of lines) screen.print(`  ${line}`);
  if (!isEqual) fail(`The replay of ${path} is not what was recorded.`);
}

async function finalFit(job: Job): Promise<void> {
  const {
    screen,
    options: { finalRows, finalFeatures, quick },
  } = job;
  const start = performance.now();
  const accuracy = await fitFinal(job);
  const { scale, lambda } = bestOf(job);
  screen.print(
    `  final fit, scale ${scale}, λ ${lambda}: ${finalRows.toLocaleString('en')} × ` +
      `${finalFeatures.toLocaleString('en')} in ${formatSeconds((performance.now() - start) / 1000)}, test ` +
      `accuracy ${screen.bold(`${(accuracy * 100).toFixed(2)} %`)}`,
  );
  if (!quick && finalRows === 60_000 && finalFeatures >= 3072 && accuracy < LEAST_ACCURACY)
    fail(`The final fit reads ${accuracy} of the test digits; ${LEAST_ACCURACY} was expected.`);
}

function printResults(job: Job): void {
  const { screen, runs, options } = job;
  const off = offRun(job);
  const lines = runs.map((run) => ({ run, agreement: agreementOf(job, run) }));
  screen.print();
  formatTable(lines, off, options.class).forEach((line, i) => screen.print(i < 2 ? screen.dim(line) : line));
  const stopped = runs.find((run) => !isWhole(run));
  if (stopped !== undefined)
    screen.print(
      `  ${stopped.name}: stopped at ${stopped.fits.length} of ${stopped.planned}, ≈ ` +
        `${formatSeconds(wholeSeconds(stopped))} extrapolated, not measured`,
    );
  const best = bestOf(job);
  if (Number.isFinite(best.accuracy))
    screen.print(`  best: scale ${best.scale}, λ ${best.lambda}, CV ${(best.accuracy * 100).toFixed(1)} %`);
  for (const line of explainColumns(job)) screen.print(screen.dim(`  ${line}`));
  const differing = lines.filter(({ agreement }) => agreement !== undefined && agreement.equal < agreement.compared);
  if (options.class === 'exact' && differing.length > 0)
    fail(
      'Class exact, and accuracies differ from those without a cache: ' +
        `${differing.map(({ run }) => run.name).join('; ')}.`,
    );
}

function explainColumns({ options, runs }: Job): string[] {
  if (runs.length < 7) return ['vs off: time per fit. Nothing is compared before the run without a cache.'];
  const compared = options.class === 'exact' ? 'equal bits: accuracies' : 'largest diff.: of accuracies';
  return [
    `vs off: time per fit. ${compared}, fit by fit, against those of`,
    'the run without a cache; for the new λ and the changed rows the fits of the',
    'best scale were made again without a cache: (n) says how many were compared.',
  ];
}

async function drawPictures({ screen, runs, options: { out, rows, features } }: Job): Promise<void> {
  const first = runs[0];
  if (first === undefined || first.fits.length === 0) return;
  const lanes = runs
    .filter(({ fits }) => fits.length > 0)
    .map((run) => ({
      name: run.name,
      seconds: run.seconds,
      marks: run.marks,
      ...(isWhole(run) ? {} : { wholeSeconds: wholeSeconds(run) }),
    }));
  const size = `${rows.toLocaleString('en')} digits × ${features.toLocaleString('en')} features`;
  const written = [
    ...(await writePicture(out, 'lanes', drawLanes(lanes, `One sweep of ${first.planned} fits: ${size}`))),
    ...(await writePicture(out, 'sweep', drawHeatMap(ranked(first.fits), `Accuracy by scale and λ: ${size}`))),
  ];
  screen.print();
  for (const path of written.filter((name) => name.endsWith('.svg')))
    screen.print(
      `  picture  ${pathToFileURL(path).href}${written.includes(path.replace(/svg$/, 'png')) ? '  (and .png)' : ''}`,
    );
}

function printNext({ screen, options: { class: numerics, out } }: Job): void {
  screen.print();
  screen.print(`  ${screen.bold('next')}`);
  screen.print('    npx tsx examples/01-first-look.ts      a sheet in ten lines');
  if (numerics === 'exact') screen.print('    npm start -- --class tolerance         any device, a BLAS or a GPU too');
  screen.print(`    npx tsx examples/lib/replay.ts ${join(out, 'mnist.sqs.json')}`);
}

function fail(message: string): void {
  console.error(message);
  process.exitCode = 1;
}

const screen = openScreen(process.stdout, process.env);
try {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) screen.print(USAGE);
  else await main(screen, options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
