// What a hit by handle costs when 10³ to 10⁶ results are kept and any of them may be asked for; lru-cache and a memoize
// beside it.
//
// A hit is `await sheet.matmul(x, y)`: the call becomes an expression, is interned and found. Nothing is read.
import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { LRUCache } from 'lru-cache';
import { SymbolicSheet, type Tensor } from 'symbolic-sheet';
import { addDifference, contradictions, countsOf, type Counts, noCounts } from './measure/counts.ts';
import { quantile } from './measure/harness.ts';
import { memoized } from './contenders/memoize.ts';
import { numbersOf } from './measure/options.ts';
import { Check, productError } from './measure/oracle.ts';
import { type Bench, type BenchOptions, type Row } from './report/report.ts';
import { type Draw, drawFrom, floats } from './measure/seed.ts';
import { partsOf } from '../tests/parts.ts';

/** Length of the vectors whose inner products are kept: 4 bytes of result that are worth a look-up. */
const LENGTH = 4096;
const ROUNDS = 5;
const TARGET_NS = 2000;

/** The bench `probe`. `--entries 1000,1000000` picks table sizes. */
export const probe: Bench = async (options, tell) => {
  const check = new Check();
  const rows: Row[] = [];
  for (const entries of sizesOf(options)) {
    rows.push(await rowOf(entries, options, check));
    tell(`probe ${entries} entries done`);
  }
  return {
    checked: check.summary,
    rows,
    columns: [
      'entries',
      'p50',
      'p99',
      'meanNs',
      'bytesPerEntry',
      'lruP50',
      'lruP99',
      'memoizeP50',
      'memoizeP99',
      'withinTarget',
    ],
  };
};

const sizesOf = ({ quick, values }: BenchOptions): readonly number[] =>
  numbersOf(values, 'entries') ?? (quick ? [1000, 10_000] : [1000, 10_000, 100_000, 1_000_000]);

/** Vectors on two sides; every pair of them is an entry. */
interface Table {
  readonly left: readonly Float32Array[];
  readonly right: readonly Float32Array[];
  readonly rows: readonly Tensor[];
  readonly columns: readonly Tensor[];
}

async function rowOf(entries: number, { quick }: BenchOptions, check: Check): Promise<Row> {
  const sheet = await SymbolicSheet.open();
  try {
    const table = makeTable(sheet, entries);
    const before = await heldBytes();
    await fill(sheet, table);
    const kept = sheet.stats().entries;
    const bytesPerEntry = ((await heldBytes()) - before) / kept;
    await checkSome(sheet, table, check);
    const draws = quick ? 2_000 : 20_000;
    const rivals = await rivalsOf(table);
    const counts = noCounts();
    const samples: Record<string, number[]> = { sheet: [], lru: [], memoize: [] };
    for (let round = 0; round <= ROUNDS; round++) {
      const draw = drawFrom(round + 1);
      const took = {
        sheet: await timeHits(sheet, table, draws, draw, round === 0 ? noCounts() : counts),
        lru: timeCalls(rivals.lru, table, draws, draw),
        memoize: timeCalls(rivals.memoize, table, draws / 10, draw),
      };
      if (round > 0) for (const [name, times] of Object.entries(took)) samples[name]?.push(...times);
    }
    return assemble(entries, kept, bytesPerEntry, samples, counts, draws * ROUNDS);
  } finally {
    await sheet.close();
  }
}

function assemble(
  entries: number,
  kept: number,
  bytesPerEntry: number,
  samples: Record<string, number[]>,
  counts: Counts,
  calls: number,
): Row {
  const at = (name: string, q: number): number => quantile(samples[name] ?? [], q);
  const nsPerHit = { p50: at('sheet', 0.5), p99: at('sheet', 0.99) };
  const lost = kept === entries ? [] : [`${kept} of ${entries} results were kept`];
  const wrong = contradictions(counts, calls, () => ({
    kernelCalls: 0,
    hits: calls,
    misses: 0,
    bypasses: 0,
    bytesHashed: 0,
    bytesCopied: 0,
    bytesDemanded: 0,
  }));
  return {
    entries,
    nsPerHit,
    ...nsPerHit,
    meanNs: (samples['sheet'] ?? []).reduce((sum, ns) => sum + ns, 0) / calls,
    bytesPerEntry,
    lru: { p50: at('lru', 0.5), p99: at('lru', 0.99) },
    memoize: { p50: at('memoize', 0.5), p99: at('memoize', 0.99) },
    lruP50: at('lru', 0.5),
    lruP99: at('lru', 0.99),
    memoizeP50: at('memoize', 0.5),
    memoizeP99: at('memoize', 0.99),
    withinTarget: nsPerHit.p50 <= TARGET_NS,
    counters: counts,
    scenarios: { hitHandle: counts },
    faults: [...lost, ...wrong],
  };
}

function makeTable(sheet: SymbolicSheet, entries: number): Table {
  let side = Math.floor(Math.sqrt(entries));
  while (entries % side !== 0) side--;
  const [left, right] = [vectors(side, 1), vectors(entries / side, 1_000_001)];
  return {
    left,
    right,
    rows: left.map((array) => sheet.tensor(array, [1, LENGTH])),
    columns: right.map((array) => sheet.tensor(array, [LENGTH, 1])),
  };
}

const vectors = (count: number, seed: number): Float32Array[] =>
  Array.from({ length: count }, (_, i) => floats(LENGTH, seed + i));

/** Computes every pair, and keeps every result: this bench is of finding, not of what is worth keeping. */
async function fill(sheet: SymbolicSheet, { rows, columns }: Table): Promise<void> {
  Object.assign(partsOf(sheet), { admission: () => 'admit' });
  for (const x of rows) await sheet.compute(...columns.map((y) => sheet.matmul(x, y)));
}

async function checkSome(sheet: SymbolicSheet, { left, right, rows, columns }: Table, check: Check): Promise<void> {
  const draw = drawFrom(7);
  for (let i = 0; i < 20; i++) {
    const [row, column] = [pick(draw, rows.length), pick(draw, columns.length)];
    const found = await sheet.matmul(rows[row]!, columns[column]!).data();
    check.hold(
      `inner product ${row}·${column}`,
      productError(left[row]!, right[column]!, found as Float32Array, {
        m: 1,
        n: 1,
        k: LENGTH,
      }),
    );
  }
}

const pick = (draw: Draw, count: number): number => Math.floor(draw() * count);

/** Nanoseconds of every hit, each on its own, less what reading the clock costs. */
async function timeHits(
  sheet: SymbolicSheet,
  { rows, columns }: Table,
  calls: number,
  draw: Draw,
  counts: Counts,
): Promise<number[]> {
  const before = countsOf(sheet);
  const times = new Array<number>(calls);
  for (let i = 0; i < calls; i++) {
    const [x, y] = [rows[pick(draw, rows.length)]!, columns[pick(draw, columns.length)]!];
    const start = performance.now();
    await sheet.matmul(x, y);
    times[i] = (performance.now() - start) * 1e6 - CLOCK_NS;
  }
  addDifference(counts, before, countsOf(sheet));
  return times;
}

type Lookup = (row: number, column: number) => unknown;

function timeCalls(lookup: Lookup, { rows, columns }: Table, calls: number, draw: Draw): number[] {
  return Array.from({ length: calls }, () => {
    const [row, column] = [pick(draw, rows.length), pick(draw, columns.length)];
    const start = performance.now();
    lookup(row, column);
    return (performance.now() - start) * 1e6 - CLOCK_NS;
  });
}

/** lru-cache with every key spelled beforehand, and a memoize that hashes its arguments; both as full as the sheet. */
async function rivalsOf({ left, right }: Table): Promise<{ lru: Lookup; memoize: Lookup }> {
  const keys = left.map((_, row) => right.map((_, column) => `matmul:${row}:${column}`));
  const cache = new LRUCache<string, Float32Array>({ max: left.length * right.length });
  const dot = await memoized('matmul', () => new Float32Array(1));
  const digests = right.map(dot.digest);
  for (const [row, x] of left.entries()) {
    const digest = dot.digest(x);
    for (const [column, other] of digests.entries()) {
      const result = Float32Array.of(row + column);
      cache.set(keys[row]![column]!, result);
      dot.remember(digest, other, result);
    }
  }
  return {
    lru: (row, column) => cache.get(keys[row]![column]!),
    memoize: (row, column) => dot.call(left[row]!, right[column]!),
  };
}

/** Median cost of reading the clock twice. */
const CLOCK_NS = quantile(
  Array.from({ length: 10_000 }, () => -(performance.now() - performance.now()) * 1e6),
  0.5,
);

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes of JavaScript objects and of array buffers, garbage excluded. */
async function heldBytes(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    collectGarbage();
    await nextTurn();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
