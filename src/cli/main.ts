#!/usr/bin/env node
// The command line: npx symbolic-sheet run | where | stats | gc | fsck | clear | replay | diff | explain | devices.
import { createRequire } from 'node:module';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { SheetError } from '../index.ts';
import { devicesCommand } from './devices-command.ts';
import { oneLine, printable } from './printable.ts';
import { runCommand, type RunOptions } from './run-command.ts';
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

const USAGE = `symbolic-sheet run script.ts [--watch] [-- args]    run a program that keeps its results, and report
symbolic-sheet where                                where results are kept for later runs
symbolic-sheet stats                                how much is kept
symbolic-sheet gc [--cap 2GB]                       remove what is not needed
symbolic-sheet fsck [--repair]                      check every kept result against its digest
symbolic-sheet clear                                remove all that is kept
symbolic-sheet replay run.sqs.json [--device js]   run a saved trace again and compare the results
symbolic-sheet diff a.sqs.json b.sqs.json           where two programs part
symbolic-sheet explain run.sqs.json                 by op and call by call, how it was answered
symbolic-sheet devices                              where this machine can compute, and what is missing
  --store DIR run, where, stats, gc, fsck, clear: another folder
  --op NAME   explain: calls of this op alone
  --limit N   explain: print at most N calls, 0 for the summary alone (default 50)
  --prefix    use the sound part of a damaged trace
  --json      print what was found as JSON
  --version   print the version
Exit codes: 0 as recorded or equal, 1 something differs, 2 it could not be told.`;

/** What a command line may say. */
interface CommandOptions extends TraceCommandOptions, StoreCommandOptions, RunOptions {}

interface Command {
  /** What it takes, in order. */
  readonly takes: readonly string[];
  run(paths: readonly string[], options: CommandOptions): Promise<CommandResult>;
  /** Whether it takes more than that: arguments of a program. */
  readonly takesMore?: boolean;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  run: { takes: ['the path of a script'], takesMore: true, run: runCommand },
  where: { takes: [], run: (_paths, options) => whereCommand(options) },
  stats: { takes: [], run: (_paths, options) => statsCommand(options) },
  gc: { takes: [], run: (_paths, options) => gcCommand(options) },
  fsck: { takes: [], run: (_paths, options) => fsckCommand(options) },
  clear: { takes: [], run: (_paths, options) => clearCommand(options) },
  replay: { takes: ['the path of a saved trace'], run: ([path = ''], options) => replayCommand(path, options) },
  diff: {
    takes: ['the path of a saved trace', 'the path of another'],
    run: ([a = '', b = ''], options) => diffCommand(a, b, options),
  },
  explain: { takes: ['the path of a saved trace'], run: ([path = ''], options) => explainCommand(path, options) },
  devices: { takes: [], run: () => devicesCommand() },
};

/** Runs one command line (without node and script). */
async function runCommandLine(args: readonly string[]): Promise<CommandResult> {
  try {
    const {
      values,
      positionals: [name, ...paths],
    } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        device: { type: 'string' },
        store: { type: 'string' },
        cap: { type: 'string' },
        repair: { type: 'boolean' },
        watch: { type: 'boolean' },
        op: { type: 'string' },
        limit: { type: 'string' },
        prefix: { type: 'boolean' },
        json: { type: 'boolean' },
        version: { type: 'boolean', short: 'v' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help === true) return { text: USAGE, exitCode: 0 };
    if (values.version === true)
      return {
        text: (createRequire(import.meta.url)('symbolic-sheet/package.json') as { version: string }).version,
        exitCode: 0,
      };
    const fault = faultOf(name, paths);
    if (fault !== undefined) return { text: `${fault}\n\n${USAGE}`, exitCode: 2 };
    const result = await COMMANDS[name as string]!.run(paths, values);
    return values.json === true
      ? {
          ...result,
          text: JSON.stringify(
            result.record,
            (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
            2,
          ),
        }
      : result;
  } catch (error) {
    return { text: messageOf(error), exitCode: 2 };
  }
}

/** What is wrong with a command and its arguments. */
function faultOf(name: string | undefined, paths: readonly string[]): string | undefined {
  if (name === undefined) return 'Which command?';
  if (!Object.hasOwn(COMMANDS, name)) return `There is no command "${name}".`;
  const { takes, takesMore } = COMMANDS[name]!;
  if (paths.length < takes.length) return `${name}: ${takes[paths.length]} is missing.`;
  return paths.length > takes.length && takesMore !== true
    ? `${name}: "${paths[takes.length]}" is one argument too many.`
    : undefined;
}

/** Errors a person can do something about, in one line; anything else is a fault of ours and goes up. */
function messageOf(error: unknown): string {
  if (error instanceof SheetError) return oneLine(`${error.name}: ${error.message}`);
  const { code, message } = error as { code?: unknown; message?: string };
  if (typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS')) return `${oneLine(message ?? '')}\n\n${USAGE}`;
  throw error;
}

// Who reads the output may have read enough: `explain run.sqs.json | head -1`.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: Error & { readonly code?: unknown }) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
}

runCommandLine(process.argv.slice(2)).then(
  ({ text, record, exitCode }) => {
    // A result is a result also where it could not tell.
    (exitCode === 2 && record === undefined ? process.stderr : process.stdout).write(
      text === '' ? '' : `${printable(text)}\n`,
    );
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    process.stderr.write(`${printable(String(error instanceof Error ? error.stack : error))}\n`);
    process.exitCode = 2;
  },
);
