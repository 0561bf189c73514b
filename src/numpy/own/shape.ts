// Functions of NumPy that change shapes, join, split and choose, told in terms of others.
import { AttributeError, ShapeError } from '../../kit.ts';
import type { PendingTensor, Tensor } from '../../surface.ts';
import { arrayOf } from '../arrays.ts';
import { shapeOf } from '../calls.ts';
import { axisOf, type Context, type Arguments, type Own } from '../context.ts';
import { resultType } from '../promotion.ts';
import { flattened, partOf } from './operands.ts';

export const ravel: Own = (_np, given) => given.array('a').reshape([given.array('a').size]);

export const resize: Own = (np, given) => {
  const [x, shape] = [flattened(given.array('a')), shapeOf(given.raw('new_shape'))];
  const size = shape.reduce((product, length) => product * length, 1);
  if (x.size === 0 || size === 0) return np.sheet.zeros([...shape], { dtype: x.dtype });
  return x
    .tile([Math.ceil(size / x.size)])
    .slice([0], [size])
    .reshape([...shape]);
};

const swapped = (x: Tensor, a: number, b: number): PendingTensor =>
  x.permuteDims(x.shape.map((_, axis) => (axis === a ? b : axis === b ? a : axis)));

export const swapaxes: Own = (_np, given) => {
  const x = given.array('a');
  const at = (name: string): number => axisOf(given.number(name), x.ndim, 'swapaxes');
  return swapped(x, at('axis1'), at('axis2'));
};

export const moveaxis: Own = (_np, given) => {
  const x = given.array('a');
  const listed = (name: string): number[] => given.numbers(name).map((axis) => axisOf(axis, x.ndim, 'moveaxis'));
  const [from, to] = [listed('source'), listed('destination')];
  if (from.length !== to.length || new Set(from).size < from.length || new Set(to).size < to.length)
    throw new AttributeError('np.moveaxis: give as many different destinations as different sources.', { from, to });
  const rest = x.shape.map((_, axis) => axis).filter((axis) => !from.includes(axis));
  const order: number[] = [];
  to.forEach((place, i) => (order[place] = from[i]!));
  for (let axis = 0; axis < x.ndim; axis++) order[axis] ??= rest.shift()!;
  return x.permuteDims(order);
};

export const rollaxis: Own = (np, given) => {
  const x = given.array('a');
  const axis = axisOf(given.number('axis'), x.ndim, 'rollaxis');
  const start = given.number('start');
  const before = start < 0 ? start + x.ndim : start;
  return np.call('moveaxis', x, axis, before > axis ? before - 1 : before);
};

export const expandDims: Own = (_np, given) => {
  const x = given.array('a');
  const axes = given.numbers('axis');
  const rank = x.ndim + axes.length;
  const places = axes.map((axis) => axisOf(axis, rank, 'expand_dims'));
  const lengths = [...x.shape];
  return x.reshape(Array.from({ length: rank }, (_, i) => (places.includes(i) ? 1 : lengths.shift()!)));
};

const formatted = (shape: readonly number[]): string => `(${shape.join(', ')})`;

/** The shape that shapes broadcast to; a ShapeError where they do not. */
export function commonShape(shapes: readonly (readonly number[])[], owner: string): readonly number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, i) => {
    const lengths = shapes.map((shape) => shape[i - rank + shape.length] ?? 1).filter((length) => length !== 1);
    if (new Set(lengths).size > 1)
      throw new ShapeError(
        `np.${owner}: shapes ${shapes.map(formatted).join(' and ')} do not broadcast at axis ` +
          `${i}; lengths must be equal, or 1.`,
        { shapes },
      );
    return lengths[0] ?? 1;
  });
}

export const broadcastShapesOf: Own = (_np, given) =>
  commonShape((given.raw('args') as readonly unknown[]).map(shapeOf), 'broadcast_shapes');

export const broadcastArrays: Own = (_np, given) => {
  const arrays = given.arrays('args');
  const shape = commonShape(
    arrays.map((x) => x.shape),
    'broadcast_arrays',
  );
  return arrays.map((x) => x.broadcastTo([...shape]));
};

const atLeast = (x: Tensor, rank: number): Tensor => {
  if (x.ndim >= rank) return x;
  if (rank === 1) return x.reshape([1]);
  if (rank === 2) return x.reshape([1, x.size]);
  return x.reshape(x.ndim === 2 ? [...x.shape, 1] : [1, x.size, 1]);
};

export const atleast1d: Own = (_np, given) => atLeast(given.array('a'), 1);
export const atleast2d: Own = (_np, given) => atLeast(given.array('a'), 2);
export const atleast3d: Own = (_np, given) => atLeast(given.array('a'), 3);

export const fliplr: Own = (_np, given) => given.array('m').flip({ axis: 1 });
export const flipud: Own = (_np, given) => given.array('m').flip({ axis: 0 });

export const rot90: Own = (_np, given) => {
  const m = given.array('m');
  const [a, b] = (given.has('axes') ? given.numbers('axes') : [0, 1]).map((axis) => axisOf(axis, m.ndim, 'rot90'));
  const turns = ((given.number('k') % 4) + 4) % 4;
  if (turns === 0) return m;
  if (turns === 2) return m.flip({ axis: [a!, b!] });
  return turns === 1 ? swapped(m.flip({ axis: b! }), a!, b!) : swapped(m, a!, b!).flip({ axis: b! });
};

export const repeat: Own = (np, given) => {
  const a = given.array('a');
  const axis = given.axis('axis', a.ndim);
  const [x, along] = axis === undefined ? [flattened(a), 0] : [a, axis];
  const counts = given.numbers('repeats');
  if (counts.length === 1) return x.repeat(counts[0]!, { axis: along });
  if (counts.length !== x.shape[along])
    throw new ShapeError(
      `np.repeat: ${counts.length} counts for an axis of length ${x.shape[along]}; give one for each of its elements.`,
      { counts: counts.length, length: x.shape[along] },
    );
  return x.take(
    np.sheet.tensor(
      counts.flatMap((count, i) => new Array<number>(count).fill(i)),
      { dtype: 'int64' },
    ),
    {
      axis: along,
    },
  );
};

/** Arrays as tensors of their common dtype. */
function alike(np: Context, arrays: readonly Tensor[]): Tensor[] {
  const dtype = resultType(arrays);
  return arrays.map((x) => arrayOf(np.sheet, x, dtype));
}

const joined = (np: Context, arrays: readonly Tensor[], axis: number): PendingTensor =>
  np.sheet.concat(alike(np, arrays), { axis });

export const concatenate: Own = (np, given) => {
  const arrays = given.arrays('arrays').map((x) => arrayOf(np.sheet, x, given.dtype()));
  return given.raw('axis') === null ? joined(np, arrays.map(flattened), 0) : joined(np, arrays, given.number('axis'));
};

export const vstack: Own = (np, given) =>
  joined(
    np,
    given.arrays('tup').map((x) => atLeast(x, 2)),
    0,
  );

export const hstack: Own = (np, given) => {
  const arrays = given.arrays('tup').map((x) => atLeast(x, 1));
  return joined(np, arrays, arrays[0]?.ndim === 1 ? 0 : 1);
};

export const dstack: Own = (np, given) =>
  joined(
    np,
    given.arrays('tup').map((x) => atLeast(x, 3)),
    2,
  );

export const columnStack: Own = (np, given) =>
  joined(
    np,
    given.arrays('tup').map((x) => (x.ndim < 2 ? x.reshape([x.size, 1]) : x)),
    1,
  );

export const blocksOf: Own = (np, given) => {
  const depth = (value: unknown): number => (Array.isArray(value) ? 1 + depth(value[0]) : 0);
  const levels = depth(given.raw('arrays'));
  const join = (value: unknown, level: number): Tensor =>
    Array.isArray(value)
      ? joined(
          np,
          raised(
            value.map((each) => join(each, level - 1)),
            levels,
          ),
          -level,
        )
      : arrayOf(np.sheet, value);
  return join(given.raw('arrays'), levels);
};

/** Arrays with as many axes as the one that has the most, and at least `rank`. */
function raised(arrays: readonly Tensor[], rank: number): Tensor[] {
  const most = Math.max(rank, ...arrays.map((x) => x.ndim));
  return arrays.map((x) => x.reshape([...new Array<number>(most - x.ndim).fill(1), ...x.shape]));
}

export const append: Own = (np, given) => {
  const [x, values] = [given.array('arr'), given.array('values')];
  return given.has('axis')
    ? joined(np, [x, values], given.number('axis'))
    : joined(np, [flattened(x), flattened(values)], 0);
};

/** The array and axis that are changed: all elements in one row where no axis is named. */
function alongAxis(given: Arguments, owner: string): { x: Tensor; axis: number } {
  const arr = given.array('arr');
  return given.has('axis')
    ? { x: arr, axis: axisOf(given.number('axis'), arr.ndim, owner) }
    : { x: flattened(arr), axis: 0 };
}

export const insert: Own = (np, given) => {
  const { x, axis } = alongAxis(given, 'insert');
  const places = given.numbers('obj').map((index) => placeOf(index, x.shape[axis]! + 1, 'insert'));
  const shape = x.shape.map((length, i) => (i === axis ? places.length : length));
  const given2 = given.array('values', x.dtype);
  const values = (
    places.length > 1 && given2.ndim === 1 && x.ndim > 1 && axis === 0 ? given2.reshape([given2.size, 1]) : given2
  ).broadcastTo(shape);
  const order = places.map((place, i) => ({ place, i })).sort((a, b) => a.place - b.place);
  const parts: Tensor[] = [];
  let from = 0;
  for (const { place, i } of order) {
    parts.push(partOf(x, axis, from, place), partOf(values, axis, i, i + 1));
    from = place;
  }
  return np.sheet.concat([...parts, partOf(x, axis, from, null)], { axis });
};

export const remove: Own = (np, given) => {
  const { x, axis } = alongAxis(given, 'delete');
  const gone = new Set(given.numbers('obj').map((index) => placeOf(index, x.shape[axis]!, 'delete')));
  const kept = Array.from({ length: x.shape[axis]! }, (_, i) => i).filter((i) => !gone.has(i));
  return x.take(np.sheet.tensor(kept, { dtype: 'int64' }), { axis });
};

/** An index from the first on, or an AttributeError as NumPy's IndexError. */
export function placeOf(index: number, length: number, owner: string): number {
  if (!Number.isInteger(index) || index < -length || index >= length)
    throw new AttributeError(
      `np.${owner}: index ${index} is out of bounds for an axis of length ${length}` +
        (length === 0 ? '; it has no elements.' : `; give ${-length} to ${length - 1}.`),
      { index, length },
    );
  return index < 0 ? index + length : index;
}

/** Parts of an axis, between the given indices or so many of which the first ones may be longer by one. */
function partsOf(x: Tensor, sections: readonly number[], isCount: boolean, axis: number): Tensor[] {
  const length = x.shape[axis]!;
  const [count] = sections as [number];
  const [size, longer] = [Math.floor(length / count), length % count];
  const bounds = isCount
    ? Array.from({ length: count - 1 }, (_, i) => (i + 1) * size + Math.min(i + 1, longer))
    : sections.map((index) => Math.max(0, Math.min(length, index < 0 ? index + length : index)));
  const starts = [0, ...bounds];
  return starts.map((start, i) => partOf(x, axis, start, Math.max(start, bounds[i] ?? length)));
}

const splitBy =
  (owner: string, fixed: (x: Tensor) => number | undefined, isUneven: boolean): Own =>
  (_np, given) => {
    const x = given.array('ary');
    const axis = axisOf(fixed(x) ?? given.number('axis'), x.ndim, owner);
    const isCount = !Array.isArray(given.raw('indices_or_sections'));
    const sections = given.numbers('indices_or_sections');
    const length = x.shape[axis]!;
    if (isCount && (!(sections[0]! > 0) || (!isUneven && length % sections[0]! !== 0)))
      throw new AttributeError(
        `np.${owner}: axis ${axis} of length ${length} has no ${sections[0]} equal parts; use np.array_split.`,
        { length, sections: sections[0] },
      );
    return partsOf(x, sections, isCount, axis);
  };

export const split: Own = splitBy('split', () => undefined, false);
export const arraySplit: Own = splitBy('array_split', () => undefined, true);
export const hsplit: Own = splitBy('hsplit', (x) => (x.ndim > 1 ? 1 : 0), false);
export const vsplit: Own = splitBy('vsplit', () => 0, false);
export const dsplit: Own = splitBy('dsplit', () => 2, false);

export const unstack: Own = (_np, given) => {
  const x = given.array('x');
  const axis = axisOf(given.number('axis'), x.ndim, 'unstack');
  return Array.from({ length: x.shape[axis]! }, (_, i) => partOf(x, axis, i, i + 1).squeeze(axis));
};

export const shapeOfArray: Own = (_np, given) => [...given.array('a').shape];
export const ndim: Own = (_np, given) => given.array('a').ndim;
export const sizeAlong: Own = (_np, given) => {
  const a = given.array('a');
  return given.has('axis') ? a.shape[axisOf(given.number('axis'), a.ndim, 'size')] : a.size;
};
