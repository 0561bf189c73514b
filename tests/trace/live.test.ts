// The live trace: a killed process leaves a sound prefix, memory stays flat, equal programs give equal bytes, a failing
// disk fails no call.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadTrace, replayTrace, type SymbolicSheet } from '../../src/index.ts';
import { internAttributes } from '../../src/core/expr/attributes.ts';
import { Call } from '../../src/core/engine/call.ts';
import type { Digest } from '../../src/core/fingerprint/digest.ts';
import { toHex } from '../../src/core/fingerprint/digest.ts';
import { openNodeDigest } from '../../src/host/node/digest.ts';
import { opNamed } from '../../src/core/ops/index.ts';
import { valueOfArray } from '../../src/core/tensor/block.ts';
import { tensorType } from '../../src/core/tensor/type.ts';
import { sketchDistance, sketchOf } from '../../src/core/trace/sketch.ts';
import { TraceWriter, type TraceWriterOptions } from '../../src/core/trace/writer.ts';
import { programOf } from '../run/program.ts';
import { layers, ramp, withSheet } from './programs.ts';
import { partsOf } from '../parts.ts';
import { gc } from '../sheet/fixtures/collected.ts';

const CHILD = await programOf('tests/trace/fixtures/live.ts');
let digest: Digest;
let folder: string;
beforeAll(async () => {
  digest = await openNodeDigest();
  folder = mkdtempSync(join(tmpdir(), 'live-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const writerWith = (options: Partial<TraceWriterOptions> = {}): TraceWriter =>
  new TraceWriter({
    digest,
    head: {},
    digests: 'demanded',
    maxEvents: 10_000,
    rootsBytes: 1e6,
    file: undefined,
    warn: () => {},
    ...options,
  });

const TYPE = tensorType('float32', [4]);
/** Bytes that somebody can still reach: pages that a collector has not given back yet say nothing. */
function usedBytes(): number {
  gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const call = (seq: number, axis = 0): Call => {
  const row = opNamed('sum');
  return Object.assign(new Call(row, internAttributes({ axis, keepdims: false }), TYPE, 1, []), { seq });
};

describe('a trace file', () => {
  it('is a sound prefix after its process was killed', async () => {
    const path = join(folder, 'killed.sqs');
    const child = spawn(process.execPath, [CHILD, 'run', path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    const [, signal] = (await once(child, 'exit')) as [number | null, string];
    expect(signal).toBe('SIGKILL');
    await expect(loadTrace(path)).rejects.toMatchObject({
      code: 'FORMAT',
      details: { code: expect.stringMatching(/missing-final|truncated/) },
    });
    const trace = await loadTrace(path, { damaged: 'prefix' });
    expect(trace.events.length).toBeGreaterThan(500);
    expect(trace.head['digests']).toBe('affordable');
    const half = new Uint8Array(new Float32Array(16).fill(0.5).buffer);
    const report = await replayTrace(trace, { device: 'js', roots: () => half });
    expect(report.compared).toBeGreaterThan(200);
    expect(report.equal).toBe(report.compared);
  });

  it('is whole after close, and names its roots', async () => {
    const path = join(folder, 'closed.sqs');
    await withSheet({ class: 'exact', trace: { file: path } }, (sheet) => layers(sheet));
    const trace = await loadTrace(path);
    expect(trace.damage).toBeUndefined();
    expect(trace.annotations.filter((record) => record.kind === 'root')).toHaveLength(3);
  });

  it('that cannot be written warns once and fails no call', () => {
    const warnings: string[] = [];
    let appends = 0;
    const file = {
      append: (): void => {
        if (++appends > 1) throw new RangeError('no space left on device');
      },
      close: (): void => {},
    };
    const writer = writerWith({ file, warn: (line) => void warnings.push(line) });
    for (let i = 1; i <= 2000; i++) writer.program(call(i), 'exact');
    writer.close();
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('no space left');
    expect(writer.events()).toHaveLength(2000);
  });
});

describe('a trace in memory', () => {
  it('stays flat over a million events, and keeps the newest', () => {
    const writer = writerWith({ maxEvents: 20_000 });
    const record = (from: number, to: number): void => {
      for (let seq = from; seq <= to; seq++) {
        const expression = call(seq, seq % 300);
        writer.program(expression, 'exact');
        writer.annotate(expression, 'computed', 'wasm', seq * 10, 5, 0);
      }
    };
    record(1, 100_000);
    const before = usedBytes();
    record(100_001, 600_000);
    expect((usedBytes() - before) / 2 ** 20).toBeLessThan(32);
    const events = writer.events();
    expect(events.at(-1)?.seq).toBe(600_000);
    expect(events.length).toBeGreaterThan(5000);
    expect(events.length).toBeLessThanOrEqual(24_096);
    expect(events[0]?.attrs).toEqual({ axis: (events[0]?.seq as number) % 300, keepdims: false });
    expect(writer.droppedEvents).toBeGreaterThan(1_000_000);
  });

  it('records a read once for a call, and hashes a large value once for all its calls', () => {
    let hashed = 0;
    const counting: Digest = {
      name: 'counting',
      hash: (bytes) => (bytes.length === 40_000 ? hashed++ : 0, digest.hash(bytes)),
    };
    const writer = writerWith({ digest: counting });
    const value = valueOfArray(tensorType('float32', [10_000]), ramp(10_000));
    const [a, b] = [call(1), call(2)];
    for (const expression of [a, a, b, a, b]) writer.demanded(expression, value);
    expect(hashed).toBe(1);
    expect(writer.records().map((record) => record.seq)).toEqual([1, 2]);
  });

  it('takes all digests, or none, when told', () => {
    const value = valueOfArray(tensorType('float32', [100]), ramp(100));
    const kinds = (digests: TraceWriterOptions['digests']): string[] => {
      const writer = writerWith({ digests });
      writer.annotate(call(1), 'computed', 'js', 0, 1, 0, value);
      writer.demanded(call(2), value);
      return writer.records().map((record) => `${record.seq}:${record.kind}`);
    };
    expect(kinds('full')).toEqual(['1:answer', '1:digest', '2:digest']);
    expect(kinds('demanded')).toEqual(['1:answer', '2:digest']);
    expect(kinds('none')).toEqual(['1:answer']);
  });
});

describe('the program stream', () => {
  const headOf = async (
    options: Parameters<typeof withSheet>[0],
    program: (sheet: SymbolicSheet) => Promise<void>,
  ): Promise<string> =>
    withSheet(options, async (sheet) => {
      await program(sheet);
      const trace = partsOf(sheet).recorder.snapshot();
      return toHex(trace.seals.program.blocks.at(-1)?.hash ?? new Uint8Array(0));
    });

  it('has the same bytes whether results and roots were kept or not', async () => {
    const bare = ramp(256 * 256);
    const program = async (sheet: SymbolicSheet): Promise<void> => {
      await layers(sheet);
      for (let i = 0; i < 3; i++) {
        const elements = bare.slice();
        const rows = sheet.tensor(elements, [256, 256]);
        await rows.matmul(rows).sum().item();
        await layers(sheet);
      }
    };
    const warm = await headOf({ class: 'exact' }, program);
    expect(await headOf({ class: 'exact', cache: 'off' }, program)).toBe(warm);
    expect(await headOf({ class: 'exact', budgetBytes: 1000, devices: ['js'] }, program)).toBe(warm);
    expect(await headOf({ class: 'exact' }, async (sheet) => layers(sheet, 1))).not.toBe(warm);
  });
});

describe('Chrome trace events', () => {
  it('are complete events in microseconds, one lane a device', async () => {
    await withSheet({}, async (sheet) => {
      await layers(sheet);
      const chrome = JSON.parse(JSON.stringify(await sheet.trace.toChrome())) as Awaited<
        ReturnType<typeof sheet.trace.toChrome>
      >;
      const complete = chrome.traceEvents.filter((event) => event.ph === 'X');
      const lanes = new Set(chrome.traceEvents.filter((event) => event.ph === 'M').map((event) => event.tid));
      expect(complete.length).toBeGreaterThan(8);
      for (const event of complete) {
        expect(event.ts).toBeGreaterThanOrEqual(0);
        expect(event.dur).toBeGreaterThanOrEqual(0);
        expect(lanes).toContain(event.tid);
      }
      expect(complete.map((event) => event.name)).toContain('matmul');
    });
  });
});

describe('a sketch', () => {
  it('estimates how far two results are apart', () => {
    const x = ramp(10_007);
    for (const [step, scale] of [
      [0.91, 1e-3],
      [0.13, 1e-5],
      [2.2, 0.1],
    ] as const) {
      const noise = ramp(x.length, step);
      const y = x.map((value, i) => value + scale * noise[i]!);
      let [difference, norm] = [0, 0];
      x.forEach((value, i) => {
        difference += (value - y[i]!) ** 2;
        norm += value * value;
      });
      const truth = Math.sqrt(difference / norm);
      const estimate = sketchDistance(sketchOf(x), sketchOf(y));
      expect(estimate / truth).toBeGreaterThan(0.3);
      expect(estimate / truth).toBeLessThan(2.5);
    }
  });

  it('counts finite elements, and keeps the others out of its sums', () => {
    const x = Float64Array.from([1, NaN, -3, Infinity, 0.5, -Infinity, 2, 2, 4]);
    const finite = Float64Array.from([1, 0, -3, 0, 0.5, 0, 2, 2, 4]);
    expect([...sketchOf(x).subarray(0, 4)]).toEqual([6, 4, 6.5, 34.25]);
    expect(sketchOf(x).subarray(4)).toEqual(sketchOf(finite).subarray(4));
    expect(sketchDistance(sketchOf(x), sketchOf(finite))).toBe(Infinity);
  });
});
