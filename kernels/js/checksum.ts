// A checksum of 64 bits that notices damage and is no name: whoever wants to can make bytes of any sum. This is the
// readable form (docs/format/store.md); kernels/wasm/checksum.ts gives the same bits quickly.
import type { Kernels } from '../wasm/code/abi.ts';

/** Bytes are taken in stripes of so many: eight blocks of eight lanes of 16 bits, each with an accumulator. */
export const STRIPE_BYTES = 128;
export const BLOCK_BYTES = 16;
/** What the lanes of a block are multiplied by. They are odd, so that nothing is lost. */
export const LANE_FACTORS = [0x9e37, 0x79b1, 0x85eb, 0xca6b, 0xc2b3, 0xae35, 0x27d5, 0xeb2f] as const;
/** By so many bytes a block is turned then, so that the high bits of a lane become low ones of another. */
export const TURNED_BYTES = 3;
/** Factors and shifts by which the words of a state are folded. */
export const FOLDING = [
  { factor: 0x9e3779b97f4a7c15n, shift: 29n },
  { factor: 0xbf58476d1ce4e5b9n, shift: 32n },
] as const;

/** The accumulators before the first stripe. */
export const SEEDS = new Uint8Array(
  Uint32Array.from({ length: STRIPE_BYTES / 4 }, (_, i) => Math.imul(i + 1, 0x9e3779b1)).buffer,
);

/** A state: accumulators, a block that sums what they were, how many bytes were taken, and the sum when it is made. */
export const HISTORY_AT = STRIPE_BYTES;
export const LENGTH_AT = HISTORY_AT + BLOCK_BYTES;
export const SUM_AT = LENGTH_AT + 8;
/** Where the last stripe is filled up with zeros, behind the state. */
export const TAIL_AT = 256;

/**
 * The kernels over memory: `begin(state)` clears a state, `absorb(state, start, end)` takes whole stripes,
 * `finish(state, start, end)` takes what is left and makes the sum.
 */
export function checksumKernels(memory: Uint8Array): Kernels {
  const view = new DataView(memory.buffer, memory.byteOffset);
  const begin = (state: number): void => {
    memory.fill(0, state, state + SUM_AT + 8);
    memory.set(SEEDS, state);
  };
  const absorb = (state: number, start: number, end: number): void => {
    for (let at = start; at < end; at += BLOCK_BYTES) {
      const block = state + ((at - start) % STRIPE_BYTES);
      if (block === state) turn(memory, state + HISTORY_AT);
      mix(view, block, at);
      for (let i = 0; i < BLOCK_BYTES; i += 8) {
        const history = state + HISTORY_AT + i;
        view.setBigUint64(history, view.getBigUint64(history, true) + view.getBigUint64(block + i, true), true);
      }
    }
  };
  const finish = (state: number, start: number, end: number): void => {
    const whole = end - ((end - start) % STRIPE_BYTES);
    absorb(state, start, whole);
    if (whole < end) {
      memory.fill(0, state + TAIL_AT, state + TAIL_AT + STRIPE_BYTES);
      memory.copyWithin(state + TAIL_AT, whole, end);
      absorb(state, state + TAIL_AT, state + TAIL_AT + STRIPE_BYTES);
    }
    let sum = 0n;
    for (let at = 0; at < SUM_AT; at += 8) {
      sum ^= view.getBigUint64(state + at, true);
      for (const { factor, shift } of FOLDING) {
        sum = BigInt.asUintN(64, sum * factor);
        sum ^= sum >> shift;
      }
    }
    view.setBigUint64(state + SUM_AT, sum, true);
  };
  return { begin, absorb, finish };
}

/** An accumulator with a block of bytes taken in. */
function mix(view: DataView, accumulator: number, at: number): void {
  for (const [lane, factor] of LANE_FACTORS.entries()) {
    const word = view.getUint16(accumulator + 2 * lane, true) ^ view.getUint16(at + 2 * lane, true);
    view.setUint16(accumulator + 2 * lane, Math.imul(word, factor), true);
  }
  turn(new Uint8Array(view.buffer, view.byteOffset), accumulator);
}

/** Moves the bytes of a block three places down; the lowest become the highest. */
function turn(memory: Uint8Array, block: number): void {
  const lowest = memory.slice(block, block + TURNED_BYTES);
  memory.copyWithin(block, block + TURNED_BYTES, block + BLOCK_BYTES);
  memory.set(lowest, block + BLOCK_BYTES - TURNED_BYTES);
}
