// The simplest correct store: a map. It is the specification of the interface, and what tests put in a store's place.
import { type Key, type Store, type Stored, storedBytes } from './store.ts';

/** A store that keeps everything it is given, in RAM, until it is closed. */
export function plainStore(results: Map<Key, Stored> = new Map()): Store {
  return {
    peek: (key) => results.get(key),
    get: async (key) => results.get(key),
    put: (key, value) => void results.set(key, value),
    stats: () => ({
      entries: results.size,
      sizeBytes: [...results.values()].reduce((sum, stored) => sum + storedBytes(stored), 0),
    }),
    close: async () => results.clear(),
  };
}
