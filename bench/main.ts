// npm run bench -- <name> [--json] [--quick] [--option value]: one bench, its rows, and exit code 1 where a row contradicts itself.
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { SymbolicSheet } from 'symbolic-sheet';
import { FULL_PACE, QUICK_PACE } from './harness.ts';
import { type Bench, type BenchOptions, commitOf, machineOf, tableOf } from './report.ts';

const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
  matmul: async () => (await import('./matmul.ts')).matmul,
  overhead: async () => (await import('./overhead.ts')).overhead,
  probe: async () => (await import('./probe.ts')).probe,
  pipeline: async () => (await import('./pipeline.ts')).pipeline,
  fingerprint: async () => (await import('./fingerprint.ts')).fingerprint,
  memory: async () => (await import('./memory.ts')).memory,
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
  return { name, json, options: { quick, pace: quick ? QUICK_PACE : FULL_PACE, values } };
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
  const outcome = await bench(options, (line) => void process.stderr.write(`${line}\n`));
  const { checked, rows } = outcome;
  process.stdout.write(json ? `${JSON.stringify({ name, machine, commit: commitOf(), checked, rows }, undefined, 1)}\n` : `${tableOf(outcome)}\n`);
  const faults = rows.flatMap((row) => row.faults.map((fault) => `${outcome.columns.slice(0, 4).map((column) => `${column} ${String(row[column])}`).join(', ')}: ${fault}`));
  for (const fault of faults) process.stderr.write(`FAILED ${name}, ${fault}\n`);
  return faults.length === 0 ? 0 : 1;
}

/** The same command in a process without settings that lean on the result. */
function again(): number {
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !LEANING.includes(key)));
  return spawnSync(process.execPath, [...process.execArgv, ...process.argv.slice(1)], { env, stdio: 'inherit' }).status ?? 1;
}

process.exit(LEANING.some((key) => process.env[key] !== undefined) ? again() : await run(readCommand(process.argv.slice(2))));
