// Ten million steps of every loop that only awaits: each in a process of its own with a small heap, which must stay
// where it settled.
import { spawnSync } from 'node:child_process';
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
const program = await programOf('tests/soak/loop.ts');

describe('millions of steps that only await', () => {
  it.each(LOOPS)('%s: stay flat', (kind) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [
        '--max-old-space-size=192',
        program,
        kind,
        String(DEAR.has(kind) ? Math.ceil(loopSteps / 1000) : loopSteps),
        String(shareSeconds),
      ],
      { encoding: 'utf8' },
    );
    expect(status, stderr.slice(-500)).toBe(0);
    console.log(kind, stdout.trim());
    const { settled, end, nodes } = JSON.parse(stdout) as {
      readonly settled: number;
      readonly end: number;
      readonly nodes: number;
    };
    expect(end - settled).toBeLessThan((SWINGS[kind] ?? 32) * MIB);
    expect(nodes).toBeLessThan(1_000_000);
  });
});
