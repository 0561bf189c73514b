// A short line before the libuv pool: a BLAS call already uses every core, and the pool's four threads also read files.
import type { Done } from './koffi.ts';

/** Begins native work and calls `done` once when it is over; may throw before it begins. */
type Start = (done: Done) => void;

/**
 * Runs at most two native calls at a time, in the order they came: one computes, the next is ready. koffi itself throws
 * beyond 256 waiting calls and keeps a stack for each.
 */
export function asyncSlots(slots = 2): (start: Start) => Promise<void> {
  const waiting: (() => void)[] = [];
  let running = 0;

  const leave = (): void => {
    running -= 1;
    waiting.shift()?.();
  };

  return (start) =>
    new Promise((resolve, reject) => {
      const enter = (): void => {
        running += 1;
        const done = once((error) => {
          leave();
          if (error === null || error === undefined) resolve();
          else reject(error instanceof Error ? error : new TypeError(JSON.stringify(error)));
        });
        try {
          start(done);
        } catch (error) {
          done(error);
        }
      };
      if (running < slots) enter();
      else waiting.push(enter);
    });
}

function once(done: Done): Done {
  let called = false;
  return (error) => {
    if (called) return;
    called = true;
    done(error);
  };
}
