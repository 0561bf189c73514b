#!/usr/bin/env node
// The program behind npx symbolic-sheet: runs its command line and prints what that answers.
import process from 'node:process';
import { runCommandLine } from './command-line.ts';
import { printable } from './printable.ts';

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
