// One day more
//
// A pipeline that is run every morning on all readings so far, which have grown by a day, and of which some old ones
// were corrected. It loads everything anew, and computes what is new.
import { SymbolicSheet, type Tensor } from 'symbolic-sheet';
import { lineChart, notebook } from './lib/show.ts';

const { show, done } = notebook(import.meta.url);

// %% The readings
// 64 stations send 288 readings a day each, made up for this page: a row is a station's day. The file of a morning
// holds all days until then.
const [STATIONS, READINGS, FEATURES] = [64, 288, 512];
const reading = (day: number, station: number, i: number): number =>
  12 +
  8 * Math.sin((day * READINGS + i) / 45.8) +
  2 * Math.cos(station + i / 21) +
  Math.sin(day * 31 + station * 17 + i * 3);

function fileOf(days: number, corrected: readonly number[] = []): Float32Array {
  const rows = Float32Array.from({ length: days * STATIONS * READINGS }, (_, k) => {
    const [row, i] = [Math.floor(k / READINGS), k % READINGS];
    return reading(Math.floor(row / STATIONS), row % STATIONS, i);
  });
  for (const row of corrected) rows[row * READINGS] = 0;
  return rows;
}

// %% The pipeline
// Readings are scaled, projected to random Fourier features, and those are averaged. There is nothing in it about days.
await using sheet = await SymbolicSheet.open({ store: 'memory' });
const W = sheet.randomNormal([READINGS, FEATURES], { seed: 1 }).multiply(0.05);
await sheet.compute(W);

async function morning(file: Float32Array) {
  const { flops } = sheet.stats().counters;
  const x = sheet.tensor(file, [file.length / READINGS, READINGS]);
  const projected: Tensor = x.subtract(12).divide(8).matmul(W);
  const features = projected.cos().mean({ axis: 0 });
  await sheet.compute(projected, features);
  const whole = 2 * file.length * FEATURES;
  return { projected, features, computed: sheet.stats().counters.flops - flops, whole };
}

// %% Thirty mornings
// Each loads all days so far. On the twentieth, ten old rows are corrected as well. The product of all rows and `W` is
// put together of the one of yesterday, and of the rows that are new or others.
const corrected = Array.from({ length: 10 }, (_, i) => 7 + 101 * i);
const mornings: Awaited<ReturnType<typeof morning>>[] = [];
for (let day = 1; day <= 30; day++) mornings.push(await morning(fileOf(day, day < 20 ? [] : corrected)));

await show(
  'Some mornings',
  [2, 10, 19, 20, 30].map((day) => {
    const { projected } = mornings[day - 1]!;
    const why = sheet.explain(projected).ops.at(-1)?.reason ?? '';
    return { day, rows: projected.shape[0]!, answer: projected.source, why };
  }),
);
await show(
  'Operations every morning',
  lineChart({
    series: [
      { name: 'of the whole product', x: mornings.map((_, i) => i + 1), y: mornings.map(({ whole }) => whole / 1e9) },
      { name: 'computed', x: mornings.map((_, i) => i + 1), y: mornings.map(({ computed }) => computed / 1e9) },
    ],
    x: 'day',
    y: 'GFLOP',
  }),
);

// %% The same bits
// Whoever does not believe it computes the last morning without a cache.
const plain = sheet.with({ cache: 'off', class: 'exact' });
const [again, last] = [plain.tensor(fileOf(30, corrected), [30 * STATIONS, READINGS]), mornings[29]!];
const whole = again.subtract(12).divide(8).matmul(W);
const differing = await plain
  .execute('not_equal', whole, sheet.tensor(await last.projected.data(), whole.shape))
  .sum()
  .item();
await show('Elements that differ', [{ elements: whole.size, differing }]);

done();
