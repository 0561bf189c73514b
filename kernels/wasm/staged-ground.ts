// The ground of dense linear algebra for matrices outside linear memory: large products on copies in it, the rest in plain JavaScript, in turns.
import { contract, type Contraction, type FloatArray, type Matrix } from '../contract.ts';
import { type BlockSolve, solveBlock } from '../linalg-leaf.ts';
import type { AsyncGround } from '../linalg.ts';
import type { WasmContract } from './contract.ts';
import type { Heap } from './heap.ts';
import type { Team } from './team.ts';

/** Multiply-adds from which a product repays the copies of its operands. */
const STAGED_WORK = 1 << 18;
/** Multiply-adds of a substitution between turns, about a millisecond. */
const TURN_WORK = 1 << 20;

/** Steps of linalg.ts on arrays of JavaScript. */
export class StagedGround implements AsyncGround {
  readonly #heap: Heap;
  readonly #team: Team;
  readonly #contract: WasmContract;

  constructor(heap: Heap, team: Team, contract: WasmContract) {
    this.#heap = heap;
    this.#team = team;
    this.#contract = contract;
  }

  async contractAsync(spec: Contraction<FloatArray>): Promise<void> {
    const [sizeA, sizeB, sizeC] = [spec.m * spec.k, spec.k * spec.n, spec.m * spec.n];
    const itemBytes = spec.c.values.BYTES_PER_ELEMENT;
    const address = spec.m * spec.n * spec.k < STAGED_WORK ? 0 : this.#heap.allocate((sizeA + sizeB + sizeC) * itemBytes);
    if (address === 0) contract(spec);
    else await this.#staged(spec, [address, address + sizeA * itemBytes, address + (sizeA + sizeB) * itemBytes]).finally(() => this.#heap.free(address));
    await this.#team.turn();
  }

  async solveAsync(spec: BlockSolve): Promise<void> {
    const step = Math.max(1, Math.floor(TURN_WORK / (spec.size * spec.size)));
    const stride = spec.layout === 'columns' ? 1 : spec.x.stride;
    for (let start = 0; start < spec.count; start += step) {
      solveBlock({ ...spec, count: Math.min(step, spec.count - start), x: { ...spec.x, offset: spec.x.offset + start * stride } });
      await this.#team.turn();
    }
  }

  async #staged(spec: Contraction<FloatArray>, [a, b, c]: readonly [number, number, number]): Promise<void> {
    const { m, n, k, transposeA, transposeB, mode, triangle } = spec;
    const [lda, ldb] = [transposeA ? m : k, transposeB ? k : n];
    for (const [matrix, address, rows, columns] of [[spec.a, a, transposeA ? k : m, lda], [spec.b, b, transposeB ? n : k, ldb], [spec.c, c, m, n]] as const) {
      eachRow(matrix, this.#view(matrix, address, rows * columns), columns, (row, copy) => copy.set(row));
    }
    const dtype = spec.c.values instanceof Float32Array ? 'float32' : 'float64';
    await this.#contract.gemmAsync({ dtype, m, n, k, a, lda, transposeA, b, ldb, transposeB, c, ldc: n, mode, triangle });
    eachRow(spec.c, this.#view(spec.c, c, m * n), n, (row, copy) => row.set(copy));
  }

  #view({ values }: Matrix<FloatArray>, address: number, length: number): FloatArray {
    return this.#heap.view(values.constructor as new (buffer: ArrayBufferLike, byteOffset: number, length: number) => FloatArray, address, length);
  }
}

function eachRow({ values, offset, stride }: Matrix<FloatArray>, copies: FloatArray, columns: number, visit: (row: FloatArray, copy: FloatArray) => void): void {
  for (let at = 0, from = offset; at < copies.length; at += columns, from += stride) visit(values.subarray(from, from + columns), copies.subarray(at, at + columns));
}
