// Replaying a trace in a fresh process: nothing of this one is there to help it.
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const script = fileURLToPath(new URL('./replay.ts', import.meta.url));

/** What came of a replay, for people, and whether every digest was the recorded one. */
export interface Replayed {
  readonly lines: readonly string[];
  readonly isEqual: boolean;
}

/** Replays a trace in a process of its own. */
export function replayInNewProcess(path: string): Promise<Replayed> {
  return new Promise((done, fail) => {
    execFile(process.execPath, [...process.execArgv, script, resolve(path)], { cwd: root }, (error, stdout, stderr) => {
      const lines = stdout.trimEnd().split('\n');
      if (error === null || (error.code === 1 && stderr === '')) done({ lines, isEqual: error === null });
      else fail(new Error(`The replay of ${path} failed: ${stderr || error.message}`));
    });
  });
}
