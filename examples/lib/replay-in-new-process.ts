// Replaying a trace in a fresh process: nothing of this one is there to help it.
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const script = fileURLToPath(new URL('./replay.ts', import.meta.url));

/** Replays a trace and answers what came of it, as lines. */
export function replayInNewProcess(path: string): Promise<string[]> {
  return new Promise((done, fail) => {
    execFile(process.execPath, [...process.execArgv, script, resolve(path)], { cwd: root }, (error, stdout, stderr) => {
      if (error === null) done(stdout.trimEnd().split('\n'));
      else fail(new Error(`The replay of ${path} failed: ${stderr || error.message}`));
    });
  });
}
