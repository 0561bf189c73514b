// A table to a model
//
// A CSV file becomes tensors, and those a model. What is computed from it is found again, when the program runs again
// and when a line of the file has changed.
import { SymbolicSheet, type Tensor } from 'symbolic-sheet';
import { kFold, labelEncode, readCsv, standardise, type Table, trainTestSplit } from 'symbolic-sheet/table';
import { barChart, lineChart, notebook } from './lib/show.ts';

const { show, done } = notebook(import.meta.url);

// %% A file
// Four hundred flats that are to let, made up for this page: a district is a text, and of some flats nobody knows when
// they were built.
const DISTRICTS = ['Harbour', 'Mill', 'Old town', 'Station'];
let state = 7;
const chance = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
const lines = Array.from({ length: 400 }, () => {
  const [district, area, built] = [Math.floor(chance() * 4), 25 + 95 * chance(), 1890 + Math.floor(130 * chance())];
  const rent = 120 + 9 * area + 80 * district + 1.5 * (built - 1890) + 60 * (chance() - 0.5);
  const fields = [DISTRICTS[district], area.toFixed(1), Math.ceil(area / 30), chance() < 0.1 ? '' : built];
  return [...fields, chance() < 0.4, rent.toFixed(0)].join();
});
const file = (): string => ['district,area,rooms,built,balcony,rent', ...lines].join('\n');

await using sheet = await SymbolicSheet.open();
const flats = await readCsv(file(), { sheet });

await show('The first of them', await flats.preview(6));
await show('What the columns are like', await (await flats.describe()).drop(['min', 'max', 'distinct']).preview());

// %% Groups
// Rows are grouped by a column and reduced by ops of the sheet, so that asking again costs a look-up.
const means = await (await flats.groupBy('district').mean('rent')).toRecords();
await show(
  'Mean rent',
  barChart(
    means.map(({ district, rent }) => ({ name: String(district), value: Math.round(Number(rent)) })),
    '€',
  ),
);

// %% To a model in twenty lines
// What is learnt of the columns is learnt of the rows for learning, and applied to those for judging. The statistics
// are plain JSON: a program that predicts takes them with the coefficients.
interface Model {
  readonly inputs: (table: Table) => Promise<Tensor>;
  readonly beta: Tensor;
}

async function fit(train: Table, lambda: number): Promise<Model> {
  const filled = (table: Table): Table => table.fillMissing({ built: 1955 });
  const scaling = await standardise(filled(train), ['area', 'rooms', 'built']);
  const districts = await labelEncode(train, 'district');
  const inputs = async (table: Table): Promise<Tensor> => {
    const scaled = (await districts.indicators(scaling.apply(filled(table)))).with({
      one: new Int8Array(table.rows).fill(1),
    });
    return scaled.drop(['rent']).matrix(undefined, { dtype: 'float64' });
  };
  const X = await inputs(train);
  const gram = X.matmul(X, { transposeA: true }).add(sheet.eye(X.shape[1]!, { dtype: 'float64' }).multiply(lambda));
  const y = train.column('rent').astype('float64');
  return { inputs, beta: gram.solve(X.matmul(y.expandDims(1), { transposeA: true })) };
}

/** The share of the variance of the rents that a model explains, on rows that it has not seen. */
async function judge({ inputs, beta }: Model, test: Table): Promise<number> {
  const rent = test.column('rent').astype('float64');
  const missed = rent.subtract((await inputs(test)).matmul(beta).squeeze(1));
  return Number(await missed.square().mean().divide(rent.var()).negative().add(1).item());
}

const { train, test } = await trainTestSplit(flats, { seed: 1, stratify: 'district' });
await show('Explained on the rows for judging', [
  { learnt: train.rows, judged: test.rows, 'R²': await judge(await fit(train, 0.1), test) },
]);

// %% Which λ
// The table is put in order once, and four folds are slices of it.
const lambdas = [0.01, 0.1, 1, 10];

async function validate(table: Table): Promise<number[]> {
  const folds = await kFold(table, 4, { seed: 1, stratify: 'district' });
  const scores = lambdas.map(async (lambda) => {
    const each = await Promise.all(folds.map(async (fold) => judge(await fit(fold.train, lambda), fold.test)));
    return each.reduce((sum, score) => sum + score, 0) / each.length;
  });
  return Promise.all(scores);
}

async function counted(run: string, ask: () => Promise<readonly number[]>) {
  const before = sheet.stats().counters;
  const scores = await ask();
  const after = sheet.stats().counters;
  const [calls, kernels] = [after.calls - before.calls, after.kernelCalls - before.kernelCalls];
  return { scores, work: { run, calls, 'kernels run': kernels, best: lambdas[scores.indexOf(Math.max(...scores))]! } };
}

const first = await counted('first', () => validate(flats));
await show(
  'R² over log₁₀ λ',
  lineChart({
    series: [{ name: 'mean of four folds', x: lambdas.map(Math.log10), y: first.scores }],
    x: 'log₁₀ λ',
    y: 'R²',
  }),
);

// %% The same file, and an edit
// The same bytes are the same table: nothing is parsed. After an edit of one rent, the columns that did not change are
// what they were, and with them all that was learnt of them.
const again = await counted('the same file', async () => validate(await readCsv(file(), { sheet })));
lines[100] = lines[100]!.replace(/\d+$/, '999');
const edited = await counted('one rent edited', async () => validate(await readCsv(file(), { sheet })));

await show('Work by run', [first.work, again.work, edited.work]);
await show('The same scores', JSON.stringify(first.scores) === JSON.stringify(again.scores));

done();
