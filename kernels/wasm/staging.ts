// Copies rectangles of strided operands into scratch memory, chunk by chunk, where the data does not lie in linear memory already.
import type { ElementArray, NumberArray } from '../map.ts';

/** A rows × length plane of an operand: element (r, c) lies at offset + r * rowStride + c * step (in elements). */
export interface Plane {
  readonly array: ElementArray;
  readonly offset: number;
  readonly rowStride: number;
  readonly step: number;
}

/** Rows [row, row + rows) × columns [column, column + columns) of a plane. */
export interface Rectangle {
  readonly row: number;
  readonly rows: number;
  readonly column: number;
  readonly columns: number;
}

/** Copies a rectangle to the start of `target`, row after row; a plane whose rows repeat gives one row. */
export function copyRectangle(plane: Plane, part: Rectangle, target: ElementArray): void {
  const columns = plane.step === 0 ? 1 : part.columns;
  const rows = plane.rowStride === 0 ? 1 : part.rows;
  const start = plane.offset + part.row * plane.rowStride + (plane.step === 0 ? 0 : part.column * plane.step);
  const dense = plane.step === 1 || columns === 1;
  if (dense && (rows === 1 || plane.rowStride === columns)) {
    copyRun(plane.array, start, rows * columns, target, 0);
    return;
  }
  for (let r = 0; r < rows; r++) {
    const from = start + r * plane.rowStride;
    if (dense && columns > 16) copyRun(plane.array, from, columns, target, r * columns);
    else copyStrided(plane.array as NumberArray, from, plane.step, columns, target as NumberArray, r * columns);
  }
}

// Element copies of floats change signalling NaNs only into quiet ones, and results carry canonical NaNs anyhow.
function copyStrided(from: NumberArray, start: number, step: number, count: number, to: NumberArray, at: number): void {
  for (let c = 0; c < count; c++) to[at + c] = from[start + c * step]!;
}

function copyRun(from: ElementArray, start: number, count: number, to: ElementArray, at: number): void {
  (to as Float64Array).set((from as Float64Array).subarray(start, start + count), at);
}
