// The roots of a live trace: what is kept readable for a file, what is only watched, and what makes room again.
import { describe, expect, it } from 'vitest';
import { type Call, rootCall } from '../../src/core/engine/call.ts';
import { openNodeDigest } from '../../src/host/node/digest.ts';
import { valueOfArray } from '../../src/core/tensor/block.ts';
import { tensorType } from '../../src/core/tensor/type.ts';
import { KeptRoots } from '../../src/core/trace/kept-roots.ts';
import { collected } from '../sheet/fixtures/collected.ts';

const digest = await openNodeDigest();
const TYPE = tensorType('float32', [4]);
const root = (seq: number): Call => rootCall(TYPE, valueOfArray(TYPE, Float32Array.of(seq, 0, 0, 0)), seq);
const readable = (kept: KeptRoots): number[] =>
  kept
    .identify(digest)
    .filter(({ value }) => value !== undefined)
    .map(({ seq }) => seq);

const rangeTo = (end: number, count: number): number[] => Array.from({ length: count }, (_, i) => end - count + 1 + i);

describe('the roots that a trace keeps', () => {
  it('keeps the first and the newest within its budget, and lists others while somebody holds them', async () => {
    const kept = new KeptRoots(6 * (TYPE.sizeBytes + 1024));
    const held = root(5);
    for (let seq = 1; seq <= 20; seq++) kept.add(seq === 5 ? held : root(seq));
    await collected(() => readable(kept).length === 7);
    expect(readable(kept)).toEqual([1, 2, 3, 5, 18, 19, 20]);
    expect(held.seq).toBe(5);
  });

  it('keeps all of them where they fit, and lets a root that is larger than its room take nobody away', async () => {
    const kept = new KeptRoots(8 * (TYPE.sizeBytes + 1024));
    for (let seq = 1; seq <= 4; seq++) kept.add(root(seq));
    const wide = tensorType('float32', [4096]);
    kept.add(rootCall(wide, valueOfArray(wide, new Float32Array(4096)), 5));
    for (let seq = 6; seq <= 9; seq++) kept.add(root(seq));
    await collected(() => readable(kept).length === 8);
    expect(readable(kept)).toEqual([1, 2, 3, 4, 6, 7, 8, 9]);
  });

  it('keeps to its budget, the newest among them, over many times as many as it has room for', async () => {
    const kept = new KeptRoots(100 * (TYPE.sizeBytes + 1024));
    for (let seq = 1; seq <= 10_000; seq++) kept.add(root(seq));
    await collected(() => readable(kept).length === 100);
    expect(readable(kept)).toEqual([...rangeTo(50, 50), ...rangeTo(10_000, 50)]);
  });

  it('gives the room of roots that were disposed of to later ones, and does not grow with them', async () => {
    const kept = new KeptRoots(5000 * (TYPE.sizeBytes + 1024));
    for (let seq = 1; seq <= 20_000; seq++) {
      const each = root(seq);
      kept.add(each);
      each.value = undefined;
    }
    expect(kept.identify(digest).length).toBeLessThan(5000);
    kept.add(root(20_001));
    await collected();
    expect(readable(kept)).toEqual([20_001]);
  });
});
