// The roots of a live trace: what is kept readable for a file, what is only watched, and what makes room again.
import { describe, expect, it } from 'vitest';
import { type Call, rootCall } from '../../src/core/engine/call.ts';
import { openNodeDigest } from '../../src/host/node/digest.ts';
import { valueOfArray } from '../../src/core/tensor/block.ts';
import { tensorType } from '../../src/core/tensor/type.ts';
import { RootShelf } from '../../src/core/trace/root-shelf.ts';
import { collected } from '../sheet/fixtures/collected.ts';

const digest = await openNodeDigest();
const TYPE = tensorType('float32', [4]);
const root = (seq: number): Call => rootCall(TYPE, valueOfArray(TYPE, Float32Array.of(seq, 0, 0, 0)), seq);
const readable = (shelf: RootShelf): number[] =>
  shelf
    .identify(digest)
    .filter(({ value }) => value !== undefined)
    .map(({ seq }) => seq);

describe('the shelf of roots', () => {
  it('keeps the first ones within its budget, and lists others while somebody holds them', async () => {
    const shelf = new RootShelf(3 * (TYPE.sizeBytes + 1024));
    const held = root(5);
    for (let seq = 1; seq <= 4; seq++) shelf.add(root(seq));
    shelf.add(held);
    await collected(() => readable(shelf).length === 4);
    expect(readable(shelf)).toEqual([1, 2, 3, 5]);
    expect(held.seq).toBe(5);
  });

  it('gives the room of roots that were disposed of to later ones, and does not grow with them', async () => {
    const shelf = new RootShelf(5000 * (TYPE.sizeBytes + 1024));
    for (let seq = 1; seq <= 20_000; seq++) {
      const each = root(seq);
      shelf.add(each);
      each.value = undefined;
    }
    expect(shelf.identify(digest).length).toBeLessThan(5000);
    shelf.add(root(20_001));
    await collected(() => false);
    expect(readable(shelf)).toEqual([20_001]);
  });
});
