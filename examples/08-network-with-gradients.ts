// A network with gradients
//
// Two layers on MNIST, trained by gradients of a plain function. Then one hyperparameter changes, and the steps that
// are still the same are not taken again.
import { SymbolicSheet, type Tensor } from 'symbolic-sheet';
import { valueAndGrad } from 'symbolic-sheet/grad';
import { readDigits } from './lib/mnist.ts';
import { lineChart, notebook } from './lib/show.ts';

const { show, done } = notebook(import.meta.url);

// %% The data
// Some handwritten digits of 28 × 28 pixels. With `DIGITS=60000 EPOCHS=10` it learns from all of them in a minute or
// three, and 97.6 % of the ten thousand it has not seen are right. The parameters of those 2,400 steps take 6 GB, more
// than the sheet keeps by default: with `budgetBytes: 8e9` the steps that ran twice are found again.
const ROWS = Number(process.env['DIGITS'] ?? 1500);
const EPOCHS = Number(process.env['EPOCHS'] ?? 3);
const BATCH = 250;
const [train, test] = [readDigits('train', ROWS), readDigits('t10k', ROWS === 60_000 ? 10_000 : 1000)];
await using sheet = await SymbolicSheet.open({ store: 'memory' });
const pixels = (images: Uint8Array): Tensor =>
  sheet
    .tensor(images, [images.length / 784, 784])
    .astype('float32')
    .divide(255);
const [x, unseen] = [pixels(train.images), pixels(test.images)];
const y = sheet.tensor(train.labels).astype('int32').oneHot(10);

// %% The network
// A model is a function of its parameters, which are a record of tensors; so is the loss, and `valueAndGrad` makes of
// it the function that gives the gradients too.
interface Parameters {
  readonly [name: string]: Tensor;
}
const start = (hidden: number): Parameters => ({
  w1: sheet.randomNormal([784, hidden], { seed: 1 }).multiply(Math.sqrt(2 / 784)),
  b1: sheet.zeros([hidden]),
  w2: sheet.randomNormal([hidden, 10], { seed: 2 }).multiply(Math.sqrt(1 / hidden)),
  b2: sheet.zeros([10]),
});
const model = (p: Parameters, input: Tensor): Tensor =>
  input.matmul(p['w1']!).add(p['b1']!).relu().matmul(p['w2']!).add(p['b2']!);
const step = valueAndGrad((p: Parameters, input: Tensor, target: Tensor) =>
  model(p, input).logSoftmax().multiply(target).sum({ axis: 1 }).mean().negative(),
);

// %% Training
// Adam, as the paper writes it (Kingma and Ba, arXiv:1412.6980). The rate falls after the first epoch.
type Moments = Readonly<Record<string, { readonly mean: Tensor; readonly square: Tensor }>>;

function adam(p: Parameters, gradient: Parameters, moments: Moments | undefined, t: number, rate: number) {
  const next = Object.keys(p).map((name) => {
    const g = gradient[name]!;
    const before = moments?.[name];
    const mean = (before?.mean.multiply(0.9) ?? g.zerosLike()).add(g.multiply(0.1));
    const square = (before?.square.multiply(0.999) ?? g.zerosLike()).add(g.square().multiply(0.001));
    const scale = square
      .divide(1 - 0.999 ** t)
      .sqrt()
      .add(1e-8);
    return { name, mean, square, value: p[name]!.subtract(mean.multiply(rate / (1 - 0.9 ** t)).divide(scale)) };
  });
  return {
    parameters: Object.fromEntries(next.map(({ name, value }) => [name, value])) as Parameters,
    moments: Object.fromEntries(next.map(({ name, mean, square }) => [name, { mean, square }])),
  };
}

async function trained(name: string, laterRate: number) {
  let [p, moments, t] = [start(256), undefined as Moments | undefined, 0];
  const losses: number[] = [];
  const before = sheet.stats().counters.flops;
  for (let epoch = 0; epoch < EPOCHS; epoch++)
    for (let i = 0; i + BATCH <= ROWS; i += BATCH) {
      const { value, gradient } = step(p, x.slice([i], [i + BATCH]), y.slice([i], [i + BATCH]));
      ({ parameters: p, moments } = adam(p, gradient, moments, ++t, epoch === 0 ? 0.002 : laterRate));
      await sheet.compute(...Object.values(p), ...Object.values(moments).flatMap(({ mean, square }) => [mean, square]));
      losses.push(Number(await value.item()));
    }
  const chosen = await model(p, unseen).argmax({ axis: 1 }).data();
  const right = chosen.reduce((count, digit, i) => count + Number(digit === test.labels[i]), 0);
  const gflop = (sheet.stats().counters.flops - before) / 1e9;
  return { name, losses, accuracy: (100 * right) / test.labels.length, gflop };
}

const first = await trained('rate 0.002, then 0.001', 0.001);
const again = await trained('the same again', 0.001);
const other = await trained('then 0.0005', 0.0005);
const curve = ({ name, losses }: typeof first) => ({ name, x: losses.map((_, i) => i + 1), y: losses });
await show('Loss of every batch', lineChart({ series: [first, other].map(curve), x: 'step', y: 'cross entropy' }));

// %% What was reused
// The steps of the first epoch have the same parameters whatever comes later, and are found; only the later ones are
// taken anew. The same training again computes nothing.
await show(
  'Work by run',
  [first, again, other].map(({ name, gflop, accuracy }) => ({
    run: name,
    GFLOP: gflop.toFixed(2),
    'accuracy in percent': accuracy.toFixed(1),
  })),
);

done();
