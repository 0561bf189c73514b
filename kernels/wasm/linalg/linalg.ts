// The kernels of dense linear algebra in linear memory: products by WasmContract, block substitution by its own
// kernels. Matrices are views of the heap's memory; their addresses are taken from the views.
import type { Contraction, FloatArray, Matrix } from '../../js/contract.ts';
import type { BlockSolve } from '../../js/linalg-leaf.ts';
import type { AsyncLinalgKernels, LinalgKernels } from '../../js/linalg.ts';
import type { FloatDtype } from '../contract/fields.ts';
import type { GemmSpec, WasmContract } from '../contract/contract.ts';
import { type Heap, HeapFullError } from '../memory/heap.ts';
import { encodedOnce } from '../code/abi.ts';
import { linalgModule, SOLVE_FIELD, SOLVE_PARAMETER_BYTES } from './module.ts';
import type { Team, TeamKernel } from '../team/team.ts';

/** Right-hand sides of a grain, and the multiply-adds below which one thread does a block alone. */
const GRAIN = 64;
const PARALLEL_WORK = 1 << 18;

/** Steps of linalg.ts on a heap and a team. */
export class WasmLinalgKernels implements LinalgKernels, AsyncLinalgKernels {
  readonly #heap: Heap;
  readonly #team: Team;
  readonly #contract: WasmContract;
  readonly #kernels = new Map<FloatDtype, Readonly<Record<'solveColumns' | 'solveRows', TeamKernel>>>();

  constructor(heap: Heap, team: Team, contract: WasmContract) {
    this.#heap = heap;
    this.#team = team;
    this.#contract = contract;
  }

  contract(spec: Contraction<FloatArray>): void {
    this.#contract.gemm(gemmOf(spec));
  }

  contractAsync(spec: Contraction<FloatArray>): Promise<void> {
    return this.#contract.gemmAsync(gemmOf(spec));
  }

  solve(spec: BlockSolve): void {
    const params = this.#write(spec);
    const kernel = this.#kernelOf(spec);
    if (spec.count * spec.size * spec.size >= PARALLEL_WORK)
      this.#team.runNow(kernel, params, spec.count, GRAIN, 'fail');
    else kernel.call(params, 0, spec.count);
    this.#heap.free(params);
  }

  async solveAsync(spec: BlockSolve): Promise<void> {
    const params = this.#write(spec);
    try {
      await this.#team.run(this.#kernelOf(spec), params, spec.count, GRAIN, 'fail');
    } finally {
      this.#heap.free(params);
    }
  }

  // Parameter block, and behind it the scratch in which rows become columns.
  #write(spec: BlockSolve): number {
    const sizeBytes = spec.x.values.BYTES_PER_ELEMENT;
    const scratchRowBytes = Math.ceil((spec.count * sizeBytes) / 16) * 16;
    const params = this.#heap.allocate(
      SOLVE_PARAMETER_BYTES + (spec.layout === 'rows' ? spec.size * scratchRowBytes : 0),
    );
    if (params === 0) throw new HeapFullError(spec.size * scratchRowBytes);
    const scratch = params + SOLVE_PARAMETER_BYTES;
    const [x, xRowBytes] =
      spec.layout === 'rows' ? [scratch, scratchRowBytes] : [addressOf(spec.x), spec.x.stride * sizeBytes];
    const [tRow, tColumn] = spec.transposeT
      ? [sizeBytes, spec.t.stride * sizeBytes]
      : [spec.t.stride * sizeBytes, sizeBytes];
    const last = spec.direction === 'backward' ? spec.size - 1 : 0;
    const sign = spec.direction === 'backward' ? -1 : 1;
    const fields: Readonly<Record<keyof typeof SOLVE_FIELD, number>> = {
      t: addressOf(spec.t) + last * (tRow + tColumn),
      tRowBytes: sign * tRow,
      tColumnBytes: sign * tColumn,
      x: x + last * xRowBytes,
      xRowBytes: sign * xRowBytes,
      size: spec.size,
      unit: spec.diagonal === 'unit' ? 1 : 0,
      source: addressOf(spec.x),
      sourceRowBytes: spec.x.stride * sizeBytes,
      scratch,
      scratchRowBytes,
    };
    const block = this.#heap.view(Int32Array, params, SOLVE_PARAMETER_BYTES / 4);
    for (const name of Object.keys(SOLVE_FIELD) as (keyof typeof SOLVE_FIELD)[])
      block[SOLVE_FIELD[name] / 4] = fields[name];
    return params;
  }

  #kernelOf(spec: BlockSolve): TeamKernel {
    const dtype = dtypeOf(spec.x);
    let kernels = this.#kernels.get(dtype);
    if (kernels === undefined) {
      const { kind } = this.#heap;
      const bytes = encodedOnce(linalgModule, `${dtype} ${kind}`, () => linalgModule(dtype, kind));
      kernels = this.#team.load({ bytes }) as Readonly<Record<'solveColumns' | 'solveRows', TeamKernel>>;
      this.#kernels.set(dtype, kernels);
    }
    return spec.layout === 'rows' ? kernels.solveRows : kernels.solveColumns;
  }
}

function dtypeOf(matrix: Matrix<FloatArray>): FloatDtype {
  return matrix.values instanceof Float32Array ? 'float32' : 'float64';
}

function addressOf({ values, offset }: Matrix<FloatArray>): number {
  return values.byteOffset + offset * values.BYTES_PER_ELEMENT;
}

function gemmOf({ m, n, k, a, b, c, transposeA, transposeB, mode, triangle }: Contraction<FloatArray>): GemmSpec {
  return {
    dtype: dtypeOf(c),
    m,
    n,
    k,
    a: addressOf(a),
    lda: a.stride,
    transposeA,
    b: addressOf(b),
    ldb: b.stride,
    transposeB,
    c: addressOf(c),
    ldc: c.stride,
    mode,
    triangle,
  };
}
