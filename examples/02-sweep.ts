// A sweep
//
// Ridge regression on MNIST, cross-validated over scales and λ. The program says nothing about caching; see what runs.
import { SymbolicSheet } from 'symbolic-sheet';
import { readDigits } from './lib/mnist.ts';
import { barChart, lineChart, notebook } from './lib/show.ts';
import { type Fit, type Grid, ranked, sweep } from './mnist-sweep.ts';

const { show, done } = notebook(import.meta.url);

// %% The data
// 600 handwritten digits of 28 × 28 pixels. The full program, `npm start`, takes 20,000.
await using sheet = await SymbolicSheet.open({ class: 'exact' });
const digits = readDigits('train', 600);
const images = sheet.tensor(digits.images, [600, 28, 28]);

await show('Thirty of them', images.slice([0], [30]), { scale: 'grey' });

// %% The sweep Three scales of random Fourier features, six λ, three folds: 54 fits. Each goes from the pixels to an
// accuracy, as if it were the only one. We note when each fit was done.
const scales = [0.05, 0.1, 0.2];
const lambdas = [1e-4, 1e-3, 1e-2, 3e-2, 1e-1, 1];
const grid = { features: 128, scales, lambdas, folds: 3 };

async function timed(name: string, on: SymbolicSheet, over: Grid) {
  const before = on.stats().counters;
  const started = performance.now();
  const doneMs: number[] = [];
  const fits = await sweep(on, digits, over, () => {
    doneMs.push(performance.now() - started);
  });
  const after = on.stats().counters;
  const work = {
    calls: after.calls - before.calls,
    kernels: after.kernelCalls - before.kernelCalls,
    flops: after.flops - before.flops,
  };
  return { name, fits, doneMs, work, x: doneMs.map((_, i) => i + 1), y: doneMs };
}

const first = await timed('first run', sheet, grid);
const again = await timed('the same again', sheet, grid);
const wider = await timed('one new λ', sheet, { ...grid, lambdas: [...lambdas, 3] });

await using plain = await SymbolicSheet.open({ class: 'exact', cache: 'off' });
const off = await timed('cache off', plain, grid);

const runs = [off, first, wider, again];
await show('When each fit was done', lineChart({ series: runs, x: 'fit', y: 'milliseconds since the start' }));

// %% What it cost The first run pays for the features and the Gram matrices of a scale once per fold, and for a solve
// per λ. A new λ pays for its own solves. The same sweep again pays for looking.
const bars = runs.map(({ name, fits, doneMs }) => ({
  name,
  value: Math.round(doneMs.at(-1) ?? 0),
  note: `${fits.length} fits`,
}));
await show('Time by run', barChart(bars, 'ms'));
await show(
  'Work by run',
  runs.map(({ name, fits, work: { calls, kernels, flops } }) => ({
    run: name,
    fits: fits.length,
    calls,
    'kernels run': kernels,
    GFLOP: flops / 1e9,
  })),
);

// %% What it found In class `exact` the accuracies do not depend on the cache: every run agrees with the run without
// one, to the last bit.
const accuracies = (fits: readonly Fit[]): string => fits.map(({ accuracy }) => accuracy).join();
const equal = [first, again].map(({ name, fits }) => ({ run: name, equal: accuracies(fits) === accuracies(off.fits) }));
await show('Accuracies equal to those of the run without a cache', equal);

const best = ranked(first.fits);
const percent = (scale: number, lambda: number): number =>
  100 * (best.find((fit) => fit.scale === scale && fit.lambda === lambda)?.accuracy ?? NaN);
const table = sheet.tensor(scales.map((scale) => lambdas.map((lambda) => percent(scale, lambda))));
await show('Mean accuracy in percent, scale down, λ across', table, {
  rows: scales.map(String),
  columns: lambdas.map(String),
  scale: 'heat',
});
await show('The best', [
  { scale: best[0]?.scale ?? NaN, λ: best[0]?.lambda ?? NaN, 'accuracy in percent': 100 * (best[0]?.accuracy ?? NaN) },
]);

done();
