// A disk of four megabytes that is really full: what was written is there, nothing is wrong, and room is used again.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, describe, expect, it } from 'vitest';
import { extent } from '../../run/extent.ts';
import { programOf } from '../../run/program.ts';

const base = mkdtempSync(join(tmpdir(), 'symbolic-sheet-full-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));
const program = await programOf('tests/tiers/disk/filling-process.ts');

/** Runs a command with a small disk at `base` that nobody else sees, and which goes with it. */
const onSmallDisk = (...command: string[]) =>
  spawnSync(
    'unshare',
    [
      process.getuid?.() === 0 ? '-m' : '-Urm',
      'sh',
      '-c',
      'mount -t tmpfs -o size=4m tmpfs "$0" && exec "$@"',
      base,
      ...command,
    ],
    { encoding: 'utf8' },
  );

describe('a disk that is full', () => {
  it('costs the results that it has no room for, and none that it has', { timeout: 120_000 }, (context) => {
    const tried = onSmallDisk('true');
    if (tried.status !== 0) return context.skip(`no disk of its own: ${tried.error?.message ?? tried.stderr.trim()}`);
    const count = String(extent(60, 500));
    const { stdout, stderr } = onSmallDisk(process.execPath, program, join(base, 'store'), count, '200000');
    expect(stdout, stderr).not.toBe('');
    const { full, ...rest } = JSON.parse(stdout) as { full: number };
    // Sixteen of 250,000 bytes are four megabytes.
    expect(full).toBeGreaterThanOrEqual(12);
    expect(full).toBeLessThanOrEqual(17);
    expect(rest).toEqual({ wrong: 0, missing: 0, unfinished: 0, isUsedAgain: true, told: ['failed'] });
  });
});
