// Functions of NumPy that make arrays: float64 where no dtype is named, int64 for ranges of whole numbers.
import { AttributeError, NumericError } from '../../kit.ts';
import type { DType, PendingTensor, Tensor } from '../../surface.ts';
import { arrayOf } from '../arrays.ts';
import { type Context, type Arguments, isPlain, type Own } from '../context.ts';
import { isIntegral } from '../promotion.ts';
import { shapeOf } from '../calls.ts';

export const array: Own = (_np, given) => {
  const x = given.array('object', given.dtype());
  const missing = given.number('ndmin') - x.ndim;
  return missing > 0 ? x.reshape([...new Array<number>(missing).fill(1), ...x.shape]) : x;
};

export const asarray: Own = (_np, given) => given.array(given.has('a') ? 'a' : 'x', given.dtype());

export const asarrayChkfinite: Own = async (_np, given) => {
  const a = given.array('a', given.dtype());
  if ((await a.equal(a).logicalAnd(a.subtract(a).equal(0)).all().item()) === true) return a;
  throw new NumericError('np.asarray_chkfinite: a has elements that are NaN or infinite; replace them first.', {
    shape: a.shape,
  });
};

const filled = (np: Context, given: Arguments, value: unknown, dtype: DType | undefined): PendingTensor => {
  const shape = shapeOf(given.raw('shape'));
  if (!isPlain(value)) return arrayOf(np.sheet, value, dtype).broadcastTo([...shape]);
  const own = typeof value === 'number' ? 'float64' : typeof value === 'bigint' ? 'int64' : 'bool';
  return np.sheet.full([...shape], typeof value === 'boolean' ? Number(value) : value, { dtype: dtype ?? own });
};

export const zeros: Own = (np, given) => filled(np, given, 0, given.dtype());
export const ones: Own = (np, given) => filled(np, given, 1, given.dtype());
export const full: Own = (np, given) => filled(np, given, given.raw('fill_value'), given.dtype());

function filledLike(np: Context, given: Arguments, value: unknown): PendingTensor {
  const a = given.array('a');
  const shape = given.has('shape') ? shapeOf(given.raw('shape')) : a.shape;
  return np.call('full', shape, value, { dtype: given.dtype() ?? a.dtype });
}

export const zerosLike: Own = (np, given) => filledLike(np, given, 0);
export const onesLike: Own = (np, given) => filledLike(np, given, 1);
export const fullLike: Own = (np, given) => filledLike(np, given, given.raw('fill_value'));

export const eye: Own = (np, given) =>
  np.sheet.eye(given.number('N'), given.has('M') ? given.number('M') : null, given.number('k'), {
    dtype: given.dtype() ?? 'float64',
  });

export const identity: Own = (np, given) => np.call('eye', given.number('n'), { dtype: given.dtype() });

export const arange: Own = (np, given) => {
  const [start, stop] = given.has('stop') ? [given.raw('start'), given.raw('stop')] : [0, given.raw('start')];
  const step = given.raw('step');
  const bounds = [start, stop, step].map(Number);
  if (bounds[2] === 0) throw new AttributeError('np.arange: step is 0; give another.', { step });
  const dtype = given.dtype() ?? (bounds.every(Number.isInteger) ? 'int64' : 'float64');
  // A range of floats is start + i · step, which float64 rounds as NumPy does.
  const count = Math.max(0, Math.ceil((bounds[1]! - bounds[0]!) / bounds[2]!));
  if (isIntegral(dtype) || dtype !== 'float64') return np.sheet.arange(bounds[0]!, bounds[1]!, bounds[2]!, { dtype });
  const second = bounds[0]! + bounds[2]!;
  const index = np.sheet.arange(0, count, 1, { dtype });
  return index.multiply(second - bounds[0]!).add(bounds[0]!);
};

/** Whole numbers from 0 on, in float64. */
const counted = (np: Context, count: number): PendingTensor => np.sheet.arange(0, count, 1, { dtype: 'float64' });

export const linspace: Own = (np, given) => {
  const [num, endpoint] = [given.number('num'), given.flag('endpoint')];
  if (num < 0 || !Number.isInteger(num))
    throw new AttributeError(`np.linspace: num is ${num}; give a whole number from 0 on.`, { num });
  const steps = endpoint ? num - 1 : num;
  const [start, stop] = [given.array('start', 'float64'), given.array('stop', 'float64')];
  const rank = Math.max(start.ndim, stop.ndim);
  const index = counted(np, num).reshape([num, ...new Array<number>(rank).fill(1)]);
  const step = stop.subtract(start).divide(Math.max(steps, 1));
  let result = index.multiply(step).add(start);
  if (endpoint && num > 1) result = np.sheet.where(index.equal(num - 1), stop, result);
  const dtype = given.dtype();
  if (dtype !== undefined) result = isIntegral(dtype) ? result.floor().astype(dtype) : result.astype(dtype);
  return given.flag('retstep') ? [result, steps > 0 ? step : step.multiply(NaN)] : result;
};

export const logspace: Own = (np, given) => {
  const { start, stop, num, endpoint } = bounds(given);
  const exponents = np.call('linspace', start, stop, num, { endpoint });
  return cast(np.sheet.full([], given.number('base'), { dtype: 'float64' }).pow(exponents), given.dtype());
};

export const geomspace: Own = (np, given) => {
  const { num, endpoint } = bounds(given);
  const [start, stop] = [given.number('start'), given.number('stop')];
  if (start === 0 || stop === 0 || start < 0 !== stop < 0)
    throw new AttributeError(`np.geomspace: no geometric row goes from ${start} to ${stop}; give two of one sign.`, {
      start,
      stop,
    });
  const sign = Math.sign(start);
  const exponents = np.call('linspace', 0, Math.log10(stop / start), num, { endpoint });
  const powers = np.sheet.full([], 10, { dtype: 'float64' }).pow(exponents).multiply(Math.abs(start));
  const index = counted(np, num);
  const ended = endpoint && num > 1 ? np.sheet.where(index.equal(num - 1), Math.abs(stop), powers) : powers;
  return cast(ended.multiply(sign), given.dtype());
};

const bounds = (given: Arguments): { start: unknown; stop: unknown; num: number; endpoint: boolean } => ({
  start: given.raw('start'),
  stop: given.raw('stop'),
  num: given.number('num'),
  endpoint: given.flag('endpoint'),
});

const cast = (x: PendingTensor, dtype: DType | undefined): PendingTensor =>
  dtype === undefined || x.dtype === dtype ? x : x.astype(dtype);

export const tri: Own = (np, given) => {
  const rows = given.number('N');
  const columns = given.has('M') ? given.number('M') : rows;
  return np.sheet.ones([rows, columns], { dtype: given.dtype() ?? 'float64' }).tril({ k: given.number('k') });
};

export const vander: Own = (np, given) => {
  const x = given.array('x');
  const count = given.has('N') ? given.number('N') : x.size;
  const powers = np.sheet.arange(0, count, 1, { dtype: isIntegral(x.dtype) ? 'int64' : x.dtype });
  const ordered = given.flag('increasing') ? powers : powers.flip();
  return np.call('power', x.reshape([x.size, 1]), ordered);
};

export const indices: Own = (np, given) => {
  const shape = shapeOf(given.raw('dimensions'));
  const dtype = given.dtype() ?? 'int64';
  const grids = shape.map((length, axis) => {
    const alone = shape.map((_, i) => (i === axis ? length : 1));
    return np.sheet
      .arange(0, length, 1, { dtype })
      .reshape(alone)
      .broadcastTo([...shape]);
  });
  return np.sheet.stack(grids);
};

export const meshgrid: Own = (_np, given) => {
  const vectors = given.arrays('xi').map((x) => x.reshape([x.size]));
  const order = given.text('indexing');
  if (order !== 'xy' && order !== 'ij') throw given.wrong('indexing', "'xy' or 'ij'");
  // In order 'xy' the first two axes are the other way round.
  const axisFor = (i: number): number => (order === 'xy' && i < 2 && vectors.length > 1 ? 1 - i : i);
  const shape: number[] = [];
  vectors.forEach((x, i) => (shape[axisFor(i)] = x.size));
  return vectors.map((x, i) =>
    x.reshape(shape.map((_, axis) => (axis === axisFor(i) ? x.size : 1))).broadcastTo(shape),
  );
};

export const fromfunction: Own = (np, given) => {
  const make = given.raw('function');
  if (typeof make !== 'function') throw given.wrong('function', 'a function of one tensor an axis');
  const shape = shapeOf(given.raw('shape'));
  const grid = np.call('indices', shape, { dtype: 'float64' });
  const coordinates = shape.map((_, axis) => grid.slice([axis], [axis + 1]).squeeze(0));
  return (make as (...coordinates: Tensor[]) => Tensor)(...coordinates);
};

/** A window of cosines: weights of cos(2πkn / (M − 1)), k from 0 on. */
const window =
  (...weights: readonly number[]): Own =>
  (np, given) => {
    const count = given.number('M');
    if (count < 1) return np.sheet.zeros([0], { dtype: 'float64' });
    if (count === 1) return np.sheet.ones([1], { dtype: 'float64' });
    const n = np.sheet.arange(1 - count, count, 2, { dtype: 'float64' });
    const terms = weights.slice(1).map((weight, k) =>
      n
        .multiply((Math.PI * (k + 1)) / (count - 1))
        .cos()
        .multiply(weight),
    );
    return terms.reduce<Tensor>(
      (sum, term) => sum.add(term),
      np.sheet.full([count], weights[0]!, { dtype: 'float64' }),
    );
  };

export const hanning: Own = window(0.5, 0.5);
export const hamming: Own = window(0.54, 0.46);
export const blackman: Own = window(0.42, 0.5, 0.08);

export const bartlett: Own = (np, given) => {
  const count = given.number('M');
  if (count < 1) return np.sheet.zeros([0], { dtype: 'float64' });
  if (count === 1) return np.sheet.ones([1], { dtype: 'float64' });
  const n = np.sheet.arange(1 - count, count, 2, { dtype: 'float64' });
  const slope = n.divide(count - 1);
  return np.sheet.where(n.lessEqual(0), slope.add(1), slope.negative().add(1));
};

export const kaiser: Own = (np, given) => {
  const [count, beta] = [given.number('M'), given.number('beta')];
  if (count <= 1) return np.sheet.ones([Math.max(0, count)], { dtype: 'float64' });
  const half = (count - 1) / 2;
  const places = np.sheet.arange(0, count, 1, { dtype: 'float64' }).subtract(half).divide(half);
  const rising = np.sheet.subtract(1, places.square()).sqrt().multiply(beta);
  return np.op('i0', rising).divide(np.op('i0', np.sheet.full([], beta, { dtype: 'float64' })));
};
