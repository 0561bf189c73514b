// A wrapper that does not wait longer than it was told: a late answer is a miss.
import { type Store, type TellTrouble, untilAborted, wrap } from './store.ts';

/** The store, whose answers are undefined after so many milliseconds, its look-up aborted. Closing ends as well. */
export function deadline(store: Store, ms: number, tell: TellTrouble = () => {}): Store {
  return wrap(store, {
    get: (key, signal) => {
      const detail = `no answer within ${ms} ms`;
      return within(
        ms,
        signal,
        (ends) => store.get(key, ends),
        () => tell({ kind: 'late', key, detail }),
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
