// Saved traces: what was written is read back; whatever is done to the file is named; what is sound is still there.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { diffTraces, FormatError, loadTrace, replayTrace, type SymbolicSheet, type Tensor } from '../../src/index.ts';
import { type Digest, toHex } from '../../src/core/fingerprint/digest.ts';
import { openNodeDigest } from '../../src/host/node/digest.ts';
import { readTrace } from '../../src/core/trace/load.ts';
import { AnnotationDecoder, ProgramDecoder } from '../../src/core/trace/decode.ts';
import { AnnotationEncoder } from '../../src/core/trace/encode-annotations.ts';
import { ProgramEncoder } from '../../src/core/trace/encode-program.ts';
import { FrameWriter } from '../../src/core/trace/frames.ts';
import { TraceMemory } from '../../src/core/trace/memory.ts';
import { type AnnotationRecord, DECISION_CODES } from '../../src/core/trace/records.ts';
import { sealAnnotations, sealProgram } from '../../src/core/trace/reseal.ts';
import { traceToJson } from '../../src/core/trace/json-export.ts';
import type { Trace } from '../../src/core/trace/trace.ts';
import type { ProgramEvent } from '../../src/core/events.ts';
import { CHAIN_START } from '../../src/core/trace/chain.ts';
import { layers, withSheet } from './programs.ts';

let digest: Digest;
let folder: string;
let saved: string;
beforeAll(async () => {
  digest = await openNodeDigest();
  folder = mkdtempSync(join(tmpdir(), 'trace-'));
  saved = join(folder, 'run.sqs.json');
  await withSheet({ class: 'exact' }, async (sheet) => {
    await layers(sheet);
    await sheet.trace.save(saved);
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const text = (): string => readFileSync(saved, 'utf8');
const bytesOf = (content: string): Uint8Array => new TextEncoder().encode(content);
const START = { program: CHAIN_START, annotations: CHAIN_START };

/** The code of the error that reading gives. */
function codeOf(content: string): unknown {
  try {
    readTrace(bytesOf(content), digest);
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return (error as FormatError).details['code'];
  }
  return 'sound';
}

/** The file with its n-th and m-th event lines treated by `change`. */
function editLines(change: (lines: string[], firstEvent: number) => void): string {
  const lines = text().split('\n');
  change(lines, lines.indexOf('"events":[') + 1);
  return lines.join('\n');
}

describe('a saved trace', () => {
  it('reads back as the sheet says it is', async () => {
    await withSheet({}, async (sheet) => {
      await layers(sheet);
      const path = join(folder, 'again.sqs.json');
      const report = await sheet.trace.save(path);
      const trace = await loadTrace(path);
      expect(trace.events).toEqual(sheet.trace.events());
      expect(trace.events.map((event) => event.op)).toContain('matmul');
      expect(report.events).toBe(trace.events.length);
      expect(report.roots).toMatchObject({ place: 'embedded', count: 3 });
      expect(new Set(trace.roots.map((root) => root.bytes?.length))).toEqual(new Set([192, 256, 320]));
      expect(
        trace.annotations.filter((record) => record.kind === 'digest' && record.sketch !== undefined).length,
      ).toBeGreaterThan(0);
    });
  });

  it('can be saved after the sheet was closed', async () => {
    const path = join(folder, 'closed.sqs.json');
    const sheet = await withSheet({}, async (open) => {
      await layers(open);
      return open;
    });
    await sheet.trace.save(path);
    expect((await loadTrace(path)).roots).toHaveLength(3);
  });

  it('keeps roots beside it by content id, and finds them there', async () => {
    const path = join(folder, 'beside.sqs.json');
    await withSheet({}, async (sheet) => {
      await layers(sheet);
      await sheet.trace.save(path, { roots: 'beside' });
    });
    expect(readFileSync(path, 'utf8')).not.toContain('"bytes":"AAAA');
    const trace = await loadTrace(path);
    expect(trace.roots.every((root) => root.beside === true && root.bytes !== undefined)).toBe(true);
  });

  it('comes as bytes too, the same as in a file, where there are no files', async () => {
    await withSheet({ class: 'exact' }, async (sheet) => {
      await layers(sheet);
      const path = join(folder, 'bytes.sqs.json');
      await sheet.trace.save(path);
      const bytes = await sheet.trace.bytes();
      expect(Buffer.from(bytes).equals(readFileSync(path))).toBe(true);
      expect(await replayTrace(await loadTrace(bytes))).toMatchObject({ equal: 5, compared: 5 });
      expect((await loadTrace(await sheet.trace.bytes({ roots: 'none' }))).roots.map((root) => root.bytes)).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
      const beside = { roots: 'beside' } as unknown as { roots: 'none' };
      await expect(sheet.trace.bytes(beside)).rejects.toThrow(/roots is "beside"; use one of embedded, none/);
    });
  });

  it('says in its annotations what each answer was', async () => {
    await withSheet({ class: 'exact', devices: ['js'] }, async (sheet) => {
      const x = sheet.tensor(new Float32Array([1, 2, 3]));
      const y = x.add(1);
      await y.data();
      const answer = sheet.trace.annotations().find((annotation) => annotation.seq === y.call.seq);
      expect(answer).toMatchObject({ device: 'js', sizeBytes: 12 });
      expect(answer?.digest).toEqual(digest.hash(new Uint8Array(new Float32Array([2, 3, 4]).buffer)));
    });
  });
});

describe('a trace of which older events were dropped', () => {
  /** A result of each of many fresh roots. */
  const manyRoots = async (sheet: SymbolicSheet, step: (root: Tensor, i: number) => Tensor): Promise<void> => {
    for (let i = 0; i < 12_000; i++) await step(sheet.tensor([i]), i).data();
  };

  it.each<[string, (root: Tensor, i: number) => Tensor]>([
    ['negative()', (x) => x.negative()],
    ['add(1)', (x) => x.add(1)],
    ['two literals by turns', (x, i) => x.add(1 + (i % 2)).multiply(3n)],
  ])(
    'is saved with every answer in memory, the roots and constants of its calls, and can be replayed: %s',
    async (name, step) => {
      const path = join(folder, `${name.replaceAll(/\W/g, '')}.sqs.json`);
      await withSheet(
        { class: 'exact', devices: ['js'], trace: { maxEvents: 3000, digests: 'full' } },
        async (sheet) => {
          await manyRoots(sheet, step);
          const before = sheet.trace.annotations();
          const dropped = sheet.trace.droppedEvents;
          const report = await sheet.trace.save(path);
          await sheet.trace.save(path);
          expect([sheet.trace.annotations(), sheet.trace.droppedEvents]).toEqual([before, dropped]);
          const trace = await loadTrace(path);
          expect(trace.annotations.filter((record) => record.kind === 'answer')).toHaveLength(before.length);
          expect(report).toMatchObject({ events: trace.events.length, annotations: trace.annotations.length });
          const own = new Set(trace.events.map(({ seq }) => seq));
          const earlier = new Set(
            trace.events.flatMap(({ operands }) => operands.filter((operand) => !own.has(operand))),
          );
          const roots = trace.events.filter(({ op }) => op === 'tensor').length;
          expect(trace.roots.length).toBeGreaterThanOrEqual(roots);
          expect(trace.roots.length).toBeLessThanOrEqual(roots + earlier.size);
          const answered = new Set(before.map(({ seq }) => seq));
          const calls = trace.events.filter(({ seq, op }) => op !== 'tensor' && answered.has(seq)).length;
          const replayed = await replayTrace(trace, { device: 'js' });
          expect(calls).toBeGreaterThan(1000);
          expect(replayed).toMatchObject({ compared: calls, equal: calls, missing: [] });
          // At most the calls on a result that was dropped.
          expect(replayed.skipped).toBeLessThanOrEqual(name.startsWith('two') ? 1 : 0);
        },
      );
    },
    60_000,
  );

  it('keeps every answer when its file is closed, and the file says which contents all roots are', async () => {
    const file = join(folder, 'many.sqs');
    const sheet = await withSheet(
      { class: 'exact', devices: ['js'], trace: { file, maxEvents: 3000 } },
      async (open) => {
        await manyRoots(open, (x) => x.negative());
        await open.trace.save(join(folder, 'many.sqs.json'));
        return Object.assign(open, { before: open.trace.annotations() });
      },
    );
    expect(sheet.before.length).toBeGreaterThan(1000);
    expect(sheet.trace.annotations()).toEqual(sheet.before);
    const trace = await loadTrace(file);
    expect(trace.annotations.filter((record) => record.kind === 'root')).toHaveLength(12_000);
    expect(trace.annotations.filter((record) => record.kind === 'answer')).toHaveLength(12_000);
  }, 60_000);
});

describe('a damaged .sqs.json', () => {
  it('is sound when nothing was done to it, and when it was only laid out differently', () => {
    expect(codeOf(text())).toBe('sound');
    expect(codeOf(JSON.stringify(JSON.parse(text()), undefined, 2))).toBe('sound');
  });

  it('was edited: an attribute, an answer, the head, a root', () => {
    expect(codeOf(text().replace('"keepdims":false', '"keepdims":true'))).toBe('edited');
    expect(codeOf(text().replace(/"startNs":\d+/, '"startNs":7'))).toBe('edited');
    expect(codeOf(text().replace('"cores":', '"cores":1'))).toBe('edited');
    expect(codeOf(text().replace(/"bytes":"[A-Za-z0-9+/]{8}(?=[^"]{40})/, '"bytes":"AAAAAAAA'))).toBe('edited');
    expect(codeOf(text().replace(/"operands":\[(?=\d)/, '"operands":["x",'))).toBe('edited');
    expect(codeOf(text().replace('"operands":[', '"operands":[['))).toBe('edited');
  });

  it('was reordered', () => {
    expect(
      codeOf(
        editLines((lines, at) => {
          [lines[at + 2], lines[at + 3]] = [lines[at + 3]!, lines[at + 2]!];
        }),
      ),
    ).toBe('reordered');
  });

  it('was truncated: between events, and in the middle of its text', () => {
    expect(codeOf(editLines((lines, at) => void lines.splice(at, 1)))).toBe('truncated');
    for (const share of [0.02, 0.08, 0.2, 0.4, 0.6, 0.8, 0.99]) {
      const part = text().slice(0, Math.floor(text().length * share));
      expect(codeOf(part)).toBe('truncated');
      expect(readTrace(bytesOf(part), digest, { damaged: 'prefix' }).damage?.code).toBe('truncated');
    }
  });

  it('has a block of another trace whose seal was copied with it', () => {
    const file = JSON.parse(text()) as { chains: { program: { blocks: [number, number, string][] } } };
    file.chains.program.blocks[0]![2] = 'ab'.repeat(32);
    expect(codeOf(JSON.stringify(file))).toBe('spliced');
  });

  it('is no trace, or one of a later release', () => {
    expect(codeOf('{"format":"other"}')).toBe('not-a-trace');
    expect(codeOf('')).toBe('not-a-trace');
    expect(codeOf(text().replace('"version":1', '"version":2'))).toBe('version');
  });

  it('gives its sound prefix on request', () => {
    const many = longTrace(1000);
    const content = traceToJson(many);
    const lines = content.split('\n');
    const at = lines.indexOf('"events":[') + 1;
    lines[at + 700] = lines[at + 700]!.replace('"version":1', '"version":3');
    const edited = readTrace(bytesOf(lines.join('\n')), digest, { damaged: 'prefix' });
    expect(edited.damage?.code).toBe('edited');
    expect(edited.events.length).toBeGreaterThan(500);
    expect(edited.events).toEqual(many.events.slice(0, edited.events.length));
    expect(edited.annotations).toEqual(many.annotations);
    const cut = readTrace(bytesOf(content.slice(0, content.indexOf('"seq":900,'))), digest, { damaged: 'prefix' });
    expect(cut.damage?.code).toBe('truncated');
    expect(cut.events).toEqual(many.events.slice(0, cut.events.length));
    expect(cut.events.length).toBeGreaterThan(700);
  });
});

/** A trace of n equal calls. */
function longTrace(count: number): Trace {
  const events = Array.from({ length: count }, (_, i): ProgramEvent => ({
    seq: i + 1,
    op: 'add',
    version: 1,
    attrs: {},
    operands: i === 0 ? [] : [i],
    dtype: 'float32',
    shape: [3],
    numerics: 'exact',
  }));
  const annotations: AnnotationRecord[] = [{ kind: 'note', seq: 1, text: 'first' }];
  const seals = {
    program: { start: CHAIN_START, ...sealProgram(events, digest, START) },
    annotations: { start: CHAIN_START, ...sealAnnotations(annotations, {}, digest, START) },
  };
  return { head: {}, events, annotations, seals, roots: [] };
}

const attribute = fc.oneof(
  fc.double(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.boolean(),
  fc.constant(null),
  fc.string({ unit: 'grapheme' }),
  fc.array(fc.oneof(fc.double(), fc.constant(null)), { maxLength: 4 }),
);
const anyEvent: fc.Arbitrary<ProgramEvent> = fc
  .record({
    seq: fc.maxSafeNat(),
    op: fc.constantFrom('add', 'tensor', 'mean'),
    version: fc.nat(9),
    attrs: fc.dictionary(fc.constantFrom('axis', 'value', 'k'), attribute, { noNullPrototype: true }),
    operands: fc.array(fc.maxSafeNat(), { maxLength: 4 }).map((all) => all.map((seq) => seq % 2 ** 40)),
    dtype: fc.constantFrom('float32', 'bool'),
    shape: fc.array(fc.nat(2 ** 32), { maxLength: 4 }),
    numerics: fc.constantFrom('exact' as const, 'tolerance' as const),
  })
  .map((event) => ({ ...event, seq: event.seq % 2 ** 40 }));
const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const seq = fc.nat();
const anyAnnotation: fc.Arbitrary<AnnotationRecord> = fc.oneof(
  fc.record({
    kind: fc.constant('answer' as const),
    seq,
    decision: fc.constantFrom(...DECISION_CODES),
    device: fc.constantFrom('js', 'wasm', ''),
    startNs: fc.double(),
    elapsedNs: fc.double(),
    sizeBytes: fc.maxSafeNat(),
    score: fc.double(),
  }),
  fc.record({ kind: fc.constant('digest' as const), seq, digest: bytes(32) }),
  fc.record({
    kind: fc.constant('digest' as const),
    seq,
    digest: bytes(32),
    sketch: fc.array(fc.double(), { minLength: 12, maxLength: 12 }).map((x) => Float64Array.from(x)),
  }),
  fc.record({ kind: fc.constant('bytes' as const), seq, bytes: fc.uint8Array({ maxLength: 32 }) }),
  fc.record({ kind: fc.constant('root' as const), seq, contentId: bytes(32) }),
  fc.record({ kind: fc.constant('note' as const), seq, text: fc.string({ unit: 'grapheme' }) }),
);

describe('the encoding', () => {
  it('gives every event and annotation back, from frames and from JSON', () => {
    fc.assert(
      fc.property(
        fc.array(anyEvent, { maxLength: 30 }),
        fc.array(anyAnnotation, { maxLength: 30 }),
        (events, annotations) => {
          const head = { library: 'test', cores: 2 };
          const memory = new TraceMemory(Infinity);
          const frames = new FrameWriter(digest, (record) => memory.add(record));
          const program = new ProgramEncoder(frames);
          const answers = new AnnotationEncoder(frames, head).open();
          events.forEach((event, i) =>
            program.call(
              event.seq,
              event.numerics === 'exact',
              { number: i, name: event.op, version: event.version },
              { id: i, dtype: event.dtype, shape: event.shape },
              { id: Object.keys(event.attrs).length === 0 ? 0 : i + 1, values: event.attrs as never },
              event.operands.map((operand) => ({ seq: operand })),
            ),
          );
          for (const record of annotations) answers.record(record);
          const { records } = frames.tail();
          const programs = new ProgramDecoder();
          const notes = new AnnotationDecoder();
          for (const block of memory.blocks(1, records).blocks) for (const frame of block.frames) programs.frame(frame);
          for (const block of memory.blocks(2, records).blocks) for (const frame of block.frames) notes.frame(frame);
          expect(programs.events).toEqual(events);
          expect(notes.records).toEqual(annotations);
          expect(notes.head).toEqual(head);
          const seals = {
            program: { start: CHAIN_START, ...sealProgram(events, digest, START) },
            annotations: { start: CHAIN_START, ...sealAnnotations(annotations, head, digest, START) },
          };
          const back = readTrace(bytesOf(traceToJson({ head, events, annotations, seals, roots: [] })), digest);
          expect(back.events).toEqual(events);
          expect(back.annotations).toEqual(annotations);
        },
      ),
      { seed: 7, numRuns: 150 },
    );
  });
});

describe('the specification', () => {
  it('states the heads of its vector', () => {
    const page = readFileSync(new URL('../../docs/format/trace.md', import.meta.url), 'utf8');
    const stated = (stream: string): string | undefined => new RegExp(`${stream} head ([0-9a-f]{64})`).exec(page)?.[1];
    const plain = { version: 1, dtype: 'float32', numerics: 'exact' } as const;
    const program = sealProgram(
      [
        { ...plain, seq: 1, op: 'tensor', attrs: {}, operands: [], shape: [2, 3] },
        { ...plain, seq: 3, op: 'sum', attrs: { axis: [0], keepdims: false }, operands: [1], shape: [3] },
      ],
      digest,
      START,
    );
    const annotations = sealAnnotations(
      [
        {
          kind: 'answer',
          seq: 3,
          decision: 'computed',
          device: 'js',
          startNs: 1000,
          elapsedNs: 250,
          sizeBytes: 12,
          score: 0,
        },
        { kind: 'bytes', seq: 3, bytes: new Uint8Array(Float32Array.of(1, 2, 3).buffer) },
      ],
      { library: 'symbolic-sheet' },
      digest,
      START,
    );
    expect(stated('program')).toBe(toHex(program.blocks[0]?.hash ?? new Uint8Array(0)));
    expect(stated('annotations')).toBe(toHex(annotations.blocks[0]?.hash ?? new Uint8Array(0)));
  });
});

describe('a difference of traces', () => {
  it('is nothing for the same program on other devices and with the cache off', async () => {
    const [a, b] = await Promise.all([
      traceOf({ class: 'exact', devices: ['js'] }),
      traceOf({ class: 'exact', cache: 'off' }),
    ]);
    const difference = diffTraces(a, b);
    expect(difference.firstDivergence).toBeUndefined();
    expect(difference.onlyInA).toEqual([]);
    expect(difference.ops.find(({ op }) => op === 'tanh')).toMatchObject({ a: { calls: 3 }, b: { calls: 3 } });
  });

  it('starts at the first attribute that changed', async () => {
    const [a, b] = await Promise.all([traceOf({}), traceOf({}, 1)]);
    const { firstDivergence, onlyInA, onlyInB } = diffTraces(a, b);
    expect(firstDivergence?.a?.op).toBe('mean');
    expect(firstDivergence?.changes).toContain('attrs.axis: [0] → [1]');
    expect([onlyInA.map((event) => event.op), onlyInB.map((event) => event.op)]).toEqual([['mean'], ['mean']]);
  });
});

async function traceOf(options: Parameters<typeof withSheet>[0], axis = 0): Promise<Trace> {
  const path = join(folder, `${JSON.stringify(options).replaceAll(/\W/g, '')}-${axis}.sqs.json`);
  await withSheet(options, async (sheet) => {
    await layers(sheet, axis);
    await sheet.trace.save(path);
  });
  writeFileSync(`${path}.done`, '');
  return loadTrace(path);
}
