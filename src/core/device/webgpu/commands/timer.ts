// Time that dispatches take, by the GPU's own clock; the stamps come along with readbacks that happen anyway.
import { USAGE } from '../memory/buffers.ts';

const SLOTS = 32;
const STAMP_BYTES = 8;

/** Bytes of the stamps that a readback may bring. */
export const STAMPS_BYTES = SLOTS * 2 * STAMP_BYTES;

/** Told how many nanoseconds dispatches took. */
export type Told = (elapsedNs: number) => void;

/** Stamps on their way: who is to be told about which pair of them. */
export type Stamps = readonly { readonly slot: number; readonly told: Told }[];

/** Where a device counts time. Not every run is timed: while no pair of stamps is free, none is. */
export class GpuTimer {
  readonly #queries: GPUQuerySet;
  readonly #resolved: GPUBuffer;
  readonly #free = Array.from({ length: SLOTS }, (_, slot) => slot);
  #waiting: { slot: number; told: Told }[] = [];

  /** A timer where the device has `timestamp-query`. */
  static on(device: GPUDevice): GpuTimer | undefined {
    return device.features.has('timestamp-query') ? new GpuTimer(device) : undefined;
  }

  constructor(device: GPUDevice) {
    this.#queries = device.createQuerySet({ type: 'timestamp', count: SLOTS * 2 });
    this.#resolved = device.createBuffer({ size: STAMPS_BYTES, usage: USAGE.QUERY_RESOLVE | USAGE.COPY_SRC });
  }

  /** Takes a pair of stamps; undefined while none is free. */
  take(): number | undefined {
    return this.#free.pop();
  }

  /** Gives a pair back that shows nothing. */
  cancel(slot: number): void {
    this.#free.push(slot);
  }

  /** The stamps of a pass. */
  writes(slot: number): GPUComputePassTimestampWrites {
    return { querySet: this.#queries, beginningOfPassWriteIndex: 2 * slot, endOfPassWriteIndex: 2 * slot + 1 };
  }

  /** A pass was encoded with a pair of stamps. */
  expect(slot: number, told: Told): void {
    this.#waiting.push({ slot, told });
  }

  /** Adds the stamps of all passes so far to a readback; undefined where there are none. */
  copyTo(encoder: GPUCommandEncoder, target: GPUBuffer, atByte: number): Stamps | undefined {
    if (this.#waiting.length === 0) return undefined;
    const stamps = this.#waiting;
    this.#waiting = [];
    encoder.resolveQuerySet(this.#queries, 0, SLOTS * 2, this.#resolved, 0);
    encoder.copyBufferToBuffer(this.#resolved, 0, target, atByte, STAMPS_BYTES);
    return stamps;
  }

  /** Tells what the stamps say. A clock that stood still says nothing. */
  tell(stamps: Stamps, times: BigUint64Array): void {
    for (const { slot, told } of stamps) {
      const [start, end] = [times[2 * slot]!, times[2 * slot + 1]!];
      this.#free.push(slot);
      if (end > start) told(Number(end - start));
    }
  }
}
