// Stores and their wrappers: each passes the suite, and each wrapper does the one thing it is there for.
import { describe, expect, it } from 'vitest';
import { contained } from '../../src/core/store/contained.ts';
import { deadline } from '../../src/core/store/deadline.ts';
import { plainStore } from '../../src/core/store/plain-store.ts';
import { RamStore } from '../../src/core/store/ram-store.ts';
import { prefetch } from '../../src/core/store/prefetch.ts';
import { readonly } from '../../src/core/store/readonly.ts';
import { singleFlight } from '../../src/core/store/single-flight.ts';
import {
  elementsOfStored,
  type Store,
  type Stored,
  type StoredElements,
  type StoreTrouble,
  wrap,
} from '../../src/core/store/store.ts';
import { tiered } from '../../src/core/store/tiered.ts';
import { verified } from '../../src/core/store/verified.ts';
import { openNodeDigest } from '../../src/host/node/digest.ts';
import { conforms } from '../device/conforms.ts';
import { storeConformance } from '../../src/testing/store.ts';
import { lyingStore, resultOf, silentStore, throwingStore, WORTH } from './samples.ts';

const digest = await openNodeDigest();
const [one, two] = [resultOf(1, digest), resultOf(2, digest)];

const KEPT = new Map();
const STORES: Readonly<Record<string, { open: () => Store; reopen?: () => Store }>> = {
  'a plain store': { open: () => plainStore() },
  'a plain store that outlives its closing': {
    open: () => (KEPT.clear(), wrap(plainStore(KEPT), { close: async () => {} })),
    reopen: () => plainStore(KEPT),
  },
  'a store in RAM': { open: () => new RamStore(2 ** 24) },
  'single flight': { open: () => singleFlight(plainStore()) },
  'a deadline': { open: () => deadline(plainStore(), 1000) },
  'verified answers': { open: () => verified(plainStore(), digest) },
  'contained failures': { open: () => contained(plainStore()) },
  'two tiers': { open: () => tiered([new RamStore(2 ** 12), plainStore()]) },
  'two tiers, of which one always fails': { open: () => tiered([contained(throwingStore()), plainStore()]) },
  'all of them': {
    open: () => singleFlight(verified(tiered([deadline(contained(plainStore()), 1000), plainStore()]), digest)),
  },
};

for (const [name, { open, reopen }] of Object.entries(STORES)) {
  describe(name, () => {
    conforms(storeConformance(open, { digest, ...(reopen !== undefined && { reopen }) }));
  });
}

describe('the suite', () => {
  const failing = async (open: () => Store): Promise<string[]> => {
    const names: string[] = [];
    for (const { name, run, skip } of storeConformance(open, { digest })) {
      if (skip === undefined) await run().catch(() => void names.push(name));
    }
    return names;
  };

  it('finds a store that lies, one that throws and one that forgets', async () => {
    expect(await failing(lyingStore)).toContain('gives back what was put, of every kind of type');
    expect((await failing(throwingStore)).length).toBeGreaterThan(6);
    const forgetful = (): Store => wrap(plainStore(), { put: () => {} });
    expect(await failing(forgetful)).toContain('gives back what was put, of every kind of type');
  });
});

describe('a store in RAM', () => {
  it('stays within its budget, and lets go of what is worth the least', () => {
    const store = new RamStore(2000);
    store.put(one.key, one, WORTH);
    store.put(two.key, two, { costNs: 1, score: 0 });
    const three = resultOf(3, digest);
    store.put(three.key, three, WORTH);
    expect([one, two, three].filter(({ key }) => store.peek(key) !== undefined)).toEqual([one, two, three]);
    const four = resultOf(4, digest);
    store.put(four.key, four, WORTH);
    expect(store.peek(two.key)).toBeUndefined();
    expect(store.stats().sizeBytes).toBeLessThanOrEqual(2000);
  });
});

describe('every wrapper', () => {
  it('passes on what computing a result should take', async () => {
    const asked: (number | undefined)[] = [];
    const below = wrap(plainStore(), { get: async (_key, _signal, costNs) => void asked.push(costNs) });
    const wrappers = [
      contained(below),
      deadline(below, 1000),
      singleFlight(below),
      verified(below, digest),
      tiered([plainStore(), below]),
      readonly(below),
      wrap(below, {}),
    ];
    for (const store of wrappers) await store.get(one.key, undefined, 5e6);
    expect(asked).toEqual(wrappers.map(() => 5e6));
  });
});

describe('prefetching', () => {
  const results = Array.from({ length: 40 }, (_, i) => resultOf(i, digest));
  const slow = (onGet: () => void, onAnswer: () => void): Store => {
    const kept = plainStore(new Map(results.map((result) => [result.key, result])));
    return wrap(kept, {
      peek: () => undefined,
      get: async (key, signal) => {
        onGet();
        await new Promise((resolve) => void setImmediate(resolve));
        onAnswer();
        return kept.get(key, signal);
      },
    });
  };

  it('brings results up, each once and a few at a time, so that they are in memory then', async () => {
    let [atOnce, most, asked] = [0, 0, 0];
    const above = new RamStore(2 ** 20);
    const below = slow(
      () => ([asked, most] = [asked + 1, Math.max(most, ++atOnce)]),
      () => atOnce--,
    );
    const keys = [...results, ...results].map(({ key }) => key);
    expect(await prefetch(tiered([above, below]), [...keys, 'f'.repeat(64)], { atOnce: 5 })).toBe(40);
    expect([asked, most]).toEqual([41, 5]);
    expect(results.every(({ key }) => above.peek(key) !== undefined)).toBe(true);
  });

  it('ends when its signal fires', async () => {
    const ends = new AbortController();
    let asked = 0;
    const below = slow(
      () => ++asked === 10 && ends.abort(),
      () => {},
    );
    await prefetch(
      below,
      results.map(({ key }) => key),
      { atOnce: 2, signal: ends.signal },
    );
    expect(asked).toBeLessThanOrEqual(11);
  });
});

describe('a store that is read alone', () => {
  it('gives what it has, and takes nothing', async () => {
    const kept = new Map([[one.key, one]]);
    const store = readonly(plainStore(kept));
    store.put(two.key, two, WORTH);
    store.discard?.(one.key);
    expect([...kept.keys()]).toEqual([one.key]);
    expect((await store.get(one.key))?.digest).toBe(one.digest);
  });
});

describe('single flight', () => {
  it('goes on for those who wait when another of them leaves', async () => {
    let ends: AbortSignal | undefined;
    let answer: (found: Stored) => void = () => {};
    const slow = wrap(plainStore(), {
      get: (_key, signal) => {
        ends = signal;
        return new Promise((resolve) => (answer = resolve));
      },
    });
    const store = singleFlight(slow);
    const leaving = new AbortController();
    const left = store.get(one.key, leaving.signal);
    const stayed = store.get(one.key);
    leaving.abort();
    expect(await left).toBeUndefined();
    expect(ends?.aborted).toBe(false);
    answer(one);
    expect(await stayed).toBe(one);
  });

  it('asks once for all who wait, and ends the look-up with the last of them', async () => {
    let [asked, aborted] = [0, 0];
    const slow = wrap(plainStore(), {
      get: (_key, signal) =>
        new Promise((resolve) => {
          asked++;
          signal?.addEventListener('abort', () => aborted++);
          setTimeout(() => resolve(one), 20);
        }),
    });
    const store = singleFlight(slow);
    const leaver = new AbortController();
    const waits = [store.get(one.key), store.get(one.key, leaver.signal), store.get(one.key)];
    leaver.abort();
    expect(await Promise.all(waits)).toEqual([one, undefined, one]);
    expect(asked).toBe(1);
    const alone = new AbortController();
    const wait = store.get(two.key, alone.signal);
    const before = aborted;
    alone.abort();
    expect(await wait).toBeUndefined();
    await Promise.resolve();
    expect(aborted).toBe(before + 1);
    expect(await store.get(two.key)).toEqual(one);
  });
});

describe('wrappers', () => {
  const told = (): { seen: StoreTrouble[]; tell: (trouble: StoreTrouble) => void } => {
    const seen: StoreTrouble[] = [];
    return { seen, tell: (trouble) => void seen.push(trouble) };
  };

  it('make a miss of an answer that never comes', async () => {
    const { seen, tell } = told();
    const store = deadline(silentStore(), 10, tell);
    expect(await store.get(one.key)).toBeUndefined();
    await store.close();
    expect(seen.map(({ kind, key }) => [kind, key])).toEqual([
      ['late', one.key],
      ['late', undefined],
    ]);
  });

  it('do not watch a store that says it is prompt, whose answer takes less than the watching', async () => {
    const { seen, tell } = told();
    const answer = (): Promise<Stored> => new Promise((resolve) => setTimeout(() => resolve(one), 40));
    const store = deadline(wrap(plainStore(), { isPrompt: true, get: answer }), 10, tell);
    expect([await store.get(one.key), store.isPrompt, seen]).toEqual([one, true, []]);
  });

  it('make a miss of what is thrown', async () => {
    const { seen, tell } = told();
    const store = contained(throwingStore(), tell);
    store.put(one.key, one, WORTH);
    expect([store.peek(one.key), await store.get(one.key)]).toEqual([undefined, undefined]);
    expect(store.stats()).toEqual({ entries: 0, sizeBytes: 0 });
    await store.close();
    expect(seen.length).toBe(5);
    expect(seen[0]).toMatchObject({ kind: 'failed', detail: 'the disk is full' });
  });

  it('make a miss of bytes that are not those of their digest, and of a result of another key or dtype', async () => {
    const { seen, tell } = told();
    const lying = verified(lyingStore(), digest, tell);
    lying.put(one.key, one, WORTH);
    expect([lying.peek(one.key), await lying.get(one.key)]).toEqual([undefined, undefined]);
    const mixed = verified(wrap(plainStore(), { get: async () => two }), digest, tell);
    expect(await mixed.get(one.key)).toBeUndefined();
    const unknown = verified(wrap(plainStore(), { get: async () => ({ ...one, dtype: 'float12' }) }), digest, tell);
    expect(await unknown.get(one.key)).toBeUndefined();
    const short = verified(wrap(plainStore(), { get: async () => ({ ...one, shape: [5] }) }), digest, tell);
    expect(await short.get(one.key)).toBeUndefined();
    expect(seen.map(({ kind }) => kind)).toEqual(Array(5).fill('corrupt'));
  });

  it('give copies: what a store does to its bytes later changes no answer', async () => {
    for (const ask of [(store: Store) => store.peek(one.key), (store: Store) => store.get(one.key)]) {
      const inner = plainStore();
      const bytes = (one.elements as Uint8Array<ArrayBuffer>).slice();
      inner.put(one.key, { ...one, elements: bytes }, WORTH);
      const found = await ask(verified(inner, digest));
      const kept = inner.peek(one.key)?.elements as Uint8Array;
      for (const written of [bytes, kept]) written.fill(255);
      expect(found?.elements).toEqual(one.elements);
    }
  });

  /** A store that reads elements only when they are asked for, and counts how often that was. */
  const lazyStore = (bytes: Uint8Array | (() => never)) => {
    const counts = { reads: 0, discarded: [] as string[] };
    const readNow = (): Uint8Array => {
      counts.reads++;
      return typeof bytes === 'function' ? bytes() : bytes;
    };
    const found = { ...one, elements: { sizeBytes: 16, read: async () => readNow(), readNow } };
    const discard = (key: string): void => void counts.discarded.push(key);
    return { counts, store: wrap(plainStore(), { get: async () => found, discard }) };
  };

  it('check elements that are read later, when they are read, and have what is damaged given up', async () => {
    const { seen, tell } = told();
    const whole = lazyStore(one.elements as Uint8Array);
    const found = (await verified(whole.store, digest, tell).get(one.key)) as Stored;
    expect(whole.counts.reads).toBe(0);
    expect(await elementsOfStored(found)).toEqual(one.elements);
    expect((found.elements as StoredElements).readNow?.()).toEqual(one.elements);
    expect([whole.counts.discarded, seen]).toEqual([[], []]);
    const damaged = lazyStore(new Uint8Array(16));
    const wrong = (await verified(damaged.store, digest, tell).get(one.key)) as Stored;
    expect([await elementsOfStored(wrong), (wrong.elements as StoredElements).readNow?.()]).toEqual(
      Array(2).fill(undefined),
    );
    expect(damaged.counts.discarded).toEqual([one.key, one.key]);
    expect(seen.map(({ kind }) => kind)).toEqual(['corrupt', 'corrupt']);
  });

  it('make a miss of elements that cannot be read later, or never come', async () => {
    const { seen, tell } = told();
    const failing = lazyStore(() => {
      throw new TypeError('gone');
    });
    const found = (await contained(failing.store, tell).get(one.key)) as Stored;
    expect(await elementsOfStored(found)).toBeUndefined();
    expect((found.elements as StoredElements).readNow?.()).toBeUndefined();
    const never = { ...one, elements: { sizeBytes: 16, read: () => new Promise<undefined>(() => {}) } };
    const slow = deadline(wrap(plainStore(), { get: async () => never }), 10, tell);
    expect(await elementsOfStored((await slow.get(one.key)) as Stored)).toBeUndefined();
    expect(seen.map(({ kind }) => kind)).toEqual(['failed', 'failed', 'late']);
  });

  it('fill a tier from the one below with elements that are read later, once they are', async () => {
    const above = plainStore();
    const { store, counts } = lazyStore(one.elements as Uint8Array);
    const found = (await tiered([above, store]).get(one.key)) as Stored;
    expect([above.peek(one.key), counts.reads]).toEqual([undefined, 0]);
    await elementsOfStored(found);
    expect(above.peek(one.key)).toEqual(one);
  });

  it('fill a tier from the one below', async () => {
    const [above, below] = [plainStore(), plainStore()];
    below.put(one.key, one, WORTH);
    const store = tiered([above, below]);
    expect(await store.get(one.key)).toEqual(one);
    expect(above.peek(one.key)).toEqual(one);
  });
});
