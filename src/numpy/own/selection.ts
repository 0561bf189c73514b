// Functions of NumPy that choose elements: by index, by a mask, by a diagonal, by membership.
import { AttributeError, ShapeError } from '../../kit.ts';
import type { PendingTensor, Tensor } from '../../surface.ts';
import { shapeOf } from '../calls.ts';
import { axisOf, type Context, type Arguments, type Own } from '../context.ts';
import { commonOf, flattened } from './operands.ts';
import { placeOf } from './shape.ts';

/** Indices as int64; those written as lists are held against the length of the axis now. */
export function indicesOf(np: Context, value: unknown, length: number, owner: string): Tensor {
  const check = (each: unknown): void => {
    if (Array.isArray(each)) each.forEach(check);
    else if (typeof each === 'number' || typeof each === 'bigint') placeOf(Number(each), length, owner);
  };
  check(value);
  return np.call('asarray', value, typeof value === 'number' || Array.isArray(value) ? { dtype: 'int64' } : {});
}

export const takeOf: Own = (np, given) => {
  const a = given.array('a');
  const axis = given.axis('axis', a.ndim);
  const [x, along] = axis === undefined ? [flattened(a), 0] : [a, axis];
  return x.take(indicesOf(np, given.raw('indices'), x.shape[along]!, 'take'), { axis: along });
};

/** The indices at which a vector of bools is true, in order. Waits for their number. */
export const truePlaces = async (mask: Tensor): Promise<Tensor> => (await mask.flatnonzero()).astype('int64');

export const compress: Own = async (np, given) => {
  const a = given.array('a');
  const axis = given.axis('axis', a.ndim);
  const [x, along] = axis === undefined ? [flattened(a), 0] : [a, axis];
  const condition = flattened(given.array('condition', 'bool'));
  if (condition.size > x.shape[along]!)
    throw new ShapeError(
      `np.compress: a condition of ${condition.size} elements is longer than the axis of ${x.shape[along]}.`,
      { condition: condition.size, length: x.shape[along] },
    );
  return await x.take(await truePlaces(condition), { axis: along });
};

export const extract: Own = async (_np, given) =>
  await flattened(given.array('arr')).take(await truePlaces(flattened(given.array('condition', 'bool'))));

/** The indices of each axis that places in a row of all elements stand for. */
export function unravelled(places: Tensor, shape: readonly number[]): PendingTensor[] {
  let stride = shape.reduce((product, length) => product * length, 1);
  return shape.map((length) => {
    stride /= Math.max(length, 1);
    return places.floorDivide(BigInt(Math.max(stride, 1))).remainder(BigInt(Math.max(length, 1)));
  });
}

export const diag: Own = (np, given) => {
  const [v, k] = [given.array('v'), given.number('k')];
  if (v.ndim === 2) return v.diagonal({ offset: k });
  if (v.ndim !== 1)
    throw new ShapeError(`np.diag: an array of ${v.ndim} dimensions; give a vector or a matrix.`, { shape: v.shape });
  return onDiagonal(np, v, k);
};

function onDiagonal(np: Context, v: Tensor, k: number): PendingTensor {
  const n = v.size + Math.abs(k);
  const before = np.sheet.zeros([Math.abs(k)], { dtype: v.dtype });
  // By row where the diagonal is below, by column where it is above.
  const placed = k >= 0 ? np.sheet.concat([before, v]).reshape([1, n]) : np.sheet.concat([before, v]).reshape([n, 1]);
  const on = np.sheet.eye(n, n, k, { dtype: 'bool' });
  return np.sheet.where(on, placed, np.sheet.zeros([], { dtype: v.dtype }));
}

export const diagflat: Own = (np, given) => onDiagonal(np, flattened(given.array('v')), given.number('k'));

const indicesWithin = (np: Context, keep: 'tril' | 'triu', shape: readonly number[], k: number): unknown =>
  np.call('nonzero', np.sheet.ones(shape, { dtype: 'float64' })[keep]({ k }));

const triangle =
  (keep: 'tril' | 'triu'): Own =>
  async (np, given) => {
    const n = given.number('n');
    return indicesWithin(np, keep, [n, given.has('m') ? given.number('m') : n], given.number('k'));
  };

const triangleOf =
  (keep: 'tril' | 'triu'): Own =>
  async (np, given) => {
    const { shape } = given.array('arr');
    if (shape.length !== 2)
      throw new ShapeError(`np.${keep}_indices_from: an array of ${shape.length} dimensions; give a matrix.`, {
        shape,
      });
    return indicesWithin(np, keep, shape, given.number('k'));
  };

export const trilIndices: Own = triangle('tril');
export const triuIndices: Own = triangle('triu');
export const trilIndicesFrom: Own = triangleOf('tril');
export const triuIndicesFrom: Own = triangleOf('triu');

const placesOnDiagonal = (np: Context, length: number, axes: number): PendingTensor[] =>
  new Array<PendingTensor>(axes).fill(np.sheet.arange(0, length, 1, { dtype: 'int64' }));

/** Places that a function of a matrix and k keeps. */
export const maskIndices: Own = async (np, given) => {
  const [n, keep] = [given.number('n'), given.raw('mask_func')];
  if (typeof keep !== 'function') throw given.wrong('mask_func', 'a function of a matrix and k, as np.triu');
  return np.call('nonzero', (keep as (...args: unknown[]) => Tensor)(np.sheet.ones([n, n]), given.raw('k')));
};

/** Elements of one of two and not of the other. */
export const setxor1d: Own = async (np, given) => {
  const [a, b] = commonOf(np, given, 'common', 'ar1', 'ar2') as [Tensor, Tensor];
  const [all, both] = await Promise.all([np.call('union1d', a, b), np.call('intersect1d', a, b)]);
  return await np.call('setdiff1d', all, both);
};

export const diagonal: Own = (_np, given) => {
  const a = given.array('a');
  const [first, second] = ['axis1', 'axis2'].map((name) => axisOf(given.number(name), a.ndim, 'diagonal'));
  if (first === second) throw given.wrong('axis2', 'another axis than axis1');
  const others = a.shape.map((_, axis) => axis).filter((axis) => axis !== first && axis !== second);
  return a.permuteDims([...others, first!, second!]).diagonal({ offset: given.number('offset') });
};

export const diagIndices: Own = (np, given) => placesOnDiagonal(np, given.number('n'), given.number('ndim'));

export const diagIndicesFrom: Own = (np, given) => {
  const { shape } = given.array('arr');
  if (shape.length < 2 || shape.some((length) => length !== shape[0]))
    throw new ShapeError(
      `np.diag_indices_from: the shape [${shape.join(', ')}]; give an array of at least two axes, all of one length.`,
      { shape },
    );
  return placesOnDiagonal(np, shape[0]!, shape.length);
};

export const unravelIndex: Own = (np, given) => {
  const shape = shapeOf(given.raw('shape'));
  const size = shape.reduce((product, length) => product * length, 1);
  return unravelled(indicesOf(np, given.raw('indices'), size, 'unravel_index'), shape);
};

export const ravelMultiIndex: Own = (np, given) => {
  const [indices, shape] = [given.raw('multi_index') as readonly unknown[], shapeOf(given.raw('dims'))];
  if (indices.length !== shape.length)
    throw new AttributeError(
      `np.ravel_multi_index: ${indices.length} indices for ${shape.length} axes; give one for each axis.`,
      { indices: indices.length, axes: shape.length },
    );
  return shape.reduce<Tensor>(
    (place, length, axis) =>
      place.multiply(BigInt(length)).add(indicesOf(np, indices[axis], length, 'ravel_multi_index')),
    np.sheet.zeros([], { dtype: 'int64' }),
  );
};

export const trimZeros: Own = async (np, given) => {
  const x = given.array('filt');
  const places = await np.call('flatnonzero', x);
  if (places.size === 0) return await x.slice([0], [0]);
  const [first, last] = [Number(await places.min().item()), Number(await places.max().item())];
  return await x.slice([first], [last + 1]);
};

export const unique: Own = async (np, given) => {
  const ar = flattened(given.array('ar'));
  const found = await ar.uniqueAll();
  const asked = { return_index: 'indices', return_inverse: 'inverse', return_counts: 'counts' } as const;
  const more = Object.entries(asked).filter(([name]) => given.flag(name));
  if (more.length === 0) return found.values;
  const inverse = given.flag('return_inverse') ? found.inverse.reshape([...given.array('ar').shape]) : found.inverse;
  const places = { ...found, inverse };
  return [found.values, ...(await Promise.all(more.map(([, name]) => places[name].astype('int64'))))];
};

/** Widths before and after each axis, of what `pad_width` may be. */
function widthsOf(given: Arguments, rank: number): readonly (readonly [number, number])[] {
  const width = given.raw('pad_width');
  if (typeof width === 'number') return new Array<readonly [number, number]>(rank).fill([width, width]);
  const list = width as readonly (number | readonly number[])[];
  if (list.every((each) => typeof each === 'number'))
    return new Array<readonly [number, number]>(rank).fill([list[0]!, list[1] ?? list[0]!]);
  const pairs = list.map((each): readonly [number, number] => {
    const pair = each as readonly number[];
    return [pair[0]!, pair[1] ?? pair[0]!];
  });
  if (pairs.length === 1) return new Array<readonly [number, number]>(rank).fill(pairs[0]!);
  if (pairs.length !== rank) throw given.wrong('pad_width', `a number, a pair, or ${rank} pairs`);
  return pairs;
}

/** Which index of an axis stands at each place of the padded one. */
const PADDED: Readonly<Record<string, (index: number, length: number) => number>> = {
  edge: (index, length) => Math.max(0, Math.min(length - 1, index)),
  wrap: (index, length) => ((index % length) + length) % length,
  symmetric: (index, length) => {
    const at = ((index % (2 * length)) + 2 * length) % (2 * length);
    return at < length ? at : 2 * length - 1 - at;
  },
  reflect: (index, length) => {
    if (length === 1) return 0;
    const at = ((index % (2 * length - 2)) + 2 * length - 2) % (2 * length - 2);
    return at < length ? at : 2 * length - 2 - at;
  },
};

export const pad: Own = (np, given) => {
  const [x, mode] = [given.array('array'), given.text('mode')];
  const widths = widthsOf(given, x.ndim);
  if (mode === 'constant') {
    const value = np.call('full', [], given.raw('constant_values'), { dtype: x.dtype });
    return widths.reduce<Tensor>((padded, pair, axis) => {
      const edge = (length: number): Tensor =>
        value.broadcastTo(padded.shape.map((each, i) => (i === axis ? length : each)));
      return np.sheet.concat([edge(pair[0]), padded, edge(pair[1])], { axis });
    }, x);
  }
  const indexAt = PADDED[mode];
  if (indexAt === undefined)
    throw given.wrong(
      'mode',
      `'constant', ${Object.keys(PADDED)
        .map((each) => `'${each}'`)
        .join(', ')}`,
    );
  return widths.reduce<Tensor>((padded, [before, after], axis) => {
    const length = padded.shape[axis]!;
    if (length === 0) throw new ShapeError(`np.pad: axis ${axis} is empty; only mode 'constant' can pad it.`, { axis });
    const places = Array.from({ length: before + length + after }, (_, i) => indexAt(i - before, length));
    return padded.take(np.sheet.tensor(places, { dtype: 'int64' }), { axis: axisOf(axis, padded.ndim, 'pad') });
  }, x);
};
