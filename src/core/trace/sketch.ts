// A dozen numbers that tell how far two results are apart without keeping either: counts, moments and random
// projections.

/**
 * Numbers in a sketch: count of finite elements, maxAbs, sum, sum of squares, 8 projections. Non-finite elements count
 * as 0.
 */
export const SKETCH_LENGTH = 12;
const PROJECTIONS = 8;
const SEED = 0x9e37_79b9 | 0;

/** Row b holds the signs, +1 or −1, of the low eight bits of b. */
const SIGNS = Float64Array.from({ length: 256 * PROJECTIONS }, (_, at) => (((at >>> 3) >>> (at & 7)) & 1 ? -1 : 1));

/**
 * The sketch of a result. Groups of eight elements go through a Walsh–Hadamard transform, each output gets a seeded
 * sign and is added up: eight ±1 projections for four additions an element (Ailon & Chazelle 2006). Summed in order, in
 * float64.
 */
export function sketchOf(array: Float32Array | Float64Array): Float64Array {
  const sketch = new Float64Array(SKETCH_LENGTH);
  addMoments(sketch, array);
  addProjections(sketch, array, sketch[0] === array.length);
  return sketch;
}

function addMoments(sketch: Float64Array, array: Float32Array | Float64Array): void {
  let finite = 0;
  let maxAbs = 0;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < array.length; i++) {
    const x = array[i]!;
    if (x - x !== 0) continue;
    finite++;
    const abs = Math.abs(x);
    if (abs > maxAbs) maxAbs = abs;
    sum += x;
    squares += x * x;
  }
  sketch.set([finite, maxAbs, sum, squares]);
}

/** Whole groups in place where all elements are finite; other groups, and the last, by way of a copy with zeros. */
function addProjections(sketch: Float64Array, array: Float32Array | Float64Array, allFinite: boolean): void {
  const wholeEnd = allFinite ? array.length - (array.length % PROJECTIONS) : 0;
  let state = transformGroups(sketch, array, 0, wholeEnd, SEED);
  const group = new Float64Array(PROJECTIONS);
  for (let start = wholeEnd; start < array.length; start += PROJECTIONS) {
    for (let i = 0; i < PROJECTIONS; i++) {
      const x = array[start + i] ?? 0;
      group[i] = x - x === 0 ? x : 0;
    }
    state = transformGroups(sketch, group, 0, PROJECTIONS, state);
  }
}

/**
 * Adds the signed transforms of the groups in [from, to); returns the state of the generator. One flat loop: sums stay
 * in registers.
 */
function transformGroups(
  sketch: Float64Array,
  g: Float32Array | Float64Array,
  from: number,
  to: number,
  seed: number,
): number {
  let state = seed;
  let p0 = sketch[4]!;
  let p1 = sketch[5]!;
  let p2 = sketch[6]!;
  let p3 = sketch[7]!;
  let p4 = sketch[8]!;
  let p5 = sketch[9]!;
  let p6 = sketch[10]!;
  let p7 = sketch[11]!;
  for (let at = from; at < to; at += PROJECTIONS) {
    state ^= state << 13; // xorshift32 (Marsaglia 2003)
    state ^= state >>> 17;
    state ^= state << 5;
    const signs = (state & 255) * PROJECTIONS;
    const s0 = g[at]! + g[at + 4]!;
    const d0 = g[at]! - g[at + 4]!;
    const s1 = g[at + 1]! + g[at + 5]!;
    const d1 = g[at + 1]! - g[at + 5]!;
    const s2 = g[at + 2]! + g[at + 6]!;
    const d2 = g[at + 2]! - g[at + 6]!;
    const s3 = g[at + 3]! + g[at + 7]!;
    const d3 = g[at + 3]! - g[at + 7]!;
    p0 += SIGNS[signs]! * (s0 + s2 + (s1 + s3));
    p1 += SIGNS[signs + 1]! * (s0 + s2 - (s1 + s3));
    p2 += SIGNS[signs + 2]! * (s0 - s2 + (s1 - s3));
    p3 += SIGNS[signs + 3]! * (s0 - s2 - (s1 - s3));
    p4 += SIGNS[signs + 4]! * (d0 + d2 + (d1 + d3));
    p5 += SIGNS[signs + 5]! * (d0 + d2 - (d1 + d3));
    p6 += SIGNS[signs + 6]! * (d0 - d2 + (d1 - d3));
    p7 += SIGNS[signs + 7]! * (d0 - d2 - (d1 - d3));
  }
  sketch.set([p0, p1, p2, p3, p4, p5, p6, p7], 4);
  return state;
}

/**
 * Estimate of ‖x − y‖ / ‖x‖ from two sketches: the mean square of the projections of x − y is ‖x − y‖² in expectation.
 * Infinity where the sketches count different numbers of finite elements.
 */
export function sketchDistance(x: Float64Array, y: Float64Array): number {
  if (x[0] !== y[0]) return Infinity;
  let square = 0;
  for (let at = 4; at < SKETCH_LENGTH; at++) square += (x[at]! - y[at]!) ** 2;
  const distance = Math.sqrt(square / PROJECTIONS);
  return distance === 0 ? 0 : distance / Math.sqrt(x[3]!);
}
