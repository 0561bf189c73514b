// A first look
//
// Tensors that know what they are: what was computed once is found again, and every answer says where it came from.
import { SymbolicSheet } from 'symbolic-sheet';
import { notebook } from './lib/show.ts';

const { show, done } = notebook(import.meta.url);

// %% Open a sheet
// A sheet lives in memory. It needs no server, no account and no GPU, and says which devices it found on this machine.
await using sheet = await SymbolicSheet.open();

await show(
  'Devices',
  sheet.devices().map(({ name, found, detail }) => ({ device: name, found: found ? 'yes' : 'no', detail })),
);

// %% Describe, then ask
// A call gives a *symbolic tensor*: its shape, dtype and expression are known at once and mistakes throw here, but
// nothing is computed. Reading a value is what computes it.
const angle = sheet.linspace(0, 4 * Math.PI, 240);
const wave = angle.sin().multiply(angle.multiply(-0.15).exp());

await show('Before', String(wave));
await show('A damped wave', wave);
await show('After', String(wave));

// %% The same question again The expression is written once more, from the beginning. It is the same question, so the
// answer is found, not computed.
const A = sheet.randomNormal([512, 512], { seed: 1 });
const B = sheet.randomNormal([512, 512], { seed: 2 });

const first = await sheet.execute('matmul', A, B);
await sheet.compute(first);
const again = await sheet.execute('matmul', A, B);
await sheet.compute(again);

await show('First and again', [
  { call: 'first', source: first.source },
  { call: 'again', source: again.source },
]);

// %% Part of a new question
// A longer program that contains a known part pays for the new part only. `explain` goes through it op by op.
const columnMeans = A.matmul(B).add(0.1).relu().mean({ axis: 0 });

await show('Means of 512 columns', columnMeans, { as: 'histogram' });
await show('Why', sheet.explain(columnMeans));

// %% Pictures
// Two axes make a colour map, three a grid of them. Values around 0 get a scale that is even on both sides.
const x = sheet.linspace(-3, 3, 120);
const distance = x.expandDims(0).hypot(x.expandDims(1));
const ripples = distance.multiply(4).cos().divide(distance.add(1));

await show('Ripples', ripples);

const shifts = sheet.linspace(0, 2 * Math.PI, 10).reshape([10, 1, 1]);
await show('The same, moving', distance.multiply(4).expandDims(0).add(shifts).cos().divide(distance.add(1)));

// %% Mistakes say what to do
// Errors are typed, carry their values and end with a remedy.
try {
  A.matmul(sheet.zeros([784, 10]));
} catch (error) {
  await show('A mistake', error as Error);
}

done();
