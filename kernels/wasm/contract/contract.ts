// C (=|+=|−=) op(A)·op(B) on matrices that lie in linear memory, on one thread or a team, with the bits of sqs-num/1.
//
// The order of every sum is fixed (docs/format/numerics.md, "contract"); packing, chunking, tiling and threads only
// move the work. Small products run in one call without packing; others in phases: pack a chunk of B once for all
// threads, then multiply row tiles.
import { encodedOnce } from '../code/abi.ts';
import { contractModule } from './module.ts';
import {
  CONTRACT_LANES,
  FIELD,
  K_BLOCK,
  MODE,
  PARAMETER_BYTES,
  SLIM_CHUNK_BYTES,
  TILE,
  TRIANGLE,
  WIDE_VECTORS,
} from './fields.ts';
import type { ContractDtype } from './fields.ts';
import type { MatrixArray } from '../../js/contract.ts';
import { type Heap, HeapFullError } from '../memory/heap.ts';
import type { Phase, Team, TeamKernel } from '../team/team.ts';

/**
 * One product; addresses in bytes, `lda`/`ldb`/`ldc` in elements between rows as stored. m×n = m×k · k×n after
 * transposition.
 */
export interface GemmSpec {
  readonly dtype: ContractDtype;
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

/**
 * The kernels for a storage; integers narrower than a word are multiplied as words, of which results take the lowest
 * bits.
 */
export function contractDtypeOf(values: MatrixArray): ContractDtype {
  if (values instanceof Float32Array) return 'float32';
  if (values instanceof Float64Array) return 'float64';
  return values.BYTES_PER_ELEMENT === 8 ? 'int64' : 'int32';
}

/** A view of linear memory that kernels take for a storage. */
export function wordsAt<V extends MatrixArray>(heap: Heap, like: V, address: number, length: number): V {
  return heap.view(
    (like.BYTES_PER_ELEMENT < 4 ? Int32Array : like.constructor) as new (
      buffer: ArrayBufferLike,
      byteOffset: number,
      length: number,
    ) => V,
    address,
    length,
  );
}

/** A block of the heap that grows with what is asked of it; address 0: none yet. */
interface Scratch {
  address: number;
  sizeBytes: number;
}

/** Parameter blocks and scratch of one product at a time. */
interface Workspace {
  /** Parameter blocks of the phases, side by side; the one being written is at `block`. */
  readonly params: Scratch;
  block: number;
  readonly packedA: Scratch;
  readonly packedB: Scratch;
  readonly sums: Scratch;
}

interface DtypeKernels {
  readonly sizeBytes: number;
  readonly panelColumns: number;
  readonly run: Readonly<
    Record<
      | 'multiply'
      | 'multiplyPacked'
      | 'multiplyWide'
      | 'blockSums'
      | 'addSums'
      | 'packATransposed'
      | 'packB'
      | 'packBTransposed',
      TeamKernel
    >
  >;
}

/** Chunk of K, and the scratch one chunk of op(A) or op(B) may take. */
const K_CHUNK = 8 * K_BLOCK;
const SCRATCH_BYTES = 4 << 20;
/** B is read in place when it is this small, or when few rows would not repay the packing. */
const UNPACKED_BYTES = 32 << 10;
const UNPACKED_ROWS = 3 * TILE.rows;
/** Products of at most this many rows go by wide panels of B. */
const WIDE_ROWS = 12;
/** Vectors of a slim product at most, and products along K that repay adding up the blocks. */
const SLIM_VECTORS = 8;
const SLIM_DEPTH = 64;
/** Sums of blocks that are added up while they are in the cache. */
const SUMS_BYTES = 1 << 20;
const BLOCKS_PER_GRAIN = 16;
/** Row tiles and panels a grain has: A's tiles of a grain stay in L1 while B streams by. */
const TILES_PER_GRAIN = 6;
const TILES_PER_LAST_GRAIN = 2;
const PANELS_PER_GRAIN = 8;
const WIDE_PANELS_PER_GRAIN = 4;
const GRAINS_PER_THREAD = 4;
/** Products below this many multiply-adds are not worth waking a thread for. */
const PARALLEL_WORK = 1 << 19;

/** Products on a heap and a team. */
export class WasmContract {
  readonly #heap: Heap;
  readonly #team: Team;
  readonly #kernels = new Map<ContractDtype, DtypeKernels>();
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
    try {
      const phases = this.#phases(spec, space);
      if (spec.m * spec.n * spec.k >= PARALLEL_WORK) this.#team.runPhasesNow(phases, lostGrain(spec));
      else
        for (const { kernel, params, range, grain } of phases)
          for (let start = 0; start < range; start += grain) kernel.call(params, start, Math.min(range, start + grain));
    } finally {
      this.#idle.push(space);
    }
  }

  /** The product on the workers; the operands must stay untouched until it resolves. */
  async gemmAsync(spec: GemmSpec): Promise<void> {
    if (!(spec.m > 0 && spec.n > 0)) return;
    if (spec.k === 0) return this.#clear(spec);
    const space = this.#acquire();
    try {
      await this.#team.runPhases(this.#phases(spec, space), lostGrain(spec));
    } finally {
      this.#idle.push(space);
    }
  }

  /** Gives the scratch back to the heap. */
  dispose(): void {
    for (const { params, packedA, packedB, sums } of this.#idle.splice(0))
      for (const { address } of [params, packedA, packedB, sums]) if (address !== 0) this.#heap.free(address);
  }

  // Several grains a thread, so that none waits long for the last one.
  #balanced(range: number, grain: number): number {
    return this.#team.threads === 1
      ? grain
      : Math.min(grain, Math.ceil(range / (this.#team.threads * GRAINS_PER_THREAD)));
  }

  // An empty sum is 0.
  #clear(spec: GemmSpec): void {
    if (spec.mode !== 'store') return;
    const { sizeBytes } = CONTRACT_LANES[spec.dtype];
    for (let row = 0; row < spec.m; row++)
      this.#heap.view(Uint8Array, spec.c + row * spec.ldc * sizeBytes, spec.n * sizeBytes).fill(0);
  }

  #phases(spec: GemmSpec, space: Workspace): Phase[] {
    const kernels = this.#kernelsOf(spec.dtype);
    const slim = slimOf(spec, kernels.sizeBytes);
    if (slim !== undefined) return this.#slim(spec, slim, space, kernels);
    return needsNoScratch(spec, kernels) ? [this.#direct(spec, space, kernels)] : this.#packed(spec, space, kernels);
  }

  // One phase on A and B as they lie.
  #direct(spec: GemmSpec, space: Workspace, kernels: DtypeKernels): Phase {
    const { sizeBytes, panelColumns } = kernels;
    this.#reserve(space, PARAMETER_BYTES, 0, 0);
    this.#writeC(space, spec, kernels, { row: 0, rows: spec.m, column: 0, columns: spec.n, k: 0, depth: spec.k });
    this.#writeA(space, spec.a, spec.lda * sizeBytes, TILE.rows * spec.lda * sizeBytes, K_BLOCK * sizeBytes);
    this.#writeB(space, spec.b, spec.ldb * sizeBytes, panelColumns * sizeBytes, K_BLOCK * spec.ldb * sizeBytes);
    const wideColumns = (WIDE_VECTORS * 16) / sizeBytes;
    if (spec.m <= WIDE_ROWS && spec.n >= wideColumns && spec.triangle === 'none')
      return this.#phase(space, kernels.run.multiplyWide, Math.ceil(spec.n / wideColumns), WIDE_PANELS_PER_GRAIN);
    return this.#phase(
      space,
      kernels.run.multiply,
      Math.ceil(spec.m / TILE.rows),
      TILES_PER_GRAIN,
      TILES_PER_LAST_GRAIN,
    );
  }

  // Chunks of K in order: the sums of their blocks, and those added up.
  #slim(spec: GemmSpec, { x, columns, weights, rows, turned }: Slim, space: Workspace, kernels: DtypeKernels): Phase[] {
    const { sizeBytes } = kernels;
    const sumsRowBytes = Math.ceil((columns * sizeBytes) / 16) * 16;
    const sumsBlockBytes = rows * sumsRowBytes;
    const chunks = Math.ceil(sumsRowBytes / SLIM_CHUNK_BYTES);
    const blocks = Math.max(1, Math.floor(SUMS_BYTES / sumsBlockBytes));
    this.#reserve(space, 2 * Math.ceil(spec.k / (blocks * K_BLOCK)) * PARAMETER_BYTES, 0, 0);
    this.#widen(space.sums, (Math.min(blocks, Math.ceil(spec.k / K_BLOCK)) + 1) * sumsBlockBytes);
    const phases: Phase[] = [];
    for (let k = 0; k < spec.k; k += blocks * K_BLOCK) {
      const depth = Math.min(blocks * K_BLOCK, spec.k - k);
      this.#writeC(space, spec, kernels, { row: 0, rows, column: 0, columns, k, depth });
      this.#writeA(
        space,
        x.address + k * x.stride * sizeBytes,
        x.stride * sizeBytes,
        0,
        K_BLOCK * x.stride * sizeBytes,
      );
      this.#writeB(
        space,
        weights.address + k * weights.stepBytes,
        weights.stepBytes,
        weights.nextBytes,
        K_BLOCK * weights.stepBytes,
      );
      const fields = {
        sums: space.sums.address,
        sumsRowBytes,
        sumsBlockBytes,
        chunks,
        turned: turned ? 1 : 0,
        ends: k + depth === spec.k ? 1 : 0,
      };
      for (const [field, value] of Object.entries(fields)) this.#set(space, FIELD[field as keyof typeof fields], value);
      phases.push(
        this.#phase(space, kernels.run.blockSums, Math.ceil(depth / K_BLOCK) * chunks, BLOCKS_PER_GRAIN),
        this.#phase(space, kernels.run.addSums, chunks, 1),
      );
    }
    return phases;
  }

  // Chunks of K in order; inside, chunks of columns (pack B), inside, chunks of rows (pack Aᵀ) and the multiplication.
  // Every phase has a parameter block of its own, which starts as a copy of the one before: what is packed once is used
  // by several.
  #packed(spec: GemmSpec, space: Workspace, kernels: DtypeKernels): Phase[] {
    const { sizeBytes, panelColumns } = kernels;
    // Every K block of a packed operand takes the room of the first one.
    const deepest = Math.min(spec.k, K_BLOCK) * Math.ceil(Math.min(spec.k, K_CHUNK) / K_BLOCK);
    const chunkOf = (extent: number, width: number) =>
      Math.min(Math.ceil(extent / width), Math.max(1, Math.floor(SCRATCH_BYTES / (deepest * sizeBytes * width)))) *
      width;
    const columnChunk = chunkOf(spec.n, panelColumns);
    const rowChunk = spec.transposeA ? chunkOf(spec.m, TILE.rows) : spec.m;
    const parts = partsOf(spec, { rows: rowChunk, columns: columnChunk });
    this.#reserve(
      space,
      3 * parts.length * PARAMETER_BYTES,
      spec.transposeA ? rowChunk * deepest * sizeBytes : 0,
      columnChunk * deepest * sizeBytes,
    );
    const phases: Phase[] = [];
    for (const part of parts) {
      this.#writeC(space, spec, kernels, part);
      if (part.row === 0) phases.push(this.#packB(spec, space, kernels, part));
      if (spec.transposeA) phases.push(this.#packA(spec, space, kernels, part));
      else
        this.#writeA(
          space,
          spec.a + part.k * sizeBytes,
          spec.lda * sizeBytes,
          TILE.rows * spec.lda * sizeBytes,
          K_BLOCK * sizeBytes,
        );
      phases.push(
        this.#phase(
          space,
          spec.transposeA ? kernels.run.multiplyPacked : kernels.run.multiply,
          Math.ceil(part.rows / TILE.rows),
          TILES_PER_GRAIN,
          TILES_PER_LAST_GRAIN,
        ),
      );
    }
    return phases;
  }

  // The phase whose parameter block was just written; the next one continues on a copy.
  #phase(space: Workspace, kernel: TeamKernel, range: number, grain: number, lastGrain = grain): Phase {
    const params = space.block;
    space.block += PARAMETER_BYTES;
    if (space.block < space.params.address + space.params.sizeBytes)
      this.#words.copyWithin(space.block >>> 2, params >>> 2, space.block >>> 2);
    return { kernel, params, range, grain: this.#balanced(range, grain), lastGrain };
  }

  #packA(spec: GemmSpec, space: Workspace, kernels: DtypeKernels, part: Part): Phase {
    const panels = Math.ceil(part.rows / TILE.rows);
    const stepBytes = TILE.rows * kernels.sizeBytes;
    const panelBytes = Math.min(part.depth, K_BLOCK) * stepBytes;
    this.#writeA(space, space.packedA.address, stepBytes, panelBytes, panels * panelBytes);
    this.#writeSource(space, spec.a + (part.k * spec.lda + part.row) * kernels.sizeBytes, spec.lda * kernels.sizeBytes);
    return this.#phase(space, kernels.run.packATransposed, panels, PANELS_PER_GRAIN);
  }

  #packB(spec: GemmSpec, space: Workspace, kernels: DtypeKernels, part: Part): Phase {
    const panels = Math.ceil(part.columns / kernels.panelColumns);
    const stepBytes = kernels.panelColumns * kernels.sizeBytes;
    const panelBytes = Math.min(part.depth, K_BLOCK) * stepBytes;
    const [down, right] = spec.transposeB ? [part.column, part.k] : [part.k, part.column];
    this.#writeB(space, space.packedB.address, stepBytes, panelBytes, panels * panelBytes);
    this.#writeSource(space, spec.b + (down * spec.ldb + right) * kernels.sizeBytes, spec.ldb * kernels.sizeBytes);
    return this.#phase(
      space,
      spec.transposeB ? kernels.run.packBTransposed : kernels.run.packB,
      panels,
      PANELS_PER_GRAIN,
    );
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
    this.#words[(space.block + fieldBytes) >>> 2] = value;
  }

  #acquire(): Workspace {
    if (this.#words.length === 0) this.#words = new Int32Array(this.#heap.memory.buffer);
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    return { params: noScratch(), block: 0, packedA: noScratch(), packedB: noScratch(), sums: noScratch() };
  }

  // Scratch only grows, up to its cap: no allocation per product.
  #reserve(space: Workspace, paramsBytes: number, aBytes: number, bBytes: number): void {
    this.#widen(space.params, paramsBytes);
    this.#widen(space.packedA, aBytes);
    this.#widen(space.packedB, bBytes);
    space.block = space.params.address;
  }

  // A full heap leaves nothing behind that was freed.
  #widen(scratch: Scratch, sizeBytes: number): void {
    if (scratch.sizeBytes >= sizeBytes) return;
    if (scratch.address !== 0) this.#heap.free(scratch.address);
    scratch.address = scratch.sizeBytes = 0;
    scratch.address = this.#allocate(sizeBytes);
    scratch.sizeBytes = sizeBytes;
  }

  #allocate(sizeBytes: number): number {
    const address = this.#heap.allocate(sizeBytes);
    if (address === 0) throw new HeapFullError(sizeBytes);
    // The memory may have grown: an old view of a shared memory ends before the new blocks, one of a private memory is
    // detached.
    this.#words = new Int32Array(this.#heap.memory.buffer);
    return address;
  }

  #kernelsOf(dtype: ContractDtype): DtypeKernels {
    const known = this.#kernels.get(dtype);
    if (known !== undefined) return known;
    const { kind } = this.#heap;
    const bytes = encodedOnce(contractModule, `${dtype} ${kind}`, () => contractModule(dtype, kind));
    const run = this.#team.load({ bytes }) as DtypeKernels['run'];
    const { sizeBytes } = CONTRACT_LANES[dtype];
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

/** A product as sums of weighted rows of one operand that is read once. */
interface Slim {
  /** K rows of `columns` elements. */
  readonly x: { readonly address: number; readonly stride: number };
  readonly columns: number;
  /** Weight k of vector j is at address + k·stepBytes + j·nextBytes. */
  readonly weights: { readonly address: number; readonly stepBytes: number; readonly nextBytes: number };
  readonly rows: number;
  /** Whether the sums of a vector are a column of C. */
  readonly turned: boolean;
}

/** The wider operand whose rows run along C, where the other one has few vectors. */
function slimOf(spec: GemmSpec, sizeBytes: number): Slim | undefined {
  const { m, n, k, lda, ldb, transposeA, transposeB } = spec;
  if (spec.mode !== 'store' || spec.triangle !== 'none' || k < SLIM_DEPTH) return undefined;
  const strides = (ld: number, runsDown: boolean) =>
    runsDown
      ? { stepBytes: ld * sizeBytes, nextBytes: sizeBytes }
      : { stepBytes: sizeBytes, nextBytes: ld * sizeBytes };
  if (transposeA && n <= SLIM_VECTORS && m >= n)
    return {
      x: { address: spec.a, stride: lda },
      columns: m,
      weights: { address: spec.b, ...strides(ldb, !transposeB) },
      rows: n,
      turned: true,
    };
  if (!transposeB && m <= SLIM_VECTORS && n >= m)
    return {
      x: { address: spec.b, stride: ldb },
      columns: n,
      weights: { address: spec.a, ...strides(lda, transposeA) },
      rows: m,
      turned: false,
    };
  return undefined;
}

const noScratch = (): Scratch => ({ address: 0, sizeBytes: 0 });

function partsOf({ m, n, k }: GemmSpec, chunk: { readonly rows: number; readonly columns: number }): Part[] {
  const parts: Part[] = [];
  for (let depthAt = 0; depthAt < k; depthAt += K_CHUNK) {
    for (let column = 0; column < n; column += chunk.columns) {
      for (let row = 0; row < m; row += chunk.rows) {
        parts.push({
          row,
          rows: Math.min(chunk.rows, m - row),
          column,
          columns: Math.min(chunk.columns, n - column),
          k: depthAt,
          depth: Math.min(K_CHUNK, k - depthAt),
        });
      }
    }
  }
  return parts;
}

function needsNoScratch(spec: GemmSpec, kernels: DtypeKernels): boolean {
  if (spec.transposeA || spec.transposeB) return false;
  return spec.m <= UNPACKED_ROWS || spec.k * spec.n * kernels.sizeBytes <= UNPACKED_BYTES;
}

function lostGrain(spec: GemmSpec): 'repeat' | 'fail' {
  return spec.mode === 'store' && spec.k <= K_CHUNK ? 'repeat' : 'fail';
}
