// Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers, SC 2011).
// Element i depends on (seed, stream, i) alone, so a slice can be drawn without its neighbours, on any thread or device.
import { scalar, type Algebra } from './algebra.ts';
import { cos, log, sin } from './math.ts';
import { plainSkeletons, type Skeletons } from './skeletons.ts';

/** A source of numbered random blocks; the seed is an unsigned 64-bit integer, streams are independent. */
export interface RandomSource {
  readonly seed: bigint;
  readonly stream?: number;
}

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;
const CHUNK_PAIRS = 2048;

const evenNormal = scalar('evenNormal', 2, (m, u, v) => m.mul(radius(m, u), m.call(cos, m.mul(m.constant(2 * Math.PI), v))));
const oddNormal = scalar('oddNormal', 2, (m, u, v) => m.mul(radius(m, u), m.call(sin, m.mul(m.constant(2 * Math.PI), v))));

function radius<T, M>(m: Algebra<T, M>, u: T): T {
  return m.sqrt(m.mul(m.constant(-2), m.call(log, m.sub(m.constant(1), u))));
}

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

/** Uniform on [0, 1): float32 takes the top 24 bits of a word (four elements a block), float64 53 bits of two words. */
export function uniform(source: RandomSource, out: Float32Array | Float64Array, first = 0): void {
  if (out instanceof Float32Array) {
    eachWord(source, first, out.length, 4, (word, offset, i) => (out[i] = (word[offset]! >>> 8) * 2 ** -24));
    return;
  }
  eachWord(source, first, out.length, 2, (word, offset, i) => (out[i] = unit53(word[2 * offset + 1]!, word[2 * offset]!)));
}

/**
 * Standard normal by Box and Muller, two elements a block, with the project's own log, sine and cosine in float64, so that the
 * bits are the same everywhere: element 2j is r cos(t), 2j + 1 is r sin(t), r = sqrt(-2 log(1 - u)), t = 2 pi v.
 */
export function normal(source: RandomSource, out: Float32Array | Float64Array, first = 0, on: Skeletons = plainSkeletons): void {
  const firstPair = Math.floor(first / 2);
  const pairs = Math.ceil((first + out.length) / 2) - firstPair;
  for (let done = 0; done < pairs; done += CHUNK_PAIRS) {
    const now = Math.min(CHUNK_PAIRS, pairs - done);
    const drawn = new Float64Array(2 * now);
    eachWord(source, 2 * (firstPair + done), 2 * now, 2, (word, offset, i) => (drawn[i] = unit53(word[2 * offset + 1]!, word[2 * offset]!)));
    const shape = [now];
    const u = { array: drawn, shape, strides: [2], offset: 0 };
    const v = { array: drawn, shape, strides: [2], offset: 1 };
    const [even, odd] = [new Float64Array(now), new Float64Array(now)];
    on.map(evenNormal, [u, v], even, shape);
    on.map(oddNormal, [u, v], odd, shape);
    const start = 2 * (firstPair + done) - first;
    for (let j = 0; j < now; j++) {
      if (start + 2 * j >= 0) out[start + 2 * j] = even[j]!;
      if (start + 2 * j + 1 < out.length) out[start + 2 * j + 1] = odd[j]!;
    }
  }
}

/** Uniform integers in [low, high): 64 bits of a block times the range, the high part taken; bias below 2^-32 for ranges below 2^32. */
export function integers(source: RandomSource, low: number, high: number, out: Int32Array | Uint32Array | BigInt64Array, first = 0): void {
  const range = high - low;
  if (!(range >= 1 && range <= 4294967296)) throw new RangeError(`integers in [${low}, ${high}): the range must hold 1 to 2^32 values`);
  eachWord(source, first, out.length, 2, (word, offset, i) => {
    const value = low + scaled(word[2 * offset + 1]! >>> 0, word[2 * offset]! >>> 0, range);
    if (out instanceof BigInt64Array) out[i] = BigInt(value);
    else out[i] = value;
  });
}

/** A permutation of 0 … n - 1 (Fisher and Yates, from the end; step k uses element k of `integers`). The whole of it is one draw. */
export function permutation(source: RandomSource, n: number): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  eachWord(source, 0, Math.max(0, n - 1), 2, (word, offset, step) => {
    const last = n - 1 - step;
    const chosen = scaled(word[2 * offset + 1]! >>> 0, word[2 * offset]! >>> 0, last + 1);
    const kept = order[last]!;
    order[last] = order[chosen]!;
    order[chosen] = kept;
  });
  return order;
}

/** Calls `use` for elements first … first + count - 1 with their block, their place in it, and their place in the out. */
function eachWord(
  { seed, stream = 0 }: RandomSource, first: number, count: number, perBlock: number,
  use: (block: Uint32Array, offset: number, index: number) => void,
): void {
  const key: [number, number] = [Number(BigInt.asIntN(32, seed)), Number(BigInt.asIntN(32, seed >> 32n))];
  const counter = new Uint32Array(4);
  const block = new Uint32Array(4);
  for (let i = 0; i < count;) {
    const number = Math.floor((first + i) / perBlock);
    counter[0] = number;
    counter[1] = Math.floor(number / 4294967296);
    counter[2] = stream;
    counter[3] = 0;
    philox(counter, key, block);
    for (let offset = first + i - number * perBlock; offset < perBlock && i < count; offset++, i++) use(block, offset, i);
  }
}

/** High 32 bits of a 32 × 32 bit product, as an int32. */
function highProduct(a: number, b: number): number {
  // Partial products of 16-bit halves; each sum stays below 2^32, so unsigned 32-bit arithmetic is enough.
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const middle = (Math.imul(a1, b0) >>> 0) + (Math.imul(a0, b0) >>> 16);
  const rest = (middle & 0xffff) + (Math.imul(a0, b1) >>> 0);
  return (Math.imul(a1, b1) + (middle >>> 16) + (rest >>> 16)) | 0;
}

/** (high, low) / 2^64 in [0, 1), the top 53 bits. */
function unit53(high: number, low: number): number {
  return ((high >>> 0) * 2097152 + (low >>> 11)) * 2 ** -53;
}

/** floor((high 2^32 + low) * range / 2^64) for range <= 2^32, exactly. */
function scaled(high: number, low: number, range: number): number {
  if (range === 4294967296) return high;
  const carry = highProduct(low, range) >>> 0;
  const productLow = (Math.imul(high, range) >>> 0) + carry;
  return (highProduct(high, range) >>> 0) + (productLow >= 4294967296 ? 1 : 0);
}
