// Functions of NumPy that reduce, accumulate, order and compare, told in terms of others.
import { AttributeError, ShapeError } from '../../kit.ts';
import type { PendingTensor, Tensor } from '../../surface.ts';
import { type Context, type Arguments, axisOf, type Own } from '../context.ts';
import { commonOf, flattened, castOne, partOf } from './operands.ts';
import { placeOf } from './shape.ts';

/** The axis that was asked for, or all elements in one row. */
function alongAxis(given: Arguments, x: Tensor, owner: string): { x: Tensor; axis: number } {
  return given.has('axis') ? { x, axis: axisOf(given.number('axis'), x.ndim, owner) } : { x: flattened(x), axis: 0 };
}

/** What `axis` and `keepdims` were given as, for another function. */
const reduced = (given: Arguments): Record<string, unknown> => ({
  axis: given.raw('axis'),
  keepdims: given.flag('keepdims'),
});

export const ptp: Own = (np, given) => {
  const a = given.array('a');
  return np.call('max', a, reduced(given)).subtract(np.call('min', a, reduced(given)));
};

export const average: Own = (np, given) => {
  const a = castOne(np, given, 'float64', 'a');
  if (!given.has('weights')) return np.call('mean', a, reduced(given));
  const weights = given.array('weights', a.dtype);
  if (weights.ndim === a.ndim) return weighted(np, a, weights.broadcastTo([...a.shape]), given);
  const axis = axisOf(given.number('axis'), a.ndim, 'average');
  if (weights.ndim !== 1 || weights.size !== a.shape[axis])
    throw new ShapeError(
      `np.average: weights of shape (${weights.shape.join(', ')}) do not fit axis ${axis} of length ` +
        `${a.shape[axis]}; give one weight for each element of the axis.`,
      { weights: weights.shape, axis },
    );
  const shaped = weights.reshape(a.shape.map((_, i) => (i === axis ? weights.size : 1))).broadcastTo([...a.shape]);
  return weighted(np, a, shaped, given);
};

const weighted = (np: Context, a: Tensor, weights: Tensor, given: Arguments): PendingTensor =>
  np.call('sum', a.multiply(weights), reduced(given)).divide(np.call('sum', weights, reduced(given)));

const accumulated =
  (op: 'cumulativeSum' | 'cumulativeProd', fill?: number): Own =>
  (np, given) => {
    const dtype = given.dtype();
    const counted = dtype === undefined ? castOne(np, given, 'counted', 'a') : given.array('a', dtype);
    const { x, axis } = alongAxis(given, counted, op);
    const present = fill === undefined ? x : np.sheet.where(x.isnan(), fill, x);
    return present[op]({ axis });
  };

export const cumsum: Own = accumulated('cumulativeSum');
export const cumprod: Own = accumulated('cumulativeProd');
export const nancumsum: Own = accumulated('cumulativeSum', 0);
export const nancumprod: Own = accumulated('cumulativeProd', 1);

/** x between what was given to stand before and after it along an axis; one element stands in the place of many. */
function between(np: Context, x: Tensor, axis: number, given: Arguments, names: readonly [string, string]): Tensor {
  const beside = (name: string): Tensor[] => {
    if (!given.has(name)) return [];
    const part = given.array(name, x.dtype);
    return [part.ndim > 0 ? part : part.broadcastTo(x.shape.map((length, i) => (i === axis ? 1 : length)))];
  };
  const [before, after] = names.map(beside) as [Tensor[], Tensor[]];
  return before.length + after.length === 0 ? x : np.sheet.concat([...before, x, ...after], { axis });
}

export const diff: Own = (np, given) => {
  const a = given.array('a');
  const axis = axisOf(given.number('axis'), a.ndim, 'diff');
  return between(np, a, axis, given, ['prepend', 'append']).diff(given.number('n'), { axis });
};

export const ediff1d: Own = (np, given) => {
  const differences = flattened(given.array('ary')).diff();
  const row = (name: string): Tensor[] => (given.has(name) ? [flattened(given.array(name, differences.dtype))] : []);
  return np.sheet.concat([...row('to_begin'), differences, ...row('to_end')]);
};

export const gradient: Own = (np, given) => {
  const f = castOne(np, given, 'float64', 'f');
  const axes = given.has('axis')
    ? given.numbers('axis').map((axis) => axisOf(axis, f.ndim, 'gradient'))
    : f.shape.map((_, i) => i);
  const steps = (given.raw('varargs') as readonly unknown[]).map(Number);
  if (steps.length > 1 && steps.length !== axes.length)
    throw new AttributeError(
      `np.gradient: ${steps.length} steps for ${axes.length} axes; give one for all, or one for each axis.`,
      { steps: steps.length, axes: axes.length },
    );
  const results = axes.map((axis, i) => slopes(np, f, axis, steps[i] ?? steps[0] ?? 1));
  return results.length === 1 ? results[0] : results;
};

/** Central differences, and one-sided ones at both ends. */
function slopes(np: Context, f: Tensor, axis: number, step: number): PendingTensor {
  if (!(f.shape[axis]! >= 2) || !Number.isFinite(step))
    throw new ShapeError('np.gradient: an axis has at least two elements, and its step is a number.', {
      shape: f.shape,
      step,
    });
  const between = partOf(f, axis, 2, null)
    .subtract(partOf(f, axis, 0, -2))
    .divide(2 * step);
  const first = partOf(f, axis, 1, 2)
    .subtract(partOf(f, axis, 0, 1))
    .divide(step);
  const last = partOf(f, axis, -1, null)
    .subtract(partOf(f, axis, -2, -1))
    .divide(step);
  return np.sheet.concat([first, between, last], { axis });
}

export const cov: Own = (np, given) => {
  const m = given.array('m').ndim === 0 ? flattened(given.array('m')) : castOne(np, given, 'float64', 'm');
  const rows = m.ndim === 1 ? m.reshape([1, m.size]) : given.flag('rowvar') ? m : m.T;
  const ddof = given.has('ddof') ? given.number('ddof') : given.flag('bias') ? 0 : 1;
  const centred = rows.subtract(rows.mean({ axis: 1, keepdims: true }));
  const result = centred.matmul(centred, { transposeB: true }).divide(rows.shape[1]! - ddof);
  return rows.shape[0] === 1 ? result.reshape([]) : result;
};

export const corrcoef: Own = (np, given) => {
  const c = np.call('cov', given.array('x'), { rowvar: given.flag('rowvar') });
  if (c.ndim === 0) return c.divide(c);
  const deviations = c.diagonal().sqrt();
  const scaled = c.divide(deviations.reshape([deviations.size, 1])).divide(deviations);
  return np.call('clip', scaled, -1, 1);
};

const MODES = ['full', 'same', 'valid'];

/** Sums of products of a row with all shifts of another. */
function slidingProducts(np: Context, given: Arguments, isReversed: boolean): Tensor {
  const [a, v] = commonOf(np, given, 'common', 'a', 'v') as [Tensor, Tensor];
  const mode = given.text('mode');
  if (!MODES.includes(mode)) throw given.wrong('mode', "'full', 'same' or 'valid'");
  if (a.ndim !== 1 || v.ndim !== 1 || a.size === 0 || v.size === 0)
    throw new ShapeError('np.convolve: both operands are vectors that are not empty.', { a: a.shape, v: v.shape });
  const [longer, shorter] = a.size >= v.size ? [a, v] : [v, a];
  const edge = np.sheet.zeros([shorter.size - 1], { dtype: a.dtype });
  const padded = np.sheet.concat([edge, longer, edge]);
  const kernel = isReversed ? shorter.flip() : shorter;
  const count = longer.size + shorter.size - 1;
  let total: Tensor | undefined;
  for (let i = 0; i < shorter.size; i++) {
    const term = padded.slice([i], [i + count]).multiply(kernel.slice([i], [i + 1]));
    total = total === undefined ? term : total.add(term);
  }
  const cut = mode === 'valid' ? shorter.size - 1 : 0;
  const from = mode === 'same' ? Math.floor((shorter.size - 1) / 2) : cut;
  const length = mode === 'same' ? longer.size : count - 2 * cut;
  return total!.slice([from], [from + length]);
}

export const convolve: Own = (np, given) => slidingProducts(np, given, true);

export const correlate: Own = (np, given) => {
  const [a, v] = commonOf(np, given, 'common', 'a', 'v') as [Tensor, Tensor];
  return np.call('convolve', a, v.flip(), { mode: given.text('mode') });
};

export const sortOf: Own = (_np, given) => {
  const { x, axis } = orderedAlong(given, 'sort');
  return x.sort({ axis });
};

export const argsortOf: Own = (_np, given) => {
  const { x, axis } = orderedAlong(given, 'argsort');
  return x.argsort({ axis }).astype('int64');
};

/** Whether every place that was asked for is one of the axis. */
function checkPlaces(given: Arguments, length: number, owner: string): void {
  for (const kth of given.numbers('kth')) placeOf(kth, length, owner);
}

export const partition: Own = (_np, given) => {
  const { x, axis } = orderedAlong(given, 'partition');
  checkPlaces(given, x.shape[axis]!, 'partition');
  return x.sort({ axis });
};

export const argpartition: Own = (_np, given) => {
  const { x, axis } = orderedAlong(given, 'argpartition');
  checkPlaces(given, x.shape[axis]!, 'argpartition');
  return x.argsort({ axis }).astype('int64');
};

function orderedAlong(given: Arguments, owner: string): { x: Tensor; axis: number } {
  const a = given.array('a');
  return given.raw('axis') === null
    ? { x: flattened(a), axis: 0 }
    : { x: a, axis: axisOf(given.number('axis'), a.ndim, owner) };
}

export const lexsort: Own = (np, given) => {
  const keys = given.arrays('keys');
  const axis = axisOf(given.number('axis'), keys[0]?.ndim ?? 0, 'lexsort');
  // The last key is the first to go by: sorts are stable, so that it is sorted last.
  return keys.reduce<Tensor>(
    (order, key) => {
      const next = key.takeAlongAxis(order, { axis }).argsort({ axis });
      return order.takeAlongAxis(next, { axis });
    },
    np.call('zeros_like', keys[0], { dtype: 'int64' }).argsort({ axis }).astype('int64'),
  );
};

export const digitize: Own = (np, given) =>
  np.call('searchsorted', given.array('bins'), given.array('x'), given.flag('right') ? 'left' : 'right');

export const bincount: Own = async (np, given) => {
  const x = given.integers('x');
  const largest = x.size === 0 ? -1 : Number(await x.max().item());
  const count = Math.max(largest + 1, given.number('minlength'));
  if (given.has('weights')) return await given.array('weights', 'float64').segmentSum(x, count);
  return await x.bincount(count).astype('int64');
};

export const allclose: Own = (np, given) => {
  const options = { rtol: given.raw('rtol'), atol: given.raw('atol'), equal_nan: given.raw('equal_nan') };
  return truthOf(np.call('isclose', given.operand('a'), given.operand('b'), options));
};

export const truthOf = async (condition: Tensor): Promise<boolean> => (await condition.all().item()) === true;

const sameShape = (a: Tensor, b: Tensor): boolean =>
  a.ndim === b.ndim && a.shape.every((length, axis) => length === b.shape[axis]);

export const arrayEqual: Own = async (np, given) => {
  const [a, b] = [given.array('a1'), given.array('a2')];
  if (!sameShape(a, b)) return false;
  const equal = np.call('equal', a, b);
  return truthOf(given.flag('equal_nan') ? equal.logicalOr(a.notEqual(a).logicalAnd(b.notEqual(b))) : equal);
};

export const arrayEquiv: Own = async (np, given) => {
  try {
    return await truthOf(np.call('equal', given.array('a1'), given.array('a2')));
  } catch (error) {
    if (error instanceof ShapeError) return false;
    throw error;
  }
};
