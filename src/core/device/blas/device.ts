// The BLAS device: products and linear systems by the system's library, fast and not bit-portable: class tolerance
// only.
import {
  type Device,
  IN_PARTS,
  NO_ELEMENTS,
  NO_KERNEL,
  type Promptness,
  type Refusal,
  type Task,
  taskFlops,
} from '../device.ts';
import { kernelOf } from '../js/device.ts';
import { isSymmetricPositive } from '../linalg.ts';
import { NumericError } from '../../errors.ts';
import type { Block, Value } from '../../tensor/block.ts';
import { isFloat } from '../../tensor/dtype.ts';
import type { Blas, BlasArray, GemmCall } from './types.ts';

const CALL_NS = 600;
/**
 * Products that should take longer run beside the event loop. A third of a frame: a hand-over costs up to a
 * millisecond, for threads must wake.
 */
const ASYNC_NS = 5e6;

/** Products (and, with LAPACK, systems) through a library that was probed before. */
export class BlasDevice implements Device {
  readonly name = 'blas';
  readonly detail: string;
  readonly exact = false;
  readonly #blas: Blas;

  constructor(blas: Blas) {
    this.#blas = blas;
    this.detail =
      `${blas.name} ${blas.threads === undefined ? '' : `×${blas.threads} `}(${blas.file}, ` +
      `${Math.round(blas.gflops)} GFLOP/s at n = 256)`;
  }

  supports({ row: { kernel, parts }, operands, type, attrs }: Task): true | Refusal {
    if (kernel.skeleton !== 'contract' && kernel.skeleton !== 'linalg') return NO_KERNEL;
    if (!isFloat(type.dtype)) return `it does not compute ${type.dtype}`;
    if (type.size === 0) return NO_ELEMENTS;
    if (kernel.skeleton === 'contract')
      return kernel.contraction(
        operands.map((operand) => operand.type),
        attrs,
      ).k === 0
        ? NO_KERNEL
        : parts === undefined || IN_PARTS;
    if (this.#blas.lapack === undefined) return 'this library has no LAPACK';
    return operands.every((operand) => operand.type.shape.length <= 2) || NO_KERNEL;
  }

  estimateNs(task: Task): number {
    return CALL_NS + taskFlops(task) / this.#blas.gflops;
  }

  run(task: Task, out: Block, mode: Promptness): void | Promise<void> {
    const { kernel } = task.row;
    if (kernel.skeleton === 'linalg') FACTORS[kernel.factor](this.#blas, task, out.array as BlasArray);
    else if (mode === 'free' && this.estimateNs(task) >= ASYNC_NS) return this.#contractBeside(task, out);
    else for (const call of productsOf(task, out)) this.#blas.gemm(call);
  }

  async #contractBeside(task: Task, out: Block): Promise<void> {
    for (const call of productsOf(task, out)) await this.#blas.gemmAsync(call);
  }

  close(): void {}
}

function productsOf(task: Task, out: Block): GemmCall[] {
  const { m, n, k, transposeA, transposeB, lda, ldb, offsetsA, offsetsB } = kernelOf(task, 'contract').contraction(
    task.operands.map((operand) => operand.type),
    task.attrs,
  );
  const [a, b] = task.operands as [Value, Value];
  return offsetsA.map((offsetA, batch) => ({
    dtype: task.type.dtype as GemmCall['dtype'],
    m,
    n,
    k,
    transposeA,
    transposeB,
    lda,
    ldb,
    ldc: n,
    a: (a.array as BlasArray).subarray(offsetA),
    b: (b.array as BlasArray).subarray(offsetsB[batch]),
    c: (out.array as BlasArray).subarray(batch * m * n),
  }));
}

type Factor = (blas: Blas, task: Task, out: BlasArray) => void;

const operandArray = (task: Task, index: number): BlasArray => task.operands[index]?.array as BlasArray;
const order = (task: Task): number => task.operands[0]?.type.shape.at(-1) ?? 0;
const columnsOf = (task: Task): number =>
  task.operands[1]?.type.shape.length === 1 ? 1 : (task.operands[1]?.type.shape.at(-1) ?? 1);

const FACTORS: Record<'cholesky' | 'solve' | 'solve_triangular', Factor> = {
  cholesky(blas, task, out) {
    const n = order(task);
    out.set(operandArray(task, 0));
    const broken =
      blas.lapack?.potrf({ dtype: task.type.dtype as 'float32', triangle: 'lower', n, a: out, lda: n }) ?? 0;
    if (broken > 0)
      throw new NumericError(
        `cholesky: x is not positive definite; its leading ${broken}×${broken} minor is not. Add a multiple of ` +
          'the identity, or use solve.',
        { pivot: broken - 1, n },
      );
    for (let i = 0; i < n; i++) out.fill(0, i * n + i + 1, (i + 1) * n);
  },
  solve(blas, task, out) {
    const [n, columns] = [order(task), columnsOf(task)];
    const dtype = task.type.dtype as 'float32';
    const work = operandArray(task, 0).slice();
    out.set(operandArray(task, 1));
    if (isSymmetricPositive(work, n) && blas.lapack?.potrf({ dtype, triangle: 'lower', n, a: work, lda: n }) === 0) {
      blas.lapack.potrs({ dtype, triangle: 'lower', n, a: work, lda: n, columns, b: out, ldb: columns });
      return;
    }
    work.set(operandArray(task, 0));
    const broken = blas.lapack?.gesv({ dtype, n, a: work, lda: n, columns, b: out, ldb: columns }) ?? 0;
    if (broken > 0)
      throw new NumericError(
        `solve: a is singular; pivot ${broken - 1} of ${n} is exactly zero. Add a multiple of the identity, or ` +
          'drop dependent columns.',
        { pivot: broken - 1, n },
      );
  },
  solve_triangular(blas, task, out) {
    const [n, columns] = [order(task), columnsOf(task)];
    const a = operandArray(task, 0);
    for (let i = 0; i < n; i++) {
      if (a[i * n + i] === 0)
        throw new NumericError(
          `solve_triangular: a has a zero at [${i},${i}] of its diagonal; the system has no unique solution. Use ` +
            'solve with a regularised matrix.',
          { pivot: i, n },
        );
    }
    out.set(operandArray(task, 1));
    blas.trsm({
      dtype: task.type.dtype as 'float32',
      side: 'left',
      triangle: task.attrs['lower'] === true ? 'lower' : 'upper',
      transposeA: task.attrs['transposeA'] === true,
      diagonal: 'stored',
      m: n,
      n: columns,
      a,
      lda: n,
      b: out,
      ldb: columns,
    });
  },
};
