// A trace file over several openings: what is there is kept, other files are not touched, and two writers are told
// apart.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadTrace, replayTrace, SymbolicSheet } from '../../src/index.ts';
import type { Trace } from '../../src/index.ts';
import { programOf } from '../run/program.ts';
import { withSheet } from './programs.ts';

const CHILD = await programOf('tests/trace/fixtures/live.ts');
let folder: string;
let next = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'runs-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const fresh = (): string => join(folder, `${next++}.sqs`);
const open = (file: string): Promise<SymbolicSheet> =>
  SymbolicSheet.open({ class: 'exact', devices: ['js'], trace: { file } });
const run = (file: string, from: number): Promise<void> =>
  withSheet({ class: 'exact', devices: ['js'], trace: { file } }, async (sheet) => {
    for (let i = 0; i < 5; i++)
      await sheet
        .tensor([from + i, 2])
        .multiply(from)
        .data();
  });
const calls = (trace: Trace): number => trace.events.filter(({ op }) => op === 'multiply').length;
const known = new Map<string, Uint8Array>();

/** Contents of the roots `[n, 2]` by trying them: a live file does not hold them. */
const roots = async ({ contentId }: { readonly contentId: string | undefined }): Promise<Uint8Array | undefined> => {
  if (known.size === 0) {
    await withSheet({ devices: ['js'] }, async (sheet) => {
      for (let i = 0; i < 60; i++) await sheet.tensor([i, 2]).add(1).data();
      const path = join(folder, 'contents.sqs.json');
      await sheet.trace.save(path);
      for (const { contentId: id, bytes } of (await loadTrace(path)).roots)
        known.set(Buffer.from(id).toString('hex'), bytes as Uint8Array);
    });
  }
  return known.get(contentId ?? '');
};

describe('a trace file that is opened again', () => {
  it('keeps every run, and gives their events in order under numbers of their own', async () => {
    const file = fresh();
    for (const from of [10, 20, 30]) await run(file, from);
    const trace = await loadTrace(file);
    expect(calls(trace)).toBe(15);
    expect(new Set(trace.events.map(({ seq }) => seq)).size).toBe(trace.events.length);
    expect(trace.runs?.map(({ firstEvent }) => trace.events[firstEvent]?.op)).toEqual(['full', 'full', 'full']);
    expect(trace.runs?.map(({ interrupted }) => interrupted)).toEqual([undefined, undefined, undefined]);
    const numbers = (trace.runs ?? []).map(({ firstEvent }, i) =>
      trace.events
        .slice(firstEvent, trace.runs?.[i + 1]?.firstEvent)
        .flatMap(({ seq, operands }) => [seq, ...operands]),
    );
    for (const [i, all] of numbers.entries())
      expect(Math.min(...all)).toBeGreaterThan(Math.max(0, ...(numbers[i - 1] ?? [])));
    const report = await replayTrace(trace, { device: 'js', roots });
    expect(report).toMatchObject({ compared: 15, equal: 15, missing: [], skipped: 0 });
  });

  it('keeps a run that does nothing after one that did something', async () => {
    const file = fresh();
    await run(file, 10);
    await (await open(file)).close();
    expect(calls(await loadTrace(file))).toBe(5);
  });

  it('does not pass for whole where its newest runs were cut off', async () => {
    const file = fresh();
    await run(file, 10);
    const one = readFileSync(file).length;
    await run(file, 20);
    const bytes = readFileSync(file);
    for (const length of [one, one + 3, one + 16, bytes.length - 160]) {
      writeFileSync(file, bytes.subarray(0, length));
      await expect(loadTrace(file)).rejects.toMatchObject({
        code: 'FORMAT',
        details: { code: expect.stringMatching(/missing-final|truncated/) },
      });
      expect(calls(await loadTrace(file, { damaged: 'prefix' }))).toBeGreaterThanOrEqual(5);
    }
  });

  it('says which run lost its end with its process, and takes over the note of a process that is gone', async () => {
    const file = fresh();
    const child = spawn(process.execPath, [CHILD, 'run', file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(existsSync(`${file}.lock`)).toBe(true);
    truncateSync(file, readFileSync(file).length - 7);
    const before = await loadTrace(file, { damaged: 'prefix' });
    await run(file, 10);
    const trace = await loadTrace(file);
    expect(trace.events.slice(0, before.events.length)).toEqual(before.events);
    expect(trace.runs?.map(({ interrupted }) => interrupted)).toEqual([true, undefined]);
    expect(calls(trace)).toBe(5);
    expect(existsSync(`${file}.lock`)).toBe(false);
  });

  it.each([
    ['text', 'x'.repeat(5000)],
    ['a saved trace', '{"format":"sqs-trace"}'],
    ['the first bytes of one', '\u0089SQ'],
    ['a picture', '\u0089PNG\r\n\u001A\n0000'],
  ])('refuses %s, and leaves it as it is', async (_what, content) => {
    const file = fresh();
    writeFileSync(file, content, 'latin1');
    await expect(open(file)).rejects.toMatchObject({
      code: 'FORMAT',
      message: expect.stringMatching(/It was not changed; give trace\.file another name/),
      details: { path: file, code: expect.any(String) },
    });
    expect(readFileSync(file, 'latin1')).toBe(content);
    expect(existsSync(`${file}.lock`)).toBe(false);
  });

  it('is not continued behind an edit', async () => {
    const file = fresh();
    await run(file, 10);
    const bytes = readFileSync(file);
    bytes[60] = bytes[60]! ^ 1;
    writeFileSync(file, bytes);
    await expect(open(file)).rejects.toMatchObject({ code: 'FORMAT', details: { code: 'edited' } });
    expect(readFileSync(file)).toEqual(bytes);
  });
});

describe('two writers of one trace file', () => {
  it('are told apart in one process, by whatever name they call it, until the first is closed', async () => {
    const file = fresh();
    const alias = fresh();
    const first = await open(file);
    symlinkSync(file, alias);
    for (const name of [file, alias]) {
      await expect(open(name)).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringContaining('another sheet of this process writes its trace to'),
        details: { reason: 'locked', pid: process.pid },
      });
    }
    await first.tensor([1, 2]).multiply(2).data();
    await first.close();
    await run(file, 10);
    expect(calls(await loadTrace(file))).toBe(6);
  });

  it('are told apart in two processes', async () => {
    const file = fresh();
    const first = await open(file);
    const { stderr, status } = spawnSync(process.execPath, [CHILD, 'run', file], {
      encoding: 'utf8',
    });
    expect(status).toBe(1);
    expect(stderr).toContain(`process ${process.pid} on ${hostname()} writes its trace to`);
    await first.close();
  });

  it('are not one and a process that got the number of one that ended, nor a note that was cut', async () => {
    const file = fresh();
    for (const note of [JSON.stringify({ pid: process.pid, host: hostname(), since: 'long ago' }), '{"pid":']) {
      writeFileSync(`${file}.lock`, note);
      await run(file, 10);
    }
    expect(calls(await loadTrace(file))).toBe(10);
    writeFileSync(`${file}.lock`, JSON.stringify({ pid: 1, host: 'elsewhere', since: '' }));
    await expect(open(file)).rejects.toMatchObject({ details: { reason: 'locked', host: 'elsewhere' } });
  });
});
