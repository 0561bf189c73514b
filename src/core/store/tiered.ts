// A wrapper that makes one store of several: the quickest first, each filled from those below.
import { type Key, onReading, type Store, type Stored, type Worth } from './store.ts';

/** Stores in the order in which they are asked. What a lower one has is put into those above; a `put` goes to all. */
export function tiered(stores: readonly Store[]): Store {
  const promote = (key: Key, value: Stored, from: number): Stored => {
    const above = stores.slice(0, from);
    // What is still to be read is put above when somebody has read it.
    const raise = (elements: Uint8Array | undefined): Uint8Array | undefined => {
      for (const store of elements === undefined ? [] : above)
        store.put(key, { ...value, elements: elements as Uint8Array }, worthOf(value));
      return elements;
    };
    if (value.elements instanceof Uint8Array) raise(value.elements);
    return above.length === 0
      ? value
      : onReading(
          value,
          async (pending) => raise(await pending),
          (run) => raise(run()),
        );
  };
  return {
    peek: (key) => {
      for (const [at, store] of stores.entries()) {
        const found = store.peek(key);
        if (found !== undefined) return promote(key, found, at);
      }
      return undefined;
    },
    get: async (key, signal, costNs) => {
      for (const [at, store] of stores.entries()) {
        const found = await store.get(key, signal, costNs);
        if (found !== undefined) return promote(key, found, at);
        if (signal?.aborted === true) return undefined;
      }
      return undefined;
    },
    put: (key, value, worth) => stores.forEach((store) => store.put(key, value, worth)),
    stats: () => {
      const all = stores.map((store) => store.stats());
      const sum = (of: 'entries' | 'sizeBytes'): number => all.reduce((total, stats) => total + stats[of], 0);
      return { entries: sum('entries'), sizeBytes: sum('sizeBytes') };
    },
    claim: async (key, ms) => {
      for (const store of stores) if ((await store.claim?.(key, ms)) === true) return true;
      return false;
    },
    discard: (key) => stores.forEach((store) => store.discard?.(key)),
    flush: async () => void (await Promise.all(stores.map(async (store) => store.flush?.()))),
    close: async () => void (await Promise.all(stores.map((store) => store.close()))),
  };
}

/** What a result is worth that came from below: it was asked for, and what it cost is known. */
const worthOf = ({ costs }: Stored): Worth => ({ costNs: costs.pathNs, score: 0.5 });
