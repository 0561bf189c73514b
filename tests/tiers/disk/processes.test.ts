// Processes that are killed, and several at a time on one folder: what one of them was told is safe is there, whole.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { nodeFileSystem } from '../../../src/host/node/file-system.ts';
import { DiskStore } from '../../../src/tiers/disk/disk-store.ts';
import { extent } from '../../run/extent.ts';
import { programOf } from '../../run/program.ts';
import { digest, isWhole, resultOf } from './results.ts';

const base = mkdtempSync(join(tmpdir(), 'symbolic-sheet-killed-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));
const program = await programOf('tests/tiers/disk/storing-process.ts');
const LENGTHS = [40, 5000, 300_000];

/** Runs a process on a folder, killed so long after it began; answers the lines it wrote. */
async function use(folder: string, args: readonly number[], killAfterMs?: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, [program, folder, ...args.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const ended = new Promise<void>((done) => child.on('close', () => done()));
  if (killAfterMs !== undefined) {
    await new Promise<void>((begun) => child.stdout.once('data', () => begun()));
    await after(killAfterMs);
    child.kill('SIGKILL');
  }
  await ended;
  // A line that the kill cut off says nothing.
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .slice(0, -1);
}

const safeIn = (lines: readonly string[]): number[] =>
  lines.filter((line) => line.startsWith('safe ')).map((line) => Number(line.slice(5)));

/** Holds that every result is there and whole, and that the whole folder is. */
async function expectAll(folder: string, numbers: Iterable<number>): Promise<void> {
  const store = await DiskStore.open(nodeFileSystem(folder), { digest, capBytes: 1e10 });
  for (const number of new Set(numbers)) {
    const result = resultOf(number, LENGTHS[number % LENGTHS.length]);
    const found = await store.get(result.key);
    expect(found !== undefined && isWhole(found) && found.digest === result.digest, `result ${number}`).toBe(true);
  }
  expect(await store.fsck()).toMatchObject({ wrong: 0, missing: 0 });
  await store.gc();
  expect(nodeFileSystem(folder).list('tmp')).toEqual([]);
  await store.close();
}

describe('a process that is killed', () => {
  it('leaves everything that it was told is safe, and nothing that is wrong', { timeout: 900_000 }, async () => {
    const folder = join(base, 'killed');
    const safe: number[] = [];
    for (let kill = 0; kill < extent(8, 400); kill++) {
      const lines = await use(folder, [kill + 1, 0], (kill * 7) % 60);
      expect(lines.filter((line) => !line.startsWith('safe '))).toEqual([]);
      safe.push(...safeIn(lines));
    }
    expect(safe.length).toBeGreaterThan(extent(12, 1000));
    await expectAll(folder, safe);
  });
});

describe('processes at a time', () => {
  it('read and write the same keys, and collect garbage, without harm', { timeout: 900_000 }, async () => {
    const folder = join(base, 'together');
    const count = extent(3, 8);
    const all = await Promise.all(Array.from({ length: count }, (_, i) => use(folder, [i + 1, extent(150, 4000), 16])));
    for (const lines of all) {
      expect(lines.at(-1)).toBe('done');
      expect(lines.filter((line) => !/^(safe|done)/.test(line))).toEqual([]);
    }
    await expectAll(folder, all.flatMap(safeIn));
  });
});
