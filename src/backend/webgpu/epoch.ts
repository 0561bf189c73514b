// One life of a GPU device, from its opening to its loss. What was computed in a life that is over is never read.
import { DeviceLostError } from '../../errors.ts';

/**
 * A device is over when it is lost, and also when a command was refused: a submission that is dropped looks like one
 * that succeeded, so nothing it may have written can be trusted.
 */
export class Epoch {
  readonly device: GPUDevice;
  readonly #onOver: (reason: string) => void;
  #reason: string | undefined;

  constructor(device: GPUDevice, onOver: (reason: string) => void) {
    this.device = device;
    this.#onOver = onOver;
    void device.lost.then(({ reason, message }) => this.end(`the device was lost (${reason}: ${firstLine(message)})`));
    device.addEventListener('uncapturederror', (event) => {
      event.preventDefault();
      this.end(`the device refused a command (${firstLine(event.error.message)})`);
    });
  }

  get isOver(): boolean {
    return this.#reason !== undefined;
  }

  /** Ends the epoch; everything that lies on its device is lost. */
  end(reason: string): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.device.destroy();
    this.#onOver(reason);
  }

  /** The error of whoever still waits for something of this epoch. */
  error(cause?: unknown): DeviceLostError {
    const reason = this.#reason ?? 'the device did not answer';
    return new DeviceLostError(`WebGPU: ${reason}; results that were only there are computed again on the next demand.`, { reason }, { cause });
  }

  /** Throws where the epoch is over. */
  check(): void {
    if (this.isOver) throw this.error();
  }
}

const firstLine = (message: string): string => message.split('\n', 1)[0] as string;
