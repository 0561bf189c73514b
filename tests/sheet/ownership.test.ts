// Who holds which bytes: nothing is read after it was given back, nothing is kept when nobody holds it.
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AbortedError, NumericError, PolicyError, SymbolicSheet, type Tensor } from '../../src/index.ts';
import { bits, matrix, noise, SIDE } from './fixtures/arrays.ts';
import { evictAll, watch, type Watch } from './fixtures/watch.ts';
import { partsOf } from '../parts.ts';

let sheet: SymbolicSheet;
let watched: Watch;

beforeEach(async () => {
  sheet = await SymbolicSheet.open({ devices: ['wasm', 'js'], budgetBytes: 64 * 2 ** 20 });
  watched = watch(sheet);
});

afterEach(async () => {
  expect(watched.faults).toEqual([]);
  await sheet.close();
});

/** Runs `act` whenever a result arrives, before anybody has its result; returns what stops that. */
function onArrival(act: () => void): () => void {
  const { costs } = partsOf(sheet).dispatcher;
  const learn = costs.learn.bind(costs);
  costs.learn = (...args) => {
    act();
    learn(...args);
  };
  return () => {
    costs.learn = learn;
  };
}

/** A bare matrix that is no handle. */
const plain = (seed: number): never => ({ data: matrix(seed), shape: [SIDE, SIDE] }) as never;

/** Blocks held once the store is empty: what handles hold. */
function heldByHandles(): number {
  evictAll(sheet);
  return watched.held.size;
}

describe('handles and the store', () => {
  it('read again after dispose give the kept result, and outlive its eviction', async () => {
    const product = await sheet.tensor(matrix(1), [SIDE, SIDE]).matmul(sheet.tensor(matrix(2), [SIDE, SIDE]));
    const first = bits(await product.data());
    product.dispose();
    expect(bits(await product.data())).toEqual(first);
    evictAll(sheet);
    expect(bits(await product.data())).toEqual(first);
  });

  it('of one expression, computed twice in one call, hold its bytes once', async () => {
    const a = sheet.tensor(matrix(1), [SIDE, SIDE]);
    const sum = a.add(a);
    await sheet.compute(sum, sum, a.add(a));
    evictAll(sheet);
    expect(bits(await sum.data())).toEqual(bits(matrix(1).map((x) => x + x)));
  });

  it('share the bytes of a reshape with its operand, whichever is disposed first', async () => {
    const a = sheet.tensor(noise(4096, 3), [64, 64]);
    const square = a.multiply(a);
    const flat = square.reshape([4096]);
    await sheet.compute(square, flat);
    square.dispose();
    evictAll(sheet);
    expect(bits(await flat.data())).toEqual(bits(noise(4096, 3).map((x) => x * x)));
    flat.dispose();
    a.dispose();
    expect(heldByHandles()).toBe(0);
    expect(sheet.stats().pinnedBytes).toBe(0);
  });

  it('given back by hand are nothing for the collector: no turn is taken for them, however many', async () => {
    const { pins } = partsOf(sheet);
    const a = sheet.tensor(new Float32Array(2 ** 20), [2 ** 20]);
    const ask = pins.turnIfDue.bind(pins);
    let turns = 0;
    pins.turnIfDue = () => {
      const turn = ask();
      if (turn !== undefined) turns++;
      return turn;
    };
    for (let i = 0; i < 40; i++) {
      const sum = a.add(i);
      await sheet.compute(sum);
      sum.dispose();
    }
    expect(turns).toBe(0);
    for (let i = 0; i < 40; i++) await sheet.compute(a.subtract(i));
    expect(turns).toBeGreaterThan(0);
  });

  it('give pinned bytes back when they are disposed', async () => {
    const a = sheet.tensor(matrix(1), [SIDE, SIDE]);
    const b = a.exp();
    await sheet.compute(b);
    expect(sheet.stats().pinnedBytes).toBe(2 * SIDE * SIDE * 4);
    b.dispose();
    expect(sheet.stats().pinnedBytes).toBe(SIDE * SIDE * 4);
    a.dispose();
    expect(sheet.stats().pinnedBytes).toBe(0);
    expect(heldByHandles()).toBe(0);
  });

  it('with `using`, give them back at the end of the block', async () => {
    {
      using a = sheet.tensor(matrix(1), [SIDE, SIDE]);
      expect(a.size).toBe(SIDE * SIDE);
      expect(sheet.stats().pinnedBytes).toBe(SIDE * SIDE * 4);
    }
    expect(sheet.stats().pinnedBytes).toBe(0);
  });

  it('that were disposed say so, when their elements came from outside', async () => {
    const a = sheet.tensor(matrix(1), [SIDE, SIDE]);
    const later = a.matmul(a);
    a.dispose();
    await expect(a.data()).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(later.data()).rejects.toMatchObject({
      code: 'CLOSED',
      message: expect.stringContaining(`[${SIDE},${SIDE}] was disposed`),
    });
    expect(heldByHandles()).toBe(0);
  });

  it('disposed do not take the elements of a bare array of equal content with them', async () => {
    const [left, right] = [sheet.tensor(matrix(1), [SIDE, SIDE]), sheet.tensor(matrix(2), [SIDE, SIDE])];
    await left.matmul(right).data();
    const fromArray = sheet.execute('matmul', plain(1), plain(3));
    left.dispose();
    const fresh = sheet.tensor(matrix(1), [SIDE, SIDE]).matmul(sheet.tensor(matrix(3), [SIDE, SIDE]));
    expect(bits(await fromArray.data())).toEqual(bits(await fresh.data()));
  });

  it('that a law made the same tensor have their own life', async () => {
    const a = sheet.tensor(matrix(1), [SIDE, SIDE]);
    {
      using same = a.reshape([SIDE, SIDE]);
      expect(bits(await same.data())).toBe(bits(matrix(1)));
    }
    expect(bits(await a.data())).toBe(bits(matrix(1)));
    a.dispose();
    a.dispose();
    await expect(a.data()).rejects.toMatchObject({ code: 'CLOSED' });
    expect(heldByHandles()).toBe(0);
  });

  it('stay right whatever is computed, read, disposed, evicted and made again in any order', async () => {
    const action = fc.record({
      do: fc.constantFrom('read', 'compute', 'dispose', 'evict', 'again', 'view'),
      which: fc.nat(5),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 3, maxLength: 25 }), async (actions) => {
        const source = noise(2048, 7);
        const expected = [source, source.map((x) => x + x), source.map((x) => x * x), source.map(Math.abs)];
        const roots = sheet.tensor(source, [32, 64]);
        const make = (): Tensor[] => [roots, roots.add(roots), roots.multiply(roots), roots.abs()];
        let handles: Tensor[] = make();
        for (const { do: what, which } of actions) {
          const handle = handles[which % 4]!;
          if (what === 'read') expect(bits((await handle.data()) as Float32Array)).toEqual(bits(expected[which % 4]!));
          else if (what === 'compute') await sheet.compute(handle, handles[(which + 1) % 4]!, handle);
          else if (what === 'dispose' && handle !== roots) handle.dispose();
          else if (what === 'evict') evictAll(sheet);
          else if (what === 'again') handles = make();
          else await handle.reshape([2048]).data();
        }
        roots.dispose();
      }),
      { seed: 20261122, numRuns: 60 },
    );
    expect(watched.faults).toEqual([]);
  });
});

describe('errors on the way', () => {
  it('of a kernel let go of everything the plan held', async () => {
    const singular = sheet.zeros([640, 640]);
    const b = sheet.tensor(noise(640 * 640, 1), [640, 640]);
    const answer = singular.solve(b.exp());
    await expect(answer.data()).rejects.toBeInstanceOf(NumericError);
    b.dispose();
    expect(heldByHandles()).toBe(0);
  });

  it('of a law on a result that was computed beside the event loop let go of it', async () => {
    await using strict = await SymbolicSheet.open({ devices: ['wasm', 'js'], policy: { finite: 'deny' } });
    const seen = watch(strict);
    const a = strict.tensor(matrix(1).fill(3e38), [SIDE, SIDE]);
    await expect(a.matmul(a).data()).rejects.toBeInstanceOf(PolicyError);
    a.dispose();
    evictAll(strict);
    expect(seen.held.size).toBe(0);
    expect(seen.faults).toEqual([]);
  });

  it('of a law on a kept result let go of what the plan had found before', async () => {
    await using strict = await SymbolicSheet.open({ devices: ['wasm', 'js'] });
    const seen = watch(strict);
    const a = strict.tensor(matrix(1).fill(3e38), [SIDE, SIDE]);
    await a.matmul(a).data();
    Object.assign(partsOf(strict).settings, { policy: { finite: 'deny' } });
    const total = a.add(a.matmul(a));
    await expect(total.data()).rejects.toBeInstanceOf(PolicyError);
    a.dispose();
    evictAll(strict);
    expect(strict.stats().pinnedBytes).toBeGreaterThanOrEqual(0);
    for (const holders of seen.held.values()) expect(holders, 'only the observed product is pinned').toBe(1);
    expect(seen.held.size).toBeLessThanOrEqual(1);
  });

  it('of an abort stop one waiter at whichever await it stands, and another waiter gets its bits', async () => {
    const operands = [0, 1, 2, 3, 4].map((seed) => sheet.tensor(matrix(seed), [SIDE, SIDE]));
    const chain = (view: { matmul(a: Tensor, b: Tensor): Tensor }): Tensor =>
      operands.slice(1).reduce((product, next) => view.matmul(product, next), operands[0] as Tensor);
    const expected = bits((await chain(sheet.with({ cache: 'off' })).data()) as Float32Array);
    for (const arrived of [0, 1, 2, 3]) {
      sheet.forget();
      const { counters } = partsOf(sheet);
      const goal = counters.kernelCalls + arrived;
      const controller = new AbortController();
      const aborting = chain(sheet.with({ signal: controller.signal })).data();
      const staying = chain(sheet).data();
      const abortAtGoal = onArrival(() => {
        if (counters.kernelCalls >= goal) controller.abort();
      });
      await expect(aborting, `after ${arrived} kernels`).rejects.toBeInstanceOf(AbortedError);
      abortAtGoal();
      expect(bits(await staying)).toBe(expected);
      expect(counters.kernelCalls - goal + arrived, 'both waited for the same computations').toBe(4);
    }
    for (const operand of operands) operand.dispose();
    expect(heldByHandles() * SIDE * SIDE * 4, 'nothing is held but by the handles that were read').toBe(
      sheet.stats().pinnedBytes,
    );
    for (const holders of watched.held.values()) expect(holders).toBe(1);
  });

  it('of an abort alone leave no block behind once the computation has ended', async () => {
    const a = sheet.tensor(matrix(1), [SIDE, SIDE]);
    const controller = new AbortController();
    const product = sheet.with({ signal: controller.signal }).matmul(a.exp(), a);
    const reading = product.data();
    controller.abort(new Error('changed my mind'));
    await expect(reading).rejects.toMatchObject({ code: 'ABORTED', cause: { message: 'changed my mind' } });
    while (sheet.stats().counters.kernelCalls < 2) await new Promise((resolve) => setImmediate(resolve));
    a.dispose();
    await new Promise((resolve) => setImmediate(resolve));
    expect(heldByHandles()).toBe(0);
  });

  it('of an abort before anything started is an AbortedError too, and the view of another signal works', async () => {
    const a = sheet.tensor(matrix(1), [SIDE, SIDE]);
    await expect(sheet.with({ signal: AbortSignal.abort() }).matmul(a, a).data()).rejects.toBeInstanceOf(AbortedError);
    await sheet.with({ signal: new AbortController().signal }).matmul(a, a).data();
  });

  it('failing for one waiter fail for all who joined, and are tried again by the next', async () => {
    const singular = sheet.zeros([640, 640]);
    const b = sheet.tensor(noise(640 * 640, 1), [640, 640]);
    const results = await Promise.allSettled([1, 2, 3].map(() => singular.solve(b).data()));
    for (const result of results) expect(result).toMatchObject({ status: 'rejected', reason: { code: 'NUMERIC' } });
    const failures = sheet.stats().counters.failures;
    await expect(singular.solve(b).data()).rejects.toBeInstanceOf(NumericError);
    expect(sheet.stats().counters.failures).toBeGreaterThan(failures);
    expect(
      [...partsOf(sheet).store.entries()].filter(
        (entry) =>
          entry.value.type.shape[0] === 640 &&
          partsOf(sheet).table.opOf(entry.node) === singular.solve(b).call.row?.number,
      ),
    ).toEqual([]);
  });
});

describe('closing', () => {
  it('while a product is computed beside the event loop still gives it to its waiter', async () => {
    const other = await SymbolicSheet.open({ devices: ['wasm', 'js'] });
    const a = other.tensor(matrix(1), [SIDE, SIDE]);
    const reading = a.matmul(a).data();
    await other.close();
    const expected = sheet.tensor(matrix(1), [SIDE, SIDE]);
    expect(bits(await reading)).toEqual(bits(await expected.matmul(expected).data()));
    expect(other.stats().entries, 'a closed store takes nothing').toBe(0);
  });

  it('twice is the same as once, and calls after it are typed errors', async () => {
    const other = await SymbolicSheet.open();
    const a = other.tensor([1, 2, 3]);
    const pending = a.add(1);
    await other.close();
    await other.close();
    expect(() => other.tensor([1])).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    expect(() => a.add(2)).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    await expect(pending).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(pending.data()).rejects.toMatchObject({ code: 'CLOSED' });
    expect(await a.toArray(), 'elements from outside can still be read').toEqual([1, 2, 3]);
  });
});
