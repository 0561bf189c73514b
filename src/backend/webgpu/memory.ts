// Values on the GPU: within a budget of bytes, the least recently used go back to RAM; nobody has to dispose of anything.
import { type GpuDType, storedBytes } from '../../../kernels/wgsl/storage.ts';
import { Block, type Memory, type Residence, type Value } from '../../tensor/block.ts';
import { bytesOf, DTYPES, type TypedArray } from '../../tensor/dtype.ts';
import type { TensorType } from '../../tensor/type.ts';
import { classBytes } from './buffers.ts';
import type { Life } from './life.ts';

/** Of so many values that were not used for longest, the one worth least leaves. */
const SAMPLE = 8;

/** The bytes of a value in one life of the device. */
export class GpuResidence implements Residence {
  readonly life: Life;
  readonly type: TensorType;
  readonly buffer: GPUBuffer;
  /** The block that lies here, as long as anybody has it. */
  holder: WeakRef<Block> | undefined;
  readonly #onRelease: (residence: GpuResidence) => void;
  #released = false;

  constructor(life: Life, type: TensorType, buffer: GPUBuffer, onRelease: (residence: GpuResidence) => void) {
    this.life = life;
    this.type = type;
    this.buffer = buffer;
    this.#onRelease = onRelease;
  }

  get sizeBytes(): number {
    return this.type.sizeBytes;
  }

  get isAlive(): boolean {
    return !this.#released && !this.life.epoch.isOver;
  }

  async read(): Promise<TypedArray> {
    const bytes = await this.life.stream.read(this.buffer, this.sizeBytes);
    return new DTYPES[this.type.dtype].array(bytes as never) as TypedArray;
  }

  settled(): Promise<void> {
    return this.life.stream.settled();
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#onRelease(this);
  }
}

/** The device's memory: results, and copies of operands that came from RAM. */
export class GpuMemory implements Memory {
  readonly budgetBytes: number;
  /** Bytes of buffers in use. */
  sizeBytes = 0;
  /** Values that went back to RAM for want of room. */
  demotions = 0;
  readonly #currentLife: () => Life;
  /** In the order of their last use. */
  readonly #residents = new Set<GpuResidence>();
  readonly #inUse = new Set<GpuResidence>();
  readonly #release = (residence: GpuResidence): void => this.#drop(residence);

  constructor(budgetBytes: number, currentLife: () => Life) {
    this.budgetBytes = budgetBytes;
    this.#currentLife = currentLife;
  }

  take(type: TensorType): Block {
    const residence = this.#reserve(type);
    const block = Block.on(residence);
    residence.holder = new WeakRef(block);
    return block;
  }

  /** Where a value lies on the device; copied there if it does not yet. It stays at least until `letGo`. */
  lend({ block, type }: Value): GpuResidence {
    const { residence } = block;
    const here = residence instanceof GpuResidence && residence.isAlive && residence.life === this.#currentLife() ? residence : this.#upload(block, type);
    this.#residents.delete(here);
    this.#residents.add(here);
    this.#inUse.add(here);
    return here;
  }

  /** Ends the lending of everything. */
  letGo(): void {
    this.#inUse.clear();
  }

  /** Forgets what lay on a device that is gone. */
  clear(): void {
    this.#residents.clear();
    this.#inUse.clear();
    this.sizeBytes = 0;
  }

  #upload(block: Block, type: TensorType): GpuResidence {
    const residence = this.#reserve(type);
    residence.life.epoch.device.queue.writeBuffer(residence.buffer, 0, wholeWords(bytesOf(block.array)));
    residence.holder = new WeakRef(block);
    block.residence?.release();
    block.residence = residence;
    return residence;
  }

  #reserve(type: TensorType): GpuResidence {
    const life = this.#currentLife();
    const needed = storedBytes(type.dtype as GpuDType, type.size);
    this.#makeRoom(classBytes(needed), life);
    const residence = new GpuResidence(life, type, life.buffers.take(needed), this.#release);
    this.sizeBytes += residence.buffer.size;
    this.#residents.add(residence);
    return residence;
  }

  #makeRoom(neededBytes: number, life: Life): void {
    while (this.sizeBytes + neededBytes > this.budgetBytes) {
      const victim = this.#victim();
      if (victim === undefined) break;
      const block = victim.holder?.deref();
      if (block?.residence === victim) {
        if (!block.isLocal) this.demotions++;
        block.leaveDevice();
      } else {
        victim.release();
      }
    }
    life.buffers.trim(Math.max(0, this.budgetBytes - this.sizeBytes - neededBytes));
  }

  /** The least worth of those unused for longest; one that nobody holds any more, or that is in RAM as well, goes first. */
  #victim(): GpuResidence | undefined {
    let least: GpuResidence | undefined;
    let leastWorth = Infinity;
    let seen = 0;
    for (const residence of this.#residents) {
      if (this.#inUse.has(residence)) continue;
      const block = residence.holder?.deref();
      const worth = block === undefined ? -2 : block.isLocal ? -1 : block.worth;
      if (worth < leastWorth) [least, leastWorth] = [residence, worth];
      if (++seen === SAMPLE) break;
    }
    return least;
  }

  #drop(residence: GpuResidence): void {
    if (!this.#residents.delete(residence)) return;
    this.sizeBytes -= residence.buffer.size;
    if (!residence.life.epoch.isOver) residence.life.buffers.give(residence.buffer);
  }
}

/** Writes to buffers are in whole words; shared memory is copied first, for not every implementation takes it. */
function wholeWords(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const inPlace = bytes.byteLength % 4 === 0 && bytes.buffer instanceof ArrayBuffer;
  if (inPlace) return bytes as Uint8Array<ArrayBuffer>;
  const padded = new Uint8Array(Math.ceil(bytes.byteLength / 4) * 4);
  padded.set(bytes);
  return padded;
}
