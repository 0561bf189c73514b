// Loops over windows on the last axes of an array: what lies under them is reduced, or they are added up.
import { canonicaliseNaN, type ElementArray } from './map.ts';
import { elementCount, rowMajorStrides } from '../strides.ts';

type Lengths = readonly number[];
type FloatArray = Float32Array | Float64Array;

/** How far apart windows are, and the elements of one. */
interface Steps {
  readonly stride: Lengths;
  readonly dilation: Lengths;
}

/** Extents along each axis: of a window, of its positions, and of the array it lies on. */
interface Extents {
  readonly window: Lengths;
  readonly positions: Lengths;
  readonly lengths: Lengths;
}

/** Every index of a shape in row-major order; the list is the same object each time. */
function* indices(shape: Lengths): Generator<readonly number[]> {
  if (shape.includes(0)) return;
  const index = shape.map(() => 0);
  for (;;) {
    yield index;
    let axis = shape.length - 1;
    while (axis >= 0 && ++index[axis]! === shape[axis]) index[axis--] = 0;
    if (axis < 0) return;
  }
}

const dot = (a: Lengths, b: Lengths): number => a.reduce((sum, n, k) => sum + n * b[k]!, 0);

/** Adds windows [blocks, …window, …positions] to an array [blocks, …lengths], one element of all windows at a time. */
export function overlapAdd(
  x: FloatArray,
  { window, positions, lengths }: Extents,
  { stride, dilation }: Steps,
  out: FloatArray,
): void {
  const size = elementCount(lengths);
  const strides = rowMajorStrides(lengths);
  const [columns, step] = [positions.at(-1)!, stride.at(-1)!];
  const totals = new Float64Array(size);
  for (let first = 0, from = 0; first < out.length; first += size) {
    totals.fill(0);
    for (const tap of indices(window))
      for (const row of indices(positions.slice(0, -1))) {
        let at =
          dot(
            tap.map((n, k) => n * dilation[k]!),
            strides,
          ) +
          dot(
            row.map((n, k) => n * stride[k]!),
            strides,
          );
        for (let i = 0; i < columns; i++, at += step) totals[at]! += x[from++]!;
      }
    out.set(totals, first);
  }
  canonicaliseNaN(out);
}

/** Windows on planes: arrays of `lengths` that lie one after the other. */
export interface Pool extends Extents, Steps {
  /** Elements that windows reach before and after the array. */
  readonly before: Lengths;
  readonly after: Lengths;
}

/**
 * Runs of outputs along the last axis that have an element of the plane under one tap of the window, as triples: first
 * output, element under it, how many. The taps of an output come in row-major order.
 */
function runsOf({ window, positions, lengths, before, stride, dilation }: Pool): Int32Array {
  const last = lengths.length - 1;
  const strides = rowMajorStrides(lengths);
  const [columns, step, n] = [positions[last]!, stride[last]!, lengths[last]!];
  const runs: number[] = [];
  let output = 0;
  for (const row of indices(positions.slice(0, -1))) {
    for (const tap of indices(window)) {
      const places = row.map((at, k) => at * stride[k]! + tap[k]! * dilation[k]! - before[k]!);
      const shift = tap[last]! * dilation[last]! - before[last]!;
      const start = Math.max(0, Math.ceil(-shift / step));
      const stop = Math.min(columns, Math.floor((n - 1 - shift) / step) + 1);
      if (stop > start && places.every((place, k) => place >= 0 && place < lengths[k]!))
        runs.push(output + start, dot(places, strides) + shift + start * step, stop - start);
    }
    output += columns;
  }
  return Int32Array.from(runs);
}

/** Calls `visit` with each plane of an array and of the outputs. */
function eachPlane<X extends ElementArray, Y extends ElementArray>(
  x: X,
  out: Y,
  { positions, lengths }: Pool,
  visit: (plane: X, outputs: Y) => void,
): void {
  const [size, results] = [elementCount(lengths), elementCount(positions)];
  for (let at = 0, first = 0; at < out.length; at += results, first += size)
    visit(x.subarray(first, first + size) as X, out.subarray(at, at + results) as Y);
}

/** The largest element under each window, `least` where there is none; NaN where one is, and −0 is below 0. */
export function maxPool(x: ElementArray, pool: Pool, least: number | bigint, out: ElementArray): void {
  const runs = runsOf(pool);
  const step = pool.stride.at(-1)!;
  out.fill(least as never);
  eachPlane(x as FloatArray, out as FloatArray, pool, (plane, outputs) => {
    for (let r = 0; r < runs.length; r += 3)
      for (let to = runs[r]!, end = to + runs[r + 2]!, from = runs[r + 1]!; to < end; to++, from += step) {
        const [value, greatest] = [plane[from]!, outputs[to]!];
        if (value > greatest || value !== value) outputs[to] = value;
        else if (value === 0 && greatest === 0) outputs[to] = value + greatest;
      }
  });
  canonicaliseNaN(out);
}

/** Where in its plane the largest element under each window is: the first of equals or of NaNs; −1 for none. */
export function argmaxPool(x: ElementArray, pool: Pool, out: Int32Array): void {
  const runs = runsOf(pool);
  const step = pool.stride.at(-1)!;
  out.fill(-1);
  eachPlane(x as FloatArray, out, pool, (plane, outputs) => {
    for (let r = 0; r < runs.length; r += 3)
      for (let to = runs[r]!, end = to + runs[r + 2]!, from = runs[r + 1]!; to < end; to++, from += step) {
        const [value, known] = [plane[from]!, outputs[to]!];
        const greatest = plane[known]!;
        if (known < 0 || value > greatest || (value !== value && greatest === greatest)) outputs[to] = from;
      }
  });
}

/** Sums of the elements under each window in float64, divided by `divisors` where there are some; rounded once. */
export function sumPool(x: FloatArray, pool: Pool, out: FloatArray, divisors?: Float64Array): void {
  const runs = runsOf(pool);
  const step = pool.stride.at(-1)!;
  const totals = new Float64Array(elementCount(pool.positions));
  eachPlane(x, out, pool, (plane, outputs) => {
    totals.fill(0);
    for (let r = 0; r < runs.length; r += 3)
      for (let to = runs[r]!, end = to + runs[r + 2]!, from = runs[r + 1]!; to < end; to++, from += step)
        totals[to]! += plane[from]!;
    if (divisors !== undefined) for (let i = 0; i < totals.length; i++) totals[i]! /= divisors[i]!;
    outputs.set(totals);
  });
  canonicaliseNaN(out);
}

/** How many elements are under each window: of the array alone, or of what windows reach before and after it too. */
export function tapCounts(pool: Pool, among: 'elements' | 'padded'): Float64Array {
  const { window, positions, lengths, before, after, stride, dilation } = pool;
  const along = positions.map((count, k) =>
    Array.from({ length: count }, (_, at) => {
      const [first, end] = among === 'elements' ? [0, lengths[k]!] : [-before[k]!, lengths[k]! + after[k]!];
      let taps = 0;
      for (let tap = 0; tap < window[k]!; tap++) {
        const place = at * stride[k]! + tap * dilation[k]! - before[k]!;
        if (place >= first && place < end) taps++;
      }
      return taps;
    }),
  );
  const counts = new Float64Array(elementCount(positions));
  let output = 0;
  for (const index of indices(positions)) counts[output++] = index.reduce((taps, at, k) => taps * along[k]![at]!, 1);
  return counts;
}
