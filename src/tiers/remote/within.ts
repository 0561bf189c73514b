// Waiting with an end: a deadline over a whole look-up, and tries that are repeated with jitter within it.
import { untilAborted } from '../../core/store/store.ts';
import { LimitError } from '../../kit.ts';
import { type Blobs, isTransient } from './blobs.ts';
import type { RemoteWorld } from './world.ts';

/**
 * What `run` answers; undefined as soon as the signal fires. Rejects with a LimitError where it takes longer than
 * `ms`; whatever is still under way ends then.
 */
export async function within<T>(
  world: RemoteWorld,
  ms: number,
  signal: AbortSignal | undefined,
  run: (ends: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  if (signal?.aborted === true) return undefined;
  const ends = new AbortController();
  let isLate = false;
  const abort = (): void => ends.abort();
  const withdraw = world.after(ms, () => {
    isLate = true;
    abort();
  });
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const answer = await untilAborted(run(ends.signal), ends.signal);
    if (isLate) throw new LimitError(`No answer within ${ms} ms.`, { deadlineMs: ms });
    return answer;
  } finally {
    withdraw();
    signal?.removeEventListener('abort', abort);
  }
}

interface RetryOptions {
  /** Tries after the first one. */
  readonly retries: number;
  /** The first pause is a random share of it, each later one of twice as much. */
  readonly baseMs: number;
  readonly onRetry: () => void;
}

/** The service, asked again where another try may succeed. */
export function retried(blobs: Blobs, world: RemoteWorld, { retries, baseMs, onRetry }: RetryOptions): Blobs {
  const tried = async <T>(signal: AbortSignal, run: () => Promise<T>): Promise<T> => {
    for (let tries = 0; ; tries++) {
      try {
        return await run();
      } catch (error) {
        if (tries >= retries || signal.aborted || !isTransient(error)) throw error;
      }
      await pause(world, world.random() * baseMs * 2 ** tries, signal);
      onRetry();
    }
  };
  return {
    place: blobs.place,
    get: (name, maxBytes, signal) => tried(signal, () => blobs.get(name, maxBytes, signal)),
    put: (name, bytes, how, signal) => tried(signal, () => blobs.put(name, bytes, how, signal)),
    reset: () => blobs.reset(),
    close: () => blobs.close(),
  };
}

/** Waits; not longer than until the signal fires. */
function pause(world: RemoteWorld, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      withdraw();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const withdraw = world.after(ms, done);
    signal.addEventListener('abort', done, { once: true });
  });
}
