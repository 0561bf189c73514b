// Parameters of dispatches where the implementation has no immediates: slots of one buffer, written when a submission
// goes out.
import { USAGE } from '../memory/buffers.ts';

const RING_BYTES = 1 << 16;
const STEP_BYTES = 256;

/** Slots for the dispatches of one submission. */
export class Uniforms {
  readonly #device: GPUDevice;
  readonly #words = new Uint32Array(RING_BYTES / 4);
  #buffer: GPUBuffer | undefined;
  #usedBytes = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Whether there is a slot left for parameters. */
  hasRoom(params: Uint32Array): boolean {
    return this.#usedBytes + slotBytes(params) <= RING_BYTES;
  }

  /** A slot with parameters; there must be room. */
  place(params: Uint32Array): GPUBufferBinding {
    this.#buffer ??= this.#device.createBuffer({ size: RING_BYTES, usage: USAGE.UNIFORM | USAGE.COPY_DST });
    const [offset, size] = [this.#usedBytes, slotBytes(params)];
    this.#words.set(params, offset / 4);
    this.#usedBytes += size;
    return { buffer: this.#buffer, offset, size };
  }

  /** Writes the slots, in time for the submission that reads them; those of submissions before it were read then. */
  write(): void {
    if (this.#usedBytes > 0)
      this.#device.queue.writeBuffer(this.#buffer as GPUBuffer, 0, this.#words, 0, this.#usedBytes / 4);
    this.#usedBytes = 0;
  }
}

const slotBytes = (params: Uint32Array): number => Math.ceil((params.length * 4) / STEP_BYTES) * STEP_BYTES;
