// Random numbers from the counter-based generator of philox.ts: uniform and normal. Element i
// depends on (seed, stream, i) alone, so a slice can be drawn without its neighbours, on any thread or device.
import { scalar } from '../scalar/algebra.ts';
import type { StridedOperand } from './map.ts';
import { cos, log, sin } from '../scalar/math.ts';
import type { RandomSource } from './philox.ts';
import type { Skeletons } from '../skeletons.ts';

const CHUNK_BLOCKS = 2048;

/** 24 of 32 bits, as a number in [0, 1). */
const unit24 = scalar('unit24', 1, (m, word) => m.mul(m.floor(m.mul(word, m.constant(2 ** -8))), m.constant(2 ** -24)));
/** 53 of 64 bits, as a number in [0, 1). */
const unit53 = scalar('unit53', 2, (m, low, high) =>
  m.mul(m.add(m.mul(high, m.constant(2097152)), m.floor(m.mul(low, m.constant(2 ** -11)))), m.constant(2 ** -53)),
);
const radius = scalar('radius', 1, (m, u) => m.sqrt(m.mul(m.constant(-2), m.call(log, m.sub(m.constant(1), u)))));
const across = scalar('across', 2, (m, r, v) => m.mul(r, m.call(cos, m.mul(m.constant(2 * Math.PI), v))));
const along = scalar('along', 2, (m, r, v) => m.mul(r, m.call(sin, m.mul(m.constant(2 * Math.PI), v))));

/** Uniform on [0, 1): float32 takes the top 24 bits of a word (four elements a block), float64 53 bits of two words. */
export function uniform(on: Skeletons, source: RandomSource, out: Float32Array | Float64Array, first = 0): void {
  if (out instanceof Float32Array) {
    eachChunk(on, source, first, out.length, 4, (words, start, count) =>
      on.map(unit24, [{ array: words, shape: [count] }], out.subarray(start, start + count), [count]),
    );
    return;
  }
  eachChunk(on, source, first, out.length, 2, (words, start, count) =>
    on.map(unit53, pairOf(words, [count], 2, 0), out.subarray(start, start + count), [count]),
  );
}

/**
 * Standard normal by Box and Muller, two elements a block, with the project's own log, sine and cosine in float64, so
 * that the bits are the same everywhere: element 2j is r cos(t), 2j + 1 is r sin(t), r = sqrt(-2 log(1 - u)), t = 2 pi
 * v.
 */
export function normal(on: Skeletons, source: RandomSource, out: Float32Array | Float64Array, first = 0): void {
  const skipped = first % 2;
  const pairs = Math.ceil((skipped + out.length) / 2);
  const [u, v, even, odd] = [
    new Float64Array(CHUNK_BLOCKS),
    new Float64Array(CHUNK_BLOCKS),
    new Float64Array(CHUNK_BLOCKS),
    new Float64Array(CHUNK_BLOCKS),
  ];
  eachChunk(on, source, (first - skipped) / 2, pairs, 1, (words, start, count) => {
    const shape = [count];
    const of = (array: Float64Array): { array: Float64Array; shape: number[] } => ({
      array: array.subarray(0, count),
      shape,
    });
    on.map(unit53, pairOf(words, shape, 4, 0), of(u).array, shape);
    on.map(unit53, pairOf(words, shape, 4, 2), of(v).array, shape);
    on.map(radius, [of(u)], of(u).array, shape);
    on.map(across, [of(u), of(v)], of(even).array, shape);
    on.map(along, [of(u), of(v)], of(odd).array, shape);
    for (let j = 0, at = 2 * start - skipped; j < count; j++, at += 2) {
      if (at >= 0) out[at] = even[j]!;
      if (at + 1 < out.length) out[at + 1] = odd[j]!;
    }
  });
}

/** The low and high words of numbered elements. */
const pairOf = (array: Uint32Array, shape: readonly number[], step: number, offset: number): StridedOperand[] => [
  { array, shape, strides: [step], offset },
  { array, shape, strides: [step], offset: offset + 1 },
];

/**
 * Calls `use` for elements first … first + count - 1 with their words, the place in the out where they begin, and how
 * many they are.
 */
export function eachChunk(
  on: Skeletons,
  source: RandomSource,
  first: number,
  count: number,
  perBlock: 1 | 2 | 4,
  use: (words: Uint32Array, start: number, count: number) => void,
): void {
  const drawn = new Uint32Array(4 * Math.min(CHUNK_BLOCKS, Math.ceil(count / perBlock) + 1));
  const perElement = 4 / perBlock;
  for (let start = 0; start < count;) {
    const block = Math.floor((first + start) / perBlock);
    const skipped = first + start - block * perBlock;
    const now = Math.min(count - start, (drawn.length / 4) * perBlock - skipped);
    const words = drawn.subarray(0, 4 * Math.ceil((skipped + now) / perBlock));
    on.drawBlocks(source, block, words);
    use(words.subarray(skipped * perElement, (skipped + now) * perElement), start, now);
    start += now;
  }
}
