// Small results: neighbours in one buffer, because a buffer of its own costs more than computing most of them.
import { Block, type Memory, reserve } from '../../tensor/block.ts';
import { DTYPES } from '../../tensor/dtype.ts';
import { type TensorType, tensorType } from '../../tensor/type.ts';

/** Results from this size on take a buffer of their own. */
const MAX_SLAB_BYTES = 4096;
/** Results of a slab. One that is kept keeps the bytes of all, so they are few and of one size. */
const SLOTS = 16;
const ALIGNMENT_BYTES = 64;

interface Slab {
  readonly buffer: ArrayBufferLike;
  taken: number;
}

/**
 * Fresh arrays, those below 4 KB carved from slabs. The smallest too: engines keep those beside their object, but make
 * a buffer for each as soon as a kernel asks where it lies. No part of a slab is given out twice: it goes when all its
 * results have.
 */
export class SlabMemory implements Memory {
  /** The slab in use, by size in cache lines. */
  readonly #slabs: (Slab | undefined)[] = [];

  take(type: TensorType): Block {
    if (type.sizeBytes === 0 || type.sizeBytes >= MAX_SLAB_BYTES) return new Block(reserve(type));
    const lines = Math.ceil(type.sizeBytes / ALIGNMENT_BYTES);
    const known = this.#slabs[lines];
    const slab = known !== undefined && known.taken < SLOTS ? known : this.#open(lines);
    return new Block(new DTYPES[type.dtype].array(slab.buffer, slab.taken++ * lines * ALIGNMENT_BYTES, type.size));
  }

  #open(lines: number): Slab {
    return (this.#slabs[lines] = {
      buffer: reserve(tensorType('uint8', [SLOTS, lines * ALIGNMENT_BYTES])).buffer,
      taken: 0,
    });
  }
}
