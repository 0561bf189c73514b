// Products and linear systems: rows on the contract and linalg skeletons.
import { ShapeError } from '../../errors.ts';
import { batchOffsets } from '../../tensor/batches.ts';
import { allocate, PRECISIONS } from '../../tensor/dtype.ts';
import { broadcast, formatShape, type Shape } from '../../tensor/shape.ts';
import type { TensorType } from '../../tensor/type.ts';
import type { MatrixProduct } from '../../../../kernels/js/matrix-product.ts';
import {
  type AttributeSpec,
  type AttributeValues,
  binaryOperands,
  makeRow,
  type OpRow,
  unaryOperands,
} from '../define.ts';
import { first, needRank } from '../infer.ts';

const transposes: Readonly<Record<string, AttributeSpec>> = {
  transposeA: { kind: 'bool', fallback: false, doc: 'use the transpose of the last two axes of a' },
  transposeB: { kind: 'bool', fallback: false, doc: 'use the transpose of the last two axes of b' },
};

/**
 * Rounding factors to half precision is allowed, not asked for: devices that gain nothing by it, and class exact,
 * multiply what they are given.
 */
const PRECISION: AttributeSpec = {
  kind: 'choice',
  choices: PRECISIONS,
  fallback: 'float32',
  doc: 'float16 lets a GPU round float32 factors to half precision, up to 65504 and to 11 bits; sums stay float32',
};

interface Sides {
  readonly a: Shape;
  readonly b: Shape;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly batch: Shape;
}

/** Reads the operands as (batches of) matrices; vectors become a row (a) or a column (b). */
function sidesOf(a: Shape, b: Shape, attrs: AttributeValues): Sides {
  const [left, right] = [a.length === 1 ? [1, ...a] : a, b.length === 1 ? [...b, 1] : b];
  const [ta, tb] = [attrs['transposeA'] === true && a.length > 1, attrs['transposeB'] === true && b.length > 1];
  const [m, k] = ta ? [left.at(-1)!, left.at(-2)!] : [left.at(-2)!, left.at(-1)!];
  const [inner, n] = tb ? [right.at(-1)!, right.at(-2)!] : [right.at(-2)!, right.at(-1)!];
  if (k !== inner) throw mismatch(a, b, k, inner, ta, tb);
  return {
    a: left,
    b: right,
    m,
    n,
    k,
    batch: broadcast('matmul', [left.slice(0, -2), right.slice(0, -2)], ['batch of a', 'batch of b']),
  };
}

function mismatch(a: Shape, b: Shape, k: number, inner: number, ta: boolean, tb: boolean): ShapeError {
  const flip =
    !tb && b.length > 1 && b.at(-1) === k
      ? ' For a·bᵀ pass { transposeB: true } → ' +
        `${formatShape([...a.slice(0, -2), ta ? a.at(-1)! : (a.at(-2) ?? 1), b.at(-2)!])}.`
      : !ta && a.length > 1 && a.at(-2) === inner
        ? ' For aᵀ·b pass { transposeA: true } → ' +
          `${formatShape([...a.slice(0, -2), a.at(-1)!, tb ? (b.at(-2) ?? 1) : b.at(-1)!])}.`
        : ' The last axis of a must equal the second to last of b; reshape or slice one of them.';
  return new ShapeError(`matmul: a is ${formatShape(a)}, b is ${formatShape(b)}; ${k} ≠ ${inner}.${flip}`, { a, b });
}

function productShape(a: TensorType, b: TensorType, attrs: AttributeValues): Shape {
  needRank('matmul', 'a', a, 1);
  needRank('matmul', 'b', b, 1);
  const { batch, m, n } = sidesOf(a.shape, b.shape, attrs);
  return [...batch, ...(a.shape.length === 1 ? [] : [m]), ...(b.shape.length === 1 ? [] : [n])];
}

function contractionOf([x, y]: readonly TensorType[], attrs: AttributeValues): MatrixProduct {
  const [a, b] = [x as TensorType, y as TensorType];
  const sides = sidesOf(a.shape, b.shape, attrs);
  return {
    m: sides.m,
    n: sides.n,
    k: sides.k,
    transposeA: attrs['transposeA'] === true && a.shape.length > 1,
    transposeB: attrs['transposeB'] === true && b.shape.length > 1,
    lda: sides.a.at(-1)!,
    ldb: sides.b.at(-1)!,
    offsetsA: batchOffsets(sides.a, sides.batch),
    offsetsB: batchOffsets(sides.b, sides.batch),
  };
}

/** The row of `matmul`. */
export const MATMUL: OpRow = makeRow({
  name: 'matmul',
  doc: 'Matrix product over the last two axes; leading axes are batches and broadcast.',
  operands: binaryOperands('numeric', 'a', 'b'),
  version: 2,
  attributes: { ...transposes, precision: PRECISION },
  promotion: 'common',
  result: 'promoted',
  infer: ([a, b], attrs) => ({
    dtype: (a as TensorType).dtype,
    shape: productShape(a as TensorType, b as TensorType, attrs),
  }),
  kernel: { skeleton: 'contract', contraction: contractionOf },
  flops: ([a], out, attrs) => 2 * out.size * innerLength(a as TensorType, attrs),
  separable: 'rows',
  bound: 64,
});

const innerLength = (a: TensorType, attrs: AttributeValues): number =>
  attrs['transposeA'] === true && a.shape.length > 1 ? a.shape.at(-2)! : a.shape.at(-1)!;

const outer: OpRow = makeRow({
  name: 'outer',
  doc: 'Outer product of two vectors: x[i] · y[j].',
  operands: binaryOperands('numeric'),
  promotion: 'common',
  result: 'promoted',
  infer: ([x, y]) => {
    const [a, b] = [x as TensorType, y as TensorType];
    if (a.shape.length !== 1 || b.shape.length !== 1)
      throw new ShapeError(
        `outer: x is ${formatShape(a.shape)}, y is ${formatShape(b.shape)}; both must be vectors. Use reshape([-1]).`,
        { x: a.shape, y: b.shape },
      );
    return { dtype: a.dtype, shape: [a.size, b.size] };
  },
  kernel: {
    skeleton: 'contract',
    contraction: ([x, y]) => ({
      m: (x as TensorType).size,
      n: (y as TensorType).size,
      k: 1,
      lda: 1,
      ldb: (y as TensorType).size,
      transposeA: false,
      transposeB: false,
      offsetsA: [0],
      offsetsB: [0],
    }),
  },
  flops: (_operands, out) => out.size * 2,
  bound: 1,
});

/** A square matrix in the last two axes, or a ShapeError. */
export function square(op: string, name: string, type: TensorType): number {
  needRank(op, name, type, 2);
  const [rows, columns] = [type.shape.at(-2)!, type.shape.at(-1)!];
  if (rows !== columns)
    throw new ShapeError(
      `${op}: ${name} is ${formatShape(type.shape)}; the last two axes must be ` +
        `equal.${op === 'solve' ? ' For least squares solve xᵀx · w = xᵀy.' : ''}`,
      { shape: type.shape },
    );
  return rows;
}

const trace: OpRow = makeRow({
  name: 'trace',
  doc: 'Sum of the main diagonal of the last two axes, which need not be of one length.',
  operands: unaryOperands('numeric'),
  infer: ([x]) => {
    needRank('trace', 'x', x as TensorType, 2);
    return { dtype: (x as TensorType).dtype, shape: (x as TensorType).shape.slice(0, -2) };
  },
  kernel: {
    skeleton: 'direct',
    run: ([x], out) => {
      if (x === undefined) return;
      const [rows, columns] = [x.type.shape.at(-2)!, x.type.shape.at(-1)!];
      const zero = allocate(out.type.dtype, 1)[0]!;
      for (let batch = 0; batch < out.type.size; batch++) {
        let sum: number | bigint = zero;
        for (let i = 0; i < Math.min(rows, columns); i++)
          sum = (sum as number) + (x.array[(batch * rows + i) * columns + i] as number);
        out.array[batch] = sum as never;
      }
    },
  },
});

const cholesky: OpRow = makeRow({
  name: 'cholesky',
  doc: 'Lower factor L of a symmetric positive definite matrix x = L·Lᵀ; the upper triangle of x is not read.',
  operands: unaryOperands('float'),
  infer: (operands) => {
    square('cholesky', 'x', first(operands));
    return first(operands);
  },
  kernel: { skeleton: 'linalg', factor: 'cholesky' },
  flops: ([x], out) => (out.size * (x as TensorType).shape.at(-1)!) / 3,
  separable: 'batch',
  bound: 4096,
});

function systemShape(op: string, a: TensorType, b: TensorType): Shape {
  const n = square(op, 'a', a);
  const rows = b.shape.length === 1 ? b.shape[0] : b.shape.at(-2);
  if (rows !== n)
    throw new ShapeError(
      `${op}: a is ${formatShape(a.shape)}, b is ${formatShape(b.shape)}; b needs ${n} rows. Transpose it with ` +
        'permuteDims([1, 0]).',
      { a: a.shape, b: b.shape },
    );
  if (b.shape.length === 1) return [...a.shape.slice(0, -2), n];
  return [
    ...broadcast(op, [a.shape.slice(0, -2), b.shape.slice(0, -2)], ['batch of a', 'batch of b']),
    n,
    b.shape.at(-1)!,
  ];
}

/** A matrix is factored once, however many batches of the result it stretches to. */
const solveFlops: OpRow['flops'] = ([a], out) => {
  const { shape, size } = a as TensorType;
  return out.size === 0 ? 0 : 2 * shape.at(-1)! * (size / 3 + out.size);
};

const solve: OpRow = makeRow({
  name: 'solve',
  doc:
    'The x of a · x = b for a square matrix a: LU with partial pivoting, Cholesky where a is symmetric positive ' +
    'definite. Leading axes are batches and broadcast; a vector b goes with every matrix.',
  operands: binaryOperands('float', 'a', 'b'),
  version: 2,
  promotion: 'common',
  result: 'promoted',
  infer: ([a, b]) => ({
    dtype: (a as TensorType).dtype,
    shape: systemShape('solve', a as TensorType, b as TensorType),
  }),
  kernel: { skeleton: 'linalg', factor: 'solve' },
  flops: solveFlops,
  separable: 'batch',
  bound: 65536,
});

/** The row of `solve_triangular`. */
export const SOLVE_TRIANGULAR: OpRow = makeRow({
  name: 'solve_triangular',
  doc: 'The x of a · x = b for a triangular matrix a; the other triangle is not read. Batches and vectors as in solve.',
  operands: binaryOperands('float', 'a', 'b'),
  version: 2,
  promotion: 'common',
  result: 'promoted',
  attributes: {
    lower: { kind: 'bool', fallback: true, doc: 'a is lower triangular' },
    transposeA: { kind: 'bool', fallback: false, doc: 'solve aᵀ · x = b' },
  },
  infer: ([a, b]) => ({
    dtype: (a as TensorType).dtype,
    shape: systemShape('solve_triangular', a as TensorType, b as TensorType),
  }),
  kernel: { skeleton: 'linalg', factor: 'solve_triangular' },
  flops: ([a], out) => out.size * (a as TensorType).shape.at(-1)!,
  separable: 'batch',
  bound: 65536,
});

/** Rows of this family. */
export const LINALG: readonly OpRow[] = [MATMUL, outer, trace, cholesky, solve, SOLVE_TRIANGULAR];
