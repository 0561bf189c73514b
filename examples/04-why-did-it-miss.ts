// Why did it miss?
//
// Something you expected to be found was computed again. Here are the usual reasons, each made on purpose, and how to
// see them.
import { SymbolicSheet, type Tensor } from 'symbolic-sheet';
import { notebook } from './lib/show.ts';

const { show, done } = notebook(import.meta.url);

// %% A question to ask again
// One product of two 400 × 400 matrices. `weights` comes from outside, as data does; `A` is made by the sheet.
await using sheet = await SymbolicSheet.open();
const A = sheet.randomNormal([400, 400], { seed: 1 });
const weights = new Float32Array(400 * 400).map((_, i) => Math.sin(i));

async function ask(question: string, tensor: Tensor) {
  await sheet.compute(tensor);
  return { question, answer: tensor.source === 'ram' ? 'found' : tensor.source };
}

await show('First', [await ask('A · weights', A.matmul(sheet.tensor(weights, [400, 400])))]);

// %% Equal content is found A copy of the array in another place is recognised by the digest of its bytes. So is a
// tensor that is described again.
const copy = sheet.tensor(weights.slice(), [400, 400]);
const described = sheet.randomNormal([400, 400], { seed: 1 });
await show('Found', [
  await ask('A · a copy of weights', A.matmul(copy)),
  await ask('A described again · the copy', described.matmul(copy)),
]);

// %% Edited data is other data
// One element of 160,000 changes. The digest is another one and the product is computed; with the element back, the old
// product is found.
const fingerprint = async () => (await sheet.tensor(weights, [400, 400]).fingerprint()).slice(0, 16);
async function askAbout(state: string) {
  return { ...(await ask(state, A.matmul(sheet.tensor(weights, [400, 400])))), fingerprint: await fingerprint() };
}
const before = await askAbout('weights as they were');
const kept = weights[7]!;
weights[7] = 1;
const edited = await askAbout('one element edited');
weights[7] = kept;
const restored = await askAbout('edited back');

await show('An edit', [before, edited, restored]);

// %% Another question These look alike and are not. An order of operands, a dtype, a seed and a numerics class are all
// part of the question.
const w = sheet.tensor(weights, [400, 400]);
await show('Computed, and rightly so', [
  await ask('weights · A instead of A · weights', w.matmul(A)),
  await ask('in float64', A.astype('float64').matmul(w)),
  await ask('another seed', sheet.randomNormal([400, 400], { seed: 2 }).matmul(w)),
  await ask('class exact instead of tolerance', sheet.with({ class: 'exact' }).matmul(A, w)),
]);
await show('Where order does not matter it is not asked for', [
  await ask('A + weights', A.add(w)),
  await ask('weights + A', w.add(A)),
  await ask('and once more', A.add(w)),
]);

// %% Fresh random data `Math.random()` gives other data at every call, so nothing can repeat. The report of a sheet
// says so. A seed would have helped: `sheet.randomNormal(shape, { seed })` is the same tensor whenever it is described.
await using unlucky = await SymbolicSheet.open();
for (let i = 0; i < 200; i++) {
  const noise = Float32Array.from({ length: 64 * 64 }, () => Math.random());
  const x = unlucky.tensor(noise, [64, 64]);
  await x.matmul(x).sum().item();
}
await show('Report of an unlucky program', await unlucky.report());

// %% Op by op `explain` goes through a whole expression. Here the features and their Gram matrix are known; λ is new,
// and with it what depends on it: λ·I, the sum, the solve.
const fit = (lambda: number) => {
  const Z = A.matmul(w).tanh();
  const gram = Z.matmul(Z, { transposeA: true }).add(sheet.eye(400).multiply(lambda));
  return gram.solve(Z.matmul(w, { transposeA: true }));
};
for (const lambda of [0.1, 0.2]) await sheet.compute(fit(lambda));
const another = fit(0.3);
await sheet.compute(another);
await show('A third λ', sheet.explain(another));

// %% All of it
// The trace has every call and how it was answered.
const decisions = new Map<string, { computed: number; found: number }>();
const ops = new Map(sheet.trace.events().map(({ seq, op }) => [seq, op]));
for (const { seq, decision } of sheet.trace.annotations()) {
  const op = ops.get(seq) ?? 'tensor';
  const row = decisions.get(op) ?? { computed: 0, found: 0 };
  if (decision === 'hit') row.found++;
  else if (decision === 'computed' || decision === 'bypass') row.computed++;
  decisions.set(op, row);
}
await show(
  'Answers by op',
  [...decisions].map(([op, row]) => ({ op, ...row })),
);

done();
