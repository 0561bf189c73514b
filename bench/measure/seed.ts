// Seeded numbers for the benches: the same data in every run, on every machine.
import { drawFrom } from '../../src/testing/random.ts';

export { drawFrom, type Draw } from '../../src/testing/random.ts';

/** `length` float32 numbers in [−1, 1). */
export function floats(length: number, seed: number): Float32Array {
  const draw = drawFrom(seed);
  const array = new Float32Array(length);
  for (let i = 0; i < length; i++) array[i] = draw() * 2 - 1;
  return array;
}

/**
 * Copies of `base` that all differ, from each other and between lanes 0 to 15: one element carries a number exact in
 * float32.
 */
export function distinctCopies(base: Float32Array, lane = 0): () => Float32Array {
  let serial = lane * 2 ** 20;
  return () => {
    const copy = base.slice();
    copy[0] = ++serial;
    return copy;
  };
}
