// How foreign elements lie in memory: shapes of any spelling, strides and offsets, and gathering into row-major order.
import { LimitError, ShapeError } from '../errors.ts';
import { allocate, type DType, type TypedArray } from './dtype.ts';
import { checkShape, formatShape, type Shape, sizeOf, stridesOf } from './shape.ts';

/** Element (i, j, …) lies at `offset + i·strides[0] + j·strides[1] + …`; strides in elements, of any sign. */
interface Layout {
  readonly shape: Shape;
  readonly strides: readonly number[];
  readonly offset: number;
}

/** A shape given as numbers, bigints, an integer array or one length; a ShapeError when it is none. */
export function readShape(dims: unknown, owner: string): Shape {
  const list = typeof dims === 'number' || typeof dims === 'bigint' ? [dims] : dims;
  return checkShape(integers(list) ?? typeof dims, owner);
}

/**
 * The layout an object states by `stride` (ndarray) or `strides` (@stdlib) and `offset`; undefined when by none of
 * them.
 */
export function readLayout(shape: Shape, stride: unknown, offset: unknown, owner: string): Layout | undefined {
  if (stride === undefined && offset === undefined) return undefined;
  const strides = stride === undefined ? stridesOf(shape) : integers(stride);
  const start = offset === undefined ? 0 : Number(offset);
  if (strides?.length !== shape.length || !strides.every(Number.isSafeInteger) || !Number.isSafeInteger(start)) {
    throw new ShapeError(
      `${owner}: stride and offset do not belong to shape ${formatShape(shape)}; give one integer stride for ` +
        'each axis and an integer offset.',
      { shape, strides, offset: start },
    );
  }
  return { shape, strides: strides as readonly number[], offset: start };
}

/** Throws a ShapeError when `length` elements are not exactly those of the shape. */
export function checkFilled(shape: Shape, length: number, owner: string): void {
  if (sizeOf(shape) === length) return;
  throw new ShapeError(
    `${owner}: ${length} elements do not fill shape ${formatShape(shape)} of ${sizeOf(shape)}; give a shape ` +
      `whose product is ${length}.`,
    { shape, length },
  );
}

/** The elements of a layout, row-major: a view of `source` where it is so already, otherwise a fresh array. */
export function gatherElements(
  source: TypedArray,
  dtype: DType,
  layout: Layout,
  owner: string,
): { array: TypedArray; fresh: boolean } {
  const size = sizeOf(layout.shape);
  checkInside(layout, size, source.length, owner);
  if (size > 0 && isRowMajor(layout)) {
    const whole = layout.offset === 0 && source.length === size;
    return { array: whole ? source : source.subarray(layout.offset, layout.offset + size), fresh: false };
  }
  const array = reserve(dtype, size, owner);
  if (size > 0) copyStrided(source as Float64Array, array as Float64Array, layout);
  return { array, fresh: true };
}

// Number and bigint arrays are copied by the same loop: an element goes from one array to another of the same class.
function copyStrided(source: Float64Array, target: Float64Array, { shape, strides, offset }: Layout): void {
  const inner = shape[shape.length - 1] ?? 1;
  const step = strides[shape.length - 1] ?? 0;
  const index = shape.map(() => 0);
  for (let at = 0, from = offset; at < target.length; at += inner) {
    for (let i = 0; i < inner; i++) target[at + i] = source[from + i * step]!;
    from += advance(index, shape, strides);
  }
}

/** Steps an index over all axes but the last; returns how far that moves in the source. */
function advance(index: number[], shape: Shape, strides: readonly number[]): number {
  let moved = 0;
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    const stride = strides[axis]!;
    const next = index[axis]! + 1;
    index[axis] = next < shape[axis]! ? next : 0;
    if (index[axis] !== 0) return moved + stride;
    moved -= stride * (next - 1);
  }
  return moved;
}

function isRowMajor({ shape, strides }: Layout): boolean {
  const wanted = stridesOf(shape);
  return shape.every((length, axis) => length === 1 || strides[axis] === wanted[axis]);
}

function checkInside({ shape, strides, offset }: Layout, size: number, length: number, owner: string): void {
  if (size === 0) return;
  let [first, last] = [offset, offset];
  shape.forEach((axisLength, axis) => {
    const reach = (axisLength - 1) * strides[axis]!;
    if (reach < 0) first += reach;
    else last += reach;
  });
  if (first >= 0 && last < length) return;
  throw new ShapeError(
    `${owner}: shape ${formatShape(shape)} with stride ${formatShape(strides)} and offset ${offset} reads ` +
      `elements ${first} to ${last} of ${length}; correct the stride or the offset.`,
    { shape, strides, offset, length },
  );
}

/** A fresh array; strides of 0 let a small object ask for more than there is. */
function reserve(dtype: DType, size: number, owner: string): TypedArray {
  try {
    return allocate(dtype, size);
  } catch {
    throw new LimitError(`${owner}: no memory for ${size} elements of ${dtype}; split it into smaller tensors.`, {
      size,
      dtype,
    });
  }
}

/**
 * A list of integers with its bigints as numbers; entries of other kinds stay visible as their kind, for the message.
 */
function integers(list: unknown): readonly unknown[] | undefined {
  if (!Array.isArray(list) && (!ArrayBuffer.isView(list) || list instanceof DataView)) return undefined;
  return Array.from(list as Iterable<unknown>, (entry) =>
    typeof entry === 'bigint' || typeof entry === 'number' ? Number(entry) + 0 : typeof entry,
  );
}
