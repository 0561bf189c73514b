// Memory: ten million distinct ops leave RSS flat, and a working set of three times the budget stays within 1.25 ×
// budget + pinned.
import { setImmediate as nextTurn } from 'node:timers/promises';
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SymbolicSheet, type Tensor } from 'symbolic-sheet';
import { addDifference, contradictions, countsOf, type Counts, noCounts, type Scenario } from './measure/counts.ts';
import { numberOf } from './measure/options.ts';
import { Check } from './measure/oracle.ts';
import { type Bench, type BenchOptions, type Row } from './report/report.ts';
import { floats } from './measure/seed.ts';
import { partsOf } from '../tests/parts.ts';

/** The one option that is not the default, because the default budget of 1 GiB would hide what is measured. */
const BUDGET_BYTES = 2 ** 26;
/** RSS may move by this much without being a leak: garbage that was not collected yet. */
const SLACK_BYTES = 96 * 2 ** 20;
const SAMPLES = 20;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** A loop of distinct ops, of which `step` does some. */
interface Loop {
  readonly name: string;
  readonly make: (sheet: SymbolicSheet) => (from: number, count: number) => Promise<void>;
  readonly scenario: Scenario;
}

/** The bench `memory`. `--ops 1000000` sets the number of distinct ops. */
export const memory: Bench = async ({ quick, values }, tell) => {
  const ops = numberOf(values, 'ops') ?? (quick ? 1e5 : 1e7);
  const check = new Check();
  const rows: Row[] = [];
  for (const loop of LOOPS) {
    rows.push(await flatRow(loop, ops, check));
    tell(`memory ${loop.name} done`);
  }
  for (const elements of [2 ** 18, 200]) rows.push(await budgetRow(elements, { quick }, check));
  return {
    checked: check.summary,
    rows,
    columns: [
      'scenario',
      'ops',
      'seconds',
      'baselineMb',
      'earlyMb',
      'lateMb',
      'peakMb',
      'limitMb',
      'pinnedMb',
      'storedMb',
      'entries',
    ],
  };
};

const LOOPS: readonly Loop[] = [
  {
    name: 'distinct ops, computed',
    make: (sheet) => {
      const x = sheet.tensor(floats(8, 1));
      return async (from, count) => {
        for (let i = from; i < from + count; i += 100)
          await sheet.compute(
            ...Array.from({ length: Math.min(100, from + count - i) }, (_, j) => x.add((i + j) / 1024)),
          );
      };
    },
    scenario: (calls, { hits }) => ({ hits: [0, calls], kernelCalls: [calls - hits, calls * 2], bytesDemanded: 0 }),
  },
  {
    name: 'distinct ops, awaited only',
    make: (sheet) => {
      const x = sheet.tensor(floats(8, 2));
      return async (from, count) => {
        for (let i = from; i < from + count; i++) await x.multiply(i / 1024);
      };
    },
    scenario: () => ({ hits: 0, kernelCalls: 0, bytesDemanded: 0 }),
  },
  {
    name: 'one chain',
    make: (sheet) => {
      const step = sheet.tensor(floats(8, 3));
      let sum: Tensor = sheet.tensor(floats(8, 4));
      return async (_from, count) => {
        for (let i = 0; i < count; i++) sum = sum.add(step);
        await sheet.compute(sum);
      };
    },
    scenario: (calls) => ({ hits: 0, kernelCalls: calls, bytesDemanded: 0 }),
  },
];

async function flatRow({ name, make, scenario }: Loop, ops: number, check: Check): Promise<Row> {
  const sheet = await SymbolicSheet.open({ budgetBytes: BUDGET_BYTES });
  try {
    await checkSheet(sheet, check);
    const step = make(sheet);
    const counts = noCounts();
    const baseline = await restingRss();
    const started = process.hrtime.bigint();
    const rss: number[] = [];
    const before = countsOf(sheet);
    let done = 0;
    // A leak is stopped before it takes the machine with it, and reported all the same.
    while (done < ops && (rss.at(-1) ?? 0) < baseline + 16 * BUDGET_BYTES) {
      const count = Math.min(Math.ceil(ops / SAMPLES), ops - done);
      await step(done, count);
      done += count;
      rss.push(await restingRss());
    }
    addDifference(counts, before, countsOf(sheet));
    const early = rss[Math.floor(rss.length / 4)]!;
    const late = rss.at(-1)!;
    const grown =
      late > early + SLACK_BYTES || done < ops
        ? [`RSS grew from ${mb(early)} MB after a quarter to ${mb(late)} MB after ${done} ops`]
        : [];
    return rowOf(
      name,
      sheet,
      { ops: done, baseline, early, late, peak: Math.max(...rss), limit: early + SLACK_BYTES, started },
      counts,
      [...grown, ...contradictions(counts, done, scenario)],
    );
  } finally {
    await sheet.close();
  }
}

/** Distinct results of three budgets, computed twice over, handles dropped at once. */
async function budgetRow(elements: number, { quick }: Pick<BenchOptions, 'quick'>, check: Check): Promise<Row> {
  const budgetBytes = quick ? BUDGET_BYTES / 2 : BUDGET_BYTES;
  const sheet = await SymbolicSheet.open({ budgetBytes });
  try {
    await checkSheet(sheet, check);
    const count = Math.ceil((3 * budgetBytes) / (elements * 4));
    const x = sheet.tensor(floats(elements, 5));
    // Compiled code and the young generation are no part of what the budget is for.
    for (let i = 0; i < 2000 && i < count / 8; i++) await sheet.compute(x.multiply(-i).exp());
    const baseline = await restingRss();
    const [before, counts, started] = [countsOf(sheet), noCounts(), process.hrtime.bigint()];
    let [peak, excess] = [0, 0];
    const passes = quick ? 1 : 4;
    for (let i = 0; i < count * passes; i++) {
      await sheet.compute(x.multiply((i % count) + 0.5).exp());
      if (i % Math.ceil(count / 16) !== 0) continue;
      const rss = await restingRss();
      peak = Math.max(peak, rss);
      excess = Math.max(excess, rss - baseline - sheet.stats().pinnedBytes - 1.25 * budgetBytes);
    }
    addDifference(counts, before, countsOf(sheet));
    const over = excess > 0 ? [`RSS went ${mb(excess)} MB over baseline + 1.25 × budget + pinned`] : [];
    const wrong = contradictions(counts, count * passes, (calls, { hits }) => ({
      kernelCalls: [calls - hits, calls * 3],
      bytesCopied: 0,
      bytesDemanded: 0,
    }));
    const limit = baseline + 1.25 * budgetBytes;
    return rowOf(
      `working set of 3 budgets, ${elements * 4} B each`,
      sheet,
      { ops: count * passes, baseline, early: baseline, late: process.memoryUsage.rss(), peak, limit, started },
      counts,
      [...over, ...wrong],
    );
  } finally {
    await sheet.close();
  }
}

interface Seen {
  readonly ops: number;
  readonly baseline: number;
  readonly early: number;
  readonly late: number;
  readonly peak: number;
  readonly limit: number;
  readonly started: bigint;
}

function rowOf(
  scenario: string,
  sheet: SymbolicSheet,
  { ops, baseline, early, late, peak, limit, started }: Seen,
  counts: Counts,
  faults: readonly string[],
): Row {
  const { entries, sizeBytes } = sheet.stats();
  return {
    scenario,
    ops,
    seconds: Number(process.hrtime.bigint() - started) / 1e9,
    baselineMb: mb(baseline),
    earlyMb: mb(early),
    lateMb: mb(late),
    peakMb: mb(peak),
    limitMb: mb(limit),
    pinnedMb: mb(sheet.stats().pinnedBytes),
    storedMb: mb(sizeBytes),
    entries,
    tableMb: mb(partsOf(sheet).table.sizeBytes),
    nodes: sheet.stats().nodes,
    counters: counts,
    scenarios: { [scenario]: counts },
    faults,
  };
}

const mb = (bytes: number): number => Math.round(bytes / 2 ** 20);

/** RSS when garbage and what it pinned are gone. */
async function restingRss(): Promise<number> {
  for (let i = 0; i < 2; i++) {
    collectGarbage();
    await nextTurn();
  }
  return process.memoryUsage.rss();
}

async function checkSheet(sheet: SymbolicSheet, check: Check): Promise<void> {
  const [sum] = await sheet
    .tensor(Float32Array.of(1, 2, 3))
    .add(0.5)
    .sum()
    .data();
  check.hold('a small sum', sum === 7.5 ? 0 : Infinity);
}
