// The command that measures, on this machine, the same small program with the cache and without it. Its results are
// compared before a time is printed.
import { performance } from 'node:perf_hooks';
import { NumericError, SymbolicSheet } from '../index.ts';
import { alignColumns } from '../core/text.ts';
import { during } from './progress.ts';
import type { CommandResult } from './trace-commands.ts';
import { time } from './units.ts';

/** Options of the command, as words of the command line. */
interface BenchOptions {
  readonly quick?: boolean | undefined;
  readonly device?: string | undefined;
}

/** Rows and columns of the data, and how many regularisations are tried. */
interface Size {
  readonly rows: number;
  readonly columns: number;
  readonly fits: number;
}

const FULL: Size = { rows: 4000, columns: 384, fits: 8 };
const QUICK: Size = { rows: 400, columns: 64, fits: 4 };
/** Each is run so often, in turns; the quickest counts, for other work on the machine only adds. */
const ROUNDS = 3;

const RUNS = ['cache off', 'cache on, first run', 'the same again', 'one value more'] as const;
type Times = Readonly<Record<(typeof RUNS)[number], number>>;

/** The data of a size, the same in every run. */
interface Data extends Size {
  readonly x: Float32Array;
  readonly y: Float32Array;
}

const elementsOf = (size: number, step: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(i * step) + Math.cos(i * i * 1e-5));

/** Ridge regression for several regularisations, the plain way: products are written where they are used. */
async function fit(
  sheet: SymbolicSheet,
  { rows, columns, x, y: targets }: Data,
  strengths: readonly number[],
): Promise<number[]> {
  const X = sheet.tensor(x, [rows, columns]);
  const y = sheet.tensor(targets, [rows, 1]);
  const weights: number[] = [];
  for (const strength of strengths) {
    const gram = X.matmul(X, { transposeA: true }).add(sheet.eye(columns).multiply(strength));
    weights.push(...(await gram.solve(X.matmul(y, { transposeA: true })).data()));
  }
  return weights;
}

/** Runs the program with the cache and without it, and says what the cache saved. */
export async function benchCommand({ quick, device }: BenchOptions): Promise<CommandResult> {
  const size = quick === true ? QUICK : FULL;
  const { rows, columns } = size;
  const data: Data = { ...size, x: elementsOf(rows * columns, 0.37), y: elementsOf(rows, 0.11) };
  const rounds: Times[] = [];
  for (let round = 0; round < ROUNDS; round++)
    rounds.push(await during(`round ${round + 1} of ${ROUNDS}`, () => measure(data, device)));
  const best = RUNS.map((run) => Math.min(...rounds.map((times) => times[run])));
  const [off = 0] = best;
  const table = RUNS.map((run, i) => [run, time(best[i]!), i === 0 ? '' : `${(off / best[i]!).toPrecision(3)} ×`]);
  return {
    text: [
      `${size.fits} ridge regressions of ${size.rows} × ${size.columns}, exact: results equal in every run, bit by bit`,
      alignColumns(table),
      `the quickest of ${ROUNDS} rounds each; × says how often it fits into the run without a cache`,
    ].join('\n'),
    record: { ...size, rounds, bestNs: Object.fromEntries(RUNS.map((run, i) => [run, best[i]!])), equal: true },
    exitCode: 0,
  };
}

async function measure(data: Data, device: string | undefined): Promise<Times> {
  const strengths = Array.from({ length: data.fits }, (_, i) => 10 ** (i - 2));
  const times: Partial<Record<(typeof RUNS)[number], number>> = {};
  const run = async (name: (typeof RUNS)[number], sheet: SymbolicSheet, list = strengths): Promise<number[]> => {
    const start = performance.now();
    const weights = await fit(sheet, data, list);
    times[name] = (performance.now() - start) * 1e6;
    return weights;
  };
  const shared = { class: 'exact', store: 'memory', ...(device !== undefined && { device }) } as const;
  const more = [...strengths, 10 ** data.fits];
  await using plain = await SymbolicSheet.open({ ...shared, cache: 'off' });
  await using cached = await SymbolicSheet.open(shared);
  const expected = await run('cache off', plain);
  checkEqual(expected, await run('cache on, first run', cached));
  checkEqual(expected, await run('the same again', cached));
  checkEqual(await fit(plain, data, more), await run('one value more', cached, more));
  return times as Times;
}

/** A quick wrong answer is no result. */
function checkEqual(expected: readonly number[], found: readonly number[]): void {
  const at = expected.findIndex((value, i) => !Object.is(value, found[i]));
  if (at < 0 && expected.length === found.length) return;
  throw new NumericError(
    `bench: element ${at} is ${found[at]} with the cache and ${expected[at]} without it; please report this.`,
    { at, expected: expected[at], found: found[at] },
  );
}
