// Functions of NumPy that go element by element and are told in terms of others.
import { AttributeError, ShapeError } from '../../kit.ts';
import type { PendingTensor, Tensor } from '../../surface.ts';
import { arrayOf } from '../arrays.ts';
import { axisOf, type Context, type Arguments, type Own } from '../context.ts';
import { isIntegral, LARGEST, resultType } from '../promotion.ts';
import { commonOf, flattened, castOne, partOf } from './operands.ts';

export const divmod: Own = (np, given) => [
  np.call('floor_divide', given.operand('x1'), given.operand('x2')),
  np.call('remainder', given.operand('x1'), given.operand('x2')),
];

export const floatPower: Own = (np, given) => {
  const [x, y] = commonOf(np, given, 'float64', 'x1', 'x2') as [Tensor, Tensor];
  return x.astype('float64').pow(y.astype('float64'));
};

export const power: Own = (np, given) => {
  const [x, y] = commonOf(np, given, 'common', 'x1', 'x2') as [Tensor, Tensor];
  if (!isIntegral(x.dtype)) return x.pow(y);
  const exponent = given.raw('x2');
  if (typeof exponent === 'number' && exponent < 0)
    throw new AttributeError(
      `np.power: integers have no negative integer powers, as ${exponent}; cast them to float64.`,
      {
        exponent,
      },
    );
  return x.astype('float64').pow(y.astype('float64')).round().astype(x.dtype);
};

export const real: Own = (_np, given) => given.array(given.has('val') ? 'val' : 'x');

export const isreal: Own = (_np, given) => {
  const x = given.array('x');
  return x.equal(x).logicalOr(x.notEqual(x));
};

export const clip: Own = (np, given) => {
  let result: Tensor = given.array('a');
  if (given.has('a_min')) result = np.call('maximum', result, given.operand('a_min'));
  if (given.has('a_max')) result = np.call('minimum', result, given.operand('a_max'));
  return result;
};

export const round: Own = (np, given) => {
  const [x, decimals] = [given.array('a'), given.number('decimals')];
  if (isIntegral(x.dtype) && decimals >= 0) return x;
  if (decimals === 0) return x.round();
  const by = 10 ** Math.abs(decimals);
  if (!isIntegral(x.dtype)) return decimals > 0 ? x.multiply(by).round().divide(by) : x.divide(by).round().multiply(by);
  return x.astype('float64').divide(by).round().multiply(by).astype(x.dtype);
};

const infinite =
  (sign: number): Own =>
  (np, given) =>
    castOne(np, given, 'float', 'x').equal(sign * Infinity);
export const isposinf: Own = infinite(1);
export const isneginf: Own = infinite(-1);

export const logaddexp2: Own = (np, given) => {
  const [x, y] = commonOf(np, given, 'float', 'x1', 'x2') as [Tensor, Tensor];
  return x.multiply(Math.LN2).logaddexp(y.multiply(Math.LN2)).divide(Math.LN2);
};

export const ldexp: Own = (np, given) => {
  const x = castOne(np, given, 'float', 'x1');
  const exponent = given.array('x2').astype(x.dtype);
  return x.multiply(np.sheet.full([], 2, { dtype: x.dtype }).pow(exponent));
};

export const modf: Own = (np, given) => {
  const x = castOne(np, given, 'float', 'x');
  const whole = x.trunc();
  return [np.sheet.where(x.isinf(), np.sheet.zeros([], { dtype: x.dtype }), x.subtract(whole)), whole];
};

export const nanToNum: Own = (np, given) => {
  const x = given.array('x');
  if (isIntegral(x.dtype)) return x;
  const largest = LARGEST[x.dtype] ?? Number.MAX_VALUE;
  const number = (name: string, otherwise: number): Tensor =>
    np.sheet.full([], given.has(name) ? given.number(name) : otherwise, { dtype: x.dtype });
  const above = np.sheet.where(x.equal(Infinity), number('posinf', largest), x);
  const below = np.sheet.where(x.equal(-Infinity), number('neginf', -largest), above);
  return np.sheet.where(x.isnan(), number('nan', 0), below);
};

export const isclose: Own = (np, given) => {
  const [x, y] = commonOf(np, given, 'float64', 'a', 'b') as [Tensor, Tensor];
  const [rtol, atol] = [given.number('rtol'), given.number('atol')];
  const near = x.subtract(y).abs().lessEqual(y.abs().multiply(rtol).add(atol)).logicalAnd(y.isfinite());
  const close = near.logicalOr(x.equal(y));
  return given.flag('equal_nan') ? close.logicalOr(x.isnan().logicalAnd(y.isnan())) : close;
};

export const where: Own = (np, given) => {
  if (!given.has('x') && !given.has('y')) return np.call('nonzero', given.array('condition'));
  if (!given.has('x') || !given.has('y')) throw given.wrong(given.has('x') ? 'y' : 'x', 'both x and y, or neither');
  const [x, y] = commonOf(np, given, 'common', 'x', 'y') as [Tensor, Tensor];
  return np.sheet.where(given.array('condition', 'bool'), x, y);
};

export const selectOf: Own = (np, given) => {
  const [conditions, choices] = [given.arrays('condlist'), given.arrays('choicelist')];
  if (conditions.length !== choices.length || conditions.length === 0)
    throw new AttributeError(
      `np.select: ${conditions.length} conditions and ${choices.length} choices; give one choice for each condition.`,
      { conditions: conditions.length, choices: choices.length },
    );
  const otherwise = given.operand('default');
  const dtype = resultType([...choices, otherwise]);
  return choices.reduceRight<Tensor>(
    (rest, choice, i) => np.sheet.where(conditions[i]!.astype('bool'), arrayOf(np.sheet, choice, dtype), rest),
    arrayOf(np.sheet, otherwise, dtype),
  );
};

export const chooseOf: Own = (np, given) => {
  const choices = np.call('broadcast_arrays', ...given.arrays('choices')) as unknown as readonly Tensor[];
  const index = given.array('a');
  const shape = choices[0]!.shape;
  const all = np.call('stack', choices);
  const at = index
    .astype('int64')
    .broadcastTo([...shape])
    .expandDims(0);
  return all.takeAlongAxis(at, { axis: 0 }).squeeze(0);
};

export const interp: Own = (np, given) => {
  const x = given.array('x', 'float64');
  const [xp, fp] = [given.array('xp', 'float64'), given.array('fp', 'float64')];
  const count = xp.size;
  if (xp.ndim !== 1 || fp.ndim !== 1 || count !== fp.size || count === 0)
    throw new ShapeError('np.interp: xp and fp must be vectors of one length that is not 0.', {
      xp: xp.shape,
      fp: fp.shape,
    });
  const below = np.call(
    'clip',
    np.call('searchsorted', xp, flattened(x), 'right').subtract(1n),
    0,
    Math.max(count - 2, 0),
  );
  const above = np.call('minimum', below.add(1n), count - 1);
  const [x0, x1, y0, y1] = [xp.take(below), xp.take(above), fp.take(below), fp.take(above)];
  const at = flattened(x);
  const slope = y1.subtract(y0).divide(x1.subtract(x0));
  const inside = np.sheet.where(at.equal(x1), y1, slope.multiply(at.subtract(x0)).add(y0));
  const [first, last] = [partOf(xp, 0, 0, 1), partOf(xp, 0, count - 1, count)];
  const left = given.has('left') ? given.array('left', 'float64') : partOf(fp, 0, 0, 1);
  const right = given.has('right') ? given.array('right', 'float64') : partOf(fp, 0, count - 1, count);
  const lower = np.sheet.where(at.less(first), left, inside);
  const upper = np.sheet.where(
    at.greater(last),
    right,
    np.sheet.where(at.equal(last), partOf(fp, 0, count - 1, count), lower),
  );
  return np.sheet.where(at.isnan(), at, upper).reshape([...x.shape]);
};

export const trapezoid: Own = (np, given) => {
  const y = castOne(np, given, 'float64', 'y');
  const axis = axisOf(given.number('axis'), y.ndim, 'trapezoid');
  const sums = partOf(y, axis, 1, null).add(partOf(y, axis, 0, -1));
  if (!given.has('x')) return np.call('sum', np.call('multiply', sums, given.operand('dx')).divide(2), axis);
  const widths = np.call('diff', given.array('x', y.dtype), 1, given.array('x').ndim === 1 ? 0 : axis);
  const shaped = widths.ndim === 1 ? alongAxis(widths, axis, y.ndim) : widths;
  return np.call('sum', sums.multiply(shaped).divide(2), axis);
};

/** A vector as it stands along one axis of several. */
const alongAxis = (vector: Tensor, axis: number, rank: number): PendingTensor =>
  vector.reshape(Array.from({ length: rank }, (_, i) => (i === axis ? vector.size : 1)));

export const unwrap: Own = (np: Context, given: Arguments) => {
  const p = castOne(np, given, 'float64', 'p');
  const axis = axisOf(given.number('axis'), p.ndim, 'unwrap');
  const [period, half] = [2 * Math.PI, Math.PI];
  const steps = np.call('diff', p, 1, axis);
  const wrapped = steps.add(half).remainder(period).subtract(half);
  const turned = np.sheet.where(wrapped.equal(-half).logicalAnd(steps.greater(0)), half, wrapped);
  const correct = np.sheet.where(steps.abs().less(half), 0, turned.subtract(steps));
  const rest = partOf(p, axis, 1, null).add(np.call('cumsum', correct, axis));
  return np.sheet.concat([partOf(p, axis, 0, 1), rest], { axis });
};
