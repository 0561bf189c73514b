// Where a tensor's bytes live and for how long: counted blocks from a memory that may recycle them, and values over them.
import { LimitError } from '../errors.ts';
import { allocate, type TypedArray } from './dtype.ts';
import type { TensorType } from './type.ts';

/** Source of blocks. The default one takes fresh arrays from the JavaScript heap. */
export interface Memory {
  /** A block for `type`, its bytes undefined, with one holder. */
  take(type: TensorType): Block;
}

/**
 * Counted bytes of one or more values. Whoever needs them over an await or keeps them holds the block; when the last
 * holder lets go, a recycled block returns to its memory. An ordinary array is left to the garbage collector.
 */
export class Block {
  readonly array: TypedArray;
  /** Address in the kernels' linear memory, or 0 when the bytes lie elsewhere. */
  readonly address: number;
  #holders = 1;
  readonly #recycle: ((block: Block) => void) | undefined;

  constructor(array: TypedArray, address = 0, recycle?: (block: Block) => void) {
    this.array = array;
    this.address = address;
    this.#recycle = recycle;
  }

  get sizeBytes(): number {
    return this.array.byteLength;
  }

  get recycled(): boolean {
    return this.#recycle !== undefined;
  }

  hold(): this {
    this.#holders++;
    return this;
  }

  release(): void {
    if (--this.#holders === 0) this.#recycle?.(this);
  }
}

/** A computed tensor: a type and the block that holds its elements, row-major. */
export interface Value {
  readonly type: TensorType;
  readonly array: TypedArray;
  readonly block: Block;
}

/** A value over a block that was taken for its type. */
export const valueOf = (type: TensorType, block: Block): Value => ({ type, array: block.array, block });

/** A value over an array nobody else will write to. */
export const valueOfArray = (type: TensorType, array: TypedArray): Value => valueOf(type, new Block(array));

/** Fresh zeroed arrays; the simplest correct memory. */
export const heapMemory: Memory = { take: (type) => new Block(reserve(type)) };

/** A fresh zeroed array for a type, or a LimitError where the machine has no room for it. */
export function reserve({ dtype, size, sizeBytes, shape }: TensorType): TypedArray {
  try {
    return allocate(dtype, size);
  } catch (error) {
    throw new LimitError(`There is no memory for ${sizeBytes} bytes (${dtype} of shape [${shape.join(',')}]): ${String(error)}. Split the tensor, or dispose of handles.`, { sizeBytes, shape });
  }
}
