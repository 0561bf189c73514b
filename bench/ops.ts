// One op of each family at growing lengths, beside other libraries on one machine: TensorFlow.js on WebAssembly, the
// methods of typed arrays, and NumPy on one thread where Python has it.
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import type * as Tf from '@tensorflow/tfjs-core';
import { SymbolicSheet, type Tensor } from 'symbolic-sheet';
import { OP_JOBS, type OpArray, type OpJob } from './contenders/op-jobs.ts';
import { startTfjs } from './contenders/rivals.ts';
import { type Contender, race } from './measure/harness.ts';
import { numbersOf, wordsOf } from './measure/options.ts';
import { Check } from './measure/oracle.ts';
import { floats } from './measure/seed.ts';
import { accountOf, type Bench, type BenchOptions, type Row, timesOf } from './report/report.ts';

const LENGTHS = [1e3, 1e4, 1e5, 1e6, 1e7];
/** Nobody else in JavaScript is quicker by more than a tenth; told of lengths at which a call's own cost is small. */
const BOUND = 1.1;
const BOUNDED_FROM = 1e5;
/** What NumPy may be quicker by on one thread, where memory is what a call waits for. */
const NUMPY_BOUND = 2;

/** The bench `ops`. `--elements 1000,100000` picks lengths, `--op add,sort` ops. */
export const ops: Bench = async (options, tell) => {
  const names = wordsOf(
    options.values,
    'op',
    OP_JOBS.map(({ op }) => op),
  );
  const check = new Check();
  const rows: Row[] = [];
  const tf = await startTfjs('wasm').catch((error: unknown) => {
    tell(`without tfjs-wasm: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  });
  const sheet = await SymbolicSheet.open({ store: 'memory' });
  try {
    const lengths = numbersOf(options.values, 'elements') ?? LENGTHS.filter((n) => !options.quick || n <= 1e5);
    for (const length of lengths) {
      for (const job of OP_JOBS.filter(({ op }) => names?.includes(op) ?? true))
        if (!options.isOver()) rows.push(await rowOf(sheet, tf, job, length, check, options));
      tell(`ops of ${length} elements done`);
    }
  } finally {
    await sheet.close();
  }
  const columns = ['case', 'value', 'unit', 'bound', 'better', 'numpyRatio', 'numpyBound', 'oursMs', 'rivals'];
  return { checked: check.summary, rows, columns };
};

async function rowOf(
  sheet: SymbolicSheet,
  tf: typeof Tf | undefined,
  job: OpJob,
  length: number,
  check: Check,
  { pace }: BenchOptions,
): Promise<Row> {
  const arrays = [floats(length, 1), floats(length, 2)]
    .slice(0, job.operands)
    .map((array): OpArray => (job.dtype === 'float64' ? Float64Array.from(array) : array));
  const wanted = job.oracle(arrays[0]!, arrays[1] ?? arrays[0]!);
  const hold = (who: string, found: ArrayLike<number | bigint>): void =>
    check.hold(`${job.op} of ${length} ${job.dtype} by ${who}`, errorOf(found, wanted) / job.slack);
  const mine = await ours(sheet, job, arrays, hold);
  const others = tf === undefined || job.tfjs === undefined ? undefined : await byTfjs(tf, job.tfjs, arrays, hold);
  const timings = await race([mine, ...(others ? [others.contender] : []), ...byMethod(job, arrays[0]!)], pace);
  others?.close();
  const { ours: time, ...rest } = Object.fromEntries(Object.entries(timings).map(([name, t]) => [name, t.medianMs]));
  const least = Math.min(...Object.values(rest));
  const numpyMs = byNumpy(job, arrays, hold);
  return {
    case: `${job.op} ${job.dtype} ${length}`,
    value: Number.isFinite(least) ? time! / least : null,
    unit: '× the quickest other in JavaScript',
    bound: length >= BOUNDED_FROM ? BOUND : null,
    better: 'lower',
    op: job.op,
    dtype: job.dtype,
    elements: length,
    ...timesOf(timings),
    numpyRatio: numpyMs === undefined ? null : time! / numpyMs,
    numpyBound: length >= BOUNDED_FROM && job.isMemoryBound === true ? NUMPY_BOUND : null,
    rivals: { ...rest, ...(numpyMs !== undefined && { numpy: numpyMs }) },
    ...accountOf(timings),
  };
}

/** The largest error, in roundings of float32. */
function errorOf(found: ArrayLike<number | bigint>, wanted: ArrayLike<number>): number {
  if (found.length !== wanted.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < wanted.length; i++) {
    const error = Math.abs(Number(found[i]) - wanted[i]!) / Math.max(2 ** -100, Math.abs(wanted[i]!));
    if (!(error <= worst)) worst = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
  }
  return worst * 2 ** 24;
}

type Hold = (who: string, found: ArrayLike<number | bigint>) => void;

async function ours(sheet: SymbolicSheet, job: OpJob, arrays: readonly OpArray[], hold: Hold): Promise<Contender> {
  const off = sheet.with({ device: 'wasm', cache: 'off' });
  const operands = arrays.map((array): Tensor => off.tensor(array));
  hold('the sheet', (await job.apply(off, operands).data()) as ArrayLike<number | bigint>);
  const run = async (calls: number): Promise<void> => {
    for (let i = 0; i < calls; i++) {
      const result = job.apply(off, operands);
      await off.compute(result);
      result.dispose();
    }
  };
  return { name: 'ours', sheet, maxCalls: 2000, run };
}

async function byTfjs(
  tf: typeof Tf,
  apply: NonNullable<OpJob['tfjs']>,
  arrays: readonly OpArray[],
  hold: Hold,
): Promise<{ contender: Contender; close(): void }> {
  const operands = arrays.map((array) => tf.tensor(array, [array.length], 'float32'));
  const first = apply(tf, operands);
  hold('tfjs-wasm', await first.data());
  first.dispose();
  const run = (calls: number): void => {
    for (let i = 0; i < calls; i++) apply(tf, operands).dispose();
  };
  const close = (): void => operands.forEach((operand) => operand.dispose());
  return { contender: { name: 'tfjs-wasm', maxCalls: 2000, run }, close };
}

function byMethod({ native }: OpJob, x: OpArray): Contender[] {
  if (native === undefined) return [];
  const run = (calls: number): void => {
    for (let i = 0; i < calls; i++) native(x);
  };
  return [{ name: 'typedArray', maxCalls: 2000, run }];
}

/** Reads operands, answers the result in float64, and says on the other stream how many milliseconds a call took. */
const PROGRAM = `
import sys, time
import numpy as np
dtype, count, text = sys.argv[1], int(sys.argv[2]), sys.argv[3]
given = np.frombuffer(sys.stdin.buffer.read(), dtype=dtype).reshape(count, -1)
x, y = given[0], given[-1]
call = eval('lambda: ' + text)
times = []
for _ in range(7):
    start = time.perf_counter()
    result = call()
    times.append(time.perf_counter() - start)
sys.stdout.buffer.write(np.atleast_1d(result).astype('float64').tobytes())
sys.stderr.write(str(sorted(times)[3] * 1e3))
`;

/** Milliseconds of a call by NumPy on one thread; undefined where there is none. */
function byNumpy({ dtype, numpy }: OpJob, arrays: readonly OpArray[], hold: Hold): number | undefined {
  const bytes = arrays.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength));
  const { status, stdout, stderr } = spawnSync('python3', ['-c', PROGRAM, dtype, String(arrays.length), numpy], {
    input: Buffer.concat(bytes),
    maxBuffer: 2 ** 30,
    env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
  });
  if (status !== 0) return undefined;
  hold('NumPy', new Float64Array(Uint8Array.from(stdout).buffer));
  return Number(stderr.toString());
}
