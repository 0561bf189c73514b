// A wrapper that contains failures: what a store throws is a miss, and told.
import { type Key, onReading, type Store, type Stored, type StoreTrouble, type TellTrouble, wrap } from './store.ts';

/** The store, whose failures cost its answers and nothing else. */
export function contained(store: Store, tell: TellTrouble = () => {}): Store {
  const failed = (key: Key | undefined, error: unknown): undefined => tell(troubleOf(key, error)) as undefined;
  const tried = <T>(key: Key | undefined, run: () => T): T | undefined => {
    try {
      return run();
    } catch (error) {
      return failed(key, error);
    }
  };
  const reading = (key: Key, stored: Stored | undefined): Stored | undefined =>
    stored &&
    onReading(
      stored,
      (pending) => pending.catch((error: unknown) => failed(key, error)),
      (run) => tried(key, run),
    );
  return wrap(store, {
    peek: (key) => tried(key, () => store.peek(key)),
    get: (key, signal, costNs) =>
      promised(() => store.get(key, signal, costNs)).then(
        (found) => reading(key, found),
        (error: unknown) => failed(key, error),
      ),
    claim: async (key, ms) => {
      const answer = await promised(async () => store.claim?.(key, ms)).catch((error: unknown) => failed(key, error));
      return answer === true;
    },
    discard: (key) => tried(key, () => store.discard?.(key)),
    // A store written as an async function rejects where it should have thrown.
    put: (key, value, worth) => {
      void promised(() => store.put(key, value, worth)).catch((error: unknown) => failed(key, error));
    },
    stats: () => tried(undefined, () => store.stats()) ?? { entries: 0, sizeBytes: 0 },
    flush: () => promised(async () => store.flush?.()).catch((error: unknown) => failed(undefined, error)),
    close: () => promised(() => store.close()).catch((error: unknown) => failed(undefined, error)),
  });
}

/** What a call gives as a promise, which rejects with what it throws. The call is made at once. */
async function promised<T>(run: () => T | Promise<T>): Promise<T> {
  return run();
}

const troubleOf = (key: Key | undefined, error: unknown): StoreTrouble => ({
  kind: 'failed',
  key,
  detail: error instanceof Error ? error.message : String(error),
});
