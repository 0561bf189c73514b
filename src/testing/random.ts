// Numbers from a seed: the same in every run, on every machine.

/** Uniform numbers in [0, 1) from a seed (mulberry32). */
export type Draw = () => number;

/** A generator of its own state. */
export function drawFrom(seed: number): Draw {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}
