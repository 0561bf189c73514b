// What a hit by handle costs when 10³ to 10⁶ results are kept and any of them may be asked for; lru-cache and a memoize beside it.
//
// A hit is `await sheet.matmul(x, y)`: the call becomes an expression, is interned and found. Nothing is read.
import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { LRUCache } from 'lru-cache';
import { SymbolicSheet, type Tensor } from 'symbolic-sheet';
import { addDifference, contradictions, countsOf, type Counts, noCounts } from './counts.ts';
import { quantile } from './harness.ts';
import { memoized } from './memoize.ts';
import { Check, productError } from './oracle.ts';
import { type Bench, type BenchOptions, type Row } from './report.ts';
import { type Draw, drawFrom, floats } from './seed.ts';

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
  return { checked: check.summary, rows, columns: ['entries', 'p50', 'p99', 'meanNs', 'bytesPerEntry', 'lruP50', 'lruP99', 'memoizeP50', 'memoizeP99', 'withinTarget'] };
};

const sizesOf = ({ quick, values }: BenchOptions): number[] => values['entries']?.split(',').map(Number) ?? (quick ? [1000, 10_000] : [1000, 10_000, 100_000, 1_000_000]);

/** Vectors on two sides; every pair of them is an entry. */
interface Table {
  readonly side: number;
  readonly left: readonly Float32Array[];
  readonly right: readonly Float32Array[];
  readonly rows: readonly Tensor[];
  readonly columns: readonly Tensor[];
}

async function rowOf(entries: number, { quick }: BenchOptions, check: Check): Promise<Row> {
  const sheet = await SymbolicSheet.open();
  try {
    const table = makeTable(sheet, entries);
    const before = heldBytes();
    await fill(sheet, table);
    const kept = sheet.core.store.stats().entries;
    const bytesPerEntry = (heldBytes() - before) / kept;
    await checkSome(sheet, table, check);
    const draws = quick ? 2_000 : 20_000;
    const rivals = await rivalsOf(table);
    const counts = noCounts();
    const samples: Record<string, number[]> = { sheet: [], lru: [], memoize: [] };
    for (let round = 0; round <= ROUNDS; round++) {
      const draw = drawFrom(round + 1);
      const took = { sheet: await timeHits(sheet, table, draws, draw, round === 0 ? noCounts() : counts), lru: timeCalls(rivals.lru, table, draws, draw), memoize: timeCalls(rivals.memoize, table, draws / 10, draw) };
      if (round > 0) for (const [name, times] of Object.entries(took)) samples[name]?.push(...times);
    }
    return assemble(entries, kept, bytesPerEntry, samples, counts, draws * ROUNDS);
  } finally {
    await sheet.close();
  }
}

function assemble(entries: number, kept: number, bytesPerEntry: number, samples: Record<string, number[]>, counts: Counts, calls: number): Row {
  const at = (name: string, q: number): number => quantile(samples[name] ?? [], q);
  const nsPerHit = { p50: at('sheet', 0.5), p99: at('sheet', 0.99) };
  const lost = kept === entries ? [] : [`${kept} of ${entries} results were kept`];
  const wrong = contradictions(counts, calls, () => ({ kernelCalls: 0, hits: calls, misses: 0, bypasses: 0, bytesHashed: 0, bytesCopied: 0, bytesDemanded: 0 }));
  return {
    entries, nsPerHit, ...nsPerHit, meanNs: (samples['sheet'] ?? []).reduce((sum, ns) => sum + ns, 0) / calls, bytesPerEntry,
    lru: { p50: at('lru', 0.5), p99: at('lru', 0.99) }, memoize: { p50: at('memoize', 0.5), p99: at('memoize', 0.99) },
    lruP50: at('lru', 0.5), lruP99: at('lru', 0.99), memoizeP50: at('memoize', 0.5), memoizeP99: at('memoize', 0.99),
    withinTarget: nsPerHit.p50 <= TARGET_NS, counters: counts, scenarios: { hitHandle: counts }, faults: [...lost, ...wrong],
  };
}

function makeTable(sheet: SymbolicSheet, entries: number): Table {
  const side = Math.ceil(Math.sqrt(entries));
  const vectors = (seed: number): Float32Array[] => Array.from({ length: side }, (_, i) => floats(LENGTH, seed + i));
  const [left, right] = [vectors(1), vectors(1_000_001)];
  // The last row is cut short where `entries` is no square: its pairs beyond them are never drawn.
  return { side: entries / side, left, right, rows: left.map((array) => sheet.tensor(array, [1, LENGTH])), columns: right.map((array) => sheet.tensor(array, [LENGTH, 1])) };
}
