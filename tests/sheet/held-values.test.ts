// A value that a handle holds is computed once, and goes with the handle, though results made from it live on.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SymbolicSheet, type Tensor } from '../../src/index.ts';
import { extent } from '../run/extent.ts';
import { collected } from './fixtures/collected.ts';

/** A network of two layers trained by hand, every result held as a program would; answers its last loss. */
async function train(sheet: SymbolicSheet, steps: number, hidden = 16): Promise<number> {
  const [x, y] = [sheet.randomNormal([32, 8], { seed: 1 }), sheet.randomNormal([32, 2], { seed: 2 })];
  let [w1, w2]: Tensor[] = [
    sheet.randomNormal([8, hidden], { seed: 3 }),
    sheet.randomNormal([hidden, 2], { seed: 4 }),
  ] as [Tensor, Tensor];
  let loss = 0;
  for (let i = 0; i < steps; i++) {
    const h = x.matmul(w1 as Tensor).tanh();
    const error: Tensor = h.matmul(w2 as Tensor).subtract(y);
    loss = (await error.square().mean().item()) as number;
    const g2: Tensor = h.matmul(error, { transposeA: true });
    const back: Tensor = error.matmul(w2 as Tensor, { transposeB: true }).multiply(h.square().negative().add(1));
    [w1, w2] = [
      await (w1 as Tensor).subtract(x.matmul(back, { transposeA: true }).multiply(1e-3)),
      await (w2 as Tensor).subtract(g2.multiply(1e-3)),
    ];
    await sheet.compute(w1, w2);
  }
  return loss;
}

describe.each(extent([['wasm']], [['js'], ['wasm']]))('with the cache off, on %s', (device) => {
  let sheet: SymbolicSheet;

  beforeEach(async () => {
    sheet = await SymbolicSheet.open({
      devices: device === 'js' ? ['js'] : ['wasm', 'js'],
      cache: 'off',
      class: 'exact',
      trace: { maxEvents: 10_000, digests: 'none' },
    });
  });
  afterEach(() => sheet.close());

  const kernels = (): number => sheet.stats().counters.kernelCalls;

  it('what a handle holds is computed once, however often it is used', async () => {
    const x = sheet.randomNormal([20, 30], { seed: 1 });
    const gram = await x.matmul(x, { transposeA: true });
    const scaled = gram.multiply(0.5).add(1);
    const sums: unknown[] = [];
    for (let i = 0; i < 5; i++) sums.push(await scaled.multiply(i).sum().item(), await gram.max().item());
    // One each of x, gram, the two under scaled; then two and one at every turn.
    expect(kernels()).toBe(4 + 5 * 2 + 5);
    await using on = await SymbolicSheet.open({ devices: ['js'], class: 'exact' });
    const again = on.randomNormal([20, 30], { seed: 1 });
    const expected = again.matmul(again, { transposeA: true });
    expect(sums[8]).toBe(await expected.multiply(0.5).add(1).multiply(4).sum().item());
    expect(sums[9]).toBe(await expected.max().item());
  });

  it('a large map computed inside another is computed by itself the second time, and then stays', async () => {
    const x = sheet.tensor(new Float32Array(50_000).fill(0.5));
    const y = x.exp().tanh();
    for (let i = 0; i < 6; i++) await y.multiply(i).data();
    // Fused it is in the kernel of the first; then it has its own.
    expect(kernels()).toBeLessThanOrEqual(8);
  });

  it('kernels do not exceed calls in a network trained by hand, and its answer is that of a cache', async () => {
    const loss = await train(sheet, 12);
    expect(kernels()).toBeLessThanOrEqual(sheet.stats().counters.calls);
    await using on = await SymbolicSheet.open({ class: 'exact' });
    expect(loss).toBe(await train(on, 12));
  });

  it('what two demands ask for at the same time is computed once', async () => {
    const a = sheet.randomNormal([700, 700], { seed: 5 });
    await sheet.compute(a);
    const before = kernels();
    const product = a.matmul(a);
    await Promise.all([product.sum().item(), product.max().item(), product.data()]);
    expect(kernels() - before).toBe(3);
  });

  it('a view that is off keeps what handles of the sheet hold while it computes with them', async () => {
    await using both = await SymbolicSheet.open({ devices: ['js'] });
    const off = both.with({ cache: 'off' });
    const x = both.randomNormal([40, 40], { seed: 6 });
    for (let i = 1; i < 5; i++) await off.sum(off.multiply(x, i)).item();
    expect(both.stats().counters.kernelCalls).toBe(1 + 4 * 2);
  });

  it('a value goes when its handle is collected, though results of it live on', async () => {
    const x = sheet.randomNormal([120, 120], { seed: 7 });
    const results = await (async () => {
      const middle = await x.multiply(2);
      const [a, b] = [middle.sum(), middle.max()];
      await Promise.all([a.item(), b.item()]);
      return [a, b];
    })();
    const before = sheet.stats().pinnedBytes;
    // The JavaScript device's arrays are the collector's own.
    if (device === 'wasm') expect(before).toBeGreaterThanOrEqual(2 * 57_600);
    await collected(() => sheet.stats().pinnedBytes < 2 * 57_600);
    expect(sheet.stats().pinnedBytes).toBeLessThan(2 * 57_600);
    expect(await Promise.all(results.map((result) => result.item()))).toHaveLength(2);
  });

  it('a value stays, though its handle is collected, while what was asked of it is not computed', async () => {
    const pending = await (async () => {
      const middle = await sheet.randomNormal([120, 120], { seed: 8 }).multiply(2);
      await middle.sum().item();
      return middle.max();
    })();
    const before = kernels();
    await collected();
    await pending.item();
    expect(kernels() - before).toBe(1);
  });

  it('a value goes when its handle is disposed of, and is computed again when it is asked for', async () => {
    const middle = sheet.randomNormal([120, 120], { seed: 9 }).multiply(2);
    const first = await middle.sum().item();
    const before = sheet.stats().pinnedBytes;
    middle.dispose();
    if (device === 'wasm') expect(sheet.stats().pinnedBytes).toBe(before - 57_600);
    expect(await middle.sum().item()).toBe(first);
  });

  it('a training loop pins no more after sixty steps than after ten', async () => {
    await train(sheet, 10, 200);
    await collected(() => sheet.stats().pinnedBytes === 0);
    const before = sheet.stats().pinnedBytes;
    await train(sheet, 60, 200);
    await collected(() => sheet.stats().pinnedBytes <= before);
    expect(sheet.stats().pinnedBytes).toBeLessThanOrEqual(before);
  });
});

describe.each([['on'], ['off']] as const)('with the cache %s', (cache) => {
  const open = (): Promise<SymbolicSheet> =>
    SymbolicSheet.open({ devices: ['wasm', 'js'], cache, budgetBytes: 2 ** 20, trace: { digests: 'none' } });

  it.each([
    ['below a megabyte', 50_000],
    ['so large that the place of each call is known', 300_000],
  ])('a chain that is read at every step pins its last results alone, %s', async (_, size) => {
    await using sheet = await open();
    let x: Tensor = sheet.tensor(new Float32Array(size).fill(1));
    const take = async (steps: number): Promise<void> => {
      for (let i = 0; i < steps; i++) {
        x = x.subtract(x.multiply(0.001 + i).add(1));
        await sheet.compute(x);
      }
    };
    await take(60);
    const most = 4 * 4 * size;
    await collected(() => sheet.stats().pinnedBytes <= most);
    expect(sheet.stats().pinnedBytes).toBeLessThanOrEqual(most);
    expect(sheet.stats().pinnedBytes).toBeGreaterThan(0);
  });

  it('what a small pending result needs of a large one stays, though its handle is gone', async () => {
    await using sheet = await open();
    const pending = await (async () => {
      const middle = await sheet.randomNormal([600, 600], { seed: 8 }).multiply(2);
      await sheet.compute(middle);
      return middle.max().add(1);
    })();
    const before = sheet.stats().counters.kernelCalls;
    await collected();
    await pending.item();
    expect(sheet.stats().counters.kernelCalls - before).toBe(2);
  });
});
