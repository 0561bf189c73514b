// Small results: neighbours in one buffer, because a buffer of its own costs more than computing most of them.
import { Block, type Memory, reserve } from '../tensor/block.ts';
import { DTYPES } from '../tensor/dtype.ts';
import { type TensorType, tensorType } from '../tensor/type.ts';

/** Engines keep arrays of at most so many bytes beside their object; those are quick to make. */
const MAX_INLINE_BYTES = 64;
/** Results from this size on take a buffer of their own. */
const MAX_SLAB_BYTES = 4096;
/** Results of a slab. One that is kept keeps the bytes of all, so they are few and of one size. */
const SLOTS = 16;
const ALIGNMENT_BYTES = 64;

interface Slab {
  readonly buffer: ArrayBufferLike;
  taken: number;
}

/** Fresh arrays, those between 64 bytes and 4 KB carved from slabs. No part of a slab is given out twice: it goes when all its results have. */
export class SlabMemory implements Memory {
  /** The slab in use, by size in cache lines. */
  readonly #slabs: (Slab | undefined)[] = [];

  take(type: TensorType): Block {
    if (type.sizeBytes <= MAX_INLINE_BYTES || type.sizeBytes >= MAX_SLAB_BYTES) return new Block(reserve(type));
    const lines = Math.ceil(type.sizeBytes / ALIGNMENT_BYTES);
    const known = this.#slabs[lines];
    const slab = known !== undefined && known.taken < SLOTS ? known : this.#open(lines);
    return new Block(new DTYPES[type.dtype].array(slab.buffer, slab.taken++ * lines * ALIGNMENT_BYTES, type.size));
  }

  #open(lines: number): Slab {
    return (this.#slabs[lines] = { buffer: reserve(tensorType('uint8', [SLOTS, lines * ALIGNMENT_BYTES])).buffer, taken: 0 });
  }
}
