// Decompositions of (batches of) matrices: each is computed in float64 and laid out as one tensor, whose parts the
// composites of matrices.ts give.
import {
  determinant,
  type Failure,
  type MatrixCopy,
  packedComplexEigen,
  packedEigen,
  packedExponential,
  packedLu,
  packedQr,
  packedSvd,
  type ResultPlace,
} from '../../../../kernels/js/decompose/packed.ts';
import { canonicaliseNaN } from '../../../../kernels/js/map.ts';
import { NumericError } from '../../errors.ts';
import { sizeOf } from '../../tensor/shape.ts';
import type { TensorType } from '../../tensor/type.ts';
import {
  type AttributeSpec,
  type AttributeValues,
  makeRow,
  type OpRow,
  type RowDraft,
  type SteppedKernel,
  type TypedOperand,
  unaryOperands,
} from '../define.ts';
import { needRank } from '../infer.ts';
import { square } from './linalg.ts';

/** What is done with one matrix; its result goes to a place. */
type OfMatrix = (matrix: MatrixCopy, attrs: AttributeValues, out: ResultPlace) => Generator<void, Failure | undefined>;

/** Elements of a matrix that is done in one step: some of them a step, where they are many. */
const SMALL = 1 << 10;
const SMALL_WORK = 1 << 14;

/** Every matrix of the operand, one after another. */
const byMatrix = (op: string, run: OfMatrix): SteppedKernel =>
  function* ([x], out, attrs) {
    const { type, array } = x as TypedOperand;
    const [m, n] = [type.shape.at(-2)!, type.shape.at(-1)!];
    const count = sizeOf(type.shape.slice(0, -2));
    const each = count === 0 ? 0 : out.type.size / count;
    let work = 0;
    for (let index = 0; index < count; index++) {
      const rows = new Float64Array((array as Float32Array).subarray(index * m * n, (index + 1) * m * n));
      const steps = run({ rows, m, n }, attrs, { array: out.array as Float32Array, at: index * each });
      const failure = m * n > SMALL ? yield* steps : finished(steps);
      if (failure !== undefined) throw failed(op, failure, type, index);
      work += m * n + 1;
      if (work > SMALL_WORK) yield;
      if (work > SMALL_WORK) work = 0;
    }
    canonicaliseNaN(out.array);
  };

function finished<R>(steps: Generator<void, R>): R {
  for (;;) {
    const next = steps.next();
    if (next.done === true) return next.value;
  }
}

function failed(op: string, failure: Failure, { shape }: TensorType, index: number): NumericError {
  const place = shape.length > 2 ? `matrix ${index} of x` : 'x';
  return new NumericError(
    failure === 'not finite'
      ? `${op}: ${place} has elements that are not finite; replace them first, for example ` +
          'sheet.where(x.isfinite(), x, 0).'
      : `${op}: the iteration for ${place} did not converge; report this matrix, it is a fault of the library.`,
    { op, shape, index },
  );
}

/** Sides of the matrices, the smaller and the larger of them, and their number. */
function sidesOf({ shape }: TensorType): { m: number; n: number; small: number; large: number; count: number } {
  const [m, n] = [shape.at(-2)!, shape.at(-1)!];
  return { m, n, small: Math.min(m, n), large: Math.max(m, n), count: sizeOf(shape.slice(0, -2)) };
}

type Draft = Omit<RowDraft, 'infer' | 'kernel' | 'flops'> & {
  readonly run: OfMatrix;
  /** Axes of the result after those of the batch. */
  readonly shape: (type: TensorType, attrs: AttributeValues) => readonly number[];
  /** Operations for one matrix. */
  readonly work: (sides: ReturnType<typeof sidesOf>) => number;
};

/** A row that gives one result for each matrix. */
const ofMatrices = ({ run, shape: axes, work, ...draft }: Draft): OpRow =>
  makeRow({
    operands: unaryOperands('float'),
    infer: ([x], attrs) => {
      const type = x as TensorType;
      needRank(draft.name, 'x', type, 2);
      return { dtype: type.dtype, shape: [...type.shape.slice(0, -2), ...axes(type, attrs)] };
    },
    kernel: { skeleton: 'steps', run: byMatrix(draft.name, run) },
    flops: ([x]) => {
      const sides = sidesOf(x as TensorType);
      return sides.count * work(sides);
    },
    ...draft,
  });

const FULL: AttributeSpec = {
  kind: 'bool',
  fallback: true,
  doc: 'all columns of U and rows of Vᵀ, not the first k alone',
};

const qrPacked = ofMatrices({
  name: 'qr_packed',
  doc: 'What `qr` gives as one tensor: for each matrix Q (m × k), then R (k × n), row-major.',
  attributes: {
    mode: {
      kind: 'choice',
      choices: ['reduced', 'complete'],
      fallback: 'reduced',
      doc: 'k: the smaller of m and n, or m',
    },
  },
  run: (matrix, attrs, out) => packedQr(matrix, attrs['mode'] as 'reduced', out),
  shape: (type, attrs) => {
    const { m, n, small } = sidesOf(type);
    return [(attrs['mode'] === 'complete' ? m : small) * (m + n)];
  },
  work: ({ m, n, small }) => 4 * m * n * small,
  bound: 64,
});

const eighPacked = ofMatrices({
  name: 'eigh_packed',
  doc: 'What `eigh` gives as one tensor: for each matrix its n eigenvalues, then the n × n matrix of eigenvectors.',
  run: (matrix, _attrs, out) => packedEigen(matrix, 'vectors', out),
  shape: (type) => {
    const n = square('eigh', 'x', type);
    return [n + n * n];
  },
  work: ({ n }) => 10 * n ** 3,
  bound: 64,
});

const eigvalsh = ofMatrices({
  name: 'eigvalsh',
  doc: 'Eigenvalues of symmetric matrices, ascending; the upper triangle is not read.',
  run: (matrix, _attrs, out) => packedEigen(matrix, 'values', out),
  shape: (type) => [square('eigvalsh', 'x', type)],
  work: ({ n }) => 2 * n ** 3,
  bound: 64,
});

const eigPacked = ofMatrices({
  name: 'eig_packed',
  doc:
    'What `eig` gives as one tensor: for each matrix the real and the imaginary parts of its n eigenvalues, then ' +
    'those of the n × n matrix of eigenvectors.',
  run: (matrix, _attrs, out) => packedComplexEigen(matrix, 'vectors', out),
  shape: (type) => {
    const n = square('eig', 'x', type);
    return [2 * (n + n * n)];
  },
  work: ({ n }) => 30 * n ** 3,
  bound: 64,
});

const eigvalsPacked = ofMatrices({
  name: 'eigvals_packed',
  doc: 'What `eigvals` gives as one tensor: for each matrix the real and the imaginary parts of its n eigenvalues.',
  run: (matrix, _attrs, out) => packedComplexEigen(matrix, 'values', out),
  shape: (type) => [2 * square('eigvals', 'x', type)],
  work: ({ n }) => 10 * n ** 3,
  bound: 64,
});

const svdPacked = ofMatrices({
  name: 'svd_packed',
  doc: 'What `svd` gives as one tensor: for each matrix U, then the k singular values, then Vᵀ, row-major.',
  attributes: { fullMatrices: FULL },
  run: (matrix, attrs, out) => packedSvd(matrix, attrs['fullMatrices'] === true ? 'full' : 'reduced', out),
  shape: (type, attrs) => {
    const { m, n, small } = sidesOf(type);
    return [attrs['fullMatrices'] === true ? m * m + small + n * n : m * small + small + small * n];
  },
  work: ({ small, large }) => 20 * small * small * large,
  bound: 64,
});

const svdvals = ofMatrices({
  name: 'svdvals',
  doc: 'Singular values of matrices, the largest first.',
  run: (matrix, _attrs, out) => packedSvd(matrix, 'values', out),
  shape: (type) => [sidesOf(type).small],
  work: ({ small, large }) => 4 * small * small * large,
  bound: 64,
});

const luPacked = ofMatrices({
  name: 'lu_packed',
  doc:
    'What `lu` gives as one tensor: for each matrix L below the diagonal and U from it on (m × n), the row of x that ' +
    'each row came from (m), and the determinant of that order.',
  run: (matrix, _attrs, out) => packedLu(matrix, out),
  shape: (type) => {
    const { m, n } = sidesOf(type);
    return [m * n + m + 1];
  },
  work: ({ m, n, small }) => m * n * small,
  bound: 64,
});

const det = ofMatrices({
  name: 'det',
  doc: 'Determinant, by LU with partial pivoting in float64.',
  run: (matrix, _attrs, out) => determinant(matrix, out),
  shape: (type) => {
    square('det', 'x', type);
    return [];
  },
  work: ({ n }) => n ** 3,
  bound: 1024,
});

const expm = ofMatrices({
  name: 'expm',
  doc: 'e to the power of square matrices, by scaling and squaring in float64; not the exponential of each element.',
  run: (matrix, _attrs, out) => packedExponential(matrix, out),
  shape: (type) => {
    const n = square('expm', 'x', type);
    return [n, n];
  },
  work: ({ n }) => 30 * n ** 3,
  bound: 4096,
});

/** Rows of this family. */
export const DECOMPOSITIONS: readonly OpRow[] = [
  qrPacked,
  eighPacked,
  eigvalsh,
  svdPacked,
  svdvals,
  luPacked,
  det,
  expm,
  eigPacked,
  eigvalsPacked,
];
