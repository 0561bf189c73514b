// Demand: what is asked for is computed, once, and nothing else is.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PendingTensor, SymbolicSheet, type Tensor } from '../../src/index.ts';
import { bits, matrix, noise, SIDE } from './fixtures/arrays.ts';
import { evictAll, watch, type Watch } from './fixtures/watch.ts';
import { partsOf } from '../parts.ts';
import { extent } from '../run/extent.ts';

let sheet: SymbolicSheet;
let watched: Watch;

beforeEach(async () => {
  sheet = await SymbolicSheet.open({ devices: ['wasm', 'js'] });
  watched = watch(sheet);
});

afterEach(async () => {
  expect(watched.faults).toEqual([]);
  await sheet.close();
});

const kernels = (): number => sheet.stats().counters.kernelCalls;
const square = (seed: number): Tensor => sheet.tensor(matrix(seed), [SIDE, SIDE]);

describe('pending tensors', () => {
  it('know shape and dtype at once and cost nothing until somebody asks', async () => {
    const a = square(1);
    const pending = a.matmul(a).add(1).sum({ axis: 0 }).greater(0);
    expect(pending).toBeInstanceOf(PendingTensor);
    expect([pending.shape, pending.dtype, pending.size]).toEqual([[SIDE], 'bool', SIDE]);
    expect(String(pending)).toContain('not computed yet');
    expect([kernels(), sheet.trace.events().length]).toEqual([0, 0]);
  });

  it('need one await for a whole expression, which admits it and computes nothing', async () => {
    const result = await square(1).matmul(square(2)).add(1).exp();
    expect(result).not.toBeInstanceOf(PendingTensor);
    expect('then' in result).toBe(false);
    expect(kernels()).toBe(0);
    expect(
      sheet.trace
        .events()
        .map((event) => event.op)
        .sort(),
    ).toEqual(['add', 'exp', 'full', 'matmul', 'tensor', 'tensor']);
    await sheet.compute(result);
    expect(kernels()).toBeGreaterThan(0);
    expect(result.source).toBe('computed');
  });

  it('reject at the await what only the await can know, and throw at the call what the call can', async () => {
    expect(() => square(1).matmul(sheet.zeros([3, 3]))).toThrow(expect.objectContaining({ code: 'SHAPE' }));
    expect(() => sheet.tensor([true]).cholesky()).toThrow(expect.objectContaining({ code: 'DTYPE' }));
    const singular = await sheet.zeros([2, 2]).solve(sheet.ones([2, 1]));
    await expect(singular.data()).rejects.toMatchObject({ code: 'NUMERIC', message: expect.stringContaining('solve') });
  });

  it('can be operands of others, be awaited twice and be read without an await', async () => {
    const a = sheet.tensor([1, 2, 3]);
    const sum = a.add(a);
    const [one, two] = await Promise.all([sum, sum]);
    expect(await one.toArray()).toEqual(await two.toArray());
    expect(await sum.multiply(a.add(a)).toArray()).toEqual([4, 16, 36]);
  });
});

describe('a demand', () => {
  it('computes only what its target needs', async () => {
    const a = square(1);
    const [needed, idle] = [a.matmul(a), a.exp().matmul(a)];
    const both = { sum: needed.sum(), other: idle.sum() };
    await both.sum.data();
    expect(kernels()).toBe(2);
    await both.other.data();
    expect(kernels()).toBe(5);
  });

  it('of what is not a tensor of this sheet rejects, and throws nothing at the call', async () => {
    await using other = await SymbolicSheet.open({ devices: ['js'] });
    const demanded = sheet.compute(other.tensor([1]));
    await expect(demanded).rejects.toThrow(/another sheet/);
    await expect(sheet.compute(undefined as never)).rejects.toThrow(/another sheet/);
    await expect(sheet.compute()).resolves.toBeUndefined();
  });

  it('keeps a costly result the first time it is computed', async () => {
    const product = square(1).matmul(square(2));
    await product.data();
    const entry = partsOf(sheet).store.peek(product.call.node(partsOf(sheet).table));
    expect(entry?.costNs).toBeGreaterThan(0);
  });

  it('never computes an absent intermediate whose consumers all hit', async () => {
    const [a, b] = [square(1), square(2)];
    const ask = async (): Promise<unknown[]> => {
      const features = a.matmul(b);
      return Promise.all([features.matmul(a).data(), features.matmul(b).data()]);
    };
    await ask();
    await ask();
    const features = a.matmul(b).call.node(partsOf(sheet).table);
    expect(partsOf(sheet).store.peek(a.matmul(b).matmul(a).call.node(partsOf(sheet).table))).toBeDefined();
    partsOf(sheet).store.delete(features);
    const before = kernels();
    await ask();
    expect(kernels()).toBe(before);
    expect(partsOf(sheet).store.peek(features)).toBeUndefined();
  });

  it('of several handles shares what they have in common, and so do members of one Promise.all', async () => {
    const [a, b] = [square(1), square(2)];
    const product = a.matmul(b);
    await sheet.compute(product.sum(), product.mean(), product.max());
    expect(kernels()).toBe(4);
    sheet.forget();
    const again = square(3).matmul(b);
    const before = kernels();
    const [sum, transposed, whole] = await Promise.all([
      again.sum().data(),
      again.permuteDims([1, 0]).data(),
      again.data(),
    ]);
    expect([sum.length, transposed.length, whole.length]).toEqual([1, SIDE * SIDE, SIDE * SIDE]);
    expect(kernels() - before).toBe(3);
  });

  it('joins computations under way: overlapping graphs run each product once', async () => {
    const [a, b, c] = [square(1), square(2), square(3)];
    const ab = (): Tensor => a.matmul(b);
    const results = await Promise.all([
      ab().matmul(c).data(),
      ab().data(),
      c.matmul(ab()).data(),
      ab().matmul(c).data(),
      sheet.compute(ab(), ab().matmul(c)),
    ]);
    expect(kernels()).toBe(3);
    expect(bits(results[0] as Float32Array)).toBe(bits(results[3] as Float32Array));
    const other = await SymbolicSheet.open({ devices: ['js'], cache: 'off' });
    const [x, y, z] = [1, 2, 3].map((seed) => other.tensor(matrix(seed), [SIDE, SIDE])) as [Tensor, Tensor, Tensor];
    const inJs = (await z.matmul(x.matmul(y)).data()) as Float32Array;
    expect(bits(results[2] as Float32Array), 'WASM and JavaScript are one specification').toBe(bits(inJs));
    await other.close();
  });

  it('gives the same bits when everything is evicted between the call and the demand', async () => {
    const a = square(1);
    const first = bits(await a.matmul(a).exp().data());
    const again = await a.matmul(a).exp();
    evictAll(sheet);
    expect(bits(await again.data())).toBe(first);
  });

  it('survives a table whose numbers are all given out anew while its product is in flight', async () => {
    const [a, b] = [square(1), square(2)];
    const expected = bits(
      await sheet
        .with({ cache: 'off' })
        .matmul(sheet.with({ cache: 'off' }).matmul(a, b), b)
        .data(),
    );
    const running = a.matmul(b).matmul(b).data();
    const one = sheet.tensor([1]);
    const { table } = partsOf(sheet);
    // What is asked for after the sweep has the numbers of what was asked for before it.
    const COUNT = 2000;
    for (let i = 0; i < COUNT; i++) void sheet.admit(one.add(i).call);
    table.sweep();
    expect(table.size).toBeLessThan(100);
    const sums = Promise.all(Array.from({ length: COUNT }, (_, i) => one.add(COUNT + i).item()));
    const other = a.matmul(b).matmul(b).data();
    expect(bits(await running)).toBe(expected);
    expect(bits(await other)).toBe(expected);
    expect(bits(await a.matmul(b).matmul(b).data())).toBe(expected);
    for (const entry of partsOf(sheet).store.entries()) expect(table.holdersOf(entry.node)).toBeGreaterThan(0);
    expect(await sums).toEqual(Array.from({ length: COUNT }, (_, i) => COUNT + i + 1));
  });

  it('of a chain of tens of thousands of sums, deeper than any stack, ends, holds no past, is right', async () => {
    const LENGTH = extent(30_000, 100_000);
    let x: Tensor = sheet.tensor(Int32Array.of(0));
    const start = process.cpuUsage();
    for (let i = 0; i < LENGTH; i++) x = x.add(1);
    expect(await x.item()).toBe(LENGTH);
    const { user, system } = process.cpuUsage(start);
    expect((user + system) / 1e6, 'seconds of processor time').toBeLessThan(LENGTH / 1e4);
    expect(x.call.depth).toBeLessThan(5000);
  }, 120_000);

  it('of one wide sum over thousands of branches needs no recursion', async () => {
    const leaves = Array.from({ length: 3000 }, (_, i) => sheet.tensor([i]).multiply(2));
    const total = sheet.execute('concat', leaves, { axis: 0 }).sum();
    expect(await total.item()).toBe((2 * (2999 * 3000)) / 2);
  });
});

describe('eager sheets', () => {
  it('compute at the call', async () => {
    await using eager = await SymbolicSheet.open({ devices: ['js'], eager: true });
    const sum = eager.tensor([1, 2]).add(1);
    expect(eager.stats().counters.kernelCalls).toBeGreaterThan(0);
    expect(await sum.toArray()).toEqual([2, 3]);
    expect(() => eager.zeros([2, 2]).solve(eager.ones([2, 1]))).toThrow(expect.objectContaining({ code: 'NUMERIC' }));
  });
});

describe('small results', () => {
  it('are right in every view at once', async () => {
    const array = noise(64, 1);
    const views = [sheet, sheet.with({ cache: 'off' }), sheet.with({ class: 'exact' }), sheet.with({ device: 'js' })];
    const read = await Promise.all(views.flatMap((view) => [1, 2, 3].map(() => view.execute('abs', array).data())));
    for (const elements of read) expect(bits(elements)).toBe(bits(array.map(Math.abs)));
  });
});
