// Seeded numbers for the benches: the same data in every run, on every machine.

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

/** `length` float32 numbers in [−1, 1). */
export function floats(length: number, seed: number): Float32Array {
  const draw = drawFrom(seed);
  const array = new Float32Array(length);
  for (let i = 0; i < length; i++) array[i] = draw() * 2 - 1;
  return array;
}

/** Copies of `base` that all differ, from each other and between lanes 0 to 15: one element carries a number exact in float32. */
export function distinctCopies(base: Float32Array, lane = 0): () => Float32Array {
  let serial = lane * 2 ** 20;
  return () => {
    const copy = base.slice();
    copy[0] = ++serial;
    return copy;
  };
}
