// Loop geometry: broadcasting, merging of dimensions, and walking rows of strided operands. Strides are in elements.

/** A loop nest over one index space with one stride vector per operand. */
export interface LoopNest {
  readonly shape: readonly number[];
  readonly strides: readonly (readonly number[])[];
}

/** Number of elements of a shape; 1 for rank 0. */
export function elementCount(shape: readonly number[]): number {
  let count = 1;
  for (let d = 0; d < shape.length; d++) count *= shape[d]!;
  return count;
}

/** Row-major strides of a shape. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    strides[d] = step;
    step *= shape[d]!;
  }
  return strides;
}

/** The strides of an operand seen at the broadcast shape: 0 where it repeats. */
export function broadcastStrides(
  shape: readonly number[],
  strides: readonly number[],
  target: readonly number[],
): number[] {
  const lead = target.length - shape.length;
  return target.map((_, d) => (d < lead || shape[d - lead] === 1 ? 0 : strides[d - lead]!));
}

/** Drops extents of 1 and merges neighbours that every operand walks with one step; always at least one dimension. */
export function collapse(nest: LoopNest): LoopNest {
  const shape: number[] = [];
  const strides = nest.strides.map((): number[] => []);
  for (let d = nest.shape.length - 1; d >= 0; d--) {
    const extent = nest.shape[d]!;
    if (extent === 1) continue;
    const last = shape.length - 1;
    if (last >= 0 && strides.every((s, i) => nest.strides[i]![d] === s[last]! * shape[last]!)) {
      shape[last]! *= extent;
      continue;
    }
    shape.push(extent);
    for (let i = 0; i < strides.length; i++) strides[i]!.push(nest.strides[i]![d]!);
  }
  if (shape.length === 0) return { shape: [1], strides: strides.map(() => [0]) };
  return { shape: shape.reverse(), strides: strides.map((s) => s.reverse()) };
}

/**
 * Calls `visit` once per innermost row, in row-major order, with the start offset of each operand (array reused) and
 * the row number.
 */
export function forEachRow(
  nest: LoopNest,
  starts: readonly number[],
  visit: (offsets: readonly number[], row: number) => void,
): void {
  if (elementCount(nest.shape) === 0) return;
  const offsets = [...starts];
  const index = new Array<number>(nest.shape.length - 1).fill(0);
  let rows = 1;
  for (let d = 0; d < index.length; d++) rows *= nest.shape[d]!;
  for (let row = 0; row < rows; row++) {
    visit(offsets, row);
    step(nest, index, offsets);
  }
}

function step(nest: LoopNest, index: number[], offsets: number[]): void {
  for (let d = index.length - 1; d >= 0; d--) {
    index[d]!++;
    for (let i = 0; i < offsets.length; i++) offsets[i]! += nest.strides[i]![d]!;
    if (index[d]! < nest.shape[d]!) return;
    for (let i = 0; i < offsets.length; i++) offsets[i]! -= nest.strides[i]![d]! * nest.shape[d]!;
    index[d] = 0;
  }
}
