// npm run bench -- <name> [--json] [--quick] [--option value]: one bench, its rows, and exit code 1 where a row
// contradicts itself.
//
// `--save file` writes the JSON beside the table, `--seconds 60` begins nothing after so long, `--driver swiftshader`
// takes the software GPU.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { SymbolicSheet } from 'symbolic-sheet';
import { FULL_PACE, QUICK_PACE } from './measure/harness.ts';
import { numberOf, wordsOf } from './measure/options.ts';
import { type Bench, type BenchOptions, commitOf, machineOf, type Outcome, tableOf } from './report/report.ts';

// What a bench times is computed in it, unless it opens a store of its own.
process.env['SYMBOLIC_SHEET_STORE'] = 'off';

/** A bench and the options that it has beside those of all. */
interface Entry {
  readonly load: () => Promise<Bench>;
  readonly options: readonly string[];
}

const BENCHES: Readonly<Record<string, Entry>> = {
  matmul: {
    load: async () => (await import('./matmul.ts')).matmul,
    options: ['device', 'sizes', 'rivals', 'variants', 'backends'],
  },
  overhead: {
    load: async () => (await import('./overhead.ts')).overhead,
    options: ['op', 'bytes', 'reuse', 'operands'],
  },
  probe: { load: async () => (await import('./probe.ts')).probe, options: ['entries'] },
  pipeline: {
    load: async () => (await import('./pipeline.ts')).pipeline,
    options: ['rows', 'features', 'lambdas', 'rounds', 'class'],
  },
  store: { load: async () => (await import('./store.ts')).store, options: ['bytes', 'entries'] },
  warmstart: { load: async () => (await import('./warmstart.ts')).warmstart, options: [] },
  fingerprint: { load: async () => (await import('./fingerprint.ts')).fingerprint, options: ['device', 'bytes'] },
  memory: { load: async () => (await import('./memory.ts')).memory, options: ['ops'] },
  elementwise: {
    load: async () => (await import('./elementwise.ts')).elementwise,
    options: ['device', 'bytes', 'rivals'],
  },
  lima: { load: async () => (await import('./lima.ts')).lima, options: ['id'] },
  dispatch: { load: async () => (await import('./dispatch.ts')).dispatch, options: ['device', 'chain', 'rivals'] },
  ops: { load: async () => (await import('./ops.ts')).ops, options: ['op', 'elements'] },
  atomsheet: { load: async () => (await import('./atomsheet.ts')).atomsheet, options: ['id'] },
};

/** Options of every bench that take a value, and those that take none. */
const COMMON = ['seconds', 'save', 'driver'];
const FLAGS = ['json', 'quick'];

/** Settings of a library that would change what is measured; they count from the start of a process only. */
const LEANING = ['OPENBLAS_CORETYPE', 'OPENBLAS_L2_SIZE', 'SYMBOLIC_SHEET', 'SYMBOLIC_SHEET_DEVICES'];

interface Command {
  readonly name: string;
  readonly json: boolean;
  readonly options: BenchOptions;
}

/** Throws RangeError where there is no such bench or option, or an option has not the value it takes. */
function readCommand(args: readonly string[]): Command {
  if (args.includes('--help'))
    throw new RangeError(
      'npm run bench -- <name> [--json] [--quick] [--option value], where <name> is one of ' +
        `${Object.keys(BENCHES).join(', ')}.`,
    );
  const values: Record<string, string> = {};
  const [flags, names] = [new Set<string>(), [] as string[]];
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    const option = word.slice(2);
    if (!word.startsWith('--')) names.push(word);
    else if (FLAGS.includes(option)) flags.add(option);
    else if (args[i + 1] === undefined) throw new RangeError(`--${option} takes a value`);
    else values[option] = args[++i]!;
  }
  const [name = ''] = names;
  const known = BENCHES[name]?.options;
  if (known === undefined || names.length > 1)
    throw new RangeError(`There is no bench "${names.join(' ')}"; give one of ${Object.keys(BENCHES).join(', ')}.`);
  const unknown = Object.keys(values).find((option) => ![...known, ...COMMON].includes(option));
  if (unknown !== undefined)
    throw new RangeError(
      `${name} has no option --${unknown}; it has ` +
        `${[...known, ...COMMON, ...FLAGS].map((option) => `--${option}`).join(', ')}.`,
    );
  wordsOf(values, 'driver', ['swiftshader']);
  wordsOf(values, 'rivals', ['tfjs', 'jax', 'onnx', 'none']);
  const endMs = (numberOf(values, 'seconds', 0) ?? Infinity) * 1000;
  const quick = flags.has('quick');
  return {
    name,
    json: flags.has('json'),
    options: { quick, pace: quick ? QUICK_PACE : FULL_PACE, values, isOver: () => performance.now() > endMs },
  };
}

async function run({ name, json, options }: Command): Promise<number> {
  const bench = await BENCHES[name]!.load();
  const sheet = await SymbolicSheet.open();
  const machine = machineOf(sheet);
  await sheet.close();
  let outcome: Outcome;
  try {
    outcome = await bench(options, (line) => void process.stderr.write(`${line}\n`));
  } catch (error) {
    process.stderr.write(
      `FAILED ${name}: ${error instanceof RangeError ? error.message : String((error as Error).stack)}\n`,
    );
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
  const faults = rows.flatMap((row) =>
    row.faults.map(
      (fault) =>
        `${outcome.columns
          .slice(0, 4)
          .map((column) => `${column} ${String(row[column])}`)
          .join(', ')}: ${fault}`,
    ),
  );
  for (const fault of faults) process.stderr.write(`FAILED ${name}, ${fault}\n`);
  return faults.length === 0 ? 0 : 1;
}

/** Set in the process that is started again, which never starts another. */
const AGAIN = 'SYMBOLIC_SHEET_BENCH_AGAIN';

/**
 * The settings to start again with: none that lean on the result, and the driver that is asked for; undefined where
 * this process has them.
 */
async function wantedEnv({ options: { values } }: Command): Promise<NodeJS.ProcessEnv | undefined> {
  if (process.env[AGAIN] !== undefined) return undefined;
  const driver =
    values['driver'] === 'swiftshader' ? (await import('./measure/swiftshader.ts')).swiftShaderEnv() : undefined;
  if (driver === undefined && !LEANING.some((key) => process.env[key] !== undefined)) return undefined;
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([key]) => !LEANING.includes(key))),
    ...driver,
    [AGAIN]: '1',
  };
}

async function main(): Promise<number> {
  let command: Command;
  try {
    command = readCommand(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return 2;
  }
  const env = await wantedEnv(command);
  return env === undefined
    ? run(command)
    : (spawnSync(process.execPath, [...process.execArgv, ...process.argv.slice(1)], { env, stdio: 'inherit' }).status ??
        1);
}

process.exit(await main());
