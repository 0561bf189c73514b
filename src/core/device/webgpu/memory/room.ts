// Who may lie on the GPU: within a budget of bytes, what was not used for longest and is worth least goes back to RAM.
import { type GpuDType, bufferBytes } from '../../../../../kernels/wgsl/text/storage.ts';
import type { Block } from '../../../tensor/block.ts';
import type { TensorType } from '../../../tensor/type.ts';
import { type BufferPool, classBytes } from './buffers.ts';
import { GpuResidence } from './residence.ts';

/** Of so many values that were not used for longest, the one worth least leaves. */
const SAMPLE = 8;
/** Share of the budget that may be on its way back to RAM before new work has to wait. */
const MAX_LEAVING = 0.25;
/** Share that is tried next of as many bytes as a device had no memory for. */
const NEXT_TRIED = 0.75;

/** A value, or one that is only priced and has no block yet. */
export interface Sized {
  readonly type: TensorType;
  readonly block?: Block;
}

/** The budget of one device, and the residences that share it. */
export class Room {
  /** Values that went back to RAM for want of room. */
  demotions = 0;
  #budgetBytes: number;
  /** The device had not as much memory as the budget says. */
  #isLowered = false;
  /** In the order of their last use. */
  readonly #residents = new Set<GpuResidence>();
  readonly #inUse = new Set<GpuResidence>();
  readonly #leaving = new Set<Promise<void>>();
  #leavingBytes = 0;
  #lentBytes = 0;

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  get budgetBytes(): number {
    return this.#budgetBytes;
  }

  /** Lowers the budget below as many bytes as the device had no memory for. */
  lower(toldBytes: number): void {
    this.#budgetBytes = Math.floor(Math.min(this.#budgetBytes, toldBytes) * NEXT_TRIED);
    this.#isLowered = true;
  }

  /** Half the budget, where the device has not as much memory as was thought. */
  halve(): void {
    this.#budgetBytes = Math.floor(this.#budgetBytes / 2);
    this.#isLowered = true;
  }

  /** Why buffers of operands, of a result and of scratch can never have room together; undefined where they can. */
  refusal(operands: readonly Sized[], result: Sized | undefined, scratch: readonly number[]): string | undefined {
    let scratchBytes = 0;
    for (const sizeBytes of scratch) scratchBytes += classBytes(sizeBytes);
    let bytes = scratchBytes + (result === undefined ? 0 : classBytes(bytesFor(result.type)));
    for (let i = 0; i < operands.length; i++)
      if (needsBuffer(operands, i)) bytes += classBytes(bytesFor(operands[i]!.type));
    if (this.#lentBytes + bytes <= this.#budgetBytes) return undefined;
    const lent = this.#lentBytes === 0 ? '' : ` beside ${this.#lentBytes} lent by gpuBuffer()`;
    const ask = this.#isLowered ? 'the device had no memory for more: split it' : 'open({ gpuBudgetBytes }) with more';
    const remedy = ask + (lent === '' ? '' : ', or dispose of tensors whose buffers were lent');
    return (
      `its buffers do not fit: ${bytes} bytes (each a size class; ${scratchBytes} are scratch)${lent} are more ` +
      `than the budget of ${this.#budgetBytes}; ${remedy}`
    );
  }

  /** What new work must wait for: much is on its way to RAM. */
  get leaving(): readonly Promise<void>[] {
    return this.#leavingBytes > MAX_LEAVING * this.#budgetBytes ? this.everyLeaving : [];
  }

  get everyLeaving(): readonly Promise<void>[] {
    return [...this.#leaving];
  }

  /** A residence is used now, and does not leave before `free`. */
  use(residence: GpuResidence): void {
    this.#inUse.add(residence);
    if (residence.isAdopted) return;
    this.#residents.delete(residence);
    this.#residents.add(residence);
  }

  /** Everything that was in use may leave. */
  free(): void {
    this.#inUse.clear();
  }

  /** Somebody outside is given a buffer, so that it stays. */
  lend(residence: GpuResidence): void {
    if (!residence.isLent && !residence.isAdopted) this.#lentBytes += residence.buffer.size;
    residence.isLent = true;
  }

  /** Whether a residence was here, whose buffer can be used again. */
  drop(residence: GpuResidence): boolean {
    if (!this.#residents.delete(residence)) return false;
    this.#inUse.delete(residence);
    if (residence.isLent) this.#lentBytes -= residence.buffer.size;
    return true;
  }

  /** Makes room for a buffer of so many bytes, as far as there is anything that may leave. */
  make(neededBytes: number, buffers: BufferPool): void {
    const needed = classBytes(neededBytes);
    while (buffers.usedBytes + needed > this.#budgetBytes) {
      const victim = this.#victim();
      if (victim === undefined) break;
      this.#demote(victim);
    }
    if (!buffers.hasFree(neededBytes)) buffers.trim(Math.max(0, this.#budgetBytes - buffers.usedBytes - needed));
  }

  /** Forgets what lay on a device that is gone. */
  clear(): void {
    this.#residents.clear();
    this.#inUse.clear();
    this.#lentBytes = 0;
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
    const over = leaving
      .catch(() => {})
      .then(() => {
        this.#leavingBytes -= sizeBytes;
        this.#leaving.delete(over);
      });
    this.#leaving.add(over);
  }

  /**
   * The least worth of those unused for longest; one that nobody holds any more, or that is in RAM as well, goes first.
   */
  #victim(): GpuResidence | undefined {
    let least: GpuResidence | undefined;
    let leastWorth = Infinity;
    let seen = 0;
    for (const residence of this.#residents) {
      if (residence.isLent || residence.accepting !== undefined || this.#inUse.has(residence)) continue;
      const block = residence.holder?.deref();
      const worth = block === undefined ? -2 : block.isLocal ? -1 : block.worth;
      if (worth < leastWorth) [least, leastWorth] = [residence, worth];
      if (++seen === SAMPLE) break;
    }
    return least;
  }
}

/**
 * Whether an operand takes room: not one whose block was counted before, is lent (and counted as that) or is the
 * caller's.
 */
function needsBuffer(operands: readonly Sized[], i: number): boolean {
  const { block } = operands[i]!;
  if (block === undefined) return true;
  for (let before = 0; before < i; before++) if (operands[before]!.block === block) return false;
  const { residence } = block;
  return !(residence instanceof GpuResidence && residence.isAlive && (residence.isLent || residence.isAdopted));
}

/** Bytes of the buffer of a value. */
export const bytesFor = ({ dtype, size }: TensorType): number => bufferBytes(dtype as GpuDType, size);
