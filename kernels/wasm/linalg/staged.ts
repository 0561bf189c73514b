// The kernels of dense linear algebra for matrices outside linear memory: large products on copies in it, the rest in
// plain JavaScript, in turns.
import { contractAny, type Contraction, type Matrix, type MatrixArray } from '../../js/contract.ts';
import { LinalgKernelsInTurns } from '../../js/linalg-in-turns.ts';
import { contractDtypeOf, type GemmSpec, type WasmContract, wordsAt } from '../contract/contract.ts';
import { type Heap, HeapFullError } from '../memory/heap.ts';
import type { Team } from '../team/team.ts';

/** Multiply-adds from which a product repays the copies of its operands. */
const STAGED_WORK = 1 << 18;

/** Steps of linalg.ts on arrays of JavaScript. */
export class StagedLinalgKernels extends LinalgKernelsInTurns {
  readonly #heap: Heap;
  readonly #contract: WasmContract;

  constructor(heap: Heap, team: Team, contract: WasmContract) {
    super(team.turns);
    this.#heap = heap;
    this.#contract = contract;
  }

  override async contractAsync(spec: Contraction<MatrixArray>): Promise<void> {
    const staged = this.#stage(spec);
    if (staged === undefined) return super.contractAsync(spec);
    try {
      await this.#contract.gemmAsync(staged.gemm);
      staged.finish();
    } catch (error) {
      if (!(error instanceof HeapFullError)) throw error;
      await super.contractAsync(spec);
    } finally {
      staged.release();
    }
    await this.turns.turn();
  }

  /** A product, now. */
  contract(spec: Contraction<MatrixArray>): void {
    const staged = this.#stage(spec);
    if (staged === undefined) return contractAny(spec);
    try {
      this.#contract.gemm(staged.gemm);
      staged.finish();
    } catch (error) {
      if (!(error instanceof HeapFullError)) throw error;
      contractAny(spec);
    } finally {
      staged.release();
    }
  }

  /** Copies of the operands in linear memory; undefined where they are not worth it, or there is no room. */
  #stage(
    spec: Contraction<MatrixArray>,
  ): { readonly gemm: GemmSpec; readonly finish: () => void; readonly release: () => void } | undefined {
    const { m, n, k, transposeA, transposeB, mode, triangle } = spec;
    const itemBytes = Math.max(4, spec.c.values.BYTES_PER_ELEMENT);
    const a = m * n * k < STAGED_WORK ? 0 : this.#heap.allocate((m * k + k * n + m * n) * itemBytes);
    if (a === 0) return undefined;
    const [b, c] = [a + m * k * itemBytes, a + (m * k + k * n) * itemBytes];
    const [lda, ldb] = [transposeA ? m : k, transposeB ? k : n];
    for (const [matrix, address, rows, columns] of [
      [spec.a, a, transposeA ? k : m, lda],
      [spec.b, b, transposeB ? n : k, ldb],
      [spec.c, c, m, n],
    ] as const) {
      eachRow(matrix, this.#view(matrix, address, rows * columns), columns, (row, copy) => copy.set(row as never));
    }
    const dtype = contractDtypeOf(spec.c.values);
    return {
      gemm: { dtype, m, n, k, a, lda, transposeA, b, ldb, transposeB, c, ldc: n, mode, triangle },
      finish: () => eachRow(spec.c, this.#view(spec.c, c, m * n), n, (row, copy) => row.set(copy as never)),
      release: () => this.#heap.free(a),
    };
  }

  #view({ values }: Matrix<MatrixArray>, address: number, length: number): MatrixArray {
    return wordsAt(this.#heap, values, address, length);
  }
}

function eachRow(
  { values, offset, stride }: Matrix<MatrixArray>,
  copies: MatrixArray,
  columns: number,
  visit: (row: MatrixArray, copy: MatrixArray) => void,
): void {
  for (let at = 0, from = offset; at < copies.length; at += columns, from += stride)
    visit(values.subarray(from, from + columns), copies.subarray(at, at + columns));
}
