// Proof that submissions ran: each leaves its number on the device, and every readback brings the numbers of those
// before it.
import { USAGE } from '../memory/buffers.ts';

/** Submissions whose numbers are kept on the device. */
const SLOTS = 64;
/** Numbers repeat after so many submissions, long after their slot was written again. */
const NUMBERS = 256;

/** Bytes of the proof that a readback brings. */
export const PROOF_BYTES = SLOTS * 4;
/** Submissions after which a readback must be on its way, so that no number is overwritten unseen. */
export const MAX_UNSEEN = SLOTS - 16;

/**
 * A command buffer runs as a whole or not at all, and one that is dropped, for whatever reason, answers like one that
 * ran. So each ends with a copy of its own number to a place of its own.
 */
export class SubmissionProofs {
  readonly #numbers: GPUBuffer;
  readonly #left: GPUBuffer;
  /** Number of the last submission. */
  submitted = 0;
  /** All up to this one are proven. */
  proven = 0;

  constructor(device: GPUDevice) {
    this.#numbers = device.createBuffer({ size: NUMBERS * 4, usage: USAGE.COPY_SRC | USAGE.COPY_DST });
    this.#left = device.createBuffer({ size: PROOF_BYTES, usage: USAGE.COPY_SRC | USAGE.COPY_DST });
    device.queue.writeBuffer(
      this.#numbers,
      0,
      Uint32Array.from({ length: NUMBERS }, (_, i) => i),
    );
  }

  /** Ends the commands of a submission with its number. Later commands of `encoder` belong to the proof of this one. */
  sign(encoder: GPUCommandEncoder): number {
    const number = ++this.submitted;
    encoder.copyBufferToBuffer(this.#numbers, (number % NUMBERS) * 4, this.#left, (number % SLOTS) * 4, 4);
    return number;
  }

  /** Copies the numbers to where they can be read. */
  copyTo(encoder: GPUCommandEncoder, target: GPUBuffer, atByte: number): void {
    encoder.copyBufferToBuffer(this.#left, 0, target, atByte, PROOF_BYTES);
  }

  /** Whether the numbers that came with submission `last` show that it ran, and all before it. */
  accept(left: Uint32Array, last: number): boolean {
    for (let number = Math.max(this.proven, last - SLOTS) + 1; number <= last; number++)
      if (left[number % SLOTS] !== number % NUMBERS) return false;
    this.proven = Math.max(this.proven, last);
    return true;
  }
}
