// Polynomials of NumPy by their coefficients, the highest power first.
import { AttributeError } from '../../kit.ts';
import type { Tensor } from '../../surface.ts';
import { several } from '../calls.ts';
import type { Context, Arguments, Own } from '../context.ts';
import { commonOf, castOne, flattened } from './operands.ts';

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

/** The polynomial that is 0 at the elements of a vector. */
export const poly: Own = (np, given) => {
  const zeros = flattened(castOne(np, given, 'float64', 'seq_of_zeros'));
  let product: Tensor = np.sheet.ones([1], { dtype: zeros.dtype });
  for (let i = 0; i < zeros.size; i++) {
    const times = product.multiply(zeros.slice([i], [i + 1]));
    const none = np.sheet.zeros([1], { dtype: zeros.dtype });
    product = np.sheet.concat([product, none]).subtract(np.sheet.concat([none, times]));
  }
  return product;
};

/** Quotient and remainder, the latter without the first coefficients that are as good as 0. */
export const polydiv: Own = async (np, given) => {
  const [u, v] = ['u', 'v'].map((name) => flattened(castOne(np, given, 'float64', name))) as [Tensor, Tensor];
  const [steps, width] = [u.size - v.size + 1, v.size];
  let rest: Tensor = u;
  const digits: Tensor[] = [];
  for (let k = 0; k < steps; k++) {
    const digit = rest.slice([k], [k + 1]).divide(v.slice([0], [1]));
    const less = rest.slice([k], [k + width]).subtract(digit.multiply(v));
    rest = np.sheet.concat([rest.slice([0], [k]), less, rest.slice([k + width])]);
    digits.push(digit);
  }
  const none = (await rest.abs().greater(1e-8).flatnonzero()).slice([0], [1]);
  const first = none.size === 0 ? rest.size - 1 : Number(await none.squeeze(0).item());
  return [digits.length === 0 ? np.sheet.zeros([1], { dtype: u.dtype }) : np.sheet.concat(digits), rest.slice([first])];
};

/** Eigenvalues of the companion matrix, and 0 as often as the last coefficients are. */
export const roots: Own = async (np, given) => {
  const p = castOne(np, given, 'float64', 'p');
  if (p.ndim !== 1) throw given.wrong('p', 'a vector of coefficients');
  const places = (await p.flatnonzero().then((found) => found.toArray())) as number[];
  const [first, last] = [places[0] ?? 0, places.at(-1) ?? -1];
  const degree = Math.max(0, last - first);
  const zeros = np.sheet.zeros([places.length === 0 ? 0 : p.size - 1 - last], { dtype: p.dtype });
  if (degree === 0) return several({ real: zeros, imag: zeros });
  const top = p.slice([first + 1], [last + 1]).divide(p.slice([first], [first + 1]));
  const companion = np.sheet.concat([
    top.negative().reshape([1, degree]),
    np.sheet.eye(degree - 1, degree, 0, { dtype: p.dtype }),
  ]);
  const { real, imag } = np.op('eigvals', companion) as unknown as Readonly<Record<'real' | 'imag', Tensor>>;
  return several({ real: np.sheet.concat([real, zeros]), imag: np.sheet.concat([imag, zeros]) });
};
