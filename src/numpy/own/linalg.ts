// Products, norms and shifts of NumPy, told in terms of others.
import { AttributeError, ShapeError } from '../../kit.ts';
import type { PendingTensor, Tensor } from '../../surface.ts';
import { axisOf, type Context, type Arguments, type Own } from '../context.ts';
import { commonOf, flattened, castOne } from './operands.ts';

const isScalar = (x: Tensor): boolean => x.ndim === 0;

export const dot: Own = (np, given) => {
  const [a, b] = commonOf(np, given, 'common', 'a', 'b') as [Tensor, Tensor];
  if (isScalar(a) || isScalar(b)) return np.call('multiply', a, b);
  if (a.ndim <= 2 && b.ndim <= 2) return np.call('matmul', a, b);
  return b.ndim === 1 ? np.call('matmul', a, b) : contracted(np, a, b, [a.ndim - 1], [b.ndim - 2], 'dot');
};

export const vdot: Own = (np, given) => {
  const [a, b] = commonOf(np, given, 'common', 'a', 'b') as [Tensor, Tensor];
  return np.call('matmul', flattened(a), flattened(b));
};

export const inner: Own = (np, given) => {
  const [a, b] = commonOf(np, given, 'common', 'a', 'b') as [Tensor, Tensor];
  if (isScalar(a) || isScalar(b)) return np.call('multiply', a, b);
  return contracted(np, a, b, [a.ndim - 1], [b.ndim - 1], 'inner');
};

export const outer: Own = (np, given) => {
  const [a, b] = commonOf(np, given, 'common', 'a', 'b') as [Tensor, Tensor];
  return np.call('multiply', a.reshape([a.size, 1]), b.reshape([1, b.size]));
};

export const outerOfVectors: Own = (np, given) => np.call('outer', given.operand('x1'), given.operand('x2'));

export const matvec: Own = (np, given) => {
  const [a, b] = commonOf(np, given, 'common', 'x1', 'x2') as [Tensor, Tensor];
  return np.call('matmul', a, b.expandDims(b.ndim)).squeeze(-1);
};

export const vecmat: Own = (np, given) => {
  const [a, b] = commonOf(np, given, 'common', 'x1', 'x2') as [Tensor, Tensor];
  return np.call('matmul', a.expandDims(Math.max(a.ndim - 1, 0)), b).squeeze(-2);
};

/** Sums of products over pairs of axes: one product of matrices. */
function contracted(
  np: Context,
  a: Tensor,
  b: Tensor,
  over: readonly number[],
  with_: readonly number[],
  owner: string,
): PendingTensor {
  if (over.length !== with_.length || over.some((axis, i) => a.shape[axis] !== b.shape[with_[i]!]))
    throw new ShapeError(
      `np.${owner}: shapes (${a.shape.join(', ')}) and (${b.shape.join(', ')}) are not aligned over axes ` +
        `${over.join(', ')} and ${with_.join(', ')}: their lengths must be equal; transpose or reshape one of them.`,
      { a: a.shape, b: b.shape },
    );
  const free = (x: Tensor, gone: readonly number[]): number[] =>
    x.shape.map((_, axis) => axis).filter((axis) => !gone.includes(axis));
  const [freeA, freeB] = [free(a, over), free(b, with_)];
  const size = (x: Tensor, axes: readonly number[]): number => axes.reduce((n, axis) => n * x.shape[axis]!, 1);
  const count = size(a, over);
  const left = a.permuteDims([...freeA, ...over]).reshape([size(a, freeA), count]);
  const right = b.permuteDims([...with_, ...freeB]).reshape([count, size(b, freeB)]);
  const shape = [...freeA.map((axis) => a.shape[axis]!), ...freeB.map((axis) => b.shape[axis]!)];
  return np.call('matmul', left, right).reshape(shape);
}

function tensordotBy(np: Context, given: Arguments, first: string, second: string): PendingTensor {
  const [a, b] = commonOf(np, given, 'common', first, second) as [Tensor, Tensor];
  const axes = given.raw('axes');
  const count = Number(axes);
  const listed = (value: unknown): number[] => (Array.isArray(value) ? value.map(Number) : [Number(value)]);
  const [over, with_] = Array.isArray(axes)
    ? [listed(axes[0]), listed(axes[1])]
    : [Array.from({ length: count }, (_, i) => a.ndim - count + i), Array.from({ length: count }, (_, i) => i)];
  const from =
    (x: Tensor) =>
    (axis: number): number =>
      axisOf(axis, x.ndim, 'tensordot');
  return contracted(np, a, b, over!.map(from(a)), with_!.map(from(b)), 'tensordot');
}

export const tensordot: Own = (np, given) => tensordotBy(np, given, 'a', 'b');
export const tensordotOf: Own = (np, given) => tensordotBy(np, given, 'x1', 'x2');

const traced = (np: Context, given: Arguments, name: string): PendingTensor =>
  np.call('sum', given.array(name).diagonal({ offset: given.number('offset') }), -1);

export const trace: Own = (np, given) => {
  const axes = { axis1: given.raw('axis1'), axis2: given.raw('axis2') };
  return np.call('sum', np.call('diagonal', given.array('a'), given.number('offset'), axes), -1);
};
export const traceOf: Own = (np, given) => traced(np, given, 'x');
export const multiDot: Own = (np, given) =>
  given
    .arrays('arrays')
    .reduce<Tensor>((product, x, i) => (i === 0 ? x : np.call('dot', product, x)), given.arrays('arrays')[0]!);

/** A stack of square matrices, or a ShapeError as NumPy's LinAlgError. */
function square(x: Tensor, owner: string): Tensor {
  if (x.ndim < 2 || x.shape.at(-1) !== x.shape.at(-2))
    throw new ShapeError(
      `np.linalg.${owner}: the last two axes of shape (${x.shape.join(', ')}) are not of one length; give a square ` +
        'matrix.',
      { shape: x.shape },
    );
  return x;
}

export const solve: Own = (np, given) => {
  const [a, b] = commonOf(np, given, 'float64', 'a', 'b') as [Tensor, Tensor];
  square(a, 'solve');
  return a.solve(b);
};

/** A norm of the vectors along axes. */
function vectorNormOf(np: Context, x: Tensor, ord: unknown, axis: unknown, keepdims: boolean): PendingTensor {
  const options = { axis: axis as number | null, keepdims };
  if (ord === undefined || ord === null || ord === 2) return x.norm(options);
  if (ord === 1) return x.norm1(options);
  if (ord === Infinity) return x.normInf(options);
  if (ord === -Infinity) return x.abs().min(options);
  if (ord === 0) return x.notEqual(0).astype(x.dtype).sum(options);
  if (typeof ord === 'number')
    return x
      .abs()
      .pow(ord)
      .sum(options)
      .pow(1 / ord);
  throw new AttributeError(`np.linalg.norm: ord ${String(ord as string)} is none of a vector; give a number.`, { ord });
}

/** A norm of the matrices of the last two axes. */
function matrixNormOf(np: Context, x: Tensor, ord: unknown): PendingTensor {
  const [rows, columns] = [x.ndim - 2, x.ndim - 1];
  const sums = (axis: number, over: 'max' | 'min'): PendingTensor =>
    x
      .abs()
      .sum({ axis })
      [over]({ axis: axis === rows ? rows : x.ndim - 2 });
  if (ord === undefined || ord === null || ord === 'fro') return x.norm({ axis: [rows, columns] });
  if (ord === 1) return sums(rows, 'max');
  if (ord === -1) return sums(rows, 'min');
  if (ord === Infinity) return sums(columns, 'max');
  if (ord === -Infinity) return sums(columns, 'min');
  const values = np.call('linalg.svdvals', x);
  if (ord === 2) return values.max({ axis: -1 });
  if (ord === -2) return values.min({ axis: -1 });
  if (ord === 'nuc') return values.sum({ axis: -1 });
  throw new AttributeError(
    `np.linalg.norm: ord ${String(ord as string)} is none of a matrix; give 'fro', 'nuc', 1, -1, 2, -2, np.inf or ` +
      '-np.inf.',
    { ord },
  );
}

export const norm: Own = (np, given) => {
  const x = castOne(np, given, 'float64', 'x');
  const [ord, keepdims] = [given.raw('ord'), given.flag('keepdims')];
  if (!given.has('axis')) {
    if (ord === undefined || ord === null) return vectorNormOf(np, x, 2, null, keepdims);
    if (x.ndim <= 1) return vectorNormOf(np, x, ord, null, keepdims);
    if (x.ndim > 2) throw given.wrong('axis', 'the two axes of the matrices');
    const whole = matrixNormOf(np, x, ord);
    return keepdims ? whole.reshape([1, 1]) : whole;
  }
  const axes = given.numbers('axis').map((axis) => axisOf(axis, x.ndim, 'linalg.norm'));
  if (axes.length === 1) return vectorNormOf(np, x, ord, axes[0], keepdims);
  if (axes.length !== 2) throw given.wrong('axis', 'one axis or two');
  const last = x.permuteDims([...x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis)), ...axes]);
  const result = matrixNormOf(np, last, ord);
  return keepdims ? result.reshape(x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length))) : result;
};

export const vectorNorm: Own = (np, given) =>
  vectorNormOf(
    np,
    castOne(np, given, 'float64', 'x'),
    given.raw('ord'),
    given.raw('axis') ?? null,
    given.flag('keepdims'),
  );

export const matrixNorm: Own = (np, given) => {
  const x = castOne(np, given, 'float64', 'x');
  const result = matrixNormOf(np, x, given.raw('ord'));
  return given.flag('keepdims') ? result.reshape([...x.shape.slice(0, -2), 1, 1]) : result;
};

export const cond: Own = (np, given) => {
  const [x, p] = [castOne(np, given, 'float64', 'x'), given.raw('p')];
  if (p === undefined || p === null || p === 2 || p === -2) {
    const values = np.call('linalg.svdvals', x);
    const [largest, least] = [values.max({ axis: -1 }), values.min({ axis: -1 })];
    return p === -2 ? least.divide(largest) : largest.divide(least);
  }
  square(x, 'cond');
  return matrixNormOf(np, x, p).multiply(matrixNormOf(np, np.call('linalg.inv', x), p));
};

/** Frequencies of a transform of n elements, from their order in it. */
const frequencies =
  (order: (n: number) => readonly number[]): Own =>
  (np, given) => {
    const [n, d] = [given.number('n'), given.number('d')];
    return np.call('array', order(n)).divide(n * d);
  };

export const fftfreq: Own = frequencies((n) => Array.from({ length: n }, (_, i) => (i < Math.ceil(n / 2) ? i : i - n)));
export const rfftfreq: Own = frequencies((n) => Array.from({ length: Math.floor(n / 2) + 1 }, (_, i) => i));

const shifted =
  (by: (length: number) => number): Own =>
  (_np, given) => {
    const x = given.array('x');
    const axes = given.has('axes')
      ? given.numbers('axes').map((axis) => axisOf(axis, x.ndim, 'fftshift'))
      : x.shape.map((_, i) => i);
    return x.roll(
      axes.map((axis) => by(x.shape[axis]!)),
      { axis: axes },
    );
  };

export const fftshift: Own = shifted((length) => Math.floor(length / 2));
export const ifftshift: Own = shifted((length) => -Math.floor(length / 2));

const lengthOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** What a gives b when products are summed over the last axes of a. */
export const tensorsolve: Own = (np, given) => {
  const [a, b] = [given.array('a'), given.array('b')];
  const moved = given.has('axes') ? given.numbers('axes').map((axis) => axisOf(axis, a.ndim, 'tensorsolve')) : [];
  const order = a.shape.map((_, axis) => axis).filter((axis) => !moved.includes(axis));
  const turned = a.permuteDims([...order, ...moved]);
  const shape = turned.shape.slice(b.ndim);
  if (lengthOf(shape) ** 2 !== a.size || lengthOf(shape) !== b.size)
    throw new ShapeError(
      `np.linalg.tensorsolve: a of shape (${a.shape.join(', ')}) is no square matrix over the axes of b, ` +
        `(${b.shape.join(', ')}), and those that are left.`,
      { a: a.shape, b: b.shape },
    );
  return np.call('linalg.solve', turned.reshape([b.size, lengthOf(shape)]), flattened(b)).reshape(shape);
};

export const tensorinv: Own = (np, given) => {
  const [a, ind] = [given.array('a'), given.number('ind')];
  const [rows, columns] = [a.shape.slice(0, ind), a.shape.slice(ind)];
  if (!(ind > 0) || lengthOf(rows) !== lengthOf(columns))
    throw new ShapeError(
      `np.linalg.tensorinv: the first ${ind} axes of shape (${a.shape.join(', ')}) have not as many elements as the ` +
        'others.',
      { a: a.shape, ind },
    );
  return np.call('linalg.inv', a.reshape([lengthOf(rows), lengthOf(columns)])).reshape([...columns, ...rows]);
};

const SWAPPED: Readonly<Record<string, string>> = { backward: 'forward', forward: 'backward', ortho: 'ortho' };

/** The arguments of a transform that is told by its inverse. */
const swapped = (given: Arguments): Record<string, unknown> => ({
  n: given.raw('n'),
  axis: given.raw('axis'),
  norm: SWAPPED[given.has('norm') ? given.text('norm') : 'backward'] ?? given.raw('norm'),
});

export const hfft: Own = (np, given) =>
  np.call('fft.irfft', np.op('complex_conj', castOne(np, given, 'float64', 'a')), swapped(given));
export const ihfft: Own = (np, given) => np.op('complex_conj', np.call('fft.rfft', given.array('a'), swapped(given)));
