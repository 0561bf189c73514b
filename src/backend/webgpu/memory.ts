// Values on the GPU: within a budget of bytes, the least recently used go back to RAM; nobody has to dispose of anything.
import { type GpuDType, storedBytes } from '../../../kernels/wgsl/storage.ts';
import { Block, type Memory, type Value } from '../../tensor/block.ts';
import { bytesOf } from '../../tensor/dtype.ts';
import type { TensorType } from '../../tensor/type.ts';
import { classBytes } from './buffers.ts';
import type { Life } from './life.ts';
import { GpuResidence, type ResidenceGround } from './residence.ts';

/** Of so many values that were not used for longest, the one worth least leaves. */
const SAMPLE = 8;
/** Share of the budget that may be on its way back to RAM before new work has to wait. */
const MAX_LEAVING = 0.25;

/** What the memory asks of its device. */
export interface MemoryGround extends Omit<ResidenceGround, 'released'> {
  /** The open device; throws where there is none. */
  life(): Life;
}

/** The device's memory: results, copies of operands that came from RAM, scratch. */
export class GpuMemory implements Memory {
  /** Values that went back to RAM for want of room. */
  demotions = 0;
  #budgetBytes: number;
  readonly #ground: MemoryGround & ResidenceGround;
  /** In the order of their last use. */
  readonly #residents = new Set<GpuResidence>();
  readonly #inUse = new Set<GpuResidence>();
  readonly #leaving = new Set<Promise<void>>();
  #leavingBytes = 0;
  #lentBytes = 0;
  /** Copies of arrays that were collected. */

  constructor(budgetBytes: number, ground: MemoryGround) {
    this.#budgetBytes = budgetBytes;
    this.#ground = { ...ground, released: (residence) => this.#drop(residence) };
  }

  get budgetBytes(): number {
    return this.#budgetBytes;
  }

  /** Half the budget, where the device has not as much memory as was thought. */
  halveBudget(): void {
    this.#budgetBytes = Math.floor(this.#budgetBytes / 2);
  }

  /** Whether a task can ever have room: its operands and its result, with so many bytes of scratch. */
  holds(types: readonly TensorType[], scratch: readonly number[]): boolean {
    let bytes = this.#lentBytes;
    for (const type of types) bytes += bytesFor(type);
    for (const sizeBytes of scratch) bytes += classBytes(sizeBytes);
    return bytes <= this.#budgetBytes;
  }

  /** A block for a result; it gets its buffer when its task is launched. */
  take(type: TensorType): Block {
    return Block.away(type.sizeBytes);
  }

  /** What must be waited for before operands can be used; undefined where nothing must. */
  awaited(operands: readonly Value[]): Promise<unknown> | undefined {
    const waits: Promise<void>[] = [];
    for (const { block } of operands) {
      const { residence } = block;
      if (isHere(residence)) {
        if (residence.accepting !== undefined) waits.push(residence.accepting);
      } else if (!block.isLocal) {
        waits.push(block.bring());
      }
    }
    if (this.#leavingBytes > MAX_LEAVING * this.#budgetBytes) waits.push(...this.#leaving);
    return waits.length === 0 ? undefined : Promise.all(waits);
  }

  /** Runs `launch` with the buffers of operands, of the result and of scratch; none of them leaves meanwhile. Operands were waited for. */
  use(operands: readonly Value[], result: Value, scratch: readonly number[], launch: (buffers: GPUBuffer[]) => void): void {
    const life = this.#ground.life();
    const lent: GPUBuffer[] = [];
    try {
      for (const { block } of operands) if (isHere(block.residence)) this.#inUse.add(block.residence);
      const buffers = [...operands, result].map((value) => this.#lend(value, life).buffer);
      for (const sizeBytes of scratch) {
        this.#makeRoom(sizeBytes, life);
        lent.push(life.buffers.take(sizeBytes));
      }
      launch([...buffers, ...lent]);
    } finally {
      this.#inUse.clear();
      for (const buffer of lent) life.buffers.give(buffer);
    }
  }

  /** The buffer of a value, which stays on the device from now on, as long as the value lives. It was waited for. */
  lendOut(value: Value): GPUBuffer {
    const residence = this.#lend(value, this.#ground.life());
    this.#inUse.clear();
    if (!residence.isLent && !residence.isAdopted) this.#lentBytes += residence.buffer.size;
    residence.isLent = true;
    return residence.buffer;
  }

  /** A block over a buffer of somebody else's, who keeps it. `accepted` rejects where the device does not know it. */
  adopt(buffer: GPUBuffer, type: TensorType, accepted: Promise<void>): Block {
    const residence = new GpuResidence(this.#ground.life(), type, buffer, this.#ground, true);
    const block = Block.away(type.sizeBytes);
    block.residence = residence;
    residence.accepting = accepted.then(() => {
      residence.accepting = undefined;
    });
    // Whoever uses it is told.
    residence.accepting.catch(() => {});
    return block;
  }

  /** Forgets what lay on a device that is gone. */
  clear(): void {
    this.#residents.clear();
    this.#inUse.clear();
    this.#lentBytes = 0;
  }

  /** Where a value lies; copied there if it does not yet, or room made for it if it has no bytes. */
  #lend({ block, type }: Value, life: Life): GpuResidence {
    const { residence } = block;
    const here = isHere(residence) && residence.life === life ? residence : this.#settle(block, type, life);
    if (!here.isAdopted) {
      this.#residents.delete(here);
      this.#residents.add(here);
    }
    this.#inUse.add(here);
    return here;
  }

  #settle(block: Block, type: TensorType, life: Life): GpuResidence {
    const needed = bytesFor(type);
    this.#makeRoom(needed, life);
    const residence = new GpuResidence(life, type, life.buffers.take(needed), this.#ground);
    this.#residents.add(residence);
    residence.holder = new WeakRef(block);
    block.residence?.release();
    block.residence = residence;
    if (block.isLocal) {
      life.buffers.beforeWrite(residence.buffer);
      life.uploads.write(residence.buffer, bytesOf(block.array));
      collected.register(block, residence, residence);
    }
    return residence;
  }

  #makeRoom(neededBytes: number, { buffers }: Life): void {
    const needed = classBytes(neededBytes);
    while (buffers.usedBytes + needed > this.#budgetBytes) {
      const victim = this.#victim();
      if (victim === undefined) break;
      this.#demote(victim);
    }
    if (!buffers.hasFree(neededBytes)) buffers.trim(Math.max(0, this.#budgetBytes - buffers.usedBytes - needed));
  }

  /** Gives a residence up; a value that is nowhere else goes to RAM. */
  #demote(victim: GpuResidence): void {
    const block = victim.holder?.deref();
    if (block?.residence !== victim) return victim.release();
    if (!block.isLocal) {
      this.demotions++;
      this.#track(block.bring(), block.sizeBytes);
    }
    block.leaveDevice();
  }

  #track(leaving: Promise<void>, sizeBytes: number): void {
    this.#leavingBytes += sizeBytes;
    const over = leaving.catch(() => {}).then(() => {
      this.#leavingBytes -= sizeBytes;
      this.#leaving.delete(over);
    });
    this.#leaving.add(over);
  }

  /** The least worth of those unused for longest; one that nobody holds any more, or that is in RAM as well, goes first. */
  #victim(): GpuResidence | undefined {
    let least: GpuResidence | undefined;
    let leastWorth = Infinity;
    let seen = 0;
    for (const residence of this.#residents) {
      if (residence.isLent || this.#inUse.has(residence)) continue;
      const block = residence.holder?.deref();
      const worth = block === undefined ? -2 : block.isLocal ? -1 : block.worth;
      if (worth < leastWorth) [least, leastWorth] = [residence, worth];
      if (++seen === SAMPLE) break;
    }
    return least;
  }

  #drop(residence: GpuResidence): void {
    collected.unregister(residence);
    if (!this.#residents.delete(residence)) return;
    if (residence.isLent) this.#lentBytes -= residence.buffer.size;
    if (!residence.life.epoch.isOver) residence.life.buffers.give(residence.buffer);
  }
}

const isHere = (residence: unknown): residence is GpuResidence => residence instanceof GpuResidence && residence.isAlive;

/** Bytes of the buffer of a value. */
const bytesFor = ({ dtype, size }: TensorType): number => storedBytes(dtype as GpuDType, size);

/** Copies of arrays that were collected. One for the process, for the reason that src/sheet/pins.ts gives. */
const collected = new FinalizationRegistry<GpuResidence>((residence) => residence.release());
