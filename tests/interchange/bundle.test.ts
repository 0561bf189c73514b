// Bundles: one trace is one file, which is verified as a whole and replays elsewhere; what was left out is stated.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { equalBytes, toHex } from '../../src/core/fingerprint/digest.ts';
import { encodeUtf8 } from '../../src/core/tensor/utf8.ts';
import { createKey } from '../../src/tiers.ts';
import { openNodeDigest } from '../../src/host/node/digest.ts';
import { loadTrace, replayTrace, type Trace } from '../../src/index.ts';
import { isBundle, openBundle, packBundle } from '../../src/interchange.ts';
import { joinPieces, splitPieces } from '../../src/interchange/container.ts';
import { type BundlePart, type ManifestContent, readManifest, sealManifest } from '../../src/interchange/manifest.ts';
import { merkleRoot } from '../../src/interchange/merkle.ts';
import { pack } from '../../src/interchange/pack.ts';
import { unpack } from '../../src/interchange/unpack.ts';
import { layers, ramp, withSheet } from '../trace/programs.ts';
import { extent } from '../run/extent.ts';
import type { Sampling } from '../trace/damage.ts';
import { fuzzed, outcomesOf } from './fuzz.ts';

const GOLDEN = join(import.meta.dirname, '../golden/bundle');
const golden = (name: string): Uint8Array => new Uint8Array(readFileSync(join(GOLDEN, name)));
const digest = await openNodeDigest();
const folder = mkdtempSync(join(tmpdir(), 'bundle-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let trace: Trace;
beforeAll(async () => {
  trace = await withSheet({ class: 'exact' }, async (sheet) => {
    await layers(sheet);
    return loadTrace(await sheet.trace.bytes());
  });
});

const code = (expected: string): unknown =>
  expected === 'LIMIT'
    ? expect.objectContaining({ code: expected })
    : expect.objectContaining({ code: 'FORMAT', details: expect.objectContaining({ code: expected }) });

/** Whether bytes stand somewhere in a file. */
const holds = (file: Uint8Array, bytes: Uint8Array): boolean => Buffer.from(file).includes(Buffer.from(bytes));

describe('a bundle', () => {
  it('replays with the recorded digests, and is the same file of the same trace', async () => {
    const { bytes, root, tensors } = await packBundle(trace);
    expect(isBundle(bytes)).toBe(true);
    const bundle = await openBundle(bytes);
    expect(bundle).toMatchObject({ root, tensors, unreplayable: 0, omitted: { roots: [], results: 0, notes: 0 } });
    expect(bundle.trace.events).toEqual(trace.events);
    expect(bundle.trace.annotations).toEqual(trace.annotations);
    const report = await replayTrace(bundle.trace, { device: 'js' });
    expect(report).toMatchObject({ compared: 5, equal: 5, missing: [], skipped: 0 });
    for (const again of [trace, bundle.trace]) expect((await packBundle(again)).bytes).toEqual(bytes);
  });

  it('is what the stored vector says, whatever writes it', async () => {
    const stored = await loadTrace(join(GOLDEN, 'run.sqs.json'));
    const whole = await packBundle(stored);
    expect(toHex(whole.bytes)).toBe(toHex(golden('run.sqb')));
    const redacted = await packBundle(stored, { redact: { roots: 'all', notes: true } });
    expect(toHex(redacted.bytes)).toBe(toHex(golden('redacted.sqb')));
    const page = readFileSync(join(import.meta.dirname, '../../docs/format/bundle.md'), 'utf8');
    for (const { root } of [whole, redacted]) expect(page).toContain(root);
    const { manifest } = splitPieces(golden('run.sqb'));
    expect(page.replaceAll(/\s/g, '')).toContain(toHex(golden('run.sqb').subarray(0, 24)));
    expect(page.replaceAll(/\s/g, '')).toContain(toHex(manifest));
  });

  it('holds the runs of a live trace as one, with its roots beside it or nowhere', async () => {
    const file = join(folder, 'live.sqs');
    for (const axis of [0, 1])
      await withSheet({ class: 'exact', trace: { file } }, async (sheet) => {
        await layers(sheet, axis);
      });
    const live = await loadTrace(file);
    expect(live.runs).toHaveLength(2);
    const bundle = await openBundle((await packBundle(live)).bytes);
    expect(bundle.trace.events).toEqual(live.events);
    expect(bundle.omitted.roots.length).toBeGreaterThan(0);
    expect(new Set(bundle.omitted.roots.map(({ why }) => why))).toEqual(new Set(['missing']));
    expect(bundle.unreplayable).toBeGreaterThan(0);

    const path = join(folder, 'beside.sqs.json');
    await withSheet({ class: 'exact' }, async (sheet) => {
      await layers(sheet);
      await sheet.trace.save(path, { roots: 'beside' });
    });
    const beside = await openBundle((await packBundle(await loadTrace(path))).bytes);
    expect(beside.omitted.roots).toEqual([]);
    expect(await replayTrace(beside.trace, { device: 'js' })).toMatchObject({ compared: 5, equal: 5 });
  });

  it('refuses a damaged trace, and a root that is not what its name says', async () => {
    const damage = { code: 'truncated', message: 'It ends early.' };
    await expect(packBundle({ ...trace, damage })).rejects.toThrow(code('truncated'));
    const roots = trace.roots.map((root) => ({ ...root, bytes: root.bytes!.map((byte) => byte ^ 1) }));
    await expect(packBundle({ ...trace, roots })).rejects.toThrow(code('edited'));
    await expect(packBundle(trace, { redacted: {} } as never)).rejects.toThrow(/there is no option "redacted"/);
    await expect(openBundle('run.sqb' as never)).rejects.toThrow(/give the bytes of a bundle/);
  });
});

describe('a redacted bundle', () => {
  it('has no element of the roots, verifies, and says what cannot be replayed', async () => {
    const { bytes } = await packBundle(trace, { redact: { roots: 'all', notes: true } });
    const whole = (await packBundle(trace)).bytes;
    for (const { bytes: elements } of trace.roots) {
      expect(holds(whole, elements!.subarray(0, 16))).toBe(true);
      expect(holds(bytes, elements!.subarray(0, 16))).toBe(false);
    }
    const bundle = await openBundle(bytes);
    expect(bundle.omitted.roots.map(({ why, seq }) => [why, seq])).toEqual(
      trace.events
        .flatMap(({ op, seq }) => (op === 'tensor' ? [seq] : []))
        .sort((a, b) => a - b)
        .map((seq) => ['redacted', seq]),
    );
    expect(bundle.trace.annotations.some(({ kind }) => kind === 'note')).toBe(false);
    expect(bundle.trace.annotations.some(({ kind }) => kind === 'bytes')).toBe(false);
    expect(bundle.trace.annotations.every((record) => record.kind !== 'digest' || !record.sketch)).toBe(true);
    const report = await replayTrace(bundle.trace, { device: 'js' });
    expect(report.missing).toHaveLength(bundle.omitted.roots.length);
    expect(report).toMatchObject({ compared: 0, skipped: bundle.unreplayable });
    expect((await packBundle(bundle.trace, { redact: { roots: 'all', notes: true } })).bytes).not.toEqual(whole);
  });

  it('is replayed by whoever has the roots', async () => {
    const bundle = await openBundle((await packBundle(trace, { redact: { roots: 'all' } })).bytes);
    const contents = new Map(trace.roots.map((root) => [toHex(root.contentId), root.bytes]));
    const report = await replayTrace(bundle.trace, {
      device: 'js',
      roots: ({ contentId }) => contents.get(contentId ?? ''),
    });
    expect(report.missing).toEqual([]);
    expect(report.compared).toBe(report.equal);
    expect(report.compared).toBeGreaterThan(0);
  });

  it('leaves out single roots by number or content, wherever the same elements stand', async () => {
    const twice = await withSheet({ class: 'exact', eager: true }, async (sheet) => {
      const values = ramp(400);
      const [x, y] = [sheet.tensor(values, [20, 20]), sheet.tensor(values.slice(), [20, 20])];
      const z = sheet.tensor(ramp(400, 0.9), [20, 20]);
      await x.matmul(y).data();
      await z.matmul(z).data();
      await z.matmul(z).sum().item();
      return loadTrace(await sheet.trace.bytes());
    });
    const ids = new Map(twice.annotations.flatMap((a) => (a.kind === 'root' ? [[a.seq, toHex(a.contentId)]] : [])));
    const [first] = [...ids.keys()];
    const hidden = [...ids]
      .filter(([, id]) => id === ids.get(first!))
      .map(([seq]) => seq)
      .sort((a, b) => a - b);
    for (const name of [first!, ids.get(first!)!]) {
      const bundle = await openBundle((await packBundle(twice, { redact: { roots: [name] } })).bytes);
      expect(bundle.omitted.roots.map(({ seq }) => seq)).toEqual(hidden);
      const report = await replayTrace(bundle.trace, { device: 'js' });
      expect(report).toMatchObject({
        missing: expect.arrayContaining(hidden.map((seq) => expect.objectContaining({ seq }))),
        compared: 2,
        equal: 2,
      });
    }
    await expect(packBundle(twice, { redact: { roots: [999] } })).rejects.toThrow(/999 is no root of this trace/);
  });
});

describe('a signature', () => {
  const keys = (id: string): ReturnType<typeof createKey> => createKey(id);
  const [ci, other, impostor] = [keys('ci-1'), keys('dev-1'), keys('ci-1')];

  it('is verified against the keys that the reader lists', async () => {
    const { bytes, root } = await packBundle(trace, { key: ci.secret });
    const trust = [other.public, ci.public];
    expect(await openBundle(bytes, { trust })).toMatchObject({ signer: 'ci-1', isTrusted: true, root });
    expect(await openBundle(bytes)).toMatchObject({ signer: 'ci-1', isTrusted: false });
    expect((await packBundle(trace, { key: ci.secret })).bytes).toEqual(bytes);
    expect((await packBundle(trace)).root).toBe(root);
  });

  it('is refused where it is missing, changed, of another bundle or of another key', async () => {
    const { bytes } = await packBundle(trace, { key: ci.secret });
    const unsigned = (await packBundle(trace)).bytes;
    const redacted = splitPieces((await packBundle(trace, { redact: { roots: 'all' }, key: ci.secret })).bytes);
    const { manifest, signature, parts } = splitPieces(bytes);
    const open = (file: Uint8Array, ...trust: string[]): Promise<unknown> => openBundle(file, { trust });
    await expect(open(unsigned, ci.public)).rejects.toThrow(code('unsigned'));
    await expect(open(bytes)).rejects.toThrow(code('unknown-key'));
    await expect(open(bytes, other.public)).rejects.toThrow(/signed by "ci-1", and trusted are dev-1/);
    await expect(open(bytes, impostor.public)).rejects.toThrow(code('bad-signature'));
    const spliced = joinPieces(manifest, redacted.signature, [parts]);
    await expect(open(spliced, ci.public)).rejects.toThrow(code('bad-signature'));
    for (let at = 0; at < signature.length; at += 3) {
      const changed = signature.slice();
      changed[at]! ^= 4;
      const refusal = /FormatError/;
      await expect(
        open(joinPieces(manifest, changed, [parts]), ci.public, other.public).catch(String),
      ).resolves.toMatch(refusal);
    }
    await expect(open(bytes, ci.secret)).rejects.toThrow(/given with its secret key/);
    await expect(packBundle(trace, { key: ci.public })).rejects.toThrow(/is not given with its secret key/);
  });
});

describe('the root of a list', () => {
  /** RFC 6962, section 2.1, as it is written: split at the largest power of two below the length. */
  const reference = (items: readonly Uint8Array[]): Uint8Array => {
    if (items.length === 0) return digest.hash(new Uint8Array(0));
    if (items.length === 1) return digest.hash(Uint8Array.of(0, ...items[0]!));
    let k = 1;
    while (2 * k < items.length) k *= 2;
    return digest.hash(Uint8Array.of(1, ...reference(items.slice(0, k)), ...reference(items.slice(k))));
  };

  it('is the tree of RFC 6962 under the number of leaves', () => {
    const name = encodeUtf8('sqs.merkle.v1\0');
    for (let length = 0; length < 20; length++) {
      const items = Array.from({ length }, (_, i) => Uint8Array.of(i, 7));
      const field = (tag: number, bytes: Uint8Array): number[] => [tag, bytes.length, 0, 0, 0, 0, 0, 0, 0, ...bytes];
      const count = Uint8Array.of(length, 0, 0, 0, 0, 0, 0, 0);
      const input = Uint8Array.of(...name, ...field(4, count), ...field(8, reference(items)));
      expect(toHex(merkleRoot(items, digest))).toBe(toHex(digest.hash(input)));
    }
  });

  it('is another when the odd leaf is doubled, a node is given as a leaf, or two leaves change places', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((text) => encodeUtf8(text)) as [Uint8Array, Uint8Array, Uint8Array];
    const node = Uint8Array.of(...digest.hash(Uint8Array.of(0, ...a)), ...digest.hash(Uint8Array.of(0, ...b)));
    const lists = [[a, b, c], [a, b, c, c], [a, b], [b, a], [node], [Uint8Array.of(1, ...node)], [a], []];
    expect(new Set(lists.map((items) => toHex(merkleRoot(items, digest)))).size).toBe(lists.length);
  });
});

/** A file that its writer sealed, whatever it says. */
function sealedAs(content: Partial<ManifestContent>, parts: readonly Uint8Array[]): Uint8Array {
  const whole = { parts: [], omittedRoots: [], omittedResults: 0, omittedNotes: 0, ...content };
  return joinPieces(sealManifest(whole, digest).bytes, new Uint8Array(0), parts);
}

describe('what is no bundle', () => {
  const whole = golden('run.sqb');
  const { manifest: manifestBytes, parts } = splitPieces(whole);
  const { parts: listed, omittedRoots } = readManifest(manifestBytes, digest);
  const pieces = listed.map(({ sizeBytes }, i) => {
    const start = listed.slice(0, i).reduce((sum, part) => sum + part.sizeBytes, 0);
    return parts.subarray(start, start + sizeBytes);
  });
  const [traced, first, second] = listed as [BundlePart, BundlePart, BundlePart];
  const [text, one, two] = pieces as [Uint8Array, Uint8Array, Uint8Array];
  const omitted = { why: 'missing', seq: 1, contentId: second.digest, dtype: 'float32', shape: [2, 3] } as const;

  it('is sound itself where nothing is wrong', () => {
    expect(omittedRoots).toEqual([]);
    expect(equalBytes(sealedAs({ parts: listed }, pieces), whole)).toBe(true);
  });

  const other = encodeUtf8('{}');
  const FORGED: readonly (readonly [what: string, code: string, file: () => Uint8Array])[] = [
    ['nothing in it', 'malformed', () => sealedAs({}, [])],
    ['no trace first', 'malformed', () => sealedAs({ parts: [first, traced, second] }, [one, text, two])],
    ['two traces', 'malformed', () => sealedAs({ parts: [traced, traced, first, second] }, [text, text, one, two])],
    ['another trace under the name', 'edited', () => sealedAs({ parts: [{ ...traced, sizeBytes: 2 }] }, [other])],
    [
      'a trace that is none',
      'not-a-trace',
      () => sealedAs({ parts: [{ ...traced, digest: digest.hash(other), sizeBytes: 2 }] }, [other]),
    ],
    ['a tensor twice', 'malformed', () => sealedAs({ parts: [traced, first, first, second] }, [text, one, one, two])],
    ['tensors in another order', 'malformed', () => sealedAs({ parts: [traced, second, first] }, [text, two, one])],
    ['a root less that is not stated', 'malformed', () => sealedAs({ parts: [traced, first] }, [text, one])],
    ['a root left out that is there', 'malformed', () => sealedAs({ parts: listed, omittedRoots: [omitted] }, pieces)],
    [
      'elements of another root',
      'edited',
      () => sealedAs({ parts: [traced, first, second] }, [text, one, two.map(() => 0)]),
    ],
    [
      'a shape of other bytes',
      'malformed',
      () => sealedAs({ parts: [traced, { ...first, shape: [13] }] }, [text, one]),
    ],
    [
      'a shape that overflows',
      'malformed',
      () => sealedAs({ parts: [traced, { ...first, shape: Array(20).fill(2 ** 50) }] }, [text, one]),
    ],
    ['a dtype that is none', 'dtype', () => sealedAs({ parts: [traced, { ...first, dtype: '../x' }] }, [text, one])],
    [
      'parts beyond the file',
      'truncated',
      () => sealedAs({ parts: [traced, { ...first, sizeBytes: 2 ** 52 }] }, [text]),
    ],
    ['bytes after its parts', 'trailing', () => Uint8Array.of(...whole, 0)],
  ];

  it.each(FORGED)('is refused for %s: %s', (_what, expected, file) => {
    expect(() => unpack(file(), digest)).toThrow(code(expected));
  });

  it('is refused for a manifest that is not in its one form, or of more parts than are taken', () => {
    const nothing = new Uint8Array(0);
    expect(() => unpack(joinPieces(Uint8Array.of(...manifestBytes, 0), nothing, pieces), digest)).toThrow(
      code('malformed'),
    );
    expect(() => unpack(joinPieces(new Uint8Array(17 * 2 ** 20), nothing, []), digest)).toThrow(code('LIMIT'));
    const part: BundlePart = { kind: 2, digest: new Uint8Array(32), dtype: '', shape: [], sizeBytes: 0 };
    const content = { parts: [part], omittedRoots: [], omittedResults: 0, omittedNotes: 0 };
    expect(() => sealManifest({ ...content, parts: Array(100_000).fill(part) }, digest)).toThrow(code('LIMIT'));
    const { bytes } = sealManifest(content, digest);
    const listAt = 'sqs.bundle.v1\0'.length;
    const item = bytes.subarray(listAt + 9, listAt + 9 + Number(Buffer.from(bytes).readBigUInt64LE(listAt + 1)));
    const many = Buffer.alloc(9 + 100_000 * item.length, item);
    many.copyWithin(9, 0, many.length - 9);
    many[0] = 9;
    many.writeBigUInt64LE(BigInt(100_000 * item.length), 1);
    const listed100k = Buffer.concat([bytes.subarray(0, listAt), many, bytes.subarray(listAt + 9 + item.length)]);
    const started = performance.now();
    expect(() => unpack(joinPieces(listed100k, nothing, []), digest)).toThrow(/a list of more than 65537 items/);
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('is never read as a bundle, whichever byte is flipped, cut off or put in', () => {
    for (const name of ['run.sqb', 'redacted.sqb']) {
      const file = golden(name);
      const outcome = (sampling: Sampling): unknown =>
        outcomesOf(
          file,
          (bytes) => unpack(bytes, digest),
          () => undefined,
          sampling,
        );
      const [stride, start] = [extent(23, 1), extent(3, 0)];
      const every = { refused: 2 * Math.ceil((file.length - start) / stride), read: 0 };
      expect(outcome({ stride, start, masks: 1, inserts: 0 })).toEqual(every);
      expect(outcome({ stride: extent(97, 1) })).toEqual({ refused: expect.any(Number), read: 0 });
    }
  });

  it('of random input is a typed error', { timeout: 900_000 }, () => {
    const piece = fc.constantFrom(text, one, two, manifestBytes, other);
    const part = fc.record({
      kind: fc.constantFrom(1, 2) as fc.Arbitrary<1 | 2>,
      digest: fc.constantFrom(traced.digest, first.digest, second.digest),
      dtype: fc.constantFrom('', 'float32', 'int32', '__proto__'),
      shape: fc.array(fc.constantFrom(0, 1, 2, 3, 12, 2 ** 40), { maxLength: 3 }),
      sizeBytes: fc.constantFrom(0, text.length, one.length, two.length, 2 ** 50),
    });
    const grammar = fc
      .record({
        parts: fc.oneof(fc.array(fc.oneof(part, fc.constantFrom(...listed)), { maxLength: 4 }), fc.constant(listed)),
        omittedRoots: fc.oneof(fc.constant([]), fc.constant([omitted])),
        omittedResults: fc.nat(3),
        omittedNotes: fc.nat(3),
        pieces: fc.oneof(fc.array(piece, { maxLength: 4 }), fc.constant(pieces)),
        signature: fc.uint8Array({ maxLength: 40 }),
      })
      .map(({ pieces: put, signature, ...content }) => joinPieces(sealManifest(content, digest).bytes, signature, put));
    const read = fuzzed(
      (bytes) => unpack(bytes, digest),
      { grammar, sound: [whole, golden('redacted.sqb')] },
      ({ trace: found }) => expect(found.events).toHaveLength(4),
    );
    expect(read).toBeGreaterThan(0);
  });
});

describe('packing', () => {
  it('leaves roots out that no call of the trace uses', () => {
    const stray = { contentId: digest.hash(Uint8Array.of(1)), dtype: 'uint8', shape: [0], bytes: new Uint8Array(0) };
    const { bytes } = pack({ ...trace, roots: [...trace.roots, stray] }, digest, {});
    expect(equalBytes(bytes, pack(trace, digest, {}).bytes)).toBe(true);
  });
});
