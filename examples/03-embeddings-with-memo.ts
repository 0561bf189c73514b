// Embeddings with memo
//
// A model that runs in onnxruntime is not made of our ops. `memo` remembers its results row by row: a text it has seen
// is not embedded again, and what is computed from the embeddings is found as well.
import ort from 'onnxruntime-node';
import { SymbolicSheet } from 'symbolic-sheet';
import { notebook } from './lib/show.ts';
import { denseModel } from './lib/show-onnx.ts';

const { show, done } = notebook(import.meta.url);

// %% A model without a download Two dense layers with random weights, 960 KB, written as ONNX by hand. Random layers
// are random projections: they learn nothing, but they keep near things near (Johnson and Lindenstrauss, 1984), which
// is enough for this page.
await using sheet = await SymbolicSheet.open();
async function layer(seed: number, inputs: number, outputs: number) {
  const weights = await sheet
    .randomNormal([inputs, outputs], { seed })
    .multiply(1 / Math.sqrt(inputs))
    .data();
  return { inputs, outputs, weights };
}
const model = denseModel([await layer(1, 512, 384), await layer(2, 384, 128)]);
const session = await ort.InferenceSession.create(model);

await show('The model', [
  { bytes: model.length, input: session.inputNames.join(), output: session.outputNames.join() },
]);

// %% Text in, vector out Every text becomes 512 counts of its three-letter pieces, and the model makes 128 numbers of
// them. This is the function that costs something; it notes how many texts it was given.
const batches: number[] = [];

function count(text: string): Float32Array {
  const counts = new Float32Array(512);
  const padded = `  ${text.toLowerCase()}  `;
  for (let i = 0; i + 3 <= padded.length; i++) {
    let hash = 2166136261; // FNV-1a
    for (let j = i; j < i + 3; j++) hash = Math.imul(hash ^ padded.charCodeAt(j), 16777619);
    counts[(hash >>> 0) % 512]! += 1;
  }
  return counts;
}

async function run(texts: readonly string[]) {
  batches.push(texts.length);
  const x = new Float32Array(texts.length * 512);
  texts.forEach((text, i) => x.set(count(text), i * 512));
  const { y } = await session.run({ x: new ort.Tensor('float32', x, [texts.length, 512]) });
  return y as ort.Tensor;
}

// %% Remember it by row The key is the name, `deps` and each text: not the source of the function. `deps` is whatever
// else the result depends on, here the model's own bytes.
const fingerprint = await sheet.tensor(model).fingerprint();
const embed = sheet.memo('embed', run, { deps: [fingerprint], rows: 8 });

const texts = [
  'the cat sat on the mat',
  'a cat sits on a mat',
  'the dog sat on the mat',
  'matrix multiplication is fast',
  'fast multiplication of matrices',
  'multiplying a matrix quickly',
  'rain in the morning',
  'morning rain and fog',
  'a rainy morning',
];
const E = await embed(texts);
await show('Nine texts as vectors', E);
await show('Batches the model ran', [{ call: 'nine texts, 8 at a time', batches: batches.join(' + ') }]);

// %% Three more texts
// Nine of the twelve are known, wherever they stand and however often. The model runs on the other three.
const more = ['the cat sat on the sofa', ...texts, 'fog in the morning', 'the cat sat on the mat', 'sums of matrices'];
batches.length = 0;
const wider = await embed(more);
await show('Batches the model ran on 13 texts', [
  { texts: more.length, 'rows of the result': wider.shape[0] ?? 0, batches: batches.join(' + ') },
]);

// %% What is made of it Similarity is made of our ops. The embeddings are known by their texts, so equal texts give
// equal keys, and the product is found.
const similarity = async (list: readonly string[]) => {
  const rows = await embed(list);
  const unit = rows.divide(rows.norm({ axis: 1, keepdims: true }));
  return unit.matmul(unit, { transposeB: true });
};
const names = texts.map((text) => (text.length > 16 ? `${text.slice(0, 15)}…` : text));
await show('How alike they are', await similarity(texts), { rows: names, scale: 'heat' });

const known = await embed.has([...texts]);
const again = await similarity([...texts]);
await sheet.compute(again);
await show('Asked again, with a fresh list', [
  { 'texts known': known, similarity: again.source === 'ram' ? 'found' : again.source },
]);
await show('Rows', [
  {
    asked: embed.stats.rowsReused + embed.stats.rowsComputed,
    found: embed.stats.rowsReused,
    computed: embed.stats.rowsComputed,
  },
]);

done();
