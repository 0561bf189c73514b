// Ten million steps of every loop that only awaits: each in a process of its own with a small heap, which must stay
// where it settled.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { programOf } from '../run/program.ts';
import { LOOPS, type LoopKind } from './steps.ts';
import { loopSteps, shareSeconds } from './time.ts';

const MIB = 2 ** 20;
/** Steps of which one takes as long as a thousand others. */
const DEAR: ReadonlySet<LoopKind> = new Set(['sheets']);
/**
 * Loops that swing, and by how many MiB: the trace keeps 64 MiB of inputs, and the table of nodes is swept at 65,536 of
 * them, a kilobyte each with what knows them.
 */
const SWINGS: Partial<Readonly<Record<LoopKind, number>>> = { inputs: 80, memoTensors: 96 };
/** A small heap, with room for what is young: a third of the time went to copying what lives until the next turn. */
const HEAP = ['--max-old-space-size=192', '--min-semi-space-size=64', '--max-semi-space-size=64'];
const program = await programOf('tests/soak/loop.ts');

interface Figures {
  readonly done: number;
  readonly perSecond: number;
  readonly settled: number;
  readonly end: number;
  readonly nodes: number;
}

// As many at a time as there are cores.
describe.concurrent('millions of steps that only await', () => {
  it.each(LOOPS)('%s: stay flat', async (kind) => {
    const steps = DEAR.has(kind) ? Math.ceil(loopSteps / 1000) : loopSteps;
    const { stdout } = await promisify(execFile)(process.execPath, [
      ...HEAP,
      program,
      kind,
      String(steps),
      String(shareSeconds),
    ]);
    console.log(kind, stdout.trim());
    const { done, settled, end, nodes } = JSON.parse(stdout) as Figures;
    if (shareSeconds === Infinity) expect(done).toBe(steps);
    expect(end - settled).toBeLessThan((SWINGS[kind] ?? 32) * MIB);
    expect(nodes).toBeLessThan(1_000_000);
  });
});
