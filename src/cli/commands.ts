// The commands by name: what each takes, does, answers by its exit code, and how it is written. Help is made from this.
import { benchCommand } from './bench-command.ts';
import { type BundleCommandOptions, packCommand, unpackCommand, verifyCommand } from './bundle-commands.ts';
import { devicesCommand } from './devices-command.ts';
import { inspectCommand } from './inspect-command.ts';
import { keysCommand, type KeysCommandOptions } from './keys-command.ts';
import { reportCommand } from './report-command.ts';
import { runCommand, type RunOptions } from './run-command.ts';
import { simulateCommand } from './simulate-command.ts';
import {
  clearCommand,
  fsckCommand,
  gcCommand,
  statsCommand,
  type StoreCommandOptions,
  whereCommand,
} from './store-commands.ts';
import {
  type CommandResult,
  diffCommand,
  explainCommand,
  replayCommand,
  type TraceCommandOptions,
} from './trace-commands.ts';
import type { VacCommandOptions } from './vac-command.ts';

/** Options of the command line: what they are given, and what they mean. */
export const OPTIONS = {
  device: { type: 'string', value: 'NAME', means: 'compute on this device where it can: js, wasm, blas, webgpu' },
  store: { type: 'string', value: 'DIR', means: 'another folder of results' },
  cap: { type: 'string', value: 'SIZE', means: 'bytes that may stay, as 500MB or 2GB' },
  repair: { type: 'boolean', means: 'take out what is wrong' },
  watch: { type: 'boolean', means: 'run again whenever a file of the program is saved' },
  op: { type: 'string', value: 'NAME', means: 'calls of this op alone' },
  limit: { type: 'string', value: 'N', means: 'print at most N of a list (default 50)' },
  prefix: { type: 'boolean', means: 'use the sound part of a damaged trace' },
  out: { type: 'string', value: 'PATH', means: 'where to write' },
  force: { type: 'boolean', means: 'replace files that are there' },
  redact: {
    type: 'string',
    value: 'WHAT',
    means: 'leave out: roots (all), notes, and single roots by number or content id, with commas between',
  },
  key: {
    type: 'string',
    value: 'ID',
    means: 'sign with this key of yours (symbolic-sheet keys), or with that in a file',
  },
  trust: {
    type: 'string',
    multiple: true,
    value: 'KEY',
    means: 'a public key, "project" for those the project trusts, or a file of keys: a bundle must be signed by one',
  },
  ticks: { type: 'string', value: 'N', means: 'stop after so many ticks' },
  input: { type: 'string', value: 'TEXT', means: 'what the console of a machine reads' },
  scope: { type: 'string', value: 'NAMES', means: 'in which scopes a key is trusted, with commas between' },
  quick: { type: 'boolean', means: 'a smaller size' },
  json: { type: 'boolean', means: 'print what was found as JSON' },
  version: { type: 'boolean', short: 'v', means: 'print the version' },
  help: { type: 'boolean', short: 'h', means: 'print help; of one command where it is named' },
} as const;

type OptionName = keyof typeof OPTIONS;

/** What a command line may say. */
interface CommandOptions
  extends
    TraceCommandOptions,
    StoreCommandOptions,
    RunOptions,
    BundleCommandOptions,
    KeysCommandOptions,
    VacCommandOptions {
  readonly quick?: boolean | undefined;
}

interface Command {
  readonly summary: string;
  /** What it takes, in order. */
  readonly takes: readonly string[];
  /** Whether it takes more than that: arguments of a program. */
  readonly takesMore?: boolean;
  readonly options: readonly OptionName[];
  /** How it is written, the first in the list of all commands. */
  readonly examples: readonly string[];
  /** What 0, 1 and 2 mean. */
  readonly exits: readonly [string, string, string];
  run(paths: readonly string[], options: CommandOptions): Promise<CommandResult>;
}

const UNTOLD = 'a file or an option cannot be used';
const DONE: Command['exits'] = ['done', 'never', UNTOLD];
const A_TRACE = ['the path of a saved trace'];

/** The commands, in the order in which help lists them. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  run: {
    summary: 'run a program that keeps its results, and report',
    takes: ['the path of a script'],
    takesMore: true,
    options: ['watch', 'store'],
    examples: ['run script.ts [--watch] [-- args]', 'run sweep.ts', 'run notebook.ts --watch'],
    exits: ['the program ended well', 'it ended with code 1', 'it ended with another code, or could not be run'],
    run: runCommand,
  },
  where: {
    summary: 'where results are kept for later runs',
    takes: [],
    options: ['store'],
    examples: ['where [--json]', 'where --json'],
    exits: DONE,
    run: (_paths, options) => whereCommand(options),
  },
  stats: {
    summary: 'how much is kept',
    takes: [],
    options: ['store'],
    examples: ['stats', 'stats --json'],
    exits: DONE,
    run: (_paths, options) => statsCommand(options),
  },
  gc: {
    summary: 'remove what is not needed',
    takes: [],
    options: ['cap', 'store'],
    examples: ['gc [--cap 2GB]', 'gc', 'gc --cap 500MB'],
    exits: ['done', 'never', 'another process is collecting, or an option cannot be used'],
    run: (_paths, options) => gcCommand(options),
  },
  fsck: {
    summary: 'check every kept result against its digest',
    takes: [],
    options: ['repair', 'store'],
    examples: ['fsck [--repair]', 'fsck', 'fsck --repair'],
    exits: ['all are whole', 'some are not', UNTOLD],
    run: (_paths, options) => fsckCommand(options),
  },
  clear: {
    summary: 'remove all that is kept',
    takes: [],
    options: ['store'],
    examples: ['clear'],
    exits: DONE,
    run: (_paths, options) => clearCommand(options),
  },
  replay: {
    summary: 'run a saved trace or bundle again and compare the results',
    takes: A_TRACE,
    options: ['device', 'prefix', 'trust'],
    examples: ['replay run.sqs.json [--device js]', 'replay run.sqb --trust keys.txt', 'replay run.sqs.json --json'],
    exits: ['every result is as recorded', 'one differs', 'roots are missing, or nothing could be compared'],
    run: ([path = ''], options) => replayCommand(path, options),
  },
  diff: {
    summary: 'where two programs part',
    takes: ['the path of a saved trace', 'the path of another'],
    options: ['prefix', 'trust'],
    examples: ['diff a.sqs.json b.sqs.json', 'diff yesterday.sqb today.sqb'],
    exits: ['the programs are equal', 'they part', UNTOLD],
    run: ([a = '', b = ''], options) => diffCommand(a, b, options),
  },
  explain: {
    summary: 'by op and call by call, how it was answered',
    takes: A_TRACE,
    options: ['op', 'limit', 'prefix', 'trust'],
    examples: ['explain run.sqs.json', 'explain run.sqs.json --op matmul --limit 0'],
    exits: DONE,
    run: ([path = ''], options) => explainCommand(path, options),
  },
  report: {
    summary: 'what was reused, the time that saved, and why the rest was computed',
    takes: A_TRACE,
    options: ['limit', 'prefix', 'trust'],
    examples: ['report run.sqs.json', 'report run.sqb --json'],
    exits: DONE,
    run: ([path = ''], options) => reportCommand(path, options),
  },
  'simulate-cache': {
    summary: 'what a recorded program would have saved with caches of other policies and sizes',
    takes: A_TRACE,
    options: ['cap', 'prefix', 'trust'],
    examples: ['simulate-cache run.sqs.json [--cap 2GB]', 'simulate-cache run.sqb --json'],
    exits: DONE,
    run: ([path = ''], options) => simulateCommand(path, options),
  },
  pack: {
    summary: 'make one file of a trace and its roots, for others',
    takes: A_TRACE,
    options: ['out', 'force', 'redact', 'key', 'prefix'],
    examples: [
      'pack run.sqs.json [--out run.sqb]',
      'pack run.sqs.json --redact roots,notes',
      'pack run.sqs.json --key ci-1',
    ],
    exits: DONE,
    run: ([path = ''], options) => packCommand(path, options),
  },
  unpack: {
    summary: 'the trace of a bundle, and its roots as .npy beside it',
    takes: ['the path of a bundle'],
    options: ['out', 'force', 'trust'],
    examples: ['unpack run.sqb [--out folder]', 'unpack run.sqb --trust keys.txt'],
    exits: DONE,
    run: ([path = ''], options) => unpackCommand(path, options),
  },
  verify: {
    summary: 'whether a bundle is whole, and who signed it',
    takes: ['the path of a bundle'],
    options: ['trust'],
    examples: ['verify run.sqb', 'verify run.sqb --trust project'],
    exits: [
      'it is whole, and signed by a key of --trust where there are some',
      'it is not',
      'it cannot be read, or an option cannot be used',
    ],
    run: ([path = ''], options) => verifyCommand(path, options),
  },
  inspect: {
    summary: 'shapes, dtypes and digests of a file or a kept result',
    takes: ['the path of a trace, bundle, .npy or .safetensors file, or the key of a kept result'],
    options: ['limit', 'store', 'prefix', 'trust'],
    examples: ['inspect model.safetensors', 'inspect run.sqb', 'inspect array.npy --json'],
    exits: DONE,
    run: ([path = ''], options) => inspectCommand(path, options),
  },
  bench: {
    summary: 'the same small program with the cache and without it, here',
    takes: [],
    options: ['quick', 'device'],
    examples: ['bench [--quick]', 'bench', 'bench --quick --json'],
    exits: ['measured: results were equal', 'never', 'results differed, or an option cannot be used'],
    run: (_paths, options) => benchCommand(options),
  },
  devices: {
    summary: 'where this machine can compute, and what is missing',
    takes: [],
    options: [],
    examples: ['devices'],
    exits: DONE,
    run: () => devicesCommand(),
  },
  keys: {
    summary: 'keys of those who write results for others',
    takes: [],
    takesMore: true,
    options: ['scope'],
    examples: ['keys [create ID | list | trust KEY --scope NAMES]', 'keys create ci-1', 'keys list --json'],
    exits: DONE,
    run: keysCommand,
  },
  vac: {
    summary: 'run a WebAssembly program as a machine that stops at any tick, and go on with it',
    takes: ['run, replay, verify or diff', 'the path of a program or of a machine (.vac.json)'],
    takesMore: true,
    options: ['ticks', 'input', 'out', 'force', 'key', 'trust'],
    examples: [
      'vac run program.wasm [FUNCTION ARGS] [--ticks N] [--out NAME]',
      'vac run half.vac.json --out whole',
      'vac replay whole.vac.json',
      'vac diff half.vac.json whole.vac.json',
    ],
    exits: ['done, and equal', 'it trapped, or differs', UNTOLD],
    run: async (words, options) => (await import('./vac-command.ts')).vacCommand(words, options),
  },
};

/** The first example is how the command is written in general. */
const WIDTH = Math.max(...Object.values(COMMANDS).map(({ examples }) => examples[0]!.length));

/** All commands, a line each. */
export const ALL_COMMANDS = [
  ...Object.values(COMMANDS).map(({ examples, summary }) => `symbolic-sheet ${examples[0]!.padEnd(WIDTH)}  ${summary}`),
  'All take --json, and --help for their options, exit codes and examples; --version prints the version.',
  'Exit codes: 0 as recorded, equal or done, 1 something differs, 2 it could not be told.',
].join('\n');

/** One command: how it is written, its options, exit codes and examples. */
export function helpOf(name: string): string {
  const { summary, examples, exits, options } = COMMANDS[name]!;
  const [form = '', ...more] = examples;
  const listed = [...options, 'json', 'help'] as const;
  const flag = (option: OptionName): string => {
    const row = OPTIONS[option];
    return `--${option}${'value' in row ? ` ${row.value}` : ''}`;
  };
  const width = Math.max(...listed.map((option) => flag(option).length));
  return [
    `symbolic-sheet ${form}`,
    `  ${summary}`,
    'Options:',
    ...listed.map((option) => `  ${flag(option).padEnd(width)}  ${OPTIONS[option].means}`),
    'Exit codes:',
    ...exits.map((means, code) => `  ${code}  ${means}`),
    'Examples:',
    ...(more.length === 0 ? [form] : more).map((example) => `  npx symbolic-sheet ${example}`),
  ].join('\n');
}
