// Stores below RAM: asked on a miss, filled on admission; what one does wrong costs time and never a result.
import { describe, expect, it, vi } from 'vitest';
import { plainStore } from '../../src/core/store/plain-store.ts';
import { type Store, type Stored, wrap } from '../../src/core/store/store.ts';
import { SymbolicSheet } from '../../src/index.ts';
import { extent } from '../run/extent.ts';
import { partsOf } from '../parts.ts';
import { lyingStore, silentStore, throwingStore } from './samples.ts';

type Sheet = Awaited<ReturnType<typeof SymbolicSheet.open>>;
const N = 160;
const ELEMENTS = Float32Array.from({ length: N * N }, (_, i) => Math.fround(Math.sin(i)));
const open = (stores: readonly Store[]): Promise<Sheet> => SymbolicSheet.open({ devices: ['js'], stores });

/** A product, and that product again: the second is the costly operand of a cheap sum. */
async function program(sheet: Sheet, factor = 1): Promise<{ result: Float32Array; runs: number }> {
  const x = sheet.tensor(ELEMENTS, [N, N]);
  const result = await x.matmul(x).multiply(factor).sum({ axis: 0 }).data();
  return { result: result as Float32Array, runs: partsOf(sheet).counters.kernelCalls };
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

describe('stores below RAM', () => {
  it('give one sheet what another computed, bit for bit, and the second computes nothing for it', async () => {
    const kept = new Map<string, Stored>();
    const first = await open([plainStore(kept)]);
    const wanted = await program(first);
    await first.close();
    expect(kept.size).toBeGreaterThan(0);
    const second = await open([plainStore(kept)]);
    const got = await program(second);
    expect(got.result).toEqual(wanted.result);
    expect(got.runs).toBeLessThan(wanted.runs);
    expect(partsOf(second).counters.hits).toBeGreaterThan(0);
  });

  it('have what a program demanded, however little was left to compute where the rest was in RAM', async () => {
    const kept = new Map<string, Stored>();
    const sweep = async (sheet: Sheet): Promise<{ sums: number[]; runs: number }> => {
      const x = sheet.tensor(ELEMENTS, [N, N]);
      const sums: number[] = [];
      for (let i = 0; i < 10; i++)
        sums.push((await x.matmul(x).matmul(x).slice([0], [1]).add(i).sum().item()) as number);
      return { sums, runs: partsOf(sheet).counters.kernelCalls };
    };
    const first = await open([plainStore(kept)]);
    const wanted = await sweep(first);
    await first.close();
    const second = await open([plainStore(kept)]);
    expect(await sweep(second)).toEqual({ sums: wanted.sums, runs: 0 });
  });

  it('are filled when the program waits, before the sheet is closed', async () => {
    const kept = new Map<string, Stored>();
    const sheet = await open([plainStore(kept)]);
    const x = sheet.tensor(ELEMENTS, [N, N]);
    await x.matmul(x).data();
    await turn();
    expect([...kept.values()].map(({ dtype, shape, producer }) => [dtype, shape, producer])).toEqual([
      ['float32', [N, N], 'js'],
    ]);
  });

  it('are not asked for what costs little, nor for what is in RAM', async () => {
    let asked = 0;
    const sheet = await open([wrap(plainStore(), { get: async () => void asked++ as undefined })]);
    const y = sheet.tensor(Float32Array.of(1, 2, 3)).add(1);
    expect(await y.data()).toEqual(Float32Array.of(2, 3, 4));
    expect(asked).toBe(0);
    const x = sheet.tensor(ELEMENTS, [N, N]);
    await x.matmul(x).data();
    const after = asked;
    expect(after).toBeGreaterThan(0);
    await x.matmul(x).data();
    expect(asked).toBe(after);
  });

  for (const [name, bad] of [
    ['throws', throwingStore],
    ['lies', lyingStore],
    ['never answers', silentStore],
  ] as const) {
    it(`cost no result where one ${name}`, { timeout: 30_000 }, async () => {
      const wanted = await program(await open([]));
      const store = bad();
      for (let run = 0; run < (bad === silentStore ? extent(1, 2) : 2); run++) {
        const sheet = await open([store]);
        expect((await program(sheet)).result).toEqual(wanted.result);
        await sheet.close();
      }
    });
  }

  it('are not asked again for what they have not, but where the look-up was aborted', async () => {
    let asked = 0;
    let answer = (): void => {};
    const held = new Promise<undefined>((resolve) => (answer = () => resolve(undefined)));
    const answers: (() => Promise<undefined>)[] = [() => held];
    const store = wrap(plainStore(), { get: () => (asked++, answers.shift()?.() ?? Promise.resolve(undefined)) });
    const sheet = await open([store]);
    // Nothing is kept in RAM, so that each read asks for it anew.
    Object.assign(partsOf(sheet), { admission: () => 'bypass' });
    const x = sheet.tensor(ELEMENTS, [N, N]);
    const abort = new AbortController();
    const left = sheet.with({ signal: abort.signal }).matmul(x, x).data();
    await turn();
    abort.abort();
    await expect(left).rejects.toMatchObject({ code: 'ABORTED' });
    answer();
    await turn();
    expect(asked).toBe(1);
    await x.matmul(x).data();
    expect(asked).toBe(2);
    for (let time = 0; time < 3; time++) await x.matmul(x).data();
    expect(asked).toBe(2);
  });

  it('are left alone once one was late three times in a row, and asked again after a while', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let aheadMs = 0;
    const now = performance.now.bind(performance);
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + aheadMs);
    try {
      let asked = 0;
      const silent = wrap(plainStore(), { get: () => (asked++, new Promise<never>(() => {})) });
      const sheet = await open([silent]);
      const x = sheet.tensor(ELEMENTS, [N, N]);
      const read = async (factor: number): Promise<void> => {
        const reading = x.multiply(factor).matmul(x).data();
        await vi.advanceTimersByTimeAsync(10_000);
        await reading;
      };
      for (let time = 1; time < 6; time++) await read(time);
      expect(asked).toBe(3);
      aheadMs = 31_000;
      for (let time = 6; time < 9; time++) await read(time);
      expect(asked).toBe(4);
      aheadMs += 61_000;
      await read(9);
      expect(asked).toBe(5);
    } finally {
      clock.mockRestore();
      vi.useRealTimers();
    }
  });

  it('are told what is costly before it is computed, and asked again where another process has it', async () => {
    const kept = new Map<string, Stored>();
    const first = await open([plainStore(kept)]);
    const wanted = await first
      .tensor(ELEMENTS, [N, N])
      .matmul(first.tensor(ELEMENTS, [N, N]))
      .data();
    await first.close();
    const claims: number[] = [];
    let isThere = false;
    const later = wrap(plainStore(kept), {
      peek: () => undefined,
      get: async (key) => (isThere ? kept.get(key) : undefined),
      claim: async (_key, ms) => (claims.push(ms), (isThere = true)),
    });
    const sheet = await open([later]);
    // What it should take is measured elsewhere; here it is made so costly that others would wait for it.
    const { costs } = partsOf(sheet).dispatcher;
    Object.assign(costs, { expectNs: () => 1e9 });
    expect(
      await sheet
        .tensor(ELEMENTS, [N, N])
        .matmul(sheet.tensor(ELEMENTS, [N, N]))
        .data(),
    ).toEqual(wanted);
    expect([claims, partsOf(sheet).counters.kernelCalls]).toEqual([[1000], 0]);
    const cheap = sheet.tensor(Float32Array.of(1, 2)).add(1);
    await cheap.data();
    expect(claims).toHaveLength(1);
  });

  it('are checked when a sheet is opened', async () => {
    await expect(open([{} as Store])).rejects.toMatchObject({ code: 'ATTRIBUTE' });
  });
});
