// Products of arrays that were multiplied before, but for some rows: those are computed, and the bits are the same.
import { afterEach, describe, expect, it } from 'vitest';
import { loadTrace, replayTrace, SymbolicSheet, type Tensor } from '../../src/index.ts';
import { plainStore } from '../../src/core/store/plain-store.ts';
import { namedBytes } from '../../src/core/store/named-bytes.ts';
import type { Stored } from '../../src/core/store/store.ts';
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

type RowWiseModel = (x: Tensor, y: Tensor, on: SymbolicSheet) => Tensor;
/** What is computed row by row, some of it beside an array of as many rows (`y`), of 256 columns. */
const ROW_WISE: readonly (readonly [string, RowWiseModel])[] = [
  ['dear functions', (x) => x.exp().add(1).log().tanh()],
  [
    'functions of two arrays',
    (x, y) =>
      x
        .multiply(y)
        .sin()
        .add(y.slice([0, 0], [1, null])),
  ],
  ['a softmax', (x) => x.multiply(3).softmax({ axis: 1 })],
  ['sums of rows', (x) => x.square().sum({ axis: 1 })],
  ['places of extremes', (x) => x.cos().argmax({ axis: 1, keepdims: true })],
  [
    'a norm of layers',
    (x) => x.subtract(x.mean({ axis: 1, keepdims: true })).divide(x.std({ axis: 1, keepdims: true })),
  ],
  ['heads', (x) => x.reshape([x.shape[0]!, 16, 16]).softmax({ axis: 2 }).max({ axis: 1 })],
  [
    'columns that are joined',
    (x, y, on) => on.concat([x.slice([0, 3], [null, 40]), y, x.negative()], { axis: 1 }).exp(),
  ],
  [
    'a network',
    (x, y) =>
      x
        .matmul(y.slice([0], [COLUMNS]))
        .relu()
        .softmax({ axis: 1 })
        .log(),
  ],
];

describe.each(ROW_WISE)('%s', (_name, model) => {
  it('have the bits of the whole, whichever rows have changed', async () => {
    const [sheet, off] = [await newSheet(), await newSheet({ cache: 'off' })];
    // What is worth comparing is another matter.
    Object.assign(partsOf(sheet).dispatcher.costs, { expectNs: () => 1e9 });
    const rows = 320;
    const base = wave(rows).map((each, i) => each + (i % 7));
    const given = (on: SymbolicSheet, array: Float32Array): Tensor =>
      on.tensor(array, [array.length / COLUMNS, COLUMNS]);
    const beside = given(sheet, wave(rows).map(Math.abs));
    const first = given(sheet, base);
    await model(first, beside, sheet).data();
    for (const changed of [[5], [0, 17, 18, 319]]) {
      const flops = sheet.stats().counters.flops;
      const next = revised(base, changed);
      const result = model(given(sheet, next), beside, sheet);
      const found = await bitsOf(result);
      expect(found).toBe(await bitsOf(model(given(off, next), given(off, wave(rows).map(Math.abs)), off)));
      expect(noteOf(sheet)).toContain(`of ${rows} rows were computed, the others kept`);
      const { askedFlops } = off.stats().counters;
      expect(sheet.stats().counters.flops - flops).toBeLessThan(0.2 * askedFlops);
    }
  });
});

describe('what is not computed row by row', () => {
  it.each([
    ['sums over rows', (x: Tensor) => x.exp().sum({ axis: 0 })],
    ['a softmax down columns', (x: Tensor) => x.exp().softmax({ axis: 0 })],
    [
      'rows less their mean',
      (x: Tensor) =>
        x
          .exp()
          .subtract(x.mean({ axis: 0 }))
          .tanh(),
    ],
    ['running sums down columns', (x: Tensor) => x.exp().cumulativeSum({ axis: 0 })],
    ['a transpose', (x: Tensor) => x.exp().permuteDims([1, 0])],
    ['a product with itself', (x: Tensor) => x.matmul(x)],
  ])('%s are computed whole, and right', async (_name, model) => {
    const sheet = await newSheet();
    const off = await newSheet({ cache: 'off' });
    Object.assign(partsOf(sheet).dispatcher.costs, { expectNs: () => 1e9 });
    const given = (on: SymbolicSheet, array: Float32Array): Tensor => on.tensor(array, [COLUMNS, COLUMNS]);
    const held = given(sheet, wave(COLUMNS));
    await model(held).data();
    const next = revised(wave(COLUMNS), [3, 50]);
    const result = model(given(sheet, next));
    expect(await bitsOf(result)).toBe(await bitsOf(model(given(off, next))));
    expect(result.source).toBe('computed');
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

  it('is compared with the array that each result was last computed of', async () => {
    const [sheet, off] = [await newSheet(), await newSheet({ cache: 'off' })];
    const weights = (on: SymbolicSheet, seed: number): Tensor => on.randomNormal([COLUMNS, WIDTH], { seed });
    const arrays = [[], [1], [2]].map((changed) => revised(wave(ROWS), changed));
    const held = arrays.map((array) => sheet.tensor(array, [ROWS, COLUMNS]));
    await held[0]!.matmul(weights(sheet, 1)).data();
    await held[1]!.matmul(weights(sheet, 2)).data();
    for (const seed of [1, 2]) {
      const found = await bitsOf(held[2]!.matmul(weights(sheet, seed)));
      expect(noteOf(sheet)).toContain('rows were computed');
      expect(found).toBe(await bitsOf(off.tensor(arrays[2]!, [ROWS, COLUMNS]).matmul(weights(off, seed))));
    }
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

describe('an array that another process had', () => {
  const scatteredRows = Array.from({ length: 10 }, (_, i) => i * 97 + 3);
  const MODELS: readonly (readonly [string, Model])[] = [
    ['a product', product],
    ['a product of what is computed row by row, in another shape', (x, w) => features(x.reshape([x.shape[0]!, -1]), w)],
    ['a softmax of a product', (x, w) => x.matmul(w).softmax({ axis: 1 })],
  ];

  /** A sheet over the stores of others, in which nothing costs too little. */
  async function inProcess(kept: Map<string, Stored>): Promise<SymbolicSheet> {
    const sheet = await newSheet({ devices: ['js'], stores: [plainStore(kept)] });
    Object.assign(partsOf(sheet).dispatcher.costs, { expectNs: () => 1e9 });
    return sheet;
  }
  const inputsOf = (on: SymbolicSheet, array: Float32Array): [Tensor, Tensor] => [
    on.tensor(array, [array.length / COLUMNS, COLUMNS]),
    on.tensor(wave(ROWS).subarray(5, 5 + COLUMNS * WIDTH), [COLUMNS, WIDTH]),
  ];

  it.each(MODELS)('is told from by digests of its rows: %s', async (_name, model) => {
    const kept = new Map<string, Stored>();
    const first = await inProcess(kept);
    await model(...inputsOf(first, wave(ROWS))).data();
    await first.close();
    const off = await newSheet({ cache: 'off' });
    let array = wave(ROWS);
    // Each process leaves its own rows for the next.
    for (const [changed, rows] of [
      [scatteredRows, ROWS],
      [[5, 6], ROWS + 4],
      [[900], ROWS - 20],
    ] as const) {
      array = revised(array, changed, rows);
      const next = await inProcess(kept);
      const result = model(...inputsOf(next, array));
      const found = await bitsOf(result);
      expect([result.source, kept.size]).toEqual(['part', expect.any(Number)]);
      const count = changed.length + Math.max(0, rows - ROWS);
      expect(noteOf(next)).toContain(`${count} of ${rows} rows were computed`);
      expect(found).toBe(await bitsOf(model(...inputsOf(off, array))));
      await next.close();
    }
  });

  it('costs no result where what is kept of it is of another form', async () => {
    const kept = new Map<string, Stored>();
    const first = await inProcess(kept);
    await product(...inputsOf(first, wave(ROWS))).data();
    await first.close();
    const { digest } = partsOf(first).host;
    for (const [key, stored] of kept)
      if (stored.producer === 'rows')
        kept.set(key, namedBytes(key, (stored.elements as Uint8Array).slice(0, -1), 1e9, 'rows', digest));
    const next = await inProcess(kept);
    const array = revised(wave(ROWS), scatteredRows);
    const result = product(...inputsOf(next, array));
    await result.data();
    expect(result.source).toBe('computed');
  });

  it('of which a product by other weights is kept is not taken for it', async () => {
    const kept = new Map<string, Stored>();
    const first = await inProcess(kept);
    await product(...inputsOf(first, wave(ROWS))).data();
    await first.close();
    const next = await inProcess(kept);
    const [x, w] = inputsOf(next, revised(wave(ROWS), scatteredRows));
    const result = x.matmul(w.add(1));
    await result.data();
    expect(result.source).toBe('computed');
  });
});
