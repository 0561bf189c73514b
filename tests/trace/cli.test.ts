// The command line on saved traces: what it prints and with which code it ends.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { diffCommand, explainCommand, replayCommand } from '../../src/cli/trace-commands.ts';
import { layers, withSheet } from './programs.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
let folder: string;
const file = (name: string): string => join(folder, name);
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cli-'));
  for (const [name, axis] of [['a.sqs.json', 0], ['b.sqs.json', 1]] as const) {
    await withSheet({ class: 'exact' }, async (sheet) => {
      await layers(sheet, axis);
      await sheet.trace.save(file(name));
    });
  }
  await withSheet({ class: 'exact' }, async (sheet) => {
    await layers(sheet);
    await sheet.trace.save(file('rootless.sqs.json'), { roots: 'none' });
  });
  writeFileSync(file('edited.sqs.json'), readFileSync(file('a.sqs.json'), 'utf8').replace('"keepdims":false', '"keepdims":true'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (...args: string[]): { status: number | null; text: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', MAIN, ...args], { encoding: 'utf8' });
  return { status, text: stdout + stderr };
};

describe('the command line', () => {
  it('lists the devices of the machine, and what is missing', () => {
    const { status, text } = run('devices');
    expect(status).toBe(0);
    expect(text).toMatch(/^✓ js +plain JavaScript/m);
    expect(text).toMatch(/^[✓·] webgpu +\S/m);
  });

  it('replays a trace', async () => {
    expect(run('replay', file('a.sqs.json'), '--device', 'js')).toMatchObject({ status: 0, text: expect.stringMatching(/replayed 18 events, chain ✓ · 5 digests compared: 5 equal/) });
    const rootless = await replayCommand(file('rootless.sqs.json'));
    expect(rootless.exitCode).toBe(2);
    expect(rootless.text).toMatch(/missing root #\d+: float32 \[6×8\] [0-9a-f]{64}/);
  });

  it('shows where two programs part', async () => {
    const { exitCode, text } = await diffCommand(file('a.sqs.json'), file('b.sqs.json'));
    expect(exitCode).toBe(1);
    expect(text).toContain('attrs.axis: [0] → [1]');
    expect((await diffCommand(file('a.sqs.json'), file('a.sqs.json'))).exitCode).toBe(0);
  });

  it('explains a trace call by call', async () => {
    expect((await explainCommand(file('a.sqs.json'))).text).toMatch(/#\d+ +matmul +float32 \[6×8\] +(computed|bypass) \w+ [\d.]+ ms +#1 #2/);
  });

  it('says what is wrong with a file or a command, without a stack', () => {
    const edited = run('replay', file('edited.sqs.json'));
    expect(edited.status).toBe(2);
    expect(edited.text).toMatch(/^FormatError: .*does not match its chain/);
    expect(edited.text).not.toContain('    at ');
    expect(run('replay', file('none.sqs.json'))).toMatchObject({ status: 2, text: expect.stringContaining('no such file') });
    expect(run('replaay')).toMatchObject({ status: 2, text: expect.stringContaining('symbolic-sheet replay') });
  });
});
