// Results in linear memory: large blocks come from the kernels' heap and go back to it, small ones are ordinary arrays.
import type { Heap } from '../../../../kernels/wasm/memory/heap.ts';
import { Block, type Memory } from '../../tensor/block.ts';
import { DTYPES, type TypedArray } from '../../tensor/dtype.ts';
import type { TensorType } from '../../tensor/type.ts';
import { SlabMemory } from './slab-memory.ts';

/** Below this a fresh array costs less than keeping account of a recycled one. */
const MIN_RECYCLED_BYTES = 4096;

/** Results take at most this share of what the heap can have: the rest is for copies of operands and working copies. */
const RESULTS_SHARE = 0.75;

/**
 * Recycles large blocks inside the heap, where WASM reads them without a copy; a full heap falls back to fresh arrays.
 */
export class HeapMemory implements Memory {
  #heap: Heap;
  readonly #fresh = new SlabMemory();
  /** Blocks of the heap. */
  readonly #live = new Set<Block>();
  readonly #recycle = (block: Block): void => {
    if (this.#live.delete(block)) this.#heap.free(block.address);
  };

  readonly #trim: NonNullable<Memory['trim']>;

  /** `trim`: gives back what is free in the heap. */
  constructor(heap: Heap, trim: NonNullable<Memory['trim']>) {
    this.#heap = heap;
    this.#trim = trim;
  }

  trim(settled?: () => Iterable<Block>): void {
    this.#trim(settled);
  }

  relieveBy(giveBack: () => Iterable<unknown>): void {
    this.#heap.relief = giveBack;
  }

  take(type: TensorType): Block {
    if (type.sizeBytes < MIN_RECYCLED_BYTES) return this.#fresh.take(type);
    const isBeside = this.#heap.usedBytes + type.sizeBytes > RESULTS_SHARE * this.#heap.maximumBytes;
    const address = isBeside ? 0 : this.#heap.tryAllocate(type.sizeBytes);
    if (address === 0) return this.#fresh.take(type);
    const block = new Block(
      this.#heap.view(DTYPES[type.dtype].array as never, address, type.size) as TypedArray,
      address,
      this.#recycle,
    );
    this.#live.add(block);
    return block;
  }

  /**
   * Takes its blocks to another heap, so that the memory of the first can go. Those whose elements are `settled` are
   * copied; one that somebody may still write to stays where it is, as an array beside the heap, and with it the
   * memory, until it is let go.
   */
  moveTo(heap: Heap, settled: ReadonlySet<Block>): void {
    heap.relief = this.#heap.relief;
    this.#heap.relief = undefined;
    this.#heap = heap;
    for (const block of this.#live) {
      const { array } = block;
      const address = settled.has(block) ? heap.tryAllocate(block.sizeBytes) : 0;
      if (address === 0) this.#live.delete(block);
      block.moveTo(
        address === 0 ? array : copyOf(array, heap.view(array.constructor as never, address, array.length)),
        address,
      );
    }
  }
}

function copyOf(array: TypedArray, target: TypedArray): TypedArray {
  target.set(array as never);
  return target;
}
