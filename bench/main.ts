// npm run bench -- <name> [--json] [--quick] [--option value]: one bench, its rows, and exit code 1 where a row contradicts itself.
//
// `--save file` writes the JSON beside the table, `--seconds 60` begins nothing after so long, `--driver swiftshader` takes the software GPU.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { SymbolicSheet } from 'symbolic-sheet';
import { FULL_PACE, QUICK_PACE } from './harness.ts';
import { type Bench, type BenchOptions, commitOf, machineOf, type Outcome, tableOf } from './report.ts';

const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
  matmul: async () => (await import('./matmul.ts')).matmul,
  overhead: async () => (await import('./overhead.ts')).overhead,
  probe: async () => (await import('./probe.ts')).probe,
  pipeline: async () => (await import('./pipeline.ts')).pipeline,
  fingerprint: async () => (await import('./fingerprint.ts')).fingerprint,
  memory: async () => (await import('./memory.ts')).memory,
  elementwise: async () => (await import('./elementwise.ts')).elementwise,
  dispatch: async () => (await import('./dispatch.ts')).dispatch,
};

/** Settings of a library that would change what is measured; they count from the start of a process only. */
const LEANING = ['OPENBLAS_CORETYPE', 'OPENBLAS_L2_SIZE', 'SYMBOLIC_SHEET', 'SYMBOLIC_SHEET_DEVICES'];

interface Command {
  readonly name: string;
  readonly json: boolean;
  readonly options: BenchOptions;
}

function readCommand(args: readonly string[]): Command {
  const values: Record<string, string> = {};
  let [name, json, quick] = ['', false, false];
  for (let i = 0; i < args.length; i++) {
    const word = args[i] as string;
    if (word === '--json') json = true;
    else if (word === '--quick') quick = true;
    else if (word.startsWith('--')) values[word.slice(2)] = args[++i] ?? '';
    else name = word;
  }
  const endMs = Number(values['seconds'] ?? Infinity) * 1000;
  return { name, json, options: { quick, pace: quick ? QUICK_PACE : FULL_PACE, values, isOver: () => performance.now() > endMs } };
}

async function run({ name, json, options }: Command): Promise<number> {
  const load = BENCHES[name];
  if (load === undefined) {
    process.stderr.write(`There is no bench "${name}"; give one of ${Object.keys(BENCHES).join(', ')}.\n`);
    return 2;
  }
  const bench = await load();
  const sheet = await SymbolicSheet.open();
  const machine = machineOf(sheet);
  await sheet.close();
  let outcome: Outcome;
  try {
    outcome = await bench(options, (line) => void process.stderr.write(`${line}\n`));
  } catch (error) {
    process.stderr.write(`FAILED ${name}: ${error instanceof RangeError ? error.message : String((error as Error).stack)}\n`);
    return 1;
  }
  return print(name, json, options, { ...machine, ...outcome.gpu }, outcome);
}

/** Shows an outcome; the exit code. */
function print(name: string, json: boolean, { values }: BenchOptions, machine: object, outcome: Outcome): number {
  const { checked, rows } = outcome;
  const answer = `${JSON.stringify({ name, machine, commit: commitOf(), checked, rows }, undefined, 1)}\n`;
  process.stdout.write(json ? answer : `${tableOf(outcome)}\n`);
  if (values['save'] !== undefined) writeFileSync(values['save'], answer);
  const faults = rows.flatMap((row) => row.faults.map((fault) => `${outcome.columns.slice(0, 4).map((column) => `${column} ${String(row[column])}`).join(', ')}: ${fault}`));
  for (const fault of faults) process.stderr.write(`FAILED ${name}, ${fault}\n`);
  return faults.length === 0 ? 0 : 1;
}

/** Set in the process that is started again, which never starts another. */
const AGAIN = 'SYMBOLIC_SHEET_BENCH_AGAIN';

/** The settings to start again with: none that lean on the result, and the driver that is asked for; undefined where this process has them. */
async function wantedEnv({ options: { values } }: Command): Promise<NodeJS.ProcessEnv | undefined> {
  if (process.env[AGAIN] !== undefined) return undefined;
  const driver = values['driver'] === 'swiftshader' ? (await import('./swiftshader.ts')).swiftShaderEnv() : undefined;
  if (driver === undefined && !LEANING.some((key) => process.env[key] !== undefined)) return undefined;
  return { ...Object.fromEntries(Object.entries(process.env).filter(([key]) => !LEANING.includes(key))), ...driver, [AGAIN]: '1' };
}

const command = readCommand(process.argv.slice(2));
const env = await wantedEnv(command);
process.exit(env === undefined ? await run(command) : spawnSync(process.execPath, [...process.execArgv, ...process.argv.slice(1)], { env, stdio: 'inherit' }).status ?? 1);
