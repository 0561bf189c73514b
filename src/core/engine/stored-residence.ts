// Elements of a result that a store below RAM has: they are read when somebody needs them, and computed again where
// they cannot be read any more.
import { StoreLostError } from '../errors.ts';
import type { StoredElements } from '../store/store.ts';
import { Block, type Residence, type Value, valueOf } from '../tensor/block.ts';
import { DTYPES } from '../tensor/dtype.ts';
import type { TensorType } from '../tensor/type.ts';

/** Where the elements of a found result are. The bytes it is given are nobody else's, and were checked. */
class StoredResidence implements Residence {
  readonly sizeBytes: number;
  readonly #elements: StoredElements;
  readonly #type: TensorType;
  readonly #onLost: () => void;
  #isAlive = true;

  /** `onLost` is called once, where the elements cannot be had any more. */
  constructor(elements: StoredElements, type: TensorType, onLost: () => void) {
    this.#elements = elements;
    this.#type = type;
    this.#onLost = onLost;
    this.sizeBytes = type.sizeBytes;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  async read(): Promise<Block> {
    const block = this.#blockOf(await this.#elements.read());
    if (block !== undefined) return block;
    throw new StoreLostError('A store had these elements and cannot give them any more; they are computed again.');
  }

  bringNow(block: Block): boolean {
    const read = this.#elements.readNow === undefined ? undefined : this.#blockOf(this.#elements.readNow());
    if (read !== undefined) this.keep(block, read);
    return block.isLocal;
  }

  keep(block: Block, read: Block): void {
    // Somebody may have brought them on this thread meanwhile.
    if (block.isLocal) return;
    block.moveTo(read.array, 0);
    block.onArrival?.();
    block.onArrival = undefined;
    block.residence = undefined;
  }

  settled(): undefined {
    return undefined;
  }

  release(): void {}

  #blockOf(bytes: Uint8Array | undefined): Block | undefined {
    if (bytes !== undefined) return new Block(arrayOver(this.#type, bytes));
    if (this.#isAlive) this.#onLost();
    this.#isAlive = false;
    return undefined;
  }
}

/** A value whose elements a store has; `onLost` is called where it cannot give them any more. */
export function storedValue(type: TensorType, elements: StoredElements, onLost: () => void): Value {
  const block = new Block(undefined, 0, undefined, type.sizeBytes);
  block.residence = new StoredResidence(elements, type, onLost);
  return valueOf(type, block);
}

/** The elements of a type over bytes that have a buffer of their own. */
export const arrayOver = ({ dtype, size }: TensorType, { buffer }: Uint8Array) =>
  new DTYPES[dtype].array(buffer as ArrayBuffer, 0, size);
