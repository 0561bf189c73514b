// The SIMD kernels over one linear memory and its threads: where operands and results of a task lie there, and what
// runs it.
import { numbersAttribute } from '../../ops/attribute-values.ts';
import { type Heap, HeapFullError } from '../../../../kernels/wasm/memory/heap.ts';
import { contractDtypeOf, type GemmSpec, WasmContract, wordsAt } from '../../../../kernels/wasm/contract/contract.ts';
import type { FloatArray, MatrixArray } from '../../../../kernels/js/contract.ts';
import { type AsyncLinalgKernels, runLinalg, runLinalgAsync } from '../../../../kernels/js/linalg.ts';
import { WasmLinalgKernels } from '../../../../kernels/wasm/linalg/linalg.ts';
import { StagedLinalgKernels } from '../../../../kernels/wasm/linalg/staged.ts';
import { TeamMap } from '../../../../kernels/wasm/team/map.ts';
import { wasmSkeletons } from '../../../../kernels/wasm/skeletons.ts';
import { Team, type TeamHost } from '../../../../kernels/wasm/team/team.ts';
import type { Block, Value } from '../../tensor/block.ts';
import { isBigInt, isFloat, type TypedArray } from '../../tensor/dtype.ts';
import { type Task, taskFlops } from '../device.ts';
import { type JsDevice, rearrange } from '../js/device.ts';
import { linalgOnArrays, linalgSteps, type Workspace } from '../linalg.ts';
import { mirrorLower, type Product, productOf } from '../product.ts';
import { productTiles } from './tiles.ts';
import { isInPasses, mappedBy, operandsOf, runAlongAxes } from '../along-axes.ts';
import { cutOf, isWithBigints, runInPieces } from '../pieces.ts';

/**
 * Products of more floating-point operations (5 ms of two threads) run beside the event loop; a hand-over costs up to
 * one, for threads must wake.
 */
const ASYNC_FLOPS = 4e8;
/** Factorisations of more: their small steps make them a quarter as quick. */
const ASYNC_FACTOR_FLOPS = 1e8;
/**
 * Where there is one thread, those of more give the event loop turns (a few milliseconds of a slow one); there is
 * nobody to wake.
 */
const TURNS_FLOPS = 5e7;
/**
 * Elements and floating-point operations from which a task is done in turns, some 10 ms of them: without a vector form,
 * and with one.
 */
const PLAIN_WORK = 2 ** 17;
const VECTOR_WORK = 2 ** 24;

/** Maps of more floating-point operations than this (a few milliseconds) are shared among threads. */
const SHARED_MAP_FLOPS = 1e7;
/**
 * Bytes of operands and result outside the heap that are copied whole; more go by tiles, and need no room for all of
 * it.
 */
const STAGED_BYTES = 2 ** 27;
/** Multiply-adds below which a step of a factorisation stays on the calling thread (about 0.1 ms). */
const HANDOVER_WORK = 4e6;

/** Products of a task in linear memory. */
interface Staged {
  readonly specs: readonly GemmSpec[];
  /** Takes the result to where it belongs. */
  readonly finish: () => void;
  readonly release: () => void;
}

/** Threads, and what starts them. */
export interface ThreadOptions {
  readonly threads?: number | undefined;
  readonly host?: TeamHost | undefined;
}

/** SIMD kernels of `sqs-num/1` on one heap, and the threads that run them. */
export class WasmKernels {
  readonly heap: Heap;
  readonly team: Team;
  readonly #contract: WasmContract;
  readonly #kernels: WasmLinalgKernels;
  /** For results that are not in the heap. */
  readonly #stagedKernels: StagedLinalgKernels;
  readonly #teamMap: TeamMap;
  readonly #js: JsDevice;
  /** Steps too small to be worth a hand-over are done at once. */
  readonly #asyncKernels: AsyncLinalgKernels = {
    contractAsync: (spec) =>
      spec.m * spec.n * spec.k < HANDOVER_WORK
        ? this.#atOnce(this.#kernels.contract(spec))
        : this.#kernels.contractAsync(spec),
    solveAsync: (spec) =>
      spec.count * spec.size * spec.size < HANDOVER_WORK
        ? this.#atOnce(this.#kernels.solve(spec))
        : this.#kernels.solveAsync(spec),
  };
  /** The SIMD loop nests, and the plain ones for what has no vector form. */
  readonly #skeletons: ReturnType<typeof wasmSkeletons>;

  constructor(js: JsDevice, heap: Heap, { host, threads }: ThreadOptions) {
    this.#js = js;
    this.heap = heap;
    const { memory, kind } = heap;
    this.team = new Team({ memory, kind, ...(host && { host }), ...(threads !== undefined && { threads }) });
    this.#contract = new WasmContract(heap, this.team);
    this.#kernels = new WasmLinalgKernels(heap, this.team, this.#contract);
    this.#stagedKernels = new StagedLinalgKernels(heap, this.team, this.#contract);
    this.#skeletons = wasmSkeletons(heap);
    this.#teamMap = new TeamMap(heap, this.team, this.#skeletons.maps);
  }

  /** Whether it reduces what a map gives in one pass, as elements are read. It depends on where operands lie. */
  joins(task: Task): boolean {
    const { kernel } = task.row;
    if (kernel.skeleton !== 'reduce' || !isInPasses(kernel.reduction)) return false;
    if (task.operands.some(({ block }) => block?.isLocal !== true)) return false;
    const mapped = mappedBy(task);
    return mapped !== undefined && this.#skeletons.reductions.joins(mapped, numbersAttribute(task.attrs, 'axis'));
  }

  /**
   * What goes on beside the event loop, or in turns of it; undefined where that is not worth it, and nothing was done.
   */
  runBeside(task: Task, out: Block): Promise<void> | undefined {
    const { kernel } = task.row;
    if (kernel.skeleton === 'map' && taskFlops(task) >= SHARED_MAP_FLOPS) {
      const shared = this.#teamMap.run(kernel.element, operandsOf(task), out.array, task.type.shape);
      if (shared !== undefined) return shared;
    }
    if (kernel.skeleton === 'contract' && this.#isLong(task, ASYNC_FLOPS)) return this.#contractBeside(task, out);
    if (kernel.skeleton === 'linalg' && this.#isLong(task, ASYNC_FACTOR_FLOPS)) return this.#linalgBeside(task, out);
    const cut = this.#isSlow(task, out) ? cutOf(task, out.array) : undefined;
    return cut === undefined ? undefined : runInPieces(cut, this.team.turns, (piece, part) => this.runNow(piece, part));
  }

  /** Whether it takes several turns on this thread. */
  #isSlow(task: Task, out: Block): boolean {
    const { kernel } = task.row;
    if (kernel.skeleton === 'contract' || kernel.skeleton === 'linalg') return false;
    const isPlain =
      isWithBigints(task) ||
      (kernel.skeleton === 'map' &&
        !this.#skeletons.maps.fits(kernel.element, operandsOf(task), out.array, task.type.shape));
    return elementsOf(task) + taskFlops(task) >= (isPlain ? PLAIN_WORK : VECTOR_WORK);
  }

  #isLong(task: Task, flops: number): boolean {
    return workOf(task) >= (this.team.threads === 1 ? TURNS_FLOPS : flops);
  }

  runNow(task: Task, out: Block): void {
    const { kernel } = task.row;
    if (kernel.skeleton === 'map') {
      return this.#skeletons.map(kernel.element, operandsOf(task), out.array, task.type.shape);
    }
    if (kernel.skeleton === 'reduce' || kernel.skeleton === 'rows')
      return runAlongAxes(task, out.array, this.#skeletons);
    if (kernel.skeleton === 'window' || kernel.skeleton === 'rearrange')
      return rearrange(task, out.array, this.#skeletons);
    if (kernel.skeleton === 'random') return kernel.fill(out.array, task.attrs, this.#skeletons);
    if (kernel.skeleton === 'contract') return this.#contractNow(task, out);
    if (kernel.skeleton === 'linalg') return this.#linalgNow(task, out);
    this.#js.runNow(task, out);
  }

  #contractNow(task: Task, out: Block): void {
    const staged = this.#stage(task, out);
    try {
      for (const spec of staged?.specs ?? []) this.#contract.gemm(spec);
      staged?.finish();
      if (staged !== undefined) return;
    } catch (error) {
      if (!(error instanceof HeapFullError)) throw error;
    } finally {
      staged?.release();
    }
    for (const tile of this.#tiles(task, out)) this.#stagedKernels.contract(tile);
  }

  async #contractBeside(task: Task, out: Block): Promise<void> {
    const staged = this.#stage(task, out);
    try {
      for (const spec of staged?.specs ?? []) await this.#contract.gemmAsync(spec);
      staged?.finish();
      if (staged !== undefined) return;
    } catch (error) {
      if (!(error instanceof HeapFullError)) throw error;
    } finally {
      staged?.release();
    }
    for (const tile of this.#tiles(task, out)) await this.#stagedKernels.contractAsync(tile);
  }

  #tiles(task: Task, out: Block): ReturnType<typeof productTiles> {
    return productTiles(
      productOf(task),
      task.operands as [Value, Value],
      out.array as MatrixArray,
      this.heap.maximumBytes,
    );
  }

  #linalgNow(task: Task, out: Block): void {
    if (out.address === 0) return this.#js.runNow(task, out);
    const space = this.#workspace(out);
    try {
      runLinalg(linalgSteps(task, out.array as Float32Array, space.take), this.#kernels);
    } catch (error) {
      if (!(error instanceof HeapFullError)) throw error;
      this.#js.runNow(task, out);
    } finally {
      space.release();
    }
  }

  async #linalgBeside(task: Task, out: Block): Promise<void> {
    if (out.address === 0) return runLinalgAsync(linalgOnArrays(task, out.array as FloatArray), this.#stagedKernels);
    const space = this.#workspace(out);
    try {
      await runLinalgAsync(linalgSteps(task, out.array as Float32Array, space.take), this.#asyncKernels);
    } catch (error) {
      if (!(error instanceof HeapFullError)) throw error;
      await runLinalgAsync(linalgOnArrays(task, out.array as FloatArray), this.#stagedKernels);
    } finally {
      space.release();
    }
  }

  #atOnce(_done: void): Promise<void> {
    return this.team.turns.turn();
  }

  /** Working copies of the result's dtype inside the heap. */
  #workspace(out: Block): { take: Workspace; release: () => void } {
    const { room, release } = this.#loans();
    return {
      take: (length) =>
        this.heap.view(out.array.constructor as never, room(length * out.array.BYTES_PER_ELEMENT), length),
      release,
    };
  }

  /** Blocks of the heap that are given back together. */
  #loans(): { room: (sizeBytes: number) => number; release: () => void } {
    const borrowed: number[] = [];
    return {
      room: (sizeBytes) => {
        const address = this.heap.allocate(sizeBytes);
        if (address === 0) throw new HeapFullError(sizeBytes);
        borrowed.push(address);
        return address;
      },
      release: () => borrowed.forEach((address) => this.heap.free(address)),
    };
  }

  /**
   * Puts operands and result where kernels reach them, and lists the products; undefined where there is no room for
   * that.
   */
  #stage(task: Task, out: Block): Staged | undefined {
    const { room, release } = this.#loans();
    try {
      const missing = [...new Set([...task.operands.map(({ block }) => block), out])].filter(
        (block) => !isInPlace(block),
      );
      if (missing.reduce((bytes, { array }) => bytes + wordBytes(array), 0) > STAGED_BYTES) return undefined;
      return this.#staged(task, out, room, release);
    } catch (error) {
      release();
      if (error instanceof HeapFullError) return undefined;
      throw error;
    }
  }

  #staged(task: Task, out: Block, room: (sizeBytes: number) => number, release: () => void): Staged {
    const place = ({ array, block }: Value): number => {
      if (isInPlace(block)) return block.address;
      const address = room(wordBytes(array));
      this.#view(array, address).set(array as never);
      return address;
    };
    const [a, b] = task.operands as [Value, Value];
    const [left, right] = [place(a), a.block === b.block ? -1 : place(b)];
    const target = isInPlace(out) ? out.address : room(wordBytes(out.array));
    const product = productOf(task);
    return {
      specs: specsOf(product, task, left, right === -1 ? left : right, target),
      finish: () => {
        if (product.symmetric) mirrorAll(this.#view(out.array, target) as Float32Array, product);
        if (!isInPlace(out)) out.array.set(this.#view(out.array, target) as never);
      },
      release,
    };
  }

  #view(like: TypedArray, address: number): TypedArray {
    return wordsAt(this.heap, like as MatrixArray, address, like.length) as TypedArray;
  }
}

/** Products and linear systems: many flops a byte. */
export const isDense = (task: Task): boolean =>
  task.row.kernel.skeleton === 'contract' || task.row.kernel.skeleton === 'linalg';

/**
 * Operations, each as costly as one on floats: a product of words takes twice as long as one of float32, one of 64-bit
 * integers eight times.
 */
export const workOf = (task: Task): number =>
  taskFlops(task) * (isDense(task) && !isFloat(task.type.dtype) ? (isBigInt(task.type.dtype) ? 8 : 2) : 1);

/** Bytes of the elements as kernels of products take them, a word at least. */
const wordBytes = ({ length, BYTES_PER_ELEMENT: itemBytes }: TypedArray): number => length * Math.max(4, itemBytes);

/** Whether the elements lie in the heap as kernels of products take them. */
const isInPlace = ({ address, array }: Block): boolean => address !== 0 && array.BYTES_PER_ELEMENT >= 4;

function mirrorAll(out: Float32Array, { n, offsetsA }: Product): void {
  offsetsA.forEach((_, batch) => mirrorLower(out, n, batch * n * n));
}

function specsOf(
  { m, n, k, transposeA, transposeB, lda, ldb, offsetsA, offsetsB, symmetric }: Product,
  task: Task,
  a: number,
  b: number,
  c: number,
): GemmSpec[] {
  const { array } = task.operands[0]!;
  const [dtype, itemBytes] = [contractDtypeOf(array as MatrixArray), Math.max(4, array.BYTES_PER_ELEMENT)];
  return offsetsA.map((offsetA, batch) => ({
    dtype,
    m,
    n,
    k,
    transposeA,
    transposeB,
    lda,
    ldb,
    ldc: n,
    mode: 'store',
    triangle: symmetric ? 'lower' : 'none',
    a: a + offsetA * itemBytes,
    b: b + offsetsB[batch]! * itemBytes,
    c: c + batch * m * n * itemBytes,
  }));
}

/** Elements of the largest operand, or of the result where that has more. */
export function elementsOf({ operands, type }: Task): number {
  let most = type.size;
  for (const operand of operands) if (operand.type.size > most) most = operand.type.size;
  return most;
}
