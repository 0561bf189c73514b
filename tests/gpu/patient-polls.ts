// Dawn polls a software GPU once in a millisecond instead of in every turn of the event loop: half of what tests took
// of the processor was to ask whether it was done.

/** Polls in a row after which those that follow wait for a timer. */
const EAGER_POLLS = 40;

const soon = globalThis.setImmediate;
let inARow = 0;
let isPolling = false;

/** While somebody waits for it, Dawn gives `setImmediate` a new native function in every turn. */
globalThis.setImmediate = Object.assign((callback: (...args: never[]) => void, ...args: never[]) => {
  if (!isNative(callback)) return soon(callback, ...args);
  inARow = isPolling ? inARow + 1 : 0;
  const poll = (): void => {
    isPolling = true;
    try {
      callback();
    } finally {
      isPolling = false;
    }
  };
  return inARow < EAGER_POLLS ? soon(poll) : setTimeout(poll, 1);
}, soon) as unknown as typeof setImmediate;

function isNative(callback: unknown): boolean {
  return Function.prototype.toString.call(callback).endsWith('{ [native code] }');
}
