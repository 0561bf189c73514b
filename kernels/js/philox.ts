// The generator Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers, SC 2011): numbered blocks of four
// words.

/** A source of numbered random blocks; the seed is an unsigned 64-bit integer, streams are independent. */
export interface RandomSource {
  readonly seed: bigint;
  readonly stream?: number;
}

export const MULTIPLIER_0 = 0xd2511f53;
export const MULTIPLIER_1 = 0xcd9e8d57;
export const WEYL_0 = 0x9e3779b9;
export const WEYL_1 = 0xbb67ae85;
export const ROUNDS = 10;

/** The two words of a key. */
export const keyOf = ({ seed }: RandomSource): readonly [number, number] => [
  Number(BigInt.asIntN(32, seed)),
  Number(BigInt.asIntN(32, seed >> 32n)),
];

/** One Philox4x32-10 block: out = bijection of `counter` (4 words) under `key` (2 words); out may be counter. */
export function philox(counter: Uint32Array, key: readonly [number, number], out: Uint32Array): void {
  let c0 = counter[0]!;
  let c1 = counter[1]!;
  let c2 = counter[2]!;
  let c3 = counter[3]!;
  let k0 = key[0];
  let k1 = key[1];
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = highProduct(MULTIPLIER_0, c0);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const high1 = highProduct(MULTIPLIER_1, c2);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** The words of as many blocks as `out` has room for, from block `first` on. */
export function drawBlocks(source: RandomSource, first: number, out: Uint32Array): void {
  const key = keyOf(source);
  const counter = new Uint32Array(4);
  for (let at = 0, number = first; at < out.length; at += 4, number++) {
    counter[0] = number;
    counter[1] = Math.floor(number / 4294967296);
    counter[2] = source.stream ?? 0;
    counter[3] = 0;
    philox(counter, key, out.subarray(at, at + 4));
  }
}

/** High 32 bits of a 32 × 32 bit product, as an int32. */
export function highProduct(a: number, b: number): number {
  // Partial products of 16-bit halves; each sum stays below 2^32, so unsigned 32-bit arithmetic is enough.
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const middle = (Math.imul(a1, b0) >>> 0) + (Math.imul(a0, b0) >>> 16);
  const rest = (middle & 0xffff) + (Math.imul(a0, b1) >>> 0);
  return (Math.imul(a1, b1) + (middle >>> 16) + (rest >>> 16)) | 0;
}
