// The main job in a new process: with an empty store, and with the one that the first left. Accuracies are compared to
// the last bit before a figure is given.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { readOptions } from '../examples/lib/main-options.ts';
import { compare, type Run } from '../examples/lib/runs.ts';
import { noCounts } from './measure/counts.ts';
import { quantile } from './measure/harness.ts';
import { Check } from './measure/oracle.ts';
import type { Bench } from './report/report.ts';

const script = fileURLToPath(new URL('../examples/lib/sweep-again.ts', import.meta.url));
const ROUNDS = 3;

/** A run, with the bytes that its stores gave and those that it asked for. */
interface ReadingRun extends Run {
  readonly bytesRead: number;
  readonly bytesDemanded: number;
}

/** The bench `warmstart`; `--quick` sweeps the smaller size of `npm start -- --quick`. */
export const warmstart: Bench = async ({ quick }, tell) => {
  const check = new Check();
  const times = { cold: [] as number[], warm: [] as number[] };
  let [keptBytes, readBytes, askedBytes] = [0, 0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    const out = mkdtempSync(join(tmpdir(), 'symbolic-sheet-bench-warm-'));
    try {
      const options = readOptions([...(quick ? ['--quick'] : []), '--out', out]);
      const run = (): ReadingRun =>
        JSON.parse(
          execFileSync(process.execPath, [...process.execArgv, script, JSON.stringify(options)], {
            encoding: 'utf8',
            maxBuffer: 2 ** 28,
          }),
        ) as ReadingRun;
      const [cold, warm] = [run(), run()];
      const { compared, equal } = compare(warm.fits, cold.fits);
      check.hold('the accuracies of a warm start', compared > 0 && equal === compared ? 0 : Infinity);
      times.cold.push(cold.seconds * 1e3);
      times.warm.push(warm.seconds * 1e3);
      [readBytes, askedBytes] = [warm.bytesRead, warm.bytesDemanded];
      keptBytes = bytesIn(join(out, 'store'));
      tell(`warmstart round ${round + 1} of ${ROUNDS} done`);
    } finally {
      rmSync(out, { recursive: true, force: true });
    }
  }
  const [coldMs, warmMs] = [quantile(times.cold, 0.5), quantile(times.warm, 0.5)];
  const figures = [
    { case: 'warm start', value: coldMs / warmMs, unit: '×', bound: 20, better: 'higher' },
    // What is asked for is read, and nothing under it.
    { case: 'bytes read of those asked for', value: readBytes / askedBytes, unit: '×', bound: 1, better: 'lower' },
  ];
  const all = { coldMs, warmMs, keptBytes, readBytes, askedBytes };
  return {
    checked: check.summary,
    rows: figures.map((figure) => ({ ...figure, ...all, counters: noCounts(), scenarios: {}, faults: [] })),
    columns: ['case', 'value', 'unit', 'bound', 'coldMs', 'warmMs', 'keptBytes', 'readBytes', 'askedBytes'],
  };
};

const bytesIn = (folder: string): number =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).reduce((sum, name) => {
    const stat = statSync(join(folder, name));
    return sum + (stat.isFile() ? stat.size : 0);
  }, 0);
