// One epoch of a GPU device lasts from its opening to its loss. What was computed in an epoch that is over is never
// read.
import { DeviceLostError } from '../../errors.ts';

/** Why an epoch ended: the device went away, dropped or refused a command, had no memory left, or was closed. */
export type EpochEnd = 'lost' | 'refused' | 'memory' | 'closed';

/**
 * A device is over when it is lost, and also when a command was refused: a submission that is dropped looks like one
 * that succeeded, so nothing it may have written can be trusted.
 */
export class Epoch {
  readonly device: GPUDevice;
  /** Told at once, and not to call the device: it may be in the middle of something. */
  readonly #onOver: (end: EpochEnd, reason: string) => void;
  #reason: string | undefined;

  constructor(device: GPUDevice, onOver: (end: EpochEnd, reason: string) => void) {
    this.device = device;
    this.#onOver = onOver;
    void device.lost.then(({ reason, message }) =>
      this.end('lost', `the device was lost (${reason}: ${firstLine(message)})`),
    );
    device.addEventListener('uncapturederror', (event) => {
      event.preventDefault();
      this.#refused(event.error);
    });
  }

  get isOver(): boolean {
    return this.#reason !== undefined;
  }

  /** Ends the epoch; everything that lies on its device is lost. */
  end(end: EpochEnd, reason: string): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#onOver(end, reason);
    this.device.destroy();
  }

  /** Dawn tells of an error from inside the call that failed: calls to it there would wait for themselves. */
  #refused(error: GPUError): void {
    if (this.#reason !== undefined) return;
    const message = firstLine(error.message);
    const noMemory = error.constructor.name === 'GPUOutOfMemoryError';
    this.#reason = noMemory
      ? `the device has no memory left (${message})`
      : `the device refused a command (${message})`;
    this.#onOver(noMemory ? 'memory' : 'refused', this.#reason);
    setTimeout(() => this.device.destroy(), 0);
  }

  /** The error of whoever still waits for something of this epoch. */
  error(cause?: unknown): DeviceLostError {
    const reason = this.#reason ?? 'the device did not answer';
    return new DeviceLostError(
      `WebGPU: ${reason}; results that were only there are computed again on the next demand.`,
      { reason },
      { cause },
    );
  }

  /** Throws where the epoch is over. */
  check(): void {
    if (this.isOver) throw this.error();
  }
}

const firstLine = (message: string): string => message.split('\n', 1)[0]!;
