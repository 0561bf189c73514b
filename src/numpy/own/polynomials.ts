// Polynomials of NumPy by their coefficients, the highest power first.
import { AttributeError } from '../../kit.ts';
import type { Tensor } from '../../surface.ts';
import type { Context, Arguments, Own } from '../context.ts';
import { commonOf, castOne } from './operands.ts';

export const polyval: Own = (np, given) => {
  const [p, x] = commonOf(np, given, 'common', 'p', 'x') as [Tensor, Tensor];
  let result: Tensor = np.call('zeros_like', x);
  for (let i = 0; i < p.size; i++) result = result.multiply(x).add(p.slice([i], [i + 1]).squeeze(0));
  return result;
};

export const polyfit: Own = (np, given) => {
  const [x, y] = [given.array('x', 'float64'), given.array('y', 'float64')];
  const degree = given.number('deg');
  if (x.ndim !== 1 || x.size === 0 || y.shape[0] !== x.size)
    throw new AttributeError('np.polyfit: x is a vector that is not empty, y has as many rows.', {
      x: x.shape,
      y: y.shape,
    });
  const powers = np.call('vander', x, degree + 1);
  // Columns of one length: powers of x differ by orders of magnitude.
  const scale = powers.norm({ axis: 0 });
  const solved = np.call('linalg.lstsq', powers.divide(scale), y) as unknown as { readonly x: Tensor };
  const columns = scale.reshape([degree + 1, ...new Array<number>(y.ndim - 1).fill(1)]);
  return solved.x.divide(columns);
};

/** Two polynomials of one length: zeros stand for the powers that one has not. */
function aligned(np: Context, given: Arguments): readonly [Tensor, Tensor] {
  const [a, b] = commonOf(np, given, 'common', 'a1', 'a2') as [Tensor, Tensor];
  const length = Math.max(a.size, b.size);
  const filled = (p: Tensor): Tensor =>
    p.size === length ? p : np.sheet.concat([np.sheet.zeros([length - p.size], { dtype: p.dtype }), p]);
  return [filled(a), filled(b)];
}

export const polyadd: Own = (np, given) => np.call('add', ...aligned(np, given));
export const polysub: Own = (np, given) => np.call('subtract', ...aligned(np, given));
export const polymul: Own = (np, given) => np.call('convolve', given.array('a1'), given.array('a2'));

export const polyder: Own = (np, given) => {
  let p = given.array('p');
  for (let times = given.number('m'); times > 0 && p.size > 0; times--) {
    const degrees = np.sheet.arange(Math.max(p.size - 1, 0), 0, -1, { dtype: p.dtype });
    p = p.slice([0], [Math.max(p.size - 1, 0)]).multiply(degrees);
  }
  return p;
};

export const polyint: Own = (np, given) => {
  let p = castOne(np, given, 'float64', 'p');
  for (let times = given.number('m'); times > 0; times--) {
    const degrees = np.sheet.arange(p.size, 0, -1, { dtype: p.dtype });
    p = np.sheet.concat([p.divide(degrees), np.sheet.zeros([1], { dtype: p.dtype })]);
  }
  return p;
};
