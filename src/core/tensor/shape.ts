// Shape rules: sizes, broadcasting, axes. Shapes are arrays of non-negative integers; [] is a scalar.
import { rowMajorStrides } from '../../../kernels/strides.ts';
import { AttributeError, LimitError, ShapeError } from '../errors.ts';

export type Shape = readonly number[];

/** Most elements a tensor may have: what one typed array can index. */
export const MAX_ELEMENTS = 2 ** 32;
/** Most axes a tensor may have. */
export const MAX_RANK = 32;

/** Number of elements; 1 for []. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}

/** Row-major strides in elements. */
export const stridesOf: (shape: Shape) => number[] = rowMajorStrides;

export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** `[2×3]`-style text for messages. */
export const formatShape = (shape: Shape): string => `[${shape.join(',')}]`;

/** Checks that a value is a shape whose size can be allocated; returns it. */
export function checkShape(shape: unknown, owner: string): Shape {
  if (!Array.isArray(shape) || shape.length > MAX_RANK || !shape.every((n) => Number.isSafeInteger(n) && n >= 0)) {
    throw new ShapeError(
      `${owner}: ${Array.isArray(shape) ? `[${shape.map(String).join(',')}]` : String(shape)} is not a shape; ` +
        `give an array of at most ${MAX_RANK} non-negative integers.`,
      { shape },
    );
  }
  // Zeros are left out: a huge length beside one would give NaN or hide behind it.
  const size = sizeOf(shape.filter((length) => length !== 0));
  if (size > MAX_ELEMENTS) {
    throw new LimitError(
      `${owner}: shape ${formatShape(shape)} has ${size} elements, more than ${MAX_ELEMENTS}; split it into ` +
        'smaller tensors.',
      { shape, size, limit: MAX_ELEMENTS },
    );
  }
  return shape as Shape;
}

/** The common shape of operands (NumPy broadcasting), or a ShapeError that names the axes which disagree. */
export function broadcast(owner: string, shapes: readonly Shape[], names: readonly string[]): Shape {
  let result: readonly number[] = shapes[0] ?? [];
  for (let i = 1; i < shapes.length; i++) result = broadcastPair(owner, result, shapes[i]!, shapes, names);
  return result;
}

function broadcastPair(owner: string, a: Shape, b: Shape, all: readonly Shape[], names: readonly string[]): Shape {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const out = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const x = a[a.length - i] ?? 1;
    const y = b[b.length - i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) {
      const operands = all.map((shape, k) => `${names[k] ?? `operand ${k}`} is ${formatShape(shape)}`).join(', ');
      throw new ShapeError(
        `${owner}: ${operands}; ${x} ≠ ${y} at axis −${i}. Reshape one of them, or give it length 1 there to ` +
          'broadcast.',
        { shapes: all, axis: -i },
      );
    }
    out[rank - i] = x === 1 ? y : x;
  }
  return out;
}

/** An axis in [−rank, rank) as one in [0, rank). */
export function normaliseAxis(owner: string, axis: number, rank: number): number {
  if (Number.isInteger(axis) && axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis;
  if (rank === 0)
    throw new AttributeError(
      `${owner}: axis is ${axis}, and a tensor of rank 0 has no axes; give it one with reshape([1]), or leave ` +
        'axis out where that is possible.',
      { axis, rank },
    );
  throw new AttributeError(`${owner}: axis ${axis} is outside a tensor of rank ${rank}; use −${rank} to ${rank - 1}.`, {
    axis,
    rank,
  });
}

/** Axes as sorted distinct numbers in [0, rank); all axes when none are given. */
export function normaliseAxes(owner: string, axes: number | readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, i) => i);
  const list = (typeof axes === 'number' ? [axes] : axes).map((axis) => normaliseAxis(owner, axis, rank));
  if (new Set(list).size !== list.length) {
    throw new AttributeError(`${owner}: axes ${JSON.stringify(axes)} name one axis twice; name each once.`, { axes });
  }
  return list.sort((a, b) => a - b);
}
