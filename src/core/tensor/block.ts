// Where a tensor's bytes live and for how long: counted blocks in RAM or on a device, and values over them.
import { DeviceLostError, LimitError, UnavailableError } from '../errors.ts';
import { allocate, type TypedArray } from './dtype.ts';
import type { TensorType } from './type.ts';

/** Source of blocks. The default one takes fresh arrays from the JavaScript heap. */
export interface Memory {
  /** A block for `type`, its bytes undefined, with one holder. */
  take(type: TensorType): Block;
  /** Takes what gives blocks back, one after another, while an allocation finds no room. */
  relieveBy?(giveBack: () => Iterable<unknown>): void;
  /**
   * Gives back what is only kept for later; blocks that are `settled`, which nobody writes to any more, may move for
   * that.
   */
  trim?(settled?: () => Iterable<Block>): void;
}

/** Bytes on a device, or in a store below RAM. A block has them instead of an array, or beside it. */
export interface Residence {
  readonly sizeBytes: number;
  /** Whether the bytes can still be had: a device that is lost takes them along. */
  readonly isAlive: boolean;
  /** Whether they are somebody else's, who keeps them. */
  readonly isAdopted?: boolean;
  /** A copy in RAM, with one holder. Rejects with a DeviceLostError. */
  read(): Promise<Block>;
  /**
   * Resolves when the device has finished writing them; undefined where it is known to have. Rejects with a
   * DeviceLostError.
   */
  settled(): Promise<void> | undefined;
  /**
   * Digests of the panels of a type of these bytes (docs/format/fingerprint.md) made where the bytes are; undefined
   * where reading them is quicker.
   */
  panelDigests?(type: TensorType): Promise<Uint8Array | undefined>;
  release(): void;
  /**
   * Of elements in a store below RAM, with which no device computes before they are read: makes those that were read
   * the block's own. It is left to the collector, as an ordinary array is, whoever lets go of it.
   */
  keep?(block: Block, read: Block): void;
  /** Of such elements: brings them on this thread, and answers whether they are there. */
  bringNow?(block: Block): boolean;
}

/**
 * Counted bytes of one or more values. Whoever needs them over an await or keeps them holds the block; when the last
 * holder lets go, a recycled block returns to its memory. An ordinary array is left to the garbage collector.
 */
export class Block {
  readonly sizeBytes: number;
  /** Where a device has the bytes. */
  residence: Residence | undefined;
  /** How much it is worth to have it where it is, in [0, 1]: the score of the entry that keeps it. */
  worth = 0;
  /** Told when the elements have come to RAM from a device. */
  onArrival: (() => void) | undefined;
  #array: TypedArray | undefined;
  #address: number;
  #arriving: Promise<void> | undefined;
  /** Holds the bytes that arrived from a device. */
  #arrived: Block | undefined;
  #holders = 1;
  #recycle: ((block: Block) => void) | undefined;

  constructor(
    array: TypedArray | undefined,
    address = 0,
    recycle?: (block: Block) => void,
    sizeBytes = array?.byteLength ?? 0,
  ) {
    this.#array = array;
    this.#address = address;
    this.#recycle = recycle;
    this.sizeBytes = sizeBytes;
  }

  /** A block whose bytes will be on a device. */
  static away(sizeBytes: number): Block {
    return new Block(undefined, 0, release, sizeBytes);
  }

  /** Address in the kernels' linear memory, or 0 when the bytes lie elsewhere. */
  get address(): number {
    return this.home.#address;
  }

  /** The block whose bytes these are: the one that arrived from a device, or itself. */
  get home(): Block {
    return this.#arrived ?? this;
  }

  /** The elements, where they are in RAM (`isLocal`). */
  get array(): TypedArray {
    const array = this.home.#array;
    if (array !== undefined) return array;
    throw new UnavailableError(
      'These elements are on a device and not in RAM; await them first: tensor.data(), or sheet.with({ device: ' +
        '"js" }).',
      {},
    );
  }

  /** Whether the elements are in RAM. */
  get isLocal(): boolean {
    return this.home.#array !== undefined;
  }

  /** Whether the elements are neither in RAM nor on a device that lives. */
  get isLost(): boolean {
    return !this.isLocal && this.#arriving === undefined && this.residence?.isAlive !== true;
  }

  /** Whether the elements are in a store below RAM and not in RAM. */
  get isStored(): boolean {
    return !this.isLocal && this.residence?.keep !== undefined;
  }

  /** Brings the elements to RAM; whoever asks meanwhile waits for the same copy. Rejects with a DeviceLostError. */
  bring(): Promise<void> {
    if (this.isLocal) return Promise.resolve();
    if (this.isLost)
      return Promise.reject(
        new DeviceLostError(
          'These elements were on a device that was lost; they are computed again on the next demand.',
        ),
      );
    this.#arriving ??= (this.residence as Residence).read().then(
      (onArrival) => this.#arrive(onArrival),
      (error: unknown) => {
        this.#arriving = undefined;
        throw error;
      },
    );
    return this.#arriving;
  }

  #arrive(onArrival: Block): void {
    this.#arriving = undefined;
    if (this.residence?.keep !== undefined) return this.residence.keep(this, onArrival);
    // Nobody waits for them any more.
    if (this.#holders <= 0) return onArrival.release();
    this.#arrived = onArrival;
    this.onArrival?.();
    this.onArrival = undefined;
  }

  /** Gives the device's copy back; the elements go to RAM first where they are not there. */
  leaveDevice(): void {
    if (!this.isLocal) this.bring().catch(() => {});
    this.residence?.release();
    this.residence = undefined;
  }

  /**
   * Moves the elements from the kernels' memory to an array of their own, and gives their room back. Only where nobody
   * but so many `holders`, who read them through this block, has them; answers whether it did.
   */
  spill(holders: number): boolean {
    const { home } = this;
    if (
      home.#address === 0 ||
      this.#holders !== holders ||
      home.#recycle === undefined ||
      (home !== this && home.#holders !== 1)
    )
      return false;
    try {
      const array = this.array.slice();
      home.#recycle(home);
      home.#recycle = undefined;
      home.moveTo(array, 0);
      return true;
    } catch {
      return false;
    }
  }

  /** Its elements are a copy elsewhere from now on. Who reads them where they were may go on. */
  moveTo(array: TypedArray, address: number): void {
    this.#array = array;
    this.#address = address;
  }

  /** Whether one alone holds it. */
  get isHeldOnce(): boolean {
    return this.#holders === 1;
  }

  get recycled(): boolean {
    return this.#recycle !== undefined;
  }

  hold(): this {
    this.#holders++;
    return this;
  }

  release(): void {
    if (--this.#holders > 0) return;
    this.#recycle?.(this);
    this.residence?.release();
    this.#arrived?.release();
    this.#arrived = undefined;
  }
}

const release = (): void => {};

/** A computed tensor: a type and the block that holds its elements, row-major. */
export interface Value {
  readonly type: TensorType;
  /** The elements, where `block.isLocal`. */
  readonly array: TypedArray;
  readonly block: Block;
}

/** A value over a block that was taken for its type. */
export const valueOf = (type: TensorType, block: Block): Value =>
  block.isLocal && !block.recycled ? { type, array: block.array, block } : new MovableValue(type, block);

/** A value whose elements may come from a device, or leave the kernels' memory. */
class MovableValue implements Value {
  readonly type: TensorType;
  readonly block: Block;

  constructor(type: TensorType, block: Block) {
    this.type = type;
    this.block = block;
  }

  get array(): TypedArray {
    return this.block.array;
  }
}

/** A value over an array nobody else will write to. */
export const valueOfArray = (type: TensorType, array: TypedArray): Value => valueOf(type, new Block(array));

/** The value in bytes of its own, where it shares an ordinary buffer with others that would be kept along with it. */
export const detached = (value: Value): Value =>
  value.block.recycled || !value.block.isLocal || value.array.byteLength === value.array.buffer.byteLength
    ? value
    : valueOfArray(value.type, value.array.slice());

/** Fresh zeroed arrays; the simplest correct memory. */
export const heapMemory: Memory = { take: (type) => new Block(reserve(type)) };

/** A fresh zeroed array for a type, or a LimitError where the machine has no room for it. */
export function reserve({ dtype, size, sizeBytes, shape }: TensorType): TypedArray {
  try {
    return allocate(dtype, size);
  } catch (error) {
    throw new LimitError(
      `There is no memory for ${sizeBytes} bytes (${dtype} of shape [${shape.join(',')}]): ${String(error)}. ` +
        'Split the tensor, or dispose of handles.',
      { sizeBytes, shape },
    );
  }
}
