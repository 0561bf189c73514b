// Content ids and keys: golden vectors, panels that survive appended rows, and ids that differ when anything differs.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  changedPanels,
  contentId,
  panelDigests,
  panelLayout,
  PANEL_MIN_BYTES,
  rowDigests,
} from '../../src/core/fingerprint/content.ts';
import { digestFromHex, toHex } from '../../src/core/fingerprint/digest.ts';
import type { Digest } from '../../src/core/fingerprint/digest.ts';
import { TlvWriter } from '../../src/core/fingerprint/encode.ts';
import { resultKey } from '../../src/core/fingerprint/key.ts';
import type { ResultKeyParts } from '../../src/core/fingerprint/key.ts';
import { encodeValue } from '../../src/core/fingerprint/value.ts';
import { type CalledResult, callOf } from './calls.ts';
import { openNodeDigest } from '../../src/host/node/digest.ts';
import { openPortableDigest } from '../../src/host/portable-digest.ts';
import { DTYPE_NAMES, DTYPES } from '../../src/core/tensor/dtype.ts';
import type { DType } from '../../src/core/tensor/dtype.ts';
import { sizeOf } from '../../src/core/tensor/shape.ts';

interface Golden {
  readonly values: readonly { json: string; encoded: string }[];
  readonly numbers: readonly { text: string; encoded: string }[];
  readonly contents: readonly { dtype: DType; shape: number[]; panels: string; contentId: string }[];
  readonly rows: readonly { dtype: DType; shape: number[]; rows: string | null }[];
  readonly results: readonly (Omit<ResultKeyParts, 'attrs' | 'operands'> & {
    called: CalledResult;
    attrs: string;
    operands: string[];
    key: string;
  })[];
}

const golden = JSON.parse(readFileSync(new URL('../golden/fingerprint.json', import.meta.url), 'utf8')) as Golden;
const cycle = (lengthBytes: number): Uint8Array => Uint8Array.from({ length: lengthBytes }, (_, i) => i % 251);
const bytesFor = (dtype: DType, shape: readonly number[]): Uint8Array => cycle(sizeOf(shape) * DTYPES[dtype].itemBytes);

function encoded(value: unknown): Uint8Array {
  const writer = new TlvWriter().beginFields();
  encodeValue(writer, value);
  return writer.copy();
}

let digests: readonly Digest[];
let digest: Digest;
beforeAll(async () => {
  digest = await openNodeDigest();
  digests = [digest, await openPortableDigest()];
});

const idOf = (array: ArrayBufferView, shape: readonly number[], dtype: DType): string =>
  toHex(contentId(panelDigests(array, shape, dtype, digest), shape, dtype, digest));

describe('golden vectors', () => {
  it('hold for the encodings of values and numbers', () => {
    for (const { json, encoded: hex } of golden.values)
      expect([json, toHex(encoded(JSON.parse(json)))]).toEqual([json, hex]);
    for (const { text, encoded: hex } of golden.numbers)
      expect([text, toHex(encoded(Number(text)))]).toEqual([text, hex]);
  });

  it('hold for content ids and row digests, by native and by portable code', () => {
    for (const by of digests) {
      for (const { dtype, shape, panels, contentId: id } of golden.contents) {
        const found = panelDigests(bytesFor(dtype, shape), shape, dtype, by);
        expect([dtype, shape, toHex(found), toHex(contentId(found, shape, dtype, by))]).toEqual([
          dtype,
          shape,
          panels,
          id,
        ]);
      }
      for (const { dtype, shape, rows } of golden.rows) {
        const found = rowDigests(bytesFor(dtype, shape), shape, dtype, by);
        expect(found === undefined ? null : toHex(found)).toBe(rows);
      }
    }
  });

  it('hold for result keys', () => {
    for (const row of golden.results) {
      const parts = {
        ...row,
        attrs: new Uint8Array(Buffer.from(row.attrs, 'hex')),
        operands: row.operands.map(digestFromHex),
      };
      expect([row.op, toHex(resultKey(parts, digest))]).toEqual([row.op, row.key]);
    }
  });

  it('are the keys that calls on a sheet have', async () => {
    for (const { called, key } of golden.results) {
      const { engine, call } = await callOf(called);
      expect([called, engine.keyOf(call)]).toEqual([called, key]);
    }
  });

  it('are those printed in docs/format/fingerprint.md', () => {
    const page = readFileSync(new URL('../../docs/format/fingerprint.md', import.meta.url), 'utf8');
    const printed = [...page.matchAll(/^\| content id of (\w+)(\[.*?\]) \| `([0-9a-f]{64})` \|$/gm)];
    expect(printed.length).toBe(4);
    for (const [, dtype, shape, id] of printed) {
      const dims = JSON.parse(shape as string) as number[];
      expect(idOf(bytesFor(dtype as DType, dims), dims, dtype as DType)).toBe(id);
    }
    expect(page).toContain(`tolerance, written | \`${golden.results[0]?.key}\``);
  });

  it('are all different from each other', () => {
    const ids = [...golden.contents.map((row) => row.contentId), ...golden.results.map((row) => row.key)];
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThan(25);
  });

  it('follow from the specification written out by hand', () => {
    const shape = [2, 2];
    const bytes = bytesFor('float32', shape);
    const u64 = (n: number): string => toHex(new Uint8Array(BigUint64Array.of(BigInt(n)).buffer));
    const dimension = `04${u64(8)}${u64(2)}`;
    const text =
      `${toHex(new TextEncoder().encode('sqs.content.v1\0'))}02${u64(1)}02` + // float32 is dtype 2
      `09${u64(34)}${dimension}${dimension}07${u64(32)}${toHex(digest.hash(bytes))}`;
    expect(idOf(bytes, shape, 'float32')).toBe(toHex(digest.hash(new Uint8Array(Buffer.from(text, 'hex')))));
  });
});

describe('panels', () => {
  it('have the smallest power of two rows that reaches 256 KiB, whatever the row count', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300_000 }), fc.integer({ min: 1, max: 10_000 }), (lastDim, rows) => {
        const { rowBytes, rowsPerPanel, panelCount } = panelLayout([rows, lastDim], 'float32');
        expect(Number.isInteger(Math.log2(rowsPerPanel))).toBe(true);
        expect(rowsPerPanel * rowBytes).toBeGreaterThanOrEqual(PANEL_MIN_BYTES);
        if (rowsPerPanel > 1) expect((rowsPerPanel / 2) * rowBytes).toBeLessThan(PANEL_MIN_BYTES);
        expect(panelCount).toBe(Math.ceil(rows / rowsPerPanel));
        expect(panelLayout([rows + 1, lastDim], 'float32').rowsPerPanel).toBe(rowsPerPanel);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('are one for ranks 0 and 1, for tensors without bytes, and one a row for huge rows', () => {
    expect(panelLayout([], 'float64')).toMatchObject({ rowBytes: 8, rowCount: 1, panelCount: 1 });
    expect(panelLayout([1_000_000], 'float64')).toMatchObject({
      rowBytes: 8_000_000,
      rowCount: 1,
      rowsPerPanel: 1,
      panelCount: 1,
    });
    for (const shape of [[0], [0, 5], [5, 0], [1000, 0, 1000], [100_000, 0]])
      expect(panelLayout(shape, 'float32').panelCount).toBe(1);
    expect(panelLayout([7, 300_000], 'uint8')).toMatchObject({ rowsPerPanel: 1, panelCount: 7 });
  });

  it('that are full stay the same when rows are appended', () => {
    const whole = new Float32Array(1000 * 256).map((_, i) => Math.sin(i));
    const before = panelDigests(whole.subarray(0, 600 * 256), [600, 256], 'float32', digest);
    const after = panelDigests(whole, [1000, 256], 'float32', digest);
    expect(changedPanels(before, after)).toEqual([2, 3]);
    expect(changedPanels(after, before)).toEqual([2]);
    expect(changedPanels(after, after)).toEqual([]);
  });

  it('that hold a changed byte are exactly the changed ones, and rows likewise', () => {
    const bytes = new Uint8Array(700 * 1500);
    const [panels, rows] = [
      panelDigests(bytes, [700, 1500], 'uint8', digest),
      rowDigests(bytes, [700, 1500], 'uint8', digest) as Uint8Array,
    ];
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: bytes.length - 1 }), { minLength: 1, maxLength: 3 }), (places) => {
        for (const at of places) bytes[at] = 1;
        const changed = changedPanels(panels, panelDigests(bytes, [700, 1500], 'uint8', digest));
        const changedRows = changedPanels(rows, rowDigests(bytes, [700, 1500], 'uint8', digest) as Uint8Array);
        for (const at of places) bytes[at] = 0;
        const ascending = (list: number[]): number[] => [...new Set(list)].sort((a, b) => a - b);
        expect(changed).toEqual(ascending(places.map((at) => Math.floor(at / (256 * 1500)))));
        expect(changedRows).toEqual(ascending(places.map((at) => Math.floor(at / 1500))));
      }),
      { seed: 2, numRuns: 20 },
    );
  });
});

describe('content ids', () => {
  it('tell apart equal bytes under another dtype or shape, and NaN payloads and zeros by their bits', () => {
    const bytes = cycle(64);
    const ids = new Set<string>();
    let count = 0;
    for (const dtype of DTYPE_NAMES) {
      const n = 64 / DTYPES[dtype].itemBytes;
      for (const shape of [[n], [1, n], [n, 1], [2, n / 2], [n / 2, 2], [n / 8, 2, 4]]) {
        ids.add(idOf(bytes, shape, dtype));
        count++;
      }
    }
    const distinct = new Set(
      DTYPE_NAMES.flatMap((dtype) => {
        const n = 64 / DTYPES[dtype].itemBytes;
        return [[n], [1, n], [n, 1], [2, n / 2], [n / 2, 2], [n / 8, 2, 4]].map((shape) => `${dtype}${shape.join()}`);
      }),
    );
    expect(count).toBe(DTYPE_NAMES.length * 6);
    expect(ids.size).toBe(distinct.size);
    expect(idOf(Float32Array.of(0), [1], 'float32')).not.toBe(idOf(Float32Array.of(-0), [1], 'float32'));
    expect(idOf(Uint32Array.of(0x7fc00000), [1], 'float32')).not.toBe(idOf(Uint32Array.of(0x7fc00001), [1], 'float32'));
    expect(idOf(new Uint8Array(0), [0, 5], 'float32')).not.toBe(idOf(new Uint8Array(0), [5, 0], 'float32'));
  });

  it('depend on the viewed elements only, not on the buffer around them', () => {
    const wide = new Float32Array(new SharedArrayBuffer(4000), 400, 100).map((_, i) => i);
    const inner = new Float32Array(new SharedArrayBuffer(4000), 400, 100);
    inner.set(wide);
    expect(idOf(inner, [10, 10], 'float32')).toBe(idOf(Float32Array.from(wide), [10, 10], 'float32'));
  });

  it('refuse an array that does not fit its shape, a detached one, and panels of another layout', () => {
    const array = new Float32Array(4);
    expect(() => panelDigests(array, [5], 'float32', digest)).toThrow(expect.objectContaining({ code: 'SHAPE' }));
    expect(() => panelDigests(array, [-2, -2], 'float32', digest)).toThrow(expect.objectContaining({ code: 'SHAPE' }));
    expect(() => rowDigests(array, [4], 'float64', digest)).toThrow(expect.objectContaining({ code: 'SHAPE' }));
    structuredClone(array.buffer, { transfer: [array.buffer] });
    expect(() => panelDigests(array, [4], 'float32', digest)).toThrow(expect.objectContaining({ code: 'SHAPE' }));
    expect(() => contentId(new Uint8Array(64), [4], 'float32', digest)).toThrow(
      expect.objectContaining({ code: 'SHAPE' }),
    );
  });
});

describe('result keys', () => {
  const base = (): ResultKeyParts => ({
    op: 'sum',
    version: 1,
    attrs: encoded({ axis: [0] }),
    operands: [digest.hash(cycle(1)), digest.hash(cycle(2))],
    semantics: { numerics: 'tolerance', rewrites: 'written' },
  });

  it('change with every part and with the order of operands', () => {
    const parts = base();
    const [a, b] = parts.operands as [Uint8Array, Uint8Array];
    const variants: ResultKeyParts[] = [
      parts,
      { ...parts, op: 'summ' },
      { ...parts, version: 2 },
      { ...parts, output: 1 },
      { ...parts, attrs: encoded({ axis: [1] }) },
      { ...parts, attrs: new Uint8Array(0) },
      { ...parts, operands: [b, a] },
      { ...parts, operands: [a] },
      { ...parts, operands: [a, b, b] },
      { ...parts, operands: [] },
      { ...parts, semantics: { ...parts.semantics, numerics: 'exact:sqs-num/1' } },
      { ...parts, semantics: { ...parts.semantics, rewrites: 'applied' } },
      { ...parts, semantics: { ...parts.semantics, numerics: 'tolerancew' } },
    ];
    const keys = variants.map((variant) => toHex(resultKey(variant, digest)));
    expect(new Set(keys).size).toBe(variants.length);
    expect(toHex(resultKey({ ...parts, output: 0 }, digest))).toBe(keys[0]);
  });

  it('never equal a content id of the same parts: kinds are separated', () => {
    const parts = { ...base(), operands: [] };
    expect(toHex(resultKey(parts, digest))).not.toBe(idOf(parts.attrs, [parts.attrs.length], 'uint8'));
  });
});
