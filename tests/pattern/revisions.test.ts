// Products of arrays that were multiplied before, but for some rows: those are computed, and the bits are the same.
import { afterEach, describe, expect, it } from 'vitest';
import { loadTrace, replayTrace, SymbolicSheet, type Tensor } from '../../src/index.ts';
import { partsOf } from '../parts.ts';

const [ROWS, COLUMNS, WIDTH] = [1024, 256, 48];
const open: SymbolicSheet[] = [];
afterEach(() => Promise.all(open.splice(0).map((sheet) => sheet.close())));

async function newSheet(options: Parameters<typeof SymbolicSheet.open>[0] = {}): Promise<SymbolicSheet> {
  const sheet = await SymbolicSheet.open({ store: 'memory', class: 'exact', devices: ['wasm', 'js'], ...options });
  Object.assign(partsOf(sheet), { admission: () => 'admit' });
  open.push(sheet);
  return sheet;
}

const wave = (rows: number): Float32Array =>
  Float32Array.from({ length: rows * COLUMNS }, (_, i) => Math.sin(i * 0.37));

/** The array with other elements in some rows, and with so many rows. */
function revised(array: Float32Array, changed: readonly number[], rows = array.length / COLUMNS): Float32Array {
  const next = new Float32Array(rows * COLUMNS);
  next.set(array.subarray(0, next.length));
  for (let i = array.length; i < next.length; i++) next[i] = Math.cos(i);
  for (const row of changed) next[row * COLUMNS + (row % COLUMNS)]! += 1;
  return next;
}

type Model = (x: Tensor, w: Tensor) => Tensor;
const product: Model = (x, w) => x.matmul(w);
const features: Model = (x, w) =>
  x
    .divide(255)
    .add(w.slice([0, 0], [COLUMNS, 1]).reshape([COLUMNS]))
    .matmul(w);

async function bitsOf(tensor: Tensor): Promise<string> {
  const { buffer, byteOffset, byteLength } = await tensor.data();
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString('base64');
}

/** What the trace says of the last answer. */
const noteOf = (sheet: SymbolicSheet): string => String(sheet.trace.annotations().at(-1)?.note);

const scattered = Array.from({ length: 10 }, (_, i) => i * 101);
const contiguous = Array.from({ length: 10 }, (_, i) => 500 + i);

const CASES: readonly (readonly [string, readonly number[], number, number])[] = [
  ['rows here and there', scattered, ROWS, 10],
  ['rows one after another', contiguous, ROWS, 10],
  ['rows that were appended', [], ROWS + 7, 7],
  ['rows here and there, and some that were appended', scattered, ROWS + 7, 17],
  ['rows here and there, the last ones gone', scattered.slice(0, 5), ROWS - 9, 5],
];

describe.each([
  ['a product', product],
  ['a product of what is computed row by row', features],
])('%s', (_name, model) => {
  it.each(CASES)('computes %s', async (_case, changed, rows, count) => {
    const sheet = await newSheet();
    const w = sheet.randomNormal([COLUMNS, WIDTH], { seed: 1 });
    const before = sheet.tensor(wave(ROWS), [ROWS, COLUMNS]);
    await model(before, w).data();
    const flops = sheet.stats().counters.flops;
    const after = sheet.tensor(revised(wave(ROWS), changed, rows), [rows, COLUMNS]);
    const result = model(after, w);
    const found = await bitsOf(result);
    expect(result.source).toBe('part');
    expect(noteOf(sheet)).toContain(`${count} of ${rows} rows were computed, the others kept`);
    expect(sheet.stats().counters.flops - flops).toBeLessThan(2 * 2 * (count + 3) * COLUMNS * WIDTH);
    const alone = await newSheet({ cache: 'off' });
    const own = alone.randomNormal([COLUMNS, WIDTH], { seed: 1 });
    expect(found).toBe(await bitsOf(model(alone.tensor(await after.data(), [rows, COLUMNS]), own)));
  });
});

describe('a changed array', () => {
  it('is told from one that is gone by the digests of its panels', async () => {
    const sheet = await newSheet();
    const w = sheet.randomNormal([COLUMNS, WIDTH], { seed: 1 });
    const before = sheet.tensor(wave(ROWS), [ROWS, COLUMNS]);
    await before.matmul(w).data();
    before.dispose();
    const after = sheet.tensor(revised(wave(ROWS), [300]), [ROWS, COLUMNS]).matmul(w);
    await after.data();
    // Panels are of 256 KiB, which are as many rows.
    expect(noteOf(sheet)).toContain('256 of 1024 rows were computed');
  });

  it('is computed whole where most rows are others', async () => {
    const sheet = await newSheet();
    const w = sheet.randomNormal([COLUMNS, WIDTH], { seed: 1 });
    await sheet.tensor(wave(ROWS), [ROWS, COLUMNS]).matmul(w).data();
    const other = sheet
      .tensor(
        wave(ROWS).map((x) => x + 1),
        [ROWS, COLUMNS],
      )
      .matmul(w);
    await other.data();
    expect(other.source).toBe('computed');
  });

  it('is computed whole with other weights', async () => {
    const sheet = await newSheet();
    const by = (array: Float32Array, seed: number): Tensor =>
      sheet.tensor(array, [ROWS, COLUMNS]).matmul(sheet.randomNormal([COLUMNS, WIDTH], { seed }));
    await by(wave(ROWS), 1).data();
    const reweighted = by(revised(wave(ROWS), [1]), 2);
    const found = await bitsOf(reweighted);
    expect(reweighted.source).toBe('computed');
    const alone = sheet.with({ cache: 'off' });
    const w = alone.randomNormal([COLUMNS, WIDTH], { seed: 2 });
    expect(found).toBe(await bitsOf(alone.tensor(revised(wave(ROWS), [1]), [ROWS, COLUMNS]).matmul(w)));
  });

  it('counts no more as saved than the product took, and replays', async () => {
    const sheet = await newSheet();
    const w = sheet.randomNormal([COLUMNS, WIDTH], { seed: 1 });
    const first = sheet.tensor(wave(ROWS), [ROWS, COLUMNS]).matmul(w);
    await first.data();
    const { savedNs, kernelNs } = sheet.stats().counters;
    await sheet
      .tensor(revised(wave(ROWS), scattered), [ROWS, COLUMNS])
      .matmul(w)
      .data();
    expect(sheet.stats().counters.savedNs - savedNs).toBeGreaterThan(0);
    expect(sheet.stats().counters.savedNs - savedNs).toBeLessThanOrEqual(kernelNs);
    const { firstDivergence } = await replayTrace(await loadTrace(await sheet.trace.bytes()));
    expect(firstDivergence).toBeUndefined();
  });
});
