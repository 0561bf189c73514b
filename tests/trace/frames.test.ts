// The trace container: what was written is read back; whatever happens to the bytes is detected, named, and costs only
// what follows it.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '../../src/core/fingerprint/digest.ts';
import type { Digest } from '../../src/core/fingerprint/digest.ts';
import { openNodeDigest } from '../../src/host/node/digest.ts';
import { openPortableDigest } from '../../src/host/portable-digest.ts';
import { BlockChain, crc32, STREAM } from '../../src/core/trace/chain.ts';
import type { TraceStream } from '../../src/core/trace/chain.ts';
import { FILE_HEADER_BYTES, FrameWriter, MAX_BLOCK_BYTES, MAX_BLOCK_EVENTS } from '../../src/core/trace/frames.ts';
import { readFrames } from '../../src/core/trace/read-frames.ts';
import type { TraceReading } from '../../src/core/trace/read-frames.ts';

type Event = readonly [stream: TraceStream, kind: number, payload: Uint8Array];
type Step = Event | { readonly flush: TraceStream };

let digest: Digest;
beforeAll(async () => {
  digest = await openNodeDigest();
});

const isFlush = (step: Step): step is { readonly flush: TraceStream } => 'flush' in step;

/** The writer's chunks: file header, blocks in order, and the final record if finished. */
function chunksOf(steps: readonly Step[], end: 'finish' | 'kill' = 'finish'): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  const writer = new FrameWriter(digest, (bytes) => void chunks.push(bytes));
  for (const step of steps) {
    if (isFlush(step)) writer.flush(step.flush);
    else writer.append(...step);
  }
  if (end === 'finish') writer.finish();
  return chunks;
}

const join = (chunks: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(chunks));
const eventsOf = (reading: TraceReading, stream: TraceStream): string[] =>
  reading.blocks
    .filter((block) => block.stream === stream)
    .flatMap((block) => block.frames.map(({ kind, payload }) => `${kind}:${toHex(payload)}`));
const written = (steps: readonly Step[], stream: TraceStream): string[] =>
  steps.flatMap((step) => (!isFlush(step) && step[0] === stream ? [`${step[1]}:${toHex(step[2])}`] : []));

const payload = (i: number): Uint8Array => Uint8Array.from({ length: i % 7 }, (_, k) => (31 * i + k) & 255);
const P = STREAM.program;
const A = STREAM.annotations;
const event = (stream: TraceStream, i: number): Event => [stream, i & 255, payload(i)];

/** Six blocks, alternating streams, 2 to 3 events each. */
const small: readonly Step[] = [
  event(P, 1),
  event(A, 2),
  event(P, 3),
  { flush: P },
  event(A, 4),
  { flush: A },
  event(P, 5),
  event(P, 6),
  { flush: P },
  event(A, 7),
  event(A, 8),
  event(A, 9),
  { flush: A },
  event(P, 10),
  event(P, 11),
  { flush: P },
  event(A, 12),
  event(A, 13),
];

/** Same sizes as `small`, other payload bytes from the third block on. */
const other: readonly Step[] = small.map((step, i) =>
  isFlush(step) || i < 6 ? step : ([step[0], step[1] ^ 1, step[2]] as const),
);

function expectPrefix(reading: TraceReading, intact: TraceReading, blocks: number): void {
  expect(reading.blocks.length).toBe(blocks);
  expect(reading.blocks.map((block) => toHex(block.hash))).toEqual(
    intact.blocks.slice(0, blocks).map((block) => toHex(block.hash)),
  );
  expect(eventsOf(reading, P)).toEqual(eventsOf(intact, P).slice(0, eventsOf(reading, P).length));
}

describe('a written trace', () => {
  it('reads back event for event, whatever the events and flushes', () => {
    const step = fc.oneof(
      {
        weight: 9,
        arbitrary: fc.tuple(fc.constantFrom<TraceStream>(P, A), fc.nat(255), fc.uint8Array({ maxLength: 90 })),
      },
      { weight: 1, arbitrary: fc.record({ flush: fc.constantFrom<TraceStream>(P, A) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps: readonly Step[]) => {
        const reading = readFrames(join(chunksOf(steps)), digest);
        expect(reading.damage).toBeUndefined();
        for (const stream of [P, A]) expect(eventsOf(reading, stream)).toEqual(written(steps, stream));
        expect(reading.final?.program.events).toBe(written(steps, P).length);
        expect(reading.final?.annotations.events).toBe(written(steps, A).length);
      }),
      { seed: 4, numRuns: 300 },
    );
  });

  it('has blocks of at most 256 events, and ends one early at 1 MiB', () => {
    const many = Array.from({ length: 2 * MAX_BLOCK_EVENTS + 1 }, (_, i) => event(P, i));
    expect(readFrames(join(chunksOf(many)), digest).blocks.map((block) => block.frames.length)).toEqual([256, 256, 1]);
    const large: Step[] = [
      [P, 1, new Uint8Array(MAX_BLOCK_BYTES - 10).fill(3)],
      [P, 2, Uint8Array.of(9)],
      [P, 3, Uint8Array.of(9)],
    ];
    const reading = readFrames(join(chunksOf(large)), digest);
    expect(reading.blocks.map((block) => block.frames.length)).toEqual([2, 1]);
    expect(eventsOf(reading, P)).toEqual(written(large, P));
  });

  it('copies payloads: the caller may reuse its buffer', () => {
    const buffer = Uint8Array.of(1, 2);
    const chunks: Uint8Array[] = [];
    const writer = new FrameWriter(digest, (bytes) => void chunks.push(bytes));
    writer.append(P, 0, buffer);
    buffer.fill(9);
    writer.append(P, 0, buffer);
    writer.finish();
    expect(eventsOf(readFrames(join(chunks), digest), P)).toEqual(['0:0102', '0:0909']);
  });

  it('has the same program head whatever was annotated, and by native and portable digests', async () => {
    const program = small.filter((step) => (isFlush(step) ? step.flush === P : step[0] === P));
    const head = (steps: readonly Step[]): string =>
      toHex(readFrames(join(chunksOf(steps)), digest).final?.program.hash as Uint8Array);
    expect(head(program)).toBe(head(small));
    expect(head(other)).not.toBe(head(small));
    expect(readFrames(join(chunksOf(small)), await openPortableDigest()).damage).toBeUndefined();
  });

  it('is read from a view into a larger buffer', () => {
    const bytes = join(chunksOf(small));
    const wide = new Uint8Array(bytes.length + 64);
    wide.set(bytes, 32);
    expect(readFrames(wide.subarray(32, 32 + bytes.length), digest).final?.program.events).toBe(6);
  });

  it('has the bytes of the vector in docs/format/trace.md', () => {
    const page = readFileSync(new URL('../../docs/format/trace.md', import.meta.url), 'utf8');
    const vector = page
      .split('## 6. Vector')[1]!
      .split('## 7')[0]
      ?.match(/^ {4}[0-9a-f]+$/gm)
      ?.join('')
      .replaceAll(' ', '');
    expect(toHex(join(chunksOf([[P, 7, Uint8Array.of(1, 2)]])))).toBe(vector);
  });

  it('may be empty', () => {
    const reading = readFrames(join(chunksOf([])), digest);
    expect(reading.blocks).toEqual([]);
    expect(reading.damage).toBeUndefined();
    expect(reading.final?.program).toEqual({ blocks: 0, events: 0, hash: new Uint8Array(32) });
  });
});

describe('the writer', () => {
  it('refuses events after finish, unknown streams and kinds that are no byte', () => {
    const writer = new FrameWriter(digest, () => undefined);
    for (const [stream, kind] of [
      [3, 0],
      [0, 0],
      [1, 256],
      [1, -1],
      [1, 0.5],
    ] as const) {
      expect(() => writer.append(stream as TraceStream, kind, payload(1))).toThrow(
        expect.objectContaining({ code: 'ATTRIBUTE' }),
      );
    }
    expect(() => writer.append(P, 0, new Uint8Array(2 ** 28 + 1))).toThrow(expect.objectContaining({ code: 'LIMIT' }));
    writer.finish();
    expect(() => writer.append(P, 0, payload(1))).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    expect(() => writer.flush(P)).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    expect(() => writer.finish()).toThrow(expect.objectContaining({ code: 'CLOSED' }));
  });

  it('closes when its sink fails, so that no block follows a hole', () => {
    const chunks: Uint8Array[] = [];
    const writer = new FrameWriter(digest, (bytes) => {
      if (chunks.length === 2) throw new RangeError('disk full');
      chunks.push(bytes);
    });
    for (const stream of [P, P] as const) {
      writer.append(stream, 1, payload(5));
      if (chunks.length === 1) writer.flush(stream);
    }
    expect(() => writer.flush(P)).toThrow('disk full');
    expect(() => writer.append(P, 1, payload(5))).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    expect(readFrames(join(chunks), digest)).toMatchObject({
      blocks: [{ index: 0 }],
      damage: { code: 'missing-final' },
    });
  });
});

describe('a damaged trace', () => {
  it('is detected for every flipped bit, and the blocks before it are read', () => {
    const chunks = chunksOf(small);
    const bytes = join(chunks);
    const intact = readFrames(bytes, digest);
    expect(intact.blocks.length).toBe(6);
    const starts = intact.blocks.map((block) => block.offset + block.sizeBytes);
    for (let at = 0; at < bytes.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        bytes[at] = bytes[at]! ^ (1 << bit);
        const reading = readFrames(bytes, digest);
        bytes[at] = bytes[at]! ^ (1 << bit);
        const blocks = at < FILE_HEADER_BYTES ? 0 : starts.filter((end) => end <= at).length;
        expect([at, bit, reading.blocks.length, reading.damage?.code]).toEqual([
          at,
          bit,
          blocks,
          at < 8 ? 'not-a-trace' : 'edited',
        ]);
        expect(reading.final).toBeUndefined();
        expectPrefix(reading, intact, blocks);
      }
    }
    expect(readFrames(bytes, digest).damage).toBeUndefined();
  });

  it('is detected for every length it is cut to, and the whole blocks are read', () => {
    const bytes = join(chunksOf(small));
    const intact = readFrames(bytes, digest);
    const ends = [FILE_HEADER_BYTES, ...intact.blocks.map((block) => block.offset + block.sizeBytes)];
    for (let lengthBytes = 0; lengthBytes < bytes.length; lengthBytes++) {
      const reading = readFrames(bytes.subarray(0, lengthBytes), digest);
      const blocks = ends.filter((end) => end <= lengthBytes).length - 1;
      expect([lengthBytes, reading.damage?.code]).toEqual([
        lengthBytes,
        ends.includes(lengthBytes) ? 'missing-final' : 'truncated',
      ]);
      expect(reading.final).toBeUndefined();
      expectPrefix(reading, intact, Math.max(0, blocks));
    }
  });

  it('is detected for every two records swapped, with the first of them named', () => {
    const chunks = chunksOf(small);
    const intact = readFrames(join(chunks), digest);
    for (let i = 1; i < chunks.length; i++) {
      for (let j = i + 1; j < chunks.length; j++) {
        const swapped = [...chunks];
        [swapped[i], swapped[j]] = [chunks[j]!, chunks[i]!];
        const reading = readFrames(join(swapped), digest);
        expect([i, j, reading.damage?.code, reading.damage?.sequence]).toEqual([i, j, 'reordered', i - 1]);
        expectPrefix(reading, intact, i - 1);
      }
    }
  });

  it('is detected for every record cut out or doubled', () => {
    const chunks = chunksOf(small);
    const intact = readFrames(join(chunks), digest);
    const last = chunks.length - 1;
    for (let i = 1; i <= last; i++) {
      const cut = readFrames(join(chunks.toSpliced(i, 1)), digest);
      expect([i, cut.damage?.code, cut.damage?.sequence]).toEqual([
        i,
        i === last ? 'missing-final' : 'missing-block',
        i - 1,
      ]);
      expectPrefix(cut, intact, i - 1);
      const doubled = readFrames(join(chunks.toSpliced(i, 0, chunks[i]!)), digest);
      expect([i, doubled.damage?.code]).toEqual([i, i === last ? 'trailing' : 'reordered']);
      expectPrefix(doubled, intact, Math.min(i, last - 1));
    }
    const twice = readFrames(join([...chunks.slice(0, 3), chunks[2]!]), digest);
    expect(twice.damage).toMatchObject({ code: 'repeated', sequence: 2 });
    expect(readFrames(join([...chunks, Uint8Array.of(0)]), digest).damage).toMatchObject({ code: 'trailing' });
  });

  it('is detected when blocks or the end of another trace are put in', () => {
    const [mine, theirs] = [chunksOf(small), chunksOf(other)];
    const intact = readFrames(join(mine), digest);
    const same = mine.map((chunk, i) => Buffer.compare(chunk, theirs[i]!) === 0);
    const firstDifference = same.indexOf(false);
    expect([firstDifference, mine.length]).toEqual([3, theirs.length]);
    for (let i = firstDifference; i < mine.length; i++) {
      const reading = readFrames(join(mine.with(i, theirs[i]!)), digest);
      expect([
        i,
        reading.damage?.code === 'spliced' || reading.damage?.code === 'final-mismatch',
        reading.final,
      ]).toEqual([i, true, undefined]);
      const kept = reading.blocks.filter((block) => block.sequence < i - 1).length;
      expectPrefix({ ...reading, blocks: reading.blocks.slice(0, kept) }, intact, i - 1);
    }
    const tailOfTheirs = readFrames(join([...mine.slice(0, 5), ...theirs.slice(5)]), digest);
    expect(tailOfTheirs.damage).toMatchObject({ code: 'spliced', sequence: 4 });
    const endOfTheirs = readFrames(join([...mine.slice(0, -1), theirs.at(-1)!]), digest);
    expect(endOfTheirs.damage).toMatchObject({ code: 'final-mismatch', sequence: 6 });
    expect(endOfTheirs.blocks.length).toBe(6);
  });

  it('is detected when an editor also repairs the checksum, or checksum and chain', () => {
    const chunks = chunksOf(small);
    const block = chunks[5]!.slice();
    const view = new DataView(block.buffer);
    block[20 + 6] = block[20 + 6]! ^ 1;
    view.setUint32(block.length - 4, crc32(block, 0, block.length - 4), true);
    const resummed = readFrames(join(chunks.with(5, block)), digest);
    expect(resummed.damage).toMatchObject({ code: 'spliced', sequence: 4 });

    const chain = new BlockChain(P, digest);
    for (const sound of readFrames(join(chunks), digest).blocks.slice(0, 4)) {
      const start = sound.offset + 20;
      if (sound.stream === P)
        chain.extend(sound.frames.length, join(chunks).subarray(start, sound.offset + sound.sizeBytes - 36));
    }
    const body = block.subarray(20, block.length - 36);
    block.set(chain.extend(view.getUint16(6, true), body).hash, block.length - 36);
    view.setUint32(block.length - 4, crc32(block, 0, block.length - 4), true);
    const rechained = readFrames(join(chunks.with(5, block)), digest);
    expect(rechained.damage).toMatchObject({ code: 'final-mismatch' });
  });

  it('is a result, never an exception, for any bytes at all', () => {
    const good = join(chunksOf(small));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(good.length), (bytes, keep) => {
        expect(readFrames(bytes, digest).damage).toBeDefined();
        const mixed = readFrames(join([good.subarray(0, keep), bytes]), digest);
        expect(mixed.damage !== undefined || (keep === good.length && bytes.length === 0)).toBe(true);
      }),
      { seed: 5, numRuns: 1500 },
    );
  });

  it('names an unknown version and says what to do in every message', () => {
    const bytes = join(chunksOf(small));
    const view = new DataView(bytes.buffer);
    view.setUint16(8, 7, true);
    view.setUint32(12, crc32(bytes, 0, 12), true);
    const reading = readFrames(bytes, digest);
    expect(reading.damage).toMatchObject({ code: 'version', offset: 0 });
    expect(reading.damage?.message).toContain('format 7');
    expect(reading.damage?.message).toMatch(/; read it with .*\.$/);
  });

  it('loses at most the last block of each stream when the writer is killed', () => {
    const steps = Array.from({ length: 1000 }, (_, i) => event(i % 3 === 0 ? A : P, i));
    const reading = readFrames(join(chunksOf(steps, 'kill')), digest);
    expect(reading.damage?.code).toBe('missing-final');
    for (const stream of [P, A]) {
      const all = written(steps, stream);
      const found = eventsOf(reading, stream);
      expect(found).toEqual(all.slice(0, found.length));
      expect(all.length - found.length).toBeLessThan(MAX_BLOCK_EVENTS);
    }
  });
});
