// The sweep in a fresh process, on a sheet with the store that the first run filled.
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MainOptions } from './main-options.ts';
import type { Run } from './runs.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const script = fileURLToPath(new URL('./sweep-again.ts', import.meta.url));
/** A run of many fits says much. */
const MAX_BYTES = 2 ** 28;

/** Where the job keeps its results. */
export const storeOf = ({ out }: MainOptions): string => resolve(out, 'store');

/** Runs the sweep in a process of its own; its time is that of the sweep, without the start of Node. */
export function sweepInNewProcess(options: MainOptions): Promise<Run> {
  const args = [...process.execArgv, script, JSON.stringify({ ...options, out: resolve(options.out) })];
  return new Promise((done, fail) => {
    execFile(process.execPath, args, { cwd: root, maxBuffer: MAX_BYTES }, (error, stdout, stderr) => {
      if (error === null) done(JSON.parse(stdout) as Run);
      else fail(new Error(`The sweep in a new process failed: ${stderr || error.message}`));
    });
  });
}
