// Replay: the same program gives the recorded results in another process and on other devices; what does not is named.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadTrace, replayTrace } from '../../src/index.ts';
import type { ReplayReport, Trace } from '../../src/index.ts';
import { toHex } from '../../src/core/fingerprint/digest.ts';
import { programOf } from '../run/program.ts';
import { layers, ramp, withSheet } from './programs.ts';

const CHILD = await programOf('tests/trace/fixtures/live.ts');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'replay-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function saved(
  name: string,
  options: Parameters<typeof withSheet>[0],
  roots: 'embedded' | 'none' = 'embedded',
): Promise<string> {
  const path = join(folder, `${name}.sqs.json`);
  await withSheet(options, async (sheet) => {
    await layers(sheet);
    await sheet.trace.save(path, { roots });
  });
  return path;
}

/** The trace with the recorded result of one op replaced. */
function tampered(trace: Trace, op: string, change: (bytes: Uint8Array) => Uint8Array): Trace {
  const seqs = new Set(trace.events.filter((event) => event.op === op).map((event) => event.seq));
  const annotations = trace.annotations.map((record) => {
    if (!seqs.has(record.seq)) return record;
    if (record.kind === 'bytes') return { ...record, bytes: change(record.bytes) };
    return record.kind === 'digest' ? { ...record, digest: change(record.digest) } : record;
  });
  return { ...trace, annotations };
}
const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === 0 ? byte ^ 1 : byte));

describe('a replay', () => {
  it('gives equal digests in class exact, in a fresh process, on js and on wasm', async () => {
    const path = await saved('exact', { class: 'exact', devices: ['wasm', 'js'] });
    for (const device of ['js', 'wasm']) {
      const { stdout, stderr } = spawnSync(process.execPath, [CHILD, 'replay', path, device], {
        encoding: 'utf8',
      });
      expect(stderr).not.toContain('Error');
      const report = JSON.parse(stdout) as ReplayReport;
      expect(report).toMatchObject({ compared: 5, equal: 5, within: 0, missing: [], skipped: 0 });
      expect(report.firstDivergence).toBeUndefined();
    }
  });

  it('accepts other bits within the bound in class tolerance', async () => {
    const trace = await loadTrace(await saved('tolerance', { class: 'tolerance' }));
    const moved = tampered(trace, 'matmul', flipped);
    const report = await replayTrace(moved, { device: 'js' });
    expect(report.firstDivergence).toBeUndefined();
    expect(report.within).toBeGreaterThan(0);
    expect(report.equal + report.within).toBe(report.compared);
  });

  it('names the first result that is not the recorded one', async () => {
    const trace = await loadTrace(await saved('divergent', { class: 'exact' }));
    const report = await replayTrace(tampered(trace, 'mean', flipped));
    const mean = trace.events.find((event) => event.op === 'mean');
    expect(report.firstDivergence).toMatchObject({ seq: mean?.seq, op: 'mean' });
    expect(report.equal).toBe(report.compared - 1);
  });

  it('sees a change far outside the bound in class tolerance', async () => {
    const trace = await loadTrace(await saved('far', { class: 'tolerance' }));
    const far = {
      ...trace,
      annotations: trace.annotations.map((record) =>
        record.kind === 'digest' && record.sketch
          ? { ...record, digest: flipped(record.digest), sketch: record.sketch.map((x) => x * 1.01) }
          : record,
      ),
    };
    expect((await replayTrace(far)).firstDivergence?.reason).toMatch(/away from what was recorded/);
  });

  it('reports roots that are not there by content id, and takes them from a resolver that it checks', async () => {
    const trace = await loadTrace(await saved('rootless', { class: 'exact' }, 'none'));
    const report = await replayTrace(trace);
    expect(report.compared).toBe(0);
    expect(report.missing.map((root) => root.shape)).toEqual(
      expect.arrayContaining([
        [6, 8],
        [8, 8],
        [8, 10],
      ]),
    );
    expect(report.missing.every((root) => /^[0-9a-f]{64}$/.test(root.contentId ?? ''))).toBe(true);
    const contents = [ramp(48), ramp(64, 0.11), ramp(80, 0.2)].map((array) => new Uint8Array(array.buffer));
    const found = await replayTrace(trace, {
      roots: ({ shape }) => contents.find((bytes) => bytes.length === 4 * shape.reduce((a, b) => a * b, 1)),
    });
    expect(found).toMatchObject({ missing: [], compared: 5, equal: 5 });
    const wrong = await replayTrace(trace, {
      roots: ({ shape }) => new Uint8Array(4 * shape.reduce((a, b) => a * b, 1)),
    });
    expect(wrong.missing).toHaveLength(report.missing.length);
  });

  it('goes as far as the roots do where the beginning of the trace was dropped', async () => {
    const path = join(folder, 'dropped.sqs.json');
    await withSheet({ class: 'exact', devices: ['js'], trace: { maxEvents: 4096 } }, async (sheet) => {
      const w = sheet.tensor(ramp(16), [4, 4]);
      for (let i = 0; i < 6000; i++) {
        const y = w.add(i);
        if (i % 20 === 0) await y.data();
        else await y;
      }
      const report = await sheet.trace.save(path);
      expect(report.note).toMatch(/older frames/);
    });
    const trace = await loadTrace(path);
    expect(trace.seals.program.start.blocks).toBeGreaterThan(0);
    expect(trace.events.some((event) => event.op === 'tensor')).toBe(false);
    const report = await replayTrace(trace, { device: 'wasm' });
    expect(report.skipped).toBeLessThan(3);
    expect(report.compared).toBeGreaterThan(10);
    expect(report.equal).toBe(report.compared);
  });

  it('takes operands of class tolerance into exact calls by content', async () => {
    const path = join(folder, 'mixed.sqs.json');
    await withSheet({}, async (sheet) => {
      const x = sheet.tensor(ramp(64), [8, 8]);
      const y = await x.matmul(x);
      await sheet.with({ class: 'exact' }).execute('add', y, 1).data();
      await sheet.trace.save(path);
    });
    const report = await replayTrace(await loadTrace(path), { device: 'js' });
    expect(report).toMatchObject({ compared: 1, equal: 1, missing: [] });
  });
});

describe('a replay of what no release would have written', () => {
  it.each([
    ['a version', { version: 7 }, /version 7/],
    ['a dtype', { dtype: 'int8' }, /recorded was int8/],
    ['a shape', { shape: [9, 9] }, /recorded was float32 \[9,9\]/],
    ['an op', { op: 'nope' }, /nope/],
    ['attributes', { attrs: { axis: 'x' } }, /no attribute/],
    ['operands', { operands: [] }, /operands/],
  ] as const)('counts %s that was changed as a difference', async (_what, change, reason) => {
    const trace = await loadTrace(await saved('changed', { class: 'exact', devices: ['js'] }));
    const at = trace.events.findIndex((event) => event.op === 'tanh');
    const report = await replayTrace(
      { ...trace, events: trace.events.map((event, i) => (i === at ? { ...event, ...change } : event)) },
      { device: 'js' },
    );
    expect(report.firstDivergence).toMatchObject({ seq: trace.events[at]?.seq, reason: expect.stringMatching(reason) });
    expect(report.equal + report.within).toBeLessThan(report.compared);
  });

  it('numbers what a law denies as the trace does, names the file alone, and judges what nobody read', async () => {
    for (const [policy, op] of [
      [{ forbid: ['log'] }, 'log'],
      [{ finite: 'deny' }, 'log'],
      [{ finiteInputs: 'deny' }, 'tensor'],
    ] as const) {
      await withSheet({ devices: ['js'] }, async (sheet) => {
        for (let i = 0; i < 5; i++) sheet.ones([2]).add(i);
        const x = sheet.tensor([0, op === 'tensor' ? Infinity : 1]);
        await x.log().exp().data();
        const trace = await loadTrace(await sheet.trace.bytes());
        const seq = trace.events.find((event) => event.op === op)?.seq;
        const { firstDivergence } = await replayTrace(trace, { device: 'js', policy });
        expect(firstDivergence).toMatchObject({ seq, op });
        expect(firstDivergence?.reason).toContain(`Event #${seq}.`);
        expect(firstDivergence?.reason).not.toContain('called at');
      });
    }
  });

  it('makes nothing beyond its bytes, and obeys a policy', async () => {
    const trace = await loadTrace(await saved('limits', { class: 'exact', devices: ['js'] }));
    expect((await replayTrace(trace, { device: 'js', maxBytes: 600 })).firstDivergence?.reason).toMatch(
      /raise maxBytes/,
    );
    expect((await replayTrace(trace, { device: 'js', policy: { forbid: ['tanh'] } })).firstDivergence).toMatchObject({
      reason: expect.stringContaining('forbid'),
    });
    await expect(replayTrace(undefined as never)).rejects.toMatchObject({ code: 'ATTRIBUTE' });
    await expect(loadTrace(undefined as never)).rejects.toMatchObject({ code: 'ATTRIBUTE' });
  });

  it('compares the length of a root before anything of its shape is made', async () => {
    const trace = await loadTrace(await saved('vast', { class: 'exact', devices: ['js'] }));
    const roots = trace.roots.map((root) => ({ ...root, shape: [2 ** 31] }));
    expect(
      (
        await replayTrace(
          {
            ...trace,
            roots,
            events: trace.events.map((event) => (event.op === 'tensor' ? { ...event, shape: [2 ** 31] } : event)),
          },
          { device: 'js' },
        )
      ).missing.length,
    ).toBeGreaterThan(0);
  });
});

describe('the content of roots', () => {
  it('is stored once for equal contents', async () => {
    const path = join(folder, 'twice.sqs.json');
    await withSheet({}, async (sheet) => {
      const [a, b] = [sheet.tensor(ramp(64), [8, 8]), sheet.tensor(ramp(64), [8, 8])];
      await a.add(b).data();
      await sheet.trace.save(path);
    });
    const trace = await loadTrace(path);
    expect(trace.roots).toHaveLength(1);
    const ids = trace.annotations.filter((record) => record.kind === 'root').map((record) => toHex(record.contentId));
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });
});
