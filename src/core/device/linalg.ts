// Linear systems as steps on working copies; a device says where copies lie and how steps are done.
import type { FloatArray, Matrix } from '../../../kernels/js/contract.ts';
import {
  cholesky,
  jsLinalgKernels,
  type LinalgSteps,
  lu,
  luSolve,
  runLinalg,
  solveTriangular,
} from '../../../kernels/js/linalg.ts';
import { canonicaliseNaN } from '../../../kernels/js/map.ts';
import { NumericError } from '../errors.ts';
import type { LinearAlgebraName } from '../ops/define.ts';
import { batchOffsets } from '../tensor/batches.ts';
import type { Task } from './device.ts';

/** Gives arrays for working copies, of the dtype of the result; they are given back when the task is done. */
export type Workspace = (length: number) => FloatArray;

/** The steps of a task, batch after batch; `out` receives the result. Throws NumericError where there is none. */
export function* linalgSteps(task: Task, out: FloatArray, workspace: Workspace): LinalgSteps<void> {
  const { kernel } = task.row;
  if (kernel.skeleton !== 'linalg') return;
  yield* FACTORS[kernel.factor](task, out, workspace);
  canonicaliseNaN(out);
}

/** The steps of a task, working copies in arrays of JavaScript. */
export function linalgOnArrays(task: Task, out: FloatArray): LinalgSteps<void> {
  const Copy = out.constructor as new (length: number) => FloatArray;
  return linalgSteps(task, out, (length) => new Copy(length));
}

/** A linear algebra task in plain JavaScript. */
export function linalgOnJs(task: Task, out: FloatArray): void {
  runLinalg(linalgOnArrays(task, out), jsLinalgKernels);
}

type Steps = (task: Task, out: FloatArray, workspace: Workspace) => LinalgSteps<void>;

const FACTORS: Record<LinearAlgebraName, Steps> = {
  cholesky: choleskySteps,
  solve: solveSteps,
  solve_triangular: triangularSteps,
};

const arrayOf = (task: Task, operand: number): FloatArray => task.operands[operand]?.array as FloatArray;
const shapeOf = (task: Task, operand: number): readonly number[] => task.operands[operand]?.type.shape ?? [];

function* choleskySteps(task: Task, out: FloatArray): LinalgSteps<void> {
  const n = shapeOf(task, 0).at(-1)!;
  out.set(arrayOf(task, 0));
  for (let offset = 0; offset < out.length; offset += n * n) {
    const broken = yield* cholesky({ values: out, offset, stride: n }, n);
    if (broken >= 0) throw notPositive(broken, n);
  }
}

const notPositive = (pivot: number, n: number): NumericError =>
  new NumericError(
    `cholesky: x is not positive definite; pivot ${pivot} of ${n} is not positive. Add a multiple of the ` +
      'identity, or use solve.',
    { pivot, n },
  );

/**
 * Systems a[matrix] · x = b, with b in the result from `x` on; a matrix that stretches stands in one entry with all
 * that are solved by it.
 */
interface Systems {
  readonly n: number;
  readonly columns: number;
  /** By the first element of each matrix in a; none where there is nothing to solve for. */
  readonly byMatrix: ReadonlyMap<number, readonly Matrix<FloatArray>[]>;
}

/** Lays the systems out; what of b goes with several batches is copied to each. */
function prepare(task: Task, out: FloatArray): Systems {
  const [a, b] = [shapeOf(task, 0), shapeOf(task, 1)];
  const n = a.at(-1)!;
  const sides = b.length === 1 ? [n, 1] : b;
  const batch = task.type.shape.slice(0, b.length === 1 ? -1 : -2);
  const columns = sides.at(-1)!;
  const size = n * columns;
  const byMatrix = new Map<number, Matrix<FloatArray>[]>();
  if (out.length === 0) return { n, columns, byMatrix };
  const source = arrayOf(task, 1);
  batchOffsets(sides, batch).forEach((from, index) => out.set(source.subarray(from, from + size), index * size));
  batchOffsets(a, batch).forEach((matrix, index) => {
    const x = { values: out, offset: index * size, stride: columns };
    const known = byMatrix.get(matrix);
    if (known === undefined) byMatrix.set(matrix, [x]);
    else known.push(x);
  });
  return { n, columns, byMatrix };
}

function* solveSteps(task: Task, out: FloatArray, workspace: Workspace): LinalgSteps<void> {
  const { n, columns, byMatrix } = prepare(task, out);
  const work: Matrix<FloatArray> = { values: workspace(n * n), offset: 0, stride: n };
  for (const [matrix, sides] of byMatrix) {
    const from = arrayOf(task, 0).subarray(matrix, matrix + n * n);
    work.values.set(from);
    if (isSymmetricPositive(from, n)) {
      const broken = yield* cholesky(work, n);
      if (broken < 0) {
        for (const x of sides) {
          yield* solveTriangular({ n, columns, t: work, triangle: 'lower', transposeT: false, diagonal: 'given', x });
          yield* solveTriangular({ n, columns, t: work, triangle: 'lower', transposeT: true, diagonal: 'given', x });
        }
        continue;
      }
      work.values.set(from);
    }
    yield* solveByLu(work, sides, n, columns);
  }
}

function* solveByLu(
  work: Matrix<FloatArray>,
  sides: readonly Matrix<FloatArray>[],
  n: number,
  columns: number,
): LinalgSteps<void> {
  const pivots = new Int32Array(n);
  yield* lu(work, n, n, pivots);
  for (const x of sides) {
    const broken = yield* luSolve(work, pivots, n, x, columns);
    if (broken >= 0)
      throw new NumericError(
        `solve: a is singular; pivot ${broken} of ${n} is exactly zero. Add a multiple of the identity, or drop ` +
          'dependent columns.',
        { pivot: broken, n },
      );
  }
}

/** Equal bits across the diagonal and a positive diagonal: worth trying Cholesky. Stops at the first witness. */
export function isSymmetricPositive(a: FloatArray, n: number): boolean {
  for (let i = 0; i < n; i++) {
    if (!(a[i * n + i]! > 0)) return false;
    for (let j = 0; j < i; j++) if (a[i * n + j] !== a[j * n + i]) return false;
  }
  return true;
}

function* triangularSteps(task: Task, out: FloatArray, workspace: Workspace): LinalgSteps<void> {
  const { n, columns, byMatrix } = prepare(task, out);
  const triangle = task.attrs['lower'] === true ? 'lower' : 'upper';
  const work: Matrix<FloatArray> = { values: workspace(n * n), offset: 0, stride: n };
  for (const [matrix, sides] of byMatrix) {
    work.values.set(arrayOf(task, 0).subarray(matrix, matrix + n * n));
    for (const x of sides) {
      const broken = yield* solveTriangular({
        n,
        columns,
        t: work,
        triangle,
        transposeT: task.attrs['transposeA'] === true,
        diagonal: 'given',
        x,
      });
      if (broken >= 0)
        throw new NumericError(
          `solve_triangular: a has a zero at [${broken},${broken}] of its diagonal; the system has no unique ` +
            'solution. Use solve with a regularised matrix.',
          { pivot: broken, n },
        );
    }
  }
}
