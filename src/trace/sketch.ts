// A dozen numbers that tell how far two results are apart without keeping either: counts, moments and random projections.

/** Numbers in a sketch: count of finite elements, maxAbs, sum, sum of squares, 8 projections. Non-finite elements count as 0. */
export const SKETCH_LENGTH = 12;
const PROJECTIONS = 8;
const SEED = 0x9e37_79b9 | 0;

/** Row b holds the signs, +1 or −1, of the low eight bits of b. */
const SIGNS = Float64Array.from({ length: 256 * PROJECTIONS }, (_, at) => (((at >>> 3) >>> (at & 7)) & 1 ? -1 : 1));

/**
 * The sketch of a result. Groups of eight elements go through a Walsh–Hadamard transform, each output gets a seeded sign and
 * is added up: eight ±1 projections for four additions an element (Ailon & Chazelle 2006). Summed in order, in float64.
 */
export function sketchOf(array: Float32Array | Float64Array): Float64Array {
  const sketch = new Float64Array(SKETCH_LENGTH);
  const group = new Float64Array(PROJECTIONS);
  let state = SEED;
  for (let start = 0; start < array.length; start += PROJECTIONS) {
    state ^= state << 13; // xorshift32 (Marsaglia 2003)
    state ^= state >>> 17;
    state ^= state << 5;
    const count = Math.min(PROJECTIONS, array.length - start);
    for (let i = 0; i < count; i++) group[i] = array[start + i] as number;
    for (let i = count; i < PROJECTIONS; i++) group[i] = 0;
    addMoments(sketch, group, count);
    addProjections(sketch, group, (state & 255) * PROJECTIONS);
  }
  return sketch;
}

function addMoments(sketch: Float64Array, group: Float64Array, count: number): void {
  let [finite, maxAbs, sum, squares] = [count, sketch[1] as number, 0, 0];
  for (let i = 0; i < PROJECTIONS; i++) {
    let x = group[i] as number;
    if (x - x !== 0) {
      finite--;
      group[i] = x = 0;
    }
    const abs = x < 0 ? -x : x;
    if (abs > maxAbs) maxAbs = abs;
    sum += x;
    squares += x * x;
  }
  sketch[0] = (sketch[0] as number) + finite;
  sketch[1] = maxAbs;
  sketch[2] = (sketch[2] as number) + sum;
  sketch[3] = (sketch[3] as number) + squares;
}

function addProjections(sketch: Float64Array, g: Float64Array, signs: number): void {
  const [a, b, c, d] = [(g[0] as number) + (g[4] as number), (g[1] as number) + (g[5] as number), (g[2] as number) + (g[6] as number), (g[3] as number) + (g[7] as number)];
  const [e, f, h, k] = [(g[0] as number) - (g[4] as number), (g[1] as number) - (g[5] as number), (g[2] as number) - (g[6] as number), (g[3] as number) - (g[7] as number)];
  add(sketch, 4, (a + c) + (b + d), signs);
  add(sketch, 5, (a + c) - (b + d), signs);
  add(sketch, 6, (a - c) + (b - d), signs);
  add(sketch, 7, (a - c) - (b - d), signs);
  add(sketch, 8, (e + h) + (f + k), signs);
  add(sketch, 9, (e + h) - (f + k), signs);
  add(sketch, 10, (e - h) + (f - k), signs);
  add(sketch, 11, (e - h) - (f - k), signs);
}

function add(sketch: Float64Array, at: number, value: number, signs: number): void {
  sketch[at] = (sketch[at] as number) + (SIGNS[signs + at - 4] as number) * value;
}

/**
 * Estimate of ‖x − y‖ / ‖x‖ from two sketches: the mean square of the projections of x − y is ‖x − y‖² in expectation.
 * Infinity where the sketches count different numbers of finite elements.
 */
export function sketchDistance(x: Float64Array, y: Float64Array): number {
  if (x[0] !== y[0]) return Infinity;
  let square = 0;
  for (let at = 4; at < SKETCH_LENGTH; at++) square += ((x[at] as number) - (y[at] as number)) ** 2;
  const distance = Math.sqrt(square / PROJECTIONS);
  return distance === 0 ? 0 : distance / Math.sqrt(x[3] as number);
}
