#!/usr/bin/env node
// The command line: npx symbolic-sheet replay | diff | explain | devices.
import process from 'node:process';
import { parseArgs } from 'node:util';
import { SheetError } from '../index.ts';
import { devicesCommand } from './devices-command.ts';
import { type CommandResult, diffCommand, explainCommand, replayCommand } from './trace-commands.ts';

const USAGE = `symbolic-sheet replay run.sqs.json [--device js]   run a saved trace again and compare the results
symbolic-sheet diff a.sqs.json b.sqs.json           where two programs part
symbolic-sheet explain run.sqs.json                 call by call, how it was answered
symbolic-sheet devices                              where this machine can compute, and what is missing
  --prefix   use the sound part of a damaged trace
Exit codes: 0 as recorded or equal, 1 something differs, 2 it could not be told.`;

/** Runs one command line (without node and script). */
export async function runCommandLine(args: readonly string[]): Promise<CommandResult> {
  try {
    const { values, positionals } = parseArgs({
      args: [...args], allowPositionals: true,
      options: { device: { type: 'string' }, prefix: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    });
    const [command, first, second] = positionals;
    if (values.help === true) return { text: USAGE, exitCode: 0 };
    if (command === 'replay' && first !== undefined) return await replayCommand(first, values);
    if (command === 'diff' && first !== undefined && second !== undefined) return await diffCommand(first, second, values);
    if (command === 'devices' && first === undefined) return await devicesCommand();
    if (command === 'explain' && first !== undefined) return await explainCommand(first, values);
    return { text: USAGE, exitCode: 2 };
  } catch (error) {
    return { text: messageOf(error), exitCode: 2 };
  }
}

/** Errors a person can do something about, in one line; anything else is a fault of ours and goes up. */
function messageOf(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: string };
  if (error instanceof SheetError) return `${error.name}: ${error.message}`;
  if (typeof code === 'string' && (code.startsWith('ERR_PARSE_ARGS') || code === 'ENOENT' || code === 'EISDIR' || code === 'EACCES')) return `${message}\n\n${USAGE}`;
  throw error;
}

runCommandLine(process.argv.slice(2)).then(
  ({ text, exitCode }) => {
    (exitCode === 2 ? process.stderr : process.stdout).write(`${text}\n`);
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = 2;
  },
);
