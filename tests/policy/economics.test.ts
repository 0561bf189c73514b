// What is kept, hashed and let go, on workloads whose right answer is known: costs are injected, nothing is measured.
import { describe, expect, it } from 'vitest';
import type { Device, Task } from '../../src/core/device/device.ts';
import { CostTable } from '../../src/core/device/costs.ts';
import { NodeStore } from '../../src/core/store/node-store.ts';
import type { Entry } from '../../src/core/store/entry.ts';
import { NO_ATTRIBUTES } from '../../src/core/expr/attributes.ts';
import { InterningTable } from '../../src/core/expr/interning.ts';
import { opNamed } from '../../src/core/ops/index.ts';
import { Call } from '../../src/core/engine/call.ts';
import { Returns } from '../../src/core/engine/returns.ts';
import { admission, ADMISSION_SCORE, type Candidate, LOOKUP_NS } from '../../src/core/policy/admission.ts';
import { HashPricing } from '../../src/core/engine/hash-pricing.ts';
import { Block, valueOf, valueOfArray } from '../../src/core/tensor/block.ts';
import type { Elements } from '../../src/core/tensor/elements.ts';
import { tensorType } from '../../src/core/tensor/type.ts';
import { partsOf } from '../parts.ts';
import { openMetered } from '../sheet/fixtures/metered.ts';

const ELEMENTS = 1000;

/** A store that has room for so many entries of `ELEMENTS` elements. */
function storeFor(count: number): { store: NodeStore; put: (more?: Partial<Entry>, elements?: number) => number } {
  const table = new InterningTable();
  const store = new NodeStore(table, count * (4 * ELEMENTS + 600));
  const put = (more: Partial<Entry> = {}, elements = ELEMENTS): number => {
    const node = table.fresh(1, 0);
    const block = new Block(new Float32Array(elements), 0, () => {});
    store.put({
      node,
      op: 'test',
      value: valueOf(tensorType('float32', [elements]), block),
      attributes: NO_ATTRIBUTES,
      costNs: 1e6,
      ownNs: 1e6,
      device: 'js',
      away: false,
      facts: 0,
      score: 0.5,
      hits: 0,
      touched: 0,
      slot: 0,
      ...more,
    });
    return node;
  };
  return { store, put };
}

const kept = (store: NodeStore, nodes: readonly number[]): number =>
  nodes.filter((node) => store.peek(node) !== undefined).length;

describe('eviction', () => {
  it('keeps the better of two kinds that differ in score alone', () => {
    const { store, put } = storeFor(100);
    const [good, bad]: [number[], number[]] = [[], []];
    for (let i = 0; i < 200; i++) (i % 2 === 0 ? good : bad).push(put({ score: i % 2 === 0 ? 0.95 : 0.05 }));
    expect(kept(store, good)).toBeGreaterThan(2 * kept(store, bad));
  });

  it('keeps the costlier of two kinds that differ in cost alone', () => {
    const { store, put } = storeFor(100);
    const [costly, cheap]: [number[], number[]] = [[], []];
    for (let i = 0; i < 200; i++) (i % 2 === 0 ? costly : cheap).push(put({ costNs: i % 2 === 0 ? 1e7 : 1e6 }));
    expect(kept(store, costly)).toBeGreaterThan(2 * kept(store, cheap));
  });

  it('keeps what was asked for lately, of what was asked for as often', () => {
    const { store, put } = storeFor(100);
    const [early, late] = [Array.from({ length: 50 }, () => put()), Array.from({ length: 50 }, () => put())];
    for (let round = 0; round < 8; round++) for (const node of early) store.get(node);
    // Years go by: the clock rises with what is let go.
    for (let i = 0; i < 3000; i++) {
      put();
      if (i % 10 === 0) for (const node of late) store.get(node);
    }
    expect(kept(store, late)).toBeGreaterThan(2 * kept(store, early));
  });

  it('lets bulk go before small answers, however many of these there are', () => {
    const { store, put } = storeFor(100);
    const small = Array.from({ length: 400 }, () => put({ costNs: 5e6 }, 1));
    for (let i = 0; i < 60; i++) put({ costNs: 5e6 }, 20 * ELEMENTS);
    expect(kept(store, small)).toBe(small.length);
  });
});

describe('admission', () => {
  const candidate = {
    pathNs: 100 * LOOKUP_NS,
    score: 0.9,
    computedBefore: 0,
    passedOn: false,
    sizeBytes: 1e5,
    unkeptNs: 100 * LOOKUP_NS,
    returns: 0.5,
    taken: 1,
  };

  it('keeps at once what is costly and scores well, and the second time whatever is worth a look-up', () => {
    expect(admission(candidate)).toBe('admit');
    expect(admission({ ...candidate, score: ADMISSION_SCORE - 0.01 })).toBe('wait');
    expect(admission({ ...candidate, pathNs: 2 * LOOKUP_NS })).toBe('wait');
    for (const other of [{ score: 0 }, { passedOn: true }, { pathNs: 1.1 * LOOKUP_NS }])
      expect(admission({ ...candidate, ...other, computedBefore: 1 })).toBe('admit');
  });

  it('never keeps what is cheaper than a look-up, and lets pass what its reader will stand for', () => {
    expect(admission({ ...candidate, pathNs: 0.9 * LOOKUP_NS, computedBefore: 5 })).toBe('bypass');
    expect(admission({ ...candidate, passedOn: true })).toBe('wait');
  });
});

describe('results that do not come again', () => {
  const row = opNamed('add');
  const call = (elements: number): Call => new Call(row, NO_ATTRIBUTES, tensorType('float32', [elements]), 0, []);

  it('are expected less and less, but for one in 64; those that do, more', () => {
    const returns = new Returns();
    const expected = Array.from({ length: 127 }, () => {
      returns.computed(call(1000), false);
      return returns.expected(call(1000));
    });
    expect([expected[0], expected[9], expected[61]]).toEqual([1 / 3, 1 / 12, 1 / 64]);
    expect([expected[62], expected[63], expected[126]]).toEqual([1 / 2, 1 / 66, 1 / 2]);
    expect(returns.expected(call(5000)), 'another kind').toBe(1 / 2);
    returns.computed(call(1000), false);
    expect(returns.expected(call(1000)), 'experience fades').toBe(1 / 66);
    for (let i = 0; i < 32; i++) returns.found(call(1000));
    for (let i = 0; i < 32; i++) returns.computed(call(1000), true);
    expect(returns.expected(call(1000))).toBe(65 / 66);
  });

  it('are kept where that costs little beside computing them, whatever is expected', () => {
    const candidate = { pathNs: 1e6, score: 0.9, computedBefore: 0, passedOn: false, sizeBytes: 1e5, taken: 0.5 };
    expect(admission({ ...candidate, unkeptNs: 1e6, returns: 1 / 30 })).toBe('admit');
    expect(admission({ ...candidate, unkeptNs: 1e6, returns: 1 / 50 })).toBe('wait');
    expect(admission({ ...candidate, unkeptNs: 1e5, returns: 1 / 30 }), 'most of it is kept').toBe('wait');
    expect(admission({ ...candidate, unkeptNs: 1e5, returns: 1 / 30, taken: 0.05 }), 'there is room').toBe('admit');
    expect(admission({ ...candidate, unkeptNs: 1e5, returns: 1 / 2 })).toBe('admit');
  });

  it('leave the store to others: a loop over new results keeps few, and finds them where they come again', async () => {
    const { sheet } = await openMetered({ budgetBytes: 2 ** 20 });
    const x = sheet.tensor(new Float32Array(2000).fill(1));
    const turn = (i: number): PromiseLike<unknown> => sheet.compute(x.multiply(i).maximum(x));
    for (let i = 0; i < 200; i++) await turn(i + 2);
    expect(sheet.stats().entries).toBeLessThan(24);
    for (let again = 0; again < 3; again++) for (let i = 0; i < 20; i++) await turn(1000 + i);
    const { kernelCalls } = sheet.stats().counters;
    for (let i = 0; i < 20; i++) await turn(1000 + i);
    expect(sheet.stats().counters.kernelCalls).toBe(kernelCalls);
    await sheet.close();
  });

  it('are priced without what is kept of their making, where that is no larger', async () => {
    const { sheet } = await openMetered();
    const seen: Candidate[] = [];
    Object.assign(partsOf(sheet), { admission: (each: Candidate) => (seen.push(each), 'admit') });
    const a = sheet.tensor(new Float32Array(1024).map(Math.sin), [32, 32]);
    await a.matmul(a).matmul(a).sum().item();
    const [first, second, sum] = seen as [Candidate, Candidate, Candidate];
    expect(first.unkeptNs).toBe(first.pathNs);
    expect(second.unkeptNs).toBe(second.pathNs - first.pathNs);
    expect(sum.unkeptNs).toBe(sum.pathNs);
    await sheet.close();
  });
});

describe('hashing an operand', () => {
  const row = opNamed('add');
  const BYTES = 8_000_000;
  /** 8 bytes a nanosecond, and 2 µs for a call. */
  const HASH_NS = BYTES / 8 + 2000;
  const array = (seed: number): Elements => ({
    array: new Float32Array(BYTES / 4).fill(seed),
    shape: [BYTES / 4],
    dtype: 'float32',
    fresh: false,
  });

  /** Prices where an addition of that size is known to take so long. */
  function pricesWhere(computeNs: number): HashPricing {
    const costs = new CostTable();
    const type = tensorType('float32', [BYTES / 4]);
    const operand = valueOfArray(type, new Float32Array(BYTES / 4));
    const device = { name: 'x', estimateNs: () => 1 } as unknown as Device;
    costs.learn(device, { row, attrs: {}, type, numerics: 'exact', operands: [operand] } as Task, computeNs);
    return new HashPricing(costs);
  }

  it('pays from where computing takes longer than the digest', () => {
    expect(pricesWhere(0.8 * HASH_NS).isCostly(row, [array(1)])).toBe(false);
    expect(pricesWhere(1.25 * HASH_NS).isCostly(row, [array(1)])).toBe(true);
  });

  it('stops where nothing was found, until an array passes that passed before', () => {
    const prices = pricesWhere(2 * HASH_NS);
    for (let i = 0; i < 8; i++) prices.saw(row, false);
    expect(prices.isCostly(row, [array(2)])).toBe(false);
    expect(prices.isCostly(row, [array(3)])).toBe(false);
    expect(prices.isCostly(row, [array(2)]), 'a ghost').toBe(true);
  });

  it('goes on where its hits save more than the digests cost', () => {
    const prices = pricesWhere(4 * HASH_NS);
    for (let i = 0; i < 16; i++) prices.saw(row, i % 2 === 0);
    expect(prices.isCostly(row, [array(4)])).toBe(true);
    const poor = pricesWhere(1.5 * HASH_NS);
    for (let i = 0; i < 16; i++) poor.saw(row, i % 2 === 0);
    expect(poor.isCostly(row, [array(5)])).toBe(false);
  });
});
