// C (=|+=|−=) op(A)·op(B) on matrices that lie in linear memory, on one thread or a team, with the bits of sqs-num/1.
//
// The order of every sum is fixed (docs/format/numerics.md, "contract"); packing, chunking, tiling and threads only move the work.
// Small products run in one call without packing; others in phases: pack a chunk of B once for all threads, then multiply row tiles.
import { contractModule } from './contract-module.ts';
import { FIELD, K_BLOCK, MODE, PARAMETER_BYTES, TILE, TRIANGLE, WIDE_VECTORS } from './contract-fields.ts';
import type { FloatDtype } from './contract-fields.ts';
import type { Heap } from './heap.ts';
import type { Team, TeamKernel } from './team.ts';

/** One product; addresses in bytes, `lda`/`ldb`/`ldc` in elements between rows as stored. m×n = m×k · k×n after transposition. */
export interface GemmSpec {
  readonly dtype: FloatDtype;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: number;
  readonly lda: number;
  readonly transposeA: boolean;
  readonly b: number;
  readonly ldb: number;
  readonly transposeB: boolean;
  readonly c: number;
  readonly ldc: number;
  readonly mode: keyof typeof MODE;
  /** Which part of C is wanted; elements outside it may or may not be written. */
  readonly triangle: keyof typeof TRIANGLE;
}

/** One kernel run of a product; the phases of a product run one after another. */
interface Phase {
  readonly kernel: TeamKernel;
  readonly range: number;
  readonly grain: number;
}

/** Parameter block and scratch of one product at a time. */
interface Workspace {
  readonly params: number;
  packedA: number;
  packedABytes: number;
  packedB: number;
  packedBBytes: number;
}

interface DtypeKernels {
  readonly sizeBytes: number;
  readonly panelColumns: number;
  readonly run: Readonly<Record<'multiply' | 'multiplyPacked' | 'multiplyWide' | 'packATransposed' | 'packB' | 'packBTransposed', TeamKernel>>;
}

/** Chunk of K, and the scratch one chunk of op(A) or op(B) may take. */
const K_CHUNK = 8 * K_BLOCK;
const SCRATCH_BYTES = 4 << 20;
/** B is read in place when it is this small, or when few rows would not repay the packing. */
const UNPACKED_BYTES = 32 << 10;
const UNPACKED_ROWS = 3 * TILE.rows;
/** Products of at most this many rows go by wide panels of B. */
const WIDE_ROWS = 12;
/** Row tiles and panels a grain has: A's tiles of a grain stay in L1 while B streams by. */
const TILES_PER_GRAIN = 6;
const PANELS_PER_GRAIN = 8;
const WIDE_PANELS_PER_GRAIN = 4;
const GRAINS_PER_THREAD = 4;
/** Products below this many multiply-adds are not worth waking a thread for. */
const PARALLEL_WORK = 1 << 19;

/** Products on a heap and a team. */
export class WasmContract {
  readonly #heap: Heap;
  readonly #team: Team;
  readonly #kernels = new Map<FloatDtype, DtypeKernels>();
  readonly #idle: Workspace[] = [];
  #words: Int32Array;

  constructor(heap: Heap, team: Team) {
    this.#heap = heap;
    this.#team = team;
    this.#words = new Int32Array(heap.memory.buffer);
  }

  /** The product, now; the calling thread takes part. */
  gemm(spec: GemmSpec): void {
    if (!(spec.m > 0 && spec.n > 0)) return;
    if (spec.k === 0) return this.#clear(spec);
    const space = this.#acquire();
    const kernels = this.#kernelsOf(spec.dtype);
    if (needsNoScratch(spec, kernels)) {
      this.#multiplyNow(this.#direct(spec, space, kernels), space, spec);
    } else {
      for (const phase of this.#phases(spec, space, kernels)) this.#multiplyNow(phase, space, spec);
    }
    this.#idle.push(space);
  }

  /** The product on the workers; the operands must stay untouched until it resolves. */
  async gemmAsync(spec: GemmSpec): Promise<void> {
    if (!(spec.m > 0 && spec.n > 0)) return;
    if (spec.k === 0) return this.#clear(spec);
    const space = this.#acquire();
    const kernels = this.#kernelsOf(spec.dtype);
    const phases = needsNoScratch(spec, kernels) ? [this.#direct(spec, space, kernels)] : this.#phases(spec, space, kernels);
    try {
      for (const { kernel, range, grain } of phases) await this.#team.run(kernel, space.params, range, this.#balanced(range, grain), lostGrain(spec));
    } finally {
      this.#idle.push(space);
    }
  }

  /** Gives the scratch back to the heap. */
  dispose(): void {
    for (const { params, packedA, packedB } of this.#idle.splice(0)) for (const address of [params, packedA, packedB]) if (address !== 0) this.#heap.free(address);
  }

  #multiplyNow(phase: Phase, space: Workspace, spec: GemmSpec): void {
    const { kernel, range, grain } = phase;
    if (spec.m * spec.n * spec.k >= PARALLEL_WORK) return this.#team.runNow(kernel, space.params, range, this.#balanced(range, grain), lostGrain(spec));
    for (let start = 0; start < range; start += grain) kernel.call(space.params, start, Math.min(range, start + grain));
  }

  // Several grains a thread, so that none waits long for the last one.
  #balanced(range: number, grain: number): number {
    return this.#team.threads === 1 ? grain : Math.min(grain, Math.ceil(range / (this.#team.threads * GRAINS_PER_THREAD)));
  }

  // An empty sum is 0.
  #clear(spec: GemmSpec): void {
    if (spec.mode !== 'store') return;
    const sizeBytes = spec.dtype === 'float32' ? 4 : 8;
    for (let row = 0; row < spec.m; row++) this.#heap.view(Uint8Array, spec.c + row * spec.ldc * sizeBytes, spec.n * sizeBytes).fill(0);
  }

  // One phase on A and B as they lie.
  #direct(spec: GemmSpec, space: Workspace, kernels: DtypeKernels): Phase {
    const { sizeBytes, panelColumns } = kernels;
    this.#writeC(space, spec, kernels, { row: 0, rows: spec.m, column: 0, columns: spec.n, k: 0, depth: spec.k });
    this.#writeA(space, spec.a, spec.lda * sizeBytes, TILE.rows * spec.lda * sizeBytes, K_BLOCK * sizeBytes);
    this.#writeB(space, spec.b, spec.ldb * sizeBytes, panelColumns * sizeBytes, K_BLOCK * spec.ldb * sizeBytes);
    const wideColumns = (WIDE_VECTORS * 16) / sizeBytes;
    if (spec.m <= WIDE_ROWS && spec.n >= wideColumns && spec.triangle === 'none') return { kernel: kernels.run.multiplyWide, range: Math.ceil(spec.n / wideColumns), grain: WIDE_PANELS_PER_GRAIN };
    return { kernel: kernels.run.multiply, range: Math.ceil(spec.m / TILE.rows), grain: TILES_PER_GRAIN };
  }

  // Chunks of K in order; inside, chunks of columns (pack B), inside, chunks of rows (pack Aᵀ) and the multiplication.
  // The parameter block is written when the phase before it has ended.
  *#phases(spec: GemmSpec, space: Workspace, kernels: DtypeKernels): Generator<Phase> {
    const { sizeBytes, panelColumns } = kernels;
    // Every K block of a packed operand takes the room of the first one.
    const deepest = Math.min(spec.k, K_BLOCK) * Math.ceil(Math.min(spec.k, K_CHUNK) / K_BLOCK);
    const chunkOf = (extent: number, width: number) => Math.min(Math.ceil(extent / width), Math.max(1, Math.floor(SCRATCH_BYTES / (deepest * sizeBytes * width)))) * width;
    const columnChunk = chunkOf(spec.n, panelColumns);
    const rowChunk = spec.transposeA ? chunkOf(spec.m, TILE.rows) : spec.m;
    this.#reserve(space, spec.transposeA ? rowChunk * deepest * sizeBytes : 0, columnChunk * deepest * sizeBytes);
    for (let k = 0; k < spec.k; k += K_CHUNK) {
      const depth = Math.min(K_CHUNK, spec.k - k);
      for (let column = 0; column < spec.n; column += columnChunk) {
        for (let row = 0; row < spec.m; row += rowChunk) {
          const part = { row, rows: Math.min(rowChunk, spec.m - row), column, columns: Math.min(columnChunk, spec.n - column), k, depth };
          this.#writeC(space, spec, kernels, part);
          if (row === 0) yield this.#packB(spec, space, kernels, part);
          if (spec.transposeA) yield this.#packA(spec, space, kernels, part);
          else this.#writeA(space, spec.a + k * sizeBytes, spec.lda * sizeBytes, TILE.rows * spec.lda * sizeBytes, K_BLOCK * sizeBytes);
          yield { kernel: spec.transposeA ? kernels.run.multiplyPacked : kernels.run.multiply, range: Math.ceil(part.rows / TILE.rows), grain: TILES_PER_GRAIN };
        }
      }
    }
  }

  #packA(spec: GemmSpec, space: Workspace, kernels: DtypeKernels, part: Part): Phase {
    const panels = Math.ceil(part.rows / TILE.rows);
    const stepBytes = TILE.rows * kernels.sizeBytes;
    const panelBytes = Math.min(part.depth, K_BLOCK) * stepBytes;
    this.#writeA(space, space.packedA, stepBytes, panelBytes, panels * panelBytes);
    this.#writeSource(space, spec.a + (part.k * spec.lda + part.row) * kernels.sizeBytes, spec.lda * kernels.sizeBytes);
    return { kernel: kernels.run.packATransposed, range: panels, grain: PANELS_PER_GRAIN };
  }

  #packB(spec: GemmSpec, space: Workspace, kernels: DtypeKernels, part: Part): Phase {
    const panels = Math.ceil(part.columns / kernels.panelColumns);
    const stepBytes = kernels.panelColumns * kernels.sizeBytes;
    const panelBytes = Math.min(part.depth, K_BLOCK) * stepBytes;
    const [down, right] = spec.transposeB ? [part.column, part.k] : [part.k, part.column];
    this.#writeB(space, space.packedB, stepBytes, panelBytes, panels * panelBytes);
    this.#writeSource(space, spec.b + (down * spec.ldb + right) * kernels.sizeBytes, spec.ldb * kernels.sizeBytes);
    return { kernel: spec.transposeB ? kernels.run.packBTransposed : kernels.run.packB, range: panels, grain: PANELS_PER_GRAIN };
  }

  #writeA(space: Workspace, address: number, rowBytes: number, tileBytes: number, blockBytes: number): void {
    this.#set(space, FIELD.a, address);
    this.#set(space, FIELD.aRowBytes, rowBytes);
    this.#set(space, FIELD.aTileBytes, tileBytes);
    this.#set(space, FIELD.aBlockBytes, blockBytes);
  }

  #writeB(space: Workspace, address: number, stepBytes: number, panelBytes: number, blockBytes: number): void {
    this.#set(space, FIELD.b, address);
    this.#set(space, FIELD.bStepBytes, stepBytes);
    this.#set(space, FIELD.bPanelBytes, panelBytes);
    this.#set(space, FIELD.bBlockBytes, blockBytes);
  }

  #writeSource(space: Workspace, address: number, rowBytes: number): void {
    this.#set(space, FIELD.source, address);
    this.#set(space, FIELD.sourceRowBytes, rowBytes);
  }

  #writeC(space: Workspace, spec: GemmSpec, kernels: DtypeKernels, part: Part): void {
    const { sizeBytes } = kernels;
    this.#set(space, FIELD.c, spec.c + (part.row * spec.ldc + part.column) * sizeBytes);
    this.#set(space, FIELD.cRowBytes, spec.ldc * sizeBytes);
    this.#set(space, FIELD.rows, part.rows);
    this.#set(space, FIELD.columns, part.columns);
    this.#set(space, FIELD.depth, part.depth);
    this.#set(space, FIELD.mode, part.k > 0 && spec.mode === 'store' ? MODE.add : MODE[spec.mode]);
    this.#set(space, FIELD.triangle, TRIANGLE[spec.triangle]);
    this.#set(space, FIELD.diagonal, part.column - part.row);
  }

  #set(space: Workspace, fieldBytes: number, value: number): void {
    this.#words[(space.params + fieldBytes) >>> 2] = value;
  }

  #acquire(): Workspace {
    if (this.#words.length === 0) this.#words = new Int32Array(this.#heap.memory.buffer);
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    const params = this.#allocate(PARAMETER_BYTES);
    return { params, packedA: 0, packedABytes: 0, packedB: 0, packedBBytes: 0 };
  }

  // Scratch only grows, up to its cap: no allocation per product.
  #reserve(space: Workspace, aBytes: number, bBytes: number): void {
    if (space.packedABytes < aBytes) {
      space.packedA = this.#replace(space.packedA, aBytes);
      space.packedABytes = aBytes;
    }
    if (space.packedBBytes < bBytes) {
      space.packedB = this.#replace(space.packedB, bBytes);
      space.packedBBytes = bBytes;
    }
  }

  #replace(old: number, sizeBytes: number): number {
    if (old !== 0) this.#heap.free(old);
    return this.#allocate(sizeBytes);
  }

  #allocate(sizeBytes: number): number {
    const address = this.#heap.allocate(sizeBytes);
    if (address === 0) throw new RangeError(`the heap has no ${sizeBytes} bytes left for the scratch of a product; free tensors or give it more pages`);
    // The memory may have grown: an old view of a shared memory ends before the new blocks, one of a private memory is detached.
    this.#words = new Int32Array(this.#heap.memory.buffer);
    return address;
  }

  #kernelsOf(dtype: FloatDtype): DtypeKernels {
    const known = this.#kernels.get(dtype);
    if (known !== undefined) return known;
    const run = this.#team.load({ bytes: contractModule(dtype, this.#heap.kind) }) as DtypeKernels['run'];
    const sizeBytes = dtype === 'float32' ? 4 : 8;
    const kernels = { sizeBytes, panelColumns: (TILE.vectors * 16) / sizeBytes, run };
    this.#kernels.set(dtype, kernels);
    return kernels;
  }
}

/** Part of a product: rows and columns of C, and a stretch of K. */
interface Part {
  readonly row: number;
  readonly rows: number;
  readonly column: number;
  readonly columns: number;
  readonly k: number;
  readonly depth: number;
}

function needsNoScratch(spec: GemmSpec, kernels: DtypeKernels): boolean {
  if (spec.transposeA || spec.transposeB) return false;
  return spec.m <= UNPACKED_ROWS || spec.k * spec.n * kernels.sizeBytes <= UNPACKED_BYTES;
}

function lostGrain(spec: GemmSpec): 'repeat' | 'fail' {
  return spec.mode === 'store' && spec.k <= K_CHUNK ? 'repeat' : 'fail';
}
