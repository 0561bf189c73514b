// Pipelines of the LIMA paper with the cache off, on, and on in a new sheet over the store that the first left; and
// by hand,
// without anything twice.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { type OpenOptions, SymbolicSheet } from 'symbolic-sheet';
import type { Pipeline, Prepare } from './lima/job.ts';
import { LEARNERS } from './lima/learners.ts';
import { PRESSURE } from './lima/pressure.ts';
import { REGRESSIONS } from './lima/regressions.ts';
import { noCounts } from './measure/counts.ts';
import { quantile } from './measure/harness.ts';
import { wordsOf } from './measure/options.ts';
import { Check } from './measure/oracle.ts';
import type { Bench, Row } from './report/report.ts';

const PIPELINES: Readonly<Record<string, Pipeline>> = { ...REGRESSIONS, ...LEARNERS, ...PRESSURE };
/** The pipelines of an id begin with it. */
const IDS = [...new Set(Object.keys(PIPELINES).map((name) => name.split(',')[0]!))];
/** What is compared with about its own time is run so many times in turns, without a cache and with one. */
const TURNS = 5;
/** By hand the same numbers come in another order of operations. */
const BY_HAND_BOUND = 1e-4;

interface Run {
  readonly ms: number;
  readonly flops: number;
  readonly found: readonly number[];
}

/** The bench `lima`: `--id HLM,ENS` runs some pipelines, `--quick` a fifth of their rows. */
export const lima: Bench = async ({ quick, values, isOver }, tell) => {
  const check = new Check();
  const rows: Row[] = [];
  const ids = wordsOf(values, 'id', IDS) ?? IDS;
  for (const [name, pipeline] of Object.entries(PIPELINES)) {
    if (!ids.includes(name.split(',')[0]!)) continue;
    if (isOver()) break;
    rows.push(await rowOf(name, pipeline, quick ? 5 : 1, check));
    tell(`lima ${name} done`);
  }
  const columns = ['case', 'value', 'unit', 'bound', 'better', 'offMs', 'onMs', 'warmMs', 'byHandMs'];
  return { checked: check.summary, rows, columns: [...columns, 'computedFlops', 'avoidedFlops'] };
};

async function rowOf(name: string, pipeline: Pipeline, share: number, check: Check): Promise<Row> {
  const store = mkdtempSync(join(tmpdir(), 'symbolic-sheet-bench-lima-'));
  try {
    const rows = pipeline.rows / share;
    const { bound, better, plain, byHand, budgetBytes } = pipeline;
    const budget = budgetBytes === undefined ? {} : { budgetBytes: budgetBytes(rows) };
    // Kernels are compiled before the first that is timed.
    await timed({ cache: 'off' }, plain, rows, 0);
    const off: Run[] = [];
    const on: Run[] = [];
    for (let turn = 0; turn < (better === 'lower' ? TURNS : 1); turn++) {
      off.push(await timed({ cache: 'off' }, plain, rows, turn));
      on.push(await timed(better === 'lower' ? { store: 'memory', ...budget } : { store }, plain, rows, turn));
    }
    const warm = better === 'lower' ? undefined : await timed({ store }, plain, rows, 0);
    const hand = byHand && (await timed({ cache: 'off' }, byHand, rows, 0));
    on.forEach((run, turn) => holdEqual(check, `${name}, on`, off[turn]!, run, 0));
    if (warm !== undefined) holdEqual(check, `${name}, warm`, off[0]!, warm, 0);
    if (hand !== undefined) holdEqual(check, `${name}, by hand`, off[0]!, hand, BY_HAND_BOUND);
    const [offMs, onMs] = [medianMs(off), medianMs(on)];
    const base = pipeline.against === 'byHand' && hand !== undefined ? hand.ms : offMs;
    return {
      case: name,
      value: better === 'lower' ? onMs / base : offMs / onMs,
      unit: '×',
      bound,
      better,
      rows,
      scale: pipeline.scale * share,
      offMs,
      onMs,
      warmMs: warm?.ms,
      byHandMs: hand?.ms,
      computedFlops: on[0]!.flops,
      avoidedFlops: off[0]!.flops - on[0]!.flops,
      byHandFlops: hand?.flops,
      counters: noCounts(),
      scenarios: {},
      faults: [],
    };
  } finally {
    rmSync(store, { recursive: true, force: true });
  }
}

/** Results of the class `exact` have the same bits, however they were come by; by hand they are within a bound. */
function holdEqual(check: Check, what: string, off: Run, other: Run, bound: number): void {
  const differences = off.found.map((value, i) => {
    const difference = Math.abs(value - other.found[i]!);
    return difference === 0 ? 0 : bound === 0 ? Infinity : difference / (bound * Math.max(1, Math.abs(value)));
  });
  const isWhole = off.found.length > 0 && off.found.length === other.found.length;
  check.hold(what, isWhole && off.found.every(Number.isFinite) ? Math.max(...differences) : Infinity);
}

const medianMs = (runs: readonly Run[]): number =>
  quantile(
    runs.map(({ ms }) => ms),
    0.5,
  );

async function timed(options: OpenOptions, prepare: Prepare, rows: number, turn: number): Promise<Run> {
  const sheet = await SymbolicSheet.open({ class: 'exact', ...options });
  try {
    const run = await prepare(sheet, rows, turn);
    const before = sheet.stats().counters.flops;
    const start = performance.now();
    const found = await run();
    return { ms: performance.now() - start, flops: sheet.stats().counters.flops - before, found };
  } finally {
    await sheet.close();
  }
}
