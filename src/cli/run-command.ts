// The command that runs a program: its results are kept for the next run, and a report ends it. With --watch it runs
// again whenever a file of it is saved.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { AttributeError, storeFolder } from '../index.ts';
import type { CommandResult } from './trace-commands.ts';

/** Options of `run`, as words of the command line. */
export interface RunOptions {
  readonly watch?: boolean | undefined;
  readonly store?: string | undefined;
  /** What the program prints goes to stderr, for what is printed here is for programs. */
  readonly json?: boolean | undefined;
}

/** Runs a script; the exit code is its own. What follows its name is handed to it. */
export async function runCommand(
  [script = '', ...rest]: readonly string[],
  options: RunOptions,
): Promise<CommandResult> {
  const path = resolve(script);
  if (!existsSync(path))
    throw new AttributeError(`run: there is no file ${path}. Give the path of a script.`, { path });
  const flags = [...(options.watch === true ? ['--watch'] : []), ...loaderFor(path)];
  const child = spawn(process.execPath, [...flags, path, ...rest], {
    stdio: options.json === true ? ['inherit', process.stderr, 'inherit'] : 'inherit',
    env: { ...process.env, SYMBOLIC_SHEET_REPORT: '1', SYMBOLIC_SHEET_STORE: storeFolder(options.store) },
  });
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, forward);
  const code = await new Promise<number>((done) =>
    child.on('exit', (exit, signal) => done(exit ?? (signal === 'SIGINT' ? 0 : 1))),
  );
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, forward);
  return { text: '', record: { script: path, exitCode: code }, exitCode: code === 0 ? 0 : code === 1 ? 1 : 2 };
}

/** What Node needs to run TypeScript: tsx from the script's project, where Node does not strip types by itself. */
function loaderFor(path: string): readonly string[] {
  if (!/\.[cm]?tsx?$/.test(path)) return [];
  for (const base of [path, join(process.cwd(), 'package.json'), import.meta.url]) {
    try {
      return ['--import', pathToFileURL(createRequire(base).resolve('tsx')).href];
    } catch {
      // Not from there.
    }
  }
  if ('typescript' in process.features && process.features.typescript !== false) return [];
  throw new AttributeError('run: this Node cannot run TypeScript by itself; npm install --save-dev tsx.', { path });
}
