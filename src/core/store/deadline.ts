// A wrapper that does not wait longer than it was told: a late answer is a miss.
import { type Key, onReading, type Store, storedBytes, type TellTrouble, untilAborted, wrap } from './store.ts';

/** What a disk that is busy reads in a millisecond: large elements have so much longer. */
const BYTES_PER_MS = 5e4;

/**
 * The store, whose answers are undefined after so many milliseconds, its look-up aborted; one that is prompt is asked
 * as it is, for watching takes longer than its answer. Closing ends as well.
 */
export function deadline(store: Store, ms: number, tell: TellTrouble = () => {}): Store {
  const late = (key: Key, afterMs: number): void =>
    tell({ kind: 'late', key, detail: `no answer within ${Math.round(afterMs)} ms` });
  return wrap(store, {
    get: async (key, signal, costNs) => {
      if (store.isPrompt === true) return store.get(key, signal, costNs);
      const found = await within(
        ms,
        signal,
        (ends) => store.get(key, ends, costNs),
        () => late(key, ms),
      );
      if (found === undefined) return undefined;
      const readMs = ms + storedBytes(found) / BYTES_PER_MS;
      return onReading(
        found,
        (pending) =>
          within(
            readMs,
            undefined,
            () => pending,
            () => late(key, readMs),
          ),
        (run) => run(),
      );
    },
    close: async () => {
      const detail = `not closed within ${ms} ms`;
      await within(
        ms,
        undefined,
        () => store.close(),
        () => tell({ kind: 'late', key: undefined, detail }),
      );
    },
  });
}

/** What `run` answers, or undefined where that takes longer or the signal fires before. */
function within<T>(
  ms: number,
  signal: AbortSignal | undefined,
  run: (ends: AbortSignal) => Promise<T>,
  late: () => void,
): Promise<T | undefined> {
  const ends = new AbortController();
  const abort = (): void => ends.abort();
  if (signal?.aborted === true) abort();
  signal?.addEventListener('abort', abort, { once: true });
  const timer = setTimeout(() => {
    late();
    abort();
  }, ms);
  return untilAborted(run(ends.signal), ends.signal).finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  });
}
