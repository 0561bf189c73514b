// The command line on saved traces: what it prints and with which code it ends.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { oneLine, printable } from '../../src/cli/printable.ts';
import { diffCommand, explainCommand, replayCommand } from '../../src/cli/trace-commands.ts';
import { programOf } from '../run/program.ts';
import { layers, withSheet } from './programs.ts';

const MAIN = await programOf('src/cli/main.ts');
let folder: string;
const file = (name: string): string => join(folder, name);
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cli-'));
  for (const [name, axis] of [
    ['a.sqs.json', 0],
    ['b.sqs.json', 1],
  ] as const) {
    await withSheet({ class: 'exact' }, async (sheet) => {
      await layers(sheet, axis);
      await sheet.trace.save(file(name));
    });
  }
  await withSheet({ class: 'exact' }, async (sheet) => {
    await layers(sheet);
    await sheet.trace.save(file('rootless.sqs.json'), { roots: 'none' });
  });
  writeFileSync(
    file('edited.sqs.json'),
    readFileSync(file('a.sqs.json'), 'utf8').replace('"keepdims":false', '"keepdims":true'),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const runWith = (env: Readonly<Record<string, string>>, ...args: string[]): { status: number | null; text: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return { status, text: stdout + stderr };
};
const run = (...args: string[]): { status: number | null; text: string } => runWith({}, ...args);

describe('the command line', () => {
  it('lists the devices of the machine, and what is missing', () => {
    const { status, text } = run('devices');
    expect(status).toBe(0);
    expect(text).toMatch(/^✓ js +plain JavaScript/m);
    expect(text).toMatch(/^[✓·] webgpu +\S/m);
  });

  it('lists them also where the environment asks for one that is not there, and as JSON', () => {
    const { status, text } = runWith({ SYMBOLIC_SHEET_DEVICES: 'abacus' }, 'devices');
    expect(status).toBe(0);
    expect(text).toMatch(/^✓ wasm +\S[^]*\nSYMBOLIC_SHEET_DEVICES=abacus: programs use these alone/m);
    expect(JSON.parse(run('devices', '--json').text)).toContainEqual({
      name: 'js',
      found: true,
      detail: expect.any(String),
    });
  });

  it('replays a trace', async () => {
    expect(run('replay', file('a.sqs.json'), '--device', 'js')).toMatchObject({
      status: 0,
      text: expect.stringMatching(/replayed 18 events, chain ✓ · 5 digests compared: 5 equal/),
    });
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
    const { text } = await explainCommand(file('a.sqs.json'));
    expect(text).toMatch(/#\d+ +matmul +float32 \[6×8\] +(computed|bypass) +\w+ +[\d.]+ ms +#1 #2/);
    const at = (text.split('\n\n')[1] ?? '').split('\n').map((line) => line.search(/float32|int32|bool/));
    expect(new Set(at), 'columns are aligned').toEqual(new Set([at[0]]));
  });

  it('explains a trace by op first, prints no more calls than asked, and says how many there are', async () => {
    const { text } = await explainCommand(file('a.sqs.json'), { limit: '2' });
    expect(text).toMatch(/18 calls\n(.*\n)*matmul +\d+ calls +[\d.]+ ms/);
    expect(text.split('\n\n')[1]?.split('\n')).toHaveLength(3);
    expect(text).toContain('and 16 more calls: --limit 18');
    const tanh = await explainCommand(file('a.sqs.json'), { op: 'tanh' });
    expect(
      tanh.text
        .split('\n\n')[1]
        ?.split('\n')
        .every((line) => line.includes('tanh')),
    ).toBe(true);
    await expect(explainCommand(file('a.sqs.json'), { op: 'tan' })).rejects.toMatchObject({ code: 'ATTRIBUTE' });
    await expect(explainCommand(file('a.sqs.json'), { limit: '-1' })).rejects.toMatchObject({ code: 'ATTRIBUTE' });
  });

  it('prints nothing of a file that a terminal would obey, and JSON stays the same value', () => {
    expect(printable('a\u001B[2J\u009Bb\u202E\r\nc\u007F')).toBe('a\\u001b[2J\\u009bb\\u202e\\u000d\nc\\u007f');
    expect(oneLine('a\nb')).toBe('a\\nb');
    expect(JSON.parse(printable(JSON.stringify('\u009B\u202E')))).toBe('\u009B\u202E');
    const name = file('\u001B[31mnone.sqs.json');
    expect(run('explain', name).text).not.toContain('\u001B');
  });

  it('ends quietly where its reader has read enough', () => {
    const { stderr } = spawnSync(
      '/bin/sh',
      ['-c', `'${process.execPath}' --import tsx '${MAIN}' explain '${file('a.sqs.json')}' --json | head -c 1`],
      { encoding: 'utf8' },
    );
    expect(stderr).not.toContain('EPIPE');
  });

  it('says what is wrong with a file or a command, without a stack', () => {
    const edited = run('replay', file('edited.sqs.json'));
    expect(edited.status).toBe(2);
    expect(edited.text).toMatch(/^FormatError: .*does not match its chain/);
    expect(edited.text).not.toContain('    at ');
    expect(run('replay', file('none.sqs.json'))).toMatchObject({
      status: 2,
      text: expect.stringContaining('no such file'),
    });
    expect(run('replay', file('none.sqs.json')).text).not.toContain('symbolic-sheet run');
  });

  it('says what is wrong with a command before it says how commands are written', () => {
    const faults: readonly (readonly [args: readonly string[], text: string])[] = [
      [[], 'Which command?'],
      [['replaay'], 'There is no command "replaay".'],
      [['replay'], 'replay: the path of a saved trace is missing.'],
      [['diff', 'a'], 'diff: the path of another is missing.'],
      [['explain', 'a', 'b'], 'explain: "b" is one argument too many.'],
    ];
    for (const [args, text] of faults)
      expect(run(...args)).toMatchObject({
        status: 2,
        text: expect.stringMatching(new RegExp(`^${text.replaceAll(/[.?]/g, '\\$&')}\n\nsymbolic-sheet run`)),
      });
    expect(run('replay', file('a.sqs.json'), '--device', 'abacus')).toMatchObject({
      status: 2,
      text: expect.stringContaining("there is no device 'abacus'"),
    });
    expect(run('--version')).toEqual({ status: 0, text: '0.1.0\n' });
  });
});
