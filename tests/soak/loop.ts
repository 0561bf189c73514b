// A loop that only awaits, of the kind, the steps and at most the seconds its arguments say: prints what the process
// had grown to when it had settled, and at the end.
import { gc } from '../sheet/fixtures/collected.ts';
import { type LoopKind, openLoop } from './steps.ts';

const [kind = 'calls', count = '100000', limit = 'Infinity'] = process.argv.slice(2);
const steps = Number(count);
const { sheet, step } = await openLoop(kind as LoopKind);

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

const began = performance.now();
const first = await half(0);
const firstMs = performance.now() - began;
const settled = await held();
const done = await half(first);
console.log(
  JSON.stringify({
    done,
    perSecond: Math.round((1000 * first) / firstMs),
    settled,
    end: await held(),
    rss: process.memoryUsage().rss,
    nodes: sheet.stats().nodes,
  }),
);
