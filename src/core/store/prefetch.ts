// Bringing results up before they are asked for: from the slow stores of a tiered one to the quick ones above.
import { elementsOfStored, type Key, type Store } from './store.ts';

export interface PrefetchOptions {
  /** Keys that are asked for at a time. Default 16. */
  readonly atOnce?: number;
  readonly signal?: AbortSignal;
}

/**
 * Asks a store for keys that will be needed, so that the tiers above have them then. Answers how many were found. Ends
 * when the signal fires; what was found until then stays.
 */
export async function prefetch(
  store: Store,
  keys: Iterable<Key>,
  { atOnce = 16, signal }: PrefetchOptions = {},
): Promise<number> {
  const waiting = new Set(keys).values();
  let found = 0;
  const bring = async (): Promise<void> => {
    for (const key of waiting) {
      if (signal?.aborted === true) return;
      const stored = store.peek(key) ?? (await store.get(key, signal));
      // Elements that are still to be read go up when they are.
      if (stored !== undefined && (await elementsOfStored(stored)) !== undefined) found++;
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, atOnce) }, bring));
  return found;
}
