// References of the random ops: Philox4x32-10 in bigints (Salmon, Moraes, Dror, Shaw, SC 2011), and the draws made of
// it.
import { type Attrs, count, type Name, type Ref, type Reference, stored } from './reference.ts';

const WORD = 2n ** 32n;

/** Four words of a block, with the seed as key and the block number as counter. */
function block(seed: bigint, index: number): bigint[] {
  let [x0, x1, x2, x3] = [BigInt(index) % WORD, BigInt(index) / WORD, 0n, 0n];
  let [k0, k1] = [seed % WORD, (seed / WORD) % WORD];
  for (let round = 0; round < 10; round++) {
    const [p, q] = [0xd2511f53n * x0, 0xcd9e8d57n * x2];
    [x0, x1, x2, x3] = [(q / WORD) ^ x1 ^ k0, q % WORD, (p / WORD) ^ x3 ^ k1, p % WORD];
    [k0, k1] = [(k0 + 0x9e3779b9n) % WORD, (k1 + 0xbb67ae85n) % WORD];
  }
  return [x0, x1, x2, x3];
}

const word = (seed: bigint, blockIndex: number, place: number): bigint => block(seed, blockIndex)[place]!;
/** High and low word of an element of 64 bits; the low one comes first. */
const pair = (seed: bigint, i: number): [bigint, bigint] => [
  word(seed, Math.floor(i / 2), 2 * (i % 2) + 1),
  word(seed, Math.floor(i / 2), 2 * (i % 2)),
];
const double = (high: bigint, low: bigint): number => Number(high * 2n ** 21n + (low >> 11n)) * 2 ** -53;
const seedOf = (attrs: Attrs): bigint => BigInt(attrs['seed'] as number);
const shapeOf = (attrs: Attrs): number[] =>
  typeof attrs['shape'] === 'number' ? [attrs['shape']] : (attrs['shape'] as number[]);

function uniform(seed: bigint, i: number, dtype: Name): number {
  return dtype === 'float32' ? Number(word(seed, Math.floor(i / 4), i % 4) >> 8n) * 2 ** -24 : double(...pair(seed, i));
}

/** Box–Muller: even elements take the cosine, odd ones the sine. */
function normal(seed: bigint, i: number): number {
  const [a, b, c, d] = block(seed, Math.floor(i / 2)) as [bigint, bigint, bigint, bigint];
  const [r, t] = [Math.sqrt(-2 * Math.log(1 - double(b, a))), 2 * Math.PI * double(d, c)];
  return r * (i % 2 === 0 ? Math.cos(t) : Math.sin(t));
}

function below(seed: bigint, i: number, range: bigint): bigint {
  const [high, low] = pair(seed, i);
  return ((high * WORD + low) * range) / 2n ** 64n;
}

const floats =
  (draw: (seed: bigint, i: number, dtype: Name) => number, ulps: number): Reference =>
  (_operands, attrs): Ref => {
    const dtype = (attrs['dtype'] as Name | undefined) ?? 'float32';
    const values = Array.from({ length: count(shapeOf(attrs)) }, (_, i) =>
      stored(dtype, draw(seedOf(attrs), i, dtype)),
    );
    return { dtype, shape: shapeOf(attrs), values, ulps, slack: values.map(() => ulps * 1e-15) };
  };

/** References by op name. */
export const RANDOM: Readonly<Record<string, Reference>> = {
  random_uniform: floats(uniform, 0),
  random_normal: floats(normal, 8),
  random_integers: (_operands, attrs) => {
    const [low, high] = [BigInt(attrs['low'] as number), BigInt(attrs['high'] as number)];
    return {
      dtype: 'int32',
      shape: shapeOf(attrs),
      values: Array.from({ length: count(shapeOf(attrs)) }, (_, i) => low + below(seedOf(attrs), i, high - low)),
    };
  },
  random_permutation: (_operands, attrs) => {
    const n = attrs['n'] as number;
    const values = Array.from({ length: n }, (_, i) => BigInt(i));
    for (let k = 0; k < n - 1; k++) {
      const [last, other] = [n - 1 - k, Number(below(seedOf(attrs), k, BigInt(n - k)))];
      [values[last], values[other]] = [values[other]!, values[last]!];
    }
    return { dtype: 'int32', shape: [n], values };
  },
};
