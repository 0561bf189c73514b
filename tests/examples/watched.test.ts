// A watched notebook: whenever it is saved it runs anew, and what is unchanged is found; the traces of its runs say so.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { answersIn } from '../../src/core/engine/explain.ts';
import { loadTrace } from '../../src/index.ts';
import { programsOf } from '../run/program.ts';

const [main, index] = await programsOf(['src/cli/main.ts', 'src/index.ts']);
const folder = mkdtempSync(join(tmpdir(), 'symbolic-sheet-watched-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const notebook = (lastCell: string): string => `
// %% [markdown] A notebook of three cells
import { existsSync } from 'node:fs';
import { SymbolicSheet } from ${JSON.stringify(index)};
await using sheet = await SymbolicSheet.open();
// %% Data
const X = sheet.randomNormal([512, 512], { seed: 5 });
await X.data();
// %% A product that takes a while
const Y = X.matmul(X);
await Y.data();
// %% What is being worked at
${lastCell}
// %%
await sheet.flush();
let run: number = 1;
while (existsSync(\`run-\${run}.sqs.json\`)) run++;
await sheet.trace.save(\`run-\${run}.sqs.json\`, { roots: 'none' });
`;

/** Resolves when a run has written its trace. */
async function trace(run: number): ReturnType<typeof loadTrace> {
  const path = join(folder, `run-${run}.sqs.json`);
  for (let tries = 0; !existsSync(path); tries++) {
    if (tries > 1200) throw new RangeError(`run ${run} of the notebook wrote no trace in two minutes`);
    await setTimeout(100);
  }
  return loadTrace(path);
}

/** Ops in the order of their calls, each with how it was answered. */
async function answered(run: number): Promise<readonly string[]> {
  const { events, annotations } = await trace(run);
  const answers = answersIn(annotations);
  return [...events].sort((a, b) => a.seq - b.seq).map(({ op, seq }) => `${op} ${answers.get(seq)?.decision}`);
}

it('computes the edited cell alone', { timeout: 300_000 }, async () => {
  const path = join(folder, 'notebook.mts');
  writeFileSync(join(folder, 'package.json'), '{}');
  writeFileSync(path, notebook('await Y.matmul(X).data();'));
  const env = { ...process.env, SYMBOLIC_SHEET_STORE: '' };
  const watching = spawn(process.execPath, [main as string, 'run', path, '--watch'], {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise((done) => watching.once('exit', done));
  try {
    expect(await answered(1)).toEqual(['random_normal computed', 'matmul computed', 'matmul computed']);
    writeFileSync(path, notebook('await Y.matmul(X, { transposeB: true }).data();'));
    expect(await answered(2)).toEqual(['random_normal hit', 'matmul hit', 'matmul computed']);
  } finally {
    watching.kill('SIGTERM');
    await ended;
  }
});
