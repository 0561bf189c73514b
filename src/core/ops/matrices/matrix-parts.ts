// Decompositions by their parts, and what is made of them: composites of the rows in decompositions.ts, so that a
// matrix is decomposed once for all that asks for it.
import { ShapeError } from '../../errors.ts';
import { DTYPES } from '../../tensor/dtype.ts';
import { formatShape, type Shape } from '../../tensor/shape.ts';
import { numberAttribute, numberOrNull } from '../attribute-values.ts';
import { type Called, type Calls, composite, type Composite } from '../composite.ts';
import type { AttributeSpec, AttributeValues } from '../define.ts';
import { needRank } from '../infer.ts';
import { square } from './linalg.ts';
import { sliceOf, partsOfPacked } from '../parts.ts';

const MATRIX = [{ name: 'x', kind: 'float' }] as const;
const RTOL: AttributeSpec = {
  kind: 'float',
  fallback: null,
  doc: 'singular values below so much of the largest count as 0; null: the larger side times the epsilon of the dtype',
};

/** Rows and columns of the matrices in the last two axes. */
export function sidesOf(
  op: string,
  { type }: Called,
): { readonly m: number; readonly n: number; readonly batch: Shape } {
  needRank(op, 'x', type, 2);
  return { m: type.shape.at(-2)!, n: type.shape.at(-1)!, batch: type.shape.slice(0, -2) };
}

const qr = composite({
  name: 'qr',
  doc:
    'Matrices as q · r: q has orthonormal columns, r is upper triangular and its diagonal is not negative. Mode ' +
    'reduced: as many columns as the smaller side; complete: a square q.',
  operands: MATRIX,
  attributes: {
    mode: { kind: 'choice', choices: ['reduced', 'complete'], fallback: 'reduced', doc: 'how many columns q has' },
  },
  result: { q: 'same', r: 'same' },
  expand: (call, [x], attrs) => {
    const { m, n } = sidesOf('qr', x!);
    const k = attrs['mode'] === 'complete' ? m : Math.min(m, n);
    const [q, r] = partsOfPacked(call, call('qr_packed', [x!], attrs), [
      [m, k],
      [k, n],
    ]);
    return { q: q!, r: r! };
  },
});

const eigh = composite({
  name: 'eigh',
  doc:
    'Eigenvalues of symmetric matrices, ascending, and eigenvectors as columns, of which the largest component is ' +
    'positive; the upper triangle is not read.',
  operands: MATRIX,
  result: { eigenvalues: 'same', eigenvectors: 'same' },
  expand: (call, [x]) => {
    const n = square('eigh', 'x', x!.type);
    const [eigenvalues, eigenvectors] = partsOfPacked(call, call('eigh_packed', [x!]), [[n], [n, n]]);
    return { eigenvalues: eigenvalues!, eigenvectors: eigenvectors! };
  },
});

const NO_COMPLEX = 'there are no complex numbers: real and imaginary parts are two tensors';

const eig = composite({
  name: 'eig',
  doc:
    'Eigenvalues of square matrices by ascending real part, and eigenvectors as columns of length 1, of which the ' +
    'largest component is real and positive: each as real and imaginary parts.',
  operands: MATRIX,
  result: { real: 'same', imag: 'same', vectorsReal: 'same', vectorsImag: 'same' },
  deviation: NO_COMPLEX,
  expand: (call, [x]) => {
    const n = square('eig', 'x', x!.type);
    const packed = call('eig_packed', [x!]);
    const [real, imag, vectorsReal, vectorsImag] = partsOfPacked(call, packed, [[n], [n], [n, n], [n, n]]);
    return { real: real!, imag: imag!, vectorsReal: vectorsReal!, vectorsImag: vectorsImag! };
  },
});

const eigvals = composite({
  name: 'eigvals',
  doc: 'Eigenvalues of square matrices by ascending real part, as real and imaginary parts.',
  operands: MATRIX,
  result: { real: 'same', imag: 'same' },
  deviation: NO_COMPLEX,
  expand: (call, [x]) => {
    const n = square('eigvals', 'x', x!.type);
    const [real, imag] = partsOfPacked(call, call('eigvals_packed', [x!]), [[n], [n]]);
    return { real: real!, imag: imag! };
  },
});

const svd = composite({
  name: 'svd',
  doc:
    'Matrices as u · diag(s) · vh: the singular values s from the largest on, orthonormal columns of u, of which the ' +
    'largest component is positive, and orthonormal rows of vh.',
  operands: MATRIX,
  attributes: {
    fullMatrices: { kind: 'bool', fallback: true, doc: 'square u and vh, not as many as there are values' },
  },
  result: { u: 'same', s: 'same', vh: 'same' },
  expand: (call, [x], attrs) => svdOf(call, 'svd', x!, attrs['fullMatrices'] === true),
});

/** The type of what svd gives. */
interface SvdParts<C> extends Readonly<Record<string, C>> {
  readonly u: C;
  readonly s: C;
  readonly vh: C;
}

function svdOf<C extends Called>(call: Calls<C>, op: string, x: C, fullMatrices: boolean): SvdParts<C> {
  const { m, n } = sidesOf(op, x);
  const k = Math.min(m, n);
  const [p, q] = fullMatrices ? [m, n] : [k, k];
  const [u, s, vh] = partsOfPacked(call, call('svd_packed', [x], { fullMatrices }), [[m, p], [k], [q, n]]);
  return { u: u!, s: s!, vh: vh! };
}

const lu = composite({
  name: 'lu',
  doc:
    'Matrices with rows in another order as l · u, by partial pivoting: row i of l · u is row p[i] of x; l has ones ' +
    'on its diagonal, u is upper triangular.',
  operands: MATRIX,
  result: { l: 'same', u: 'same', p: 'int32' },
  expand: (call, [x]) => {
    const { m, n } = sidesOf('lu', x!);
    const k = Math.min(m, n);
    const { dtype } = x!.type;
    // Row numbers are more than float16 can count.
    const wide = dtype === 'float16' ? call('astype', [x!], { dtype: 'float32' }) : x!;
    const [factors, p] = partsOfPacked(call, call('lu_packed', [wide]), [[m, n], [m]]);
    const own = (part: typeof wide): typeof wide => (dtype === 'float16' ? call('astype', [part], { dtype }) : part);
    const below = call('tril', [sliceOf(call, factors!, factors!.type.shape.length - 1, 0, k)], { k: -1 });
    return {
      l: own(call('add', [below, call('eye', [], { rows: m, columns: k, dtype: below.type.dtype })])),
      u: own(call('triu', [sliceOf(call, factors!, factors!.type.shape.length - 2, 0, k)])),
      p: call('astype', [p!], { dtype: 'int32' }),
    };
  },
});

const slogdet = composite({
  name: 'slogdet',
  doc: 'Sign and logarithm of the magnitude of the determinant: 0 and −∞ of a singular matrix.',
  operands: MATRIX,
  result: { sign: 'same', logabsdet: 'same' },
  expand: (call, [x]) => {
    const n = square('slogdet', 'x', x!.type);
    const [factors, , parity] = partsOfPacked(call, call('lu_packed', [x!]), [[n, n], [n], []]);
    const diagonal = call('diagonal', [factors!]);
    return {
      sign: call('multiply', [call('prod', [call('sign', [diagonal])], { axis: -1 }), parity!]),
      logabsdet: call('sum', [call('log', [call('abs', [diagonal])])], { axis: -1 }),
    };
  },
});

/** The identity of the order and dtype of square matrices. */
const identityLike = <C extends Called>(call: Calls<C>, x: C, n: number): C =>
  call('eye', [], { rows: n, dtype: x.type.dtype });

const inv = composite({
  name: 'inv',
  doc: 'The inverse, as what solves x · inverse = identity; to solve a system call solve itself.',
  operands: MATRIX,
  result: 'same',
  expand: (call, [x]) => call('solve', [x!, identityLike(call, x!, square('inv', 'x', x!.type))]),
});

const matrixPower = composite({
  name: 'matrix_power',
  doc: 'The nth power of square matrices by repeated squaring; negative powers are those of the inverse.',
  operands: [{ name: 'x', kind: 'numeric' }],
  positional: ['n'],
  attributes: { n: { kind: 'int', doc: 'the exponent' } },
  result: 'same',
  expand: (call, [x], attrs) => {
    const order = square('matrix_power', 'x', x!.type);
    const n = numberAttribute(attrs, 'n');
    if (n === 0) return call('broadcast_to', [identityLike(call, x!, order)], { shape: x!.type.shape });
    return powerOf(call, n < 0 ? call('inv', [x!]) : x!, Math.abs(n));
  },
});

function powerOf<C extends Called>(call: Calls<C>, x: C, n: number): C {
  let [result, power]: [C | undefined, C] = [undefined, x];
  for (let rest = n; ; power = call('matmul', [power, power])) {
    if (rest % 2 === 1) result = result === undefined ? power : call('matmul', [result, power]);
    rest = Math.floor(rest / 2);
    if (rest === 0) return result!;
  }
}

/** Where singular values count, as a mask of s. */
function counting<C extends Called>(call: Calls<C>, x: C, s: C, attrs: AttributeValues): C {
  const [m, n] = [x.type.shape.at(-2)!, x.type.shape.at(-1)!];
  const rtol = numberOrNull(attrs, 'rtol') ?? Math.max(m, n) * (DTYPES[x.type.dtype].epsilon as number);
  return call('greater', [s, call('multiply', [call('max', [s], { axis: -1, keepdims: true }), rtol])]);
}

const rankOf = <C extends Called>(call: Calls<C>, mask: C): C =>
  call('sum', [call('astype', [mask], { dtype: 'int32' })], { axis: -1 });

/** vh ᵀ · diag(1 / s where it counts) · y, y the product of uᵀ and something. */
function undone<C extends Called>(call: Calls<C>, { s, vh }: SvdParts<C>, mask: C, y: C): C {
  const inverse = call('where', [mask, call('divide', [1, call('where', [mask, s, 1])]), 0]);
  const scaled = call('multiply', [call('expand_dims', [inverse], { axis: -1 }), y]);
  return call('matmul', [vh, scaled], { transposeA: true });
}

/** The transpose of the last two axes. */
export function turned<C extends Called>(call: Calls<C>, x: C): C {
  const rank = x.type.shape.length;
  const axes = x.type.shape.map((_, axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis));
  return call('permute_dims', [x], { axes });
}

const pinv = composite({
  name: 'pinv',
  doc: 'The Moore–Penrose inverse, by singular values: x · pinv · x = x, and both products are symmetric.',
  operands: MATRIX,
  attributes: { rtol: RTOL },
  result: 'same',
  expand: (call, [x], attrs) => {
    const parts = svdOf(call, 'pinv', x!, false);
    return undone(call, parts, counting(call, x!, parts.s, attrs), turned(call, parts.u));
  },
});

const matrixRank = composite({
  name: 'matrix_rank',
  doc: 'How many singular values count.',
  operands: MATRIX,
  attributes: { rtol: RTOL },
  result: 'int32',
  deviation: 'the rank is int32',
  expand: (call, [x], attrs) => {
    sidesOf('matrix_rank', x!);
    return rankOf(call, counting(call, x!, call('svdvals', [x!]), attrs));
  },
});

const lstsq = composite({
  name: 'lstsq',
  doc:
    'Least squares: the x of least length that brings a · x nearest to b, the sum of squares it leaves in each ' +
    'column of b, the rank of a, and its singular values.',
  operands: [
    { name: 'a', kind: 'float' },
    { name: 'b', kind: 'float' },
  ],
  attributes: { rtol: RTOL },
  result: { x: 'promoted', residuals: 'promoted', rank: 'int32', s: 'promoted' },
  deviation: 'residuals are given whatever the rank; a and b may be batches',
  expand: (call, [a, b], attrs) => {
    const { m } = sidesOf('lstsq', a!);
    const isVector = b!.type.shape.length === 1;
    const sides = isVector ? call('expand_dims', [b!], { axis: -1 }) : b!;
    if (sides.type.shape.at(-2) !== m)
      throw new ShapeError(
        `lstsq: a is ${formatShape(a!.type.shape)}, b is ${formatShape(b!.type.shape)}; b needs ${m} rows. Transpose ` +
          'it with permuteDims([1, 0]).',
        { a: a!.type.shape, b: b!.type.shape },
      );
    const parts = svdOf(call, 'lstsq', a!, false);
    const mask = counting(call, a!, parts.s, attrs);
    const x = undone(call, parts, mask, call('matmul', [parts.u, sides], { transposeA: true }));
    const rest = call('subtract', [sides, call('matmul', [a!, x])]);
    const residuals = call('sum', [call('square', [rest])], { axis: -2 });
    const plain = (part: typeof x): typeof x => (isVector ? call('squeeze', [part], { axis: -1 }) : part);
    return { x: plain(x), residuals: plain(residuals), rank: rankOf(call, mask), s: parts.s };
  },
});

const matrixTranspose = composite({
  name: 'matrix_transpose',
  doc: 'Matrices with rows and columns exchanged; leading axes stay.',
  operands: [{ name: 'x', kind: 'any' }],
  result: 'same',
  expand: (call, [x]) => {
    sidesOf('matrix_transpose', x!);
    return turned(call, x!);
  },
});

/** Composites of this family. */
export const MATRIX_PARTS: readonly Composite[] = [
  qr,
  eigh,
  eig,
  eigvals,
  svd,
  lu,
  slogdet,
  inv,
  matrixPower,
  pinv,
  matrixRank,
  lstsq,
  matrixTranspose,
];
