// The memory of a sheet's numbers: tiles of 1,024 float64 in one WebAssembly memory, where kernels compute in place.
import { instantiate, type Kernel } from '../wasm/code/abi.ts';
import { CHUNKS, type ExactSum } from './exact-sum.ts';
import { exactSumModule, NEGATIVE_AT, POSITIVE_AT, UNDEFINED_AT } from './exact-sum-module.ts';
import { type CellProgram, cellKernelModule, runPlain } from './cell-kernel.ts';

/** Cells of a tile. */
export const TILE_CELLS = 1024;
const TILE_BYTES = 8 * TILE_CELLS;
const PAGE_BYTES = 65536;
const MOST_BYTES = 2 ** 32;
/** The first tile is that of kernels' parameters and sums; the second one stays 0 and is read where no tile is. */
const STATE_AT = 1024;
export const ZERO_TILE = 1;

/** Tiles by number; the cells of one lie from 1,024 times its number on. */
export class CellMemory {
  /** All tiles, until the next one is reserved. */
  values: Float64Array;
  readonly #memory: WebAssembly.Memory | undefined;
  readonly #free: number[] = [];
  #tiles = 2;
  #words: Int32Array;
  readonly #absorb: Kernel | undefined;
  readonly #kernels = new Map<CellProgram, Kernel>();

  /** `isPlain` takes the readable kernels, as a host without WebAssembly does. */
  constructor(isPlain = typeof WebAssembly === 'undefined') {
    this.#memory = isPlain ? undefined : new WebAssembly.Memory({ initial: 4 });
    const buffer = this.#memory?.buffer ?? new ArrayBuffer(4 * PAGE_BYTES);
    this.values = new Float64Array(buffer);
    this.#words = new Int32Array(buffer);
    if (this.#memory !== undefined) this.#absorb = instantiate(exactSumModule(), this.#memory)['absorb']!;
  }

  /** Bytes that are taken of the memory. */
  get sizeBytes(): number {
    return (this.#tiles - this.#free.length) * TILE_BYTES;
  }

  /** A tile of zeros; undefined where the memory is at its end. */
  reserve(): number | undefined {
    const free = this.#free.pop();
    if (free !== undefined) {
      this.values.fill(0, free * TILE_CELLS, (free + 1) * TILE_CELLS);
      return free;
    }
    if ((this.#tiles + 1) * TILE_BYTES > this.values.byteLength && !this.#grow()) return undefined;
    return this.#tiles++;
  }

  release(tile: number): void {
    this.#free.push(tile);
  }

  /** Adds cells from one place of the memory to another one to a sum. */
  addTo(sum: ExactSum, start: number, end: number): void {
    if (this.#absorb === undefined) for (let at = start; at < end; at++) sum.add(this.values[at]!);
    else {
      const words = this.#words.subarray(STATE_AT / 4, STATE_AT / 4 + 2 * (CHUNKS + 3)).fill(0);
      this.#absorb(STATE_AT, 8 * start, 8 * end);
      const chunk = (at: number): number => words[2 * at + 1]! * 2 ** 32 + (words[2 * at]! >>> 0);
      const counts = [POSITIVE_AT, NEGATIVE_AT, UNDEFINED_AT].map((at) => chunk(at / 8));
      sum.addCarried(
        Array.from({ length: CHUNKS }, (_, k) => chunk(k)),
        counts[0]!,
        counts[1]!,
        counts[2]!,
      );
    }
  }

  /**
   * Computes `count` cells from a place on, operands from theirs on, or from one place for all cells; false where a
   * result or a divisor was no finite number. What is read may have been written just before, by the same call.
   */
  run(program: CellProgram, to: number, operands: readonly number[], count: number): boolean {
    if (this.#memory === undefined) return runPlain(program, this.values, to, operands, count);
    let kernel = this.#kernels.get(program);
    if (kernel === undefined)
      this.#kernels.set(program, (kernel = instantiate(cellKernelModule(program), this.#memory)['compute']!));
    this.#words[2] = 8 * to;
    for (let i = 0; i < operands.length; i++) this.#words[3 + i] = 8 * operands[i]!;
    kernel(0, 0, count);
    return this.values[0] === 0;
  }

  #grow(): boolean {
    const bytes = Math.min(MOST_BYTES, 2 * this.values.byteLength);
    if (bytes === this.values.byteLength) return false;
    if (this.#memory === undefined) {
      const grown = new Float64Array(bytes / 8);
      grown.set(this.values);
      this.values = grown;
    } else {
      try {
        this.#memory.grow((bytes - this.values.byteLength) / PAGE_BYTES);
      } catch {
        return false;
      }
      this.values = new Float64Array(this.#memory.buffer);
    }
    this.#words = new Int32Array(this.values.buffer);
    return true;
  }
}
