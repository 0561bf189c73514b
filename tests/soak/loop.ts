// A loop that only awaits, of the kind, the steps and at most the seconds its arguments say: prints what the process
// had grown to when it had settled, and at the end.
import { SymbolicSheet } from '../../src/index.ts';
import { gc } from '../sheet/fixtures/collected.ts';

const MIB = 2 ** 20;
const [kind = 'calls', count = '100000', limit = 'Infinity'] = process.argv.slice(2);
const steps = Number(count);
const sheet = await SymbolicSheet.open({
  devices: ['wasm', 'js'],
  threads: 1,
  budgetBytes: 8 * MIB,
  trace: { maxEvents: 10_000, digests: 'none' },
  cache: kind === 'off' ? 'off' : 'on',
});
const x = sheet.tensor(new Float32Array(16).fill(1));
const wide = sheet.tensor(new Float32Array(4096).fill(1));
const remember = sheet.memo('square', (i: number) => ({ square: i * i }));
const rememberTensor = sheet.memo('pair', (i: number) => sheet.tensor([i, i + 1]));
let chain = sheet.zeros([1000]).add(0);

/** One step of a loop, by its kind. */
const STEPS: Readonly<Record<string, (i: number) => PromiseLike<unknown>>> = {
  calls: (i) => x.add(i),
  inputs: (i) => sheet.tensor([i]).add(i).multiply(2),
  reads: (i) => x.add(i).data(),
  off: (i) => x.add(i).data(),
  computes: (i) => sheet.compute(x.multiply(i)),
  prints: (i) => x.add(i).fingerprint(),
  memo: (i) => remember(i),
  memoTensors: (i) => rememberTensor(i),
  temporaries: (i) => wide.add(i).multiply(2).sum().item(),
  lineage: async (i) => {
    chain = chain.add(1);
    if (i % 1000 === 999) await (await chain).data();
  },
  // Nobody closes them.
  sheets: async (i) => (await SymbolicSheet.open({ devices: ['wasm', 'js'], threads: 1 })).tensor([i]).add(1).data(),
};

const step = STEPS[kind]!;

/** What the process holds when everything that can go has gone. */
async function held(): Promise<number> {
  for (let time = 0; time < 4; time++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    gc();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Half of the steps, or of the time. */
async function half(from: number): Promise<number> {
  const endMs = performance.now() + Number(limit) * 500;
  let i = from;
  for (; i < from + steps / 2; i++) {
    await step(i);
    if ((i % 1000 === 0 || kind === 'sheets') && performance.now() > endMs) break;
  }
  return i;
}

const first = await half(0);
const settled = await held();
const done = await half(first);
console.log(
  JSON.stringify({ done, settled, end: await held(), rss: process.memoryUsage().rss, nodes: sheet.stats().nodes }),
);
