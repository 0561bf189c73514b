// Pipelines of the LIMA paper with the cache off, on, and on in a new sheet over the store that the first left.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { SymbolicSheet } from 'symbolic-sheet';
import { PIPELINES, type Pipeline } from './lima/pipelines.ts';
import { noCounts } from './measure/counts.ts';
import { wordsOf } from './measure/options.ts';
import { Check } from './measure/oracle.ts';
import type { Bench, Row } from './report/report.ts';

interface Run {
  readonly ms: number;
  readonly flops: number;
  readonly found: readonly number[];
}

/** The bench `lima`: `--id HLM,ENS` runs some pipelines, `--quick` a fifth of their rows. */
export const lima: Bench = async ({ quick, values, isOver }, tell) => {
  const check = new Check();
  const rows: Row[] = [];
  for (const id of wordsOf(values, 'id', Object.keys(PIPELINES)) ?? Object.keys(PIPELINES)) {
    if (isOver()) break;
    rows.push(await rowOf(id, PIPELINES[id]!, quick ? 5 : 1, check));
    tell(`lima ${id} done`);
  }
  const columns = ['case', 'value', 'unit', 'bound', 'offMs', 'onMs', 'warmMs', 'computedFlops', 'avoidedFlops'];
  return { checked: check.summary, rows, columns };
};

async function rowOf(id: string, pipeline: Pipeline, share: number, check: Check): Promise<Row> {
  const store = mkdtempSync(join(tmpdir(), 'symbolic-sheet-bench-lima-'));
  try {
    const rows = pipeline.rows / share;
    // Kernels are compiled before the first that is timed.
    await timed({ cache: 'off' }, pipeline, rows / 10);
    const off = await timed({ cache: 'off' }, pipeline, rows);
    const on = await timed({ store }, pipeline, rows);
    const warm = await timed({ store }, pipeline, rows);
    // Results of the class `exact` have the same bits, however they were come by.
    for (const [name, { found }] of Object.entries({ on, warm }))
      check.hold(
        `${id}, ${name}`,
        off.found.every((value, i) => Number.isFinite(value) && value === found[i]) ? 0 : Infinity,
      );
    return {
      case: id,
      value: off.ms / on.ms,
      unit: '×',
      bound: pipeline.bound,
      better: 'higher',
      rows,
      scale: pipeline.scale * share,
      offMs: off.ms,
      onMs: on.ms,
      warmMs: warm.ms,
      computedFlops: on.flops,
      avoidedFlops: off.flops - on.flops,
      counters: noCounts(),
      scenarios: {},
      faults: [],
    };
  } finally {
    rmSync(store, { recursive: true, force: true });
  }
}

async function timed(options: object, { run }: Pipeline, rows: number): Promise<Run> {
  const sheet = await SymbolicSheet.open({ class: 'exact', ...options });
  try {
    const start = performance.now();
    const found = await run(sheet, rows);
    return { ms: performance.now() - start, flops: sheet.stats().counters.flops, found };
  } finally {
    await sheet.close();
  }
}
