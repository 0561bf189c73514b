// Functions of NumPy on bits and parts of numbers: counted, packed eight to a byte, and floats apart.
import { AttributeError } from '../../kit.ts';
import type { PendingTensor, Tensor } from '../../surface.ts';
import type { Arguments, Context, Own } from '../context.ts';
import { castOne, flattened, partOf } from './operands.ts';

export const bitwiseCount: Own = (np, given) => {
  const x = castOne(np, given, 'integers', 'x');
  return np.op('bitwise_count', x.dtype === 'bool' ? x.astype('uint8') : x).astype('uint8');
};

/** What the eight places of a byte stand for, in the order that was asked for. */
function placesOf(np: Context, given: Arguments): Tensor {
  const order = given.text('bitorder');
  if (order !== 'big' && order !== 'little') throw given.wrong('bitorder', "'big' or 'little'");
  const places = Array.from({ length: 8 }, (_, i) => 2 ** (order === 'big' ? 7 - i : i));
  return np.sheet.tensor(Uint8Array.from(places));
}

/** The array with the axis in question last, and how it is put back. */
function withAxisLast(given: Arguments): { readonly x: Tensor; readonly back: (y: Tensor) => PendingTensor | Tensor } {
  const a = given.array('a');
  const axis = given.axis('axis', a.ndim);
  if (axis === undefined) return { x: flattened(a), back: (y) => y };
  return { x: a.moveaxis(axis, -1), back: (y) => y.moveaxis(-1, axis) };
}

export const packbits: Own = (np, given) => {
  const { x, back } = withAxisLast(given);
  const lead = x.shape.slice(0, -1);
  const missing = (8 - (x.shape.at(-1)! % 8)) % 8;
  const bits = x.notEqual(0).astype('uint8');
  const whole =
    missing === 0
      ? bits
      : np.sheet.concat([bits, np.sheet.zeros([...lead, missing], { dtype: 'uint8' })], { axis: -1 });
  const bytes = whole.reshape([...lead, (x.shape.at(-1)! + missing) / 8, 8]).multiply(placesOf(np, given));
  return back(bytes.sum({ axis: -1 }));
};

export const unpackbits: Own = (np, given) => {
  const { x, back } = withAxisLast(given);
  if (x.dtype !== 'uint8')
    throw new AttributeError(`np.unpackbits: a is ${x.dtype}; give uint8, as a.astype('uint8').`, { dtype: x.dtype });
  const length = 8 * x.shape.at(-1)!;
  const set = x
    .reshape([...x.shape, 1])
    .bitwiseAnd(placesOf(np, given))
    .notEqual(0)
    .astype('uint8');
  const bits = set.reshape([...x.shape.slice(0, -1), length]);
  if (!given.has('count')) return back(bits);
  const asked = given.number('count');
  const count = asked < 0 ? Math.max(0, length + asked) : asked;
  if (count <= length) return back(partOf(bits, bits.ndim - 1, 0, count));
  const rest = np.sheet.zeros([...x.shape.slice(0, -1), count - length], { dtype: 'uint8' });
  return back(np.sheet.concat([bits, rest], { axis: -1 }));
};

/** 2 to the power of whole numbers, in two factors, of which neither leaves the range of float64. */
function scaled(np: Context, x: Tensor, exponents: Tensor): PendingTensor {
  const first = exponents.multiply(0.5).floor();
  const power = (of: Tensor): PendingTensor => np.op('exp2', of);
  return x.multiply(power(first)).multiply(power(exponents.subtract(first)));
}

export const frexp: Own = (np, given) => {
  const x = castOne(np, given, 'float', 'x');
  const wide = x.astype('float64');
  const isPlain = wide.isfinite().logicalAnd(wide.notEqual(0));
  const size = np.sheet.where(isPlain, wide.abs(), 1);
  // The logarithm may be rounded to the next whole number: what is then out of [½, 1) is moved by one.
  const guess = size.log2().floor().add(1);
  const near = scaled(np, size, guess.negative());
  const [isHigh, isLow] = [near.greaterEqual(1), near.less(0.5)];
  const part = np.sheet.where(isHigh, near.multiply(0.5), np.sheet.where(isLow, near.multiply(2), near));
  const exponent = guess.add(isHigh.astype('float64')).subtract(isLow.astype('float64'));
  return [
    np.sheet.where(isPlain, part.copysign(wide), wide).astype(x.dtype),
    np.sheet.where(isPlain, exponent, 0).astype('int32'),
  ];
};

export const spacing: Own = (np, given) => {
  const x = castOne(np, given, 'float', 'x');
  const away = np.sheet.full([], Infinity, { dtype: x.dtype }).copysign(x);
  return x.nextafter(away).subtract(x);
};
