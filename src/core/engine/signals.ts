// Waits that a signal ends: what was begun goes on for others.
import { AbortedError } from '../errors.ts';

/** Throws when the signal has fired. */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw aborted(signal);
}

/** What a promise gives, or an AbortedError as soon as the signal fires; what comes later is let go. */
export function orAborted<T>(
  pending: Promise<T>,
  signal: AbortSignal | undefined,
  letGo: (late: T) => void = () => {},
): Promise<T> {
  if (signal === undefined) return pending;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      reject(aborted(signal));
      pending.then(letGo, () => {});
    };
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    const withdraw = (): void => signal.removeEventListener('abort', onAbort);
    pending.then(
      (given) => {
        withdraw();
        if (!signal.aborted) resolve(given);
      },
      (error: unknown) => {
        withdraw();
        reject(error as Error);
      },
    );
  });
}

const aborted = (signal: AbortSignal): AbortedError =>
  new AbortedError(
    'This wait was aborted by its signal; work that others wait for goes on, and a run of a memo is kept. Ask ' +
      'again with another signal.',
    {},
    { cause: signal.reason },
  );
