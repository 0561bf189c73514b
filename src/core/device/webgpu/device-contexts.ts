// The contexts of one GPU device, one after another: which is open, what is done when it is lost, and how code waits
// for the next.
import type { DeviceEvent } from '../../events.ts';
import type { Clock } from '../../env.ts';
import { DeviceLostError, UnavailableError } from '../../errors.ts';
import type { EpochEnd } from './epoch.ts';
import { DeviceContext } from './device-context.ts';
import type { GpuSource } from './source.ts';

/** Losses in a row after which a device is left alone, and how long one must last for its loss not to count. */
const MAX_LOSSES = 3;
const CALM_NS = 10 * 60e9;

/** What contexts need from their device. */
interface ContextDependencies {
  readonly clock: Clock;
  warn(line: string): void;
  changed(state: DeviceEvent['state'], detail: string): void;
  /** A context has ended: what its memory held is forgotten. Answers whether the device may be opened again. */
  over(end: EpochEnd): boolean;
}

/** Opens a device again when it is lost, unless that happens too often. */
export class DeviceContexts {
  readonly #source: GpuSource;
  readonly #dependencies: ContextDependencies;
  #current: DeviceContext | undefined;
  #reopening: Promise<void> | undefined;
  #openedNs: number;
  #losses = 0;
  #closed = false;
  /** Why the last context ended. */
  reason = '';

  constructor(source: GpuSource, dependencies: ContextDependencies, device: GPUDevice) {
    this.#source = source;
    this.#dependencies = dependencies;
    this.#openedNs = dependencies.clock();
    this.#current = this.#begin(device);
  }

  /** The open device; undefined while it is lost. */
  get current(): DeviceContext | undefined {
    return this.#current;
  }

  /**
   * Resolves when a device that was lost is open again, or is known not to come back; undefined where none is being
   * opened.
   */
  get returning(): Promise<void> | undefined {
    return this.#reopening;
  }

  /** The open device, for a task, which is demanded again where there is none. */
  forTask(): DeviceContext {
    if (this.#current !== undefined) return this.#current;
    throw new DeviceLostError(`WebGPU: ${this.reason}; the device is not in use.`, { reason: this.reason });
  }

  /** The open device, for other code. Throws an UnavailableError that says whether it comes back. */
  open(): DeviceContext {
    if (this.#current !== undefined) return this.#current;
    throw new UnavailableError(
      this.#reopening === undefined
        ? `This sheet does not use its GPU any more: ${this.reason}. It does not come back; read elements with ` +
            'data(), or open another sheet.'
        : `The GPU is being opened again after a loss (${this.reason}); tensor.gpuBuffer() waits for it: await ` +
            'one, then call this again.',
      { device: 'webgpu', reason: this.reason },
    );
  }

  /** As `open`, once a device that was lost is open again. */
  async reopened(): Promise<DeviceContext> {
    while (this.#reopening !== undefined) await this.#reopening;
    return this.open();
  }

  close(): void {
    this.#closed = true;
    this.reason = 'the sheet was closed';
    this.#current?.epoch.end('closed', this.reason);
  }

  #begin(device: GPUDevice): DeviceContext {
    const context: DeviceContext = new DeviceContext(device, (end, reason) => this.#over(context, end, reason));
    return context;
  }

  /** Everything on the device is gone: forget it, say so, open another. */
  #over(context: DeviceContext, end: EpochEnd, reason: string): void {
    if (this.#current !== context) return;
    this.#current = undefined;
    this.reason = reason;
    const isOfUse = this.#dependencies.over(end);
    if (this.#closed) return;
    const again = isOfUse && (end === 'memory' || this.#countLoss() <= MAX_LOSSES);
    this.#dependencies.changed(again ? 'lost' : 'given up', reason);
    this.#dependencies.warn(
      `WebGPU: ${reason}. ${again ? 'It is opened again; until then' : 'It happened too often: from now on'} ` +
        'other devices compute, results are not affected.',
    );
    if (again) this.#reopening = this.#reopen(reason);
  }

  #countLoss(): number {
    return (this.#losses = this.#dependencies.clock() - this.#openedNs > CALM_NS ? 1 : this.#losses + 1);
  }

  async #reopen(reason: string): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 0)); // after whatever call the old one failed in
    try {
      const device = this.#closed ? undefined : await this.#source.open();
      this.#reopening = undefined;
      if (this.#closed) return device?.destroy();
      this.#openedNs = this.#dependencies.clock();
      this.#current = this.#begin(device as GPUDevice);
      this.#dependencies.changed('opened again', reason);
    } catch (error) {
      this.#reopening = undefined;
      this.reason = `${reason}, and it could not be opened again: ${String(error)}`;
      this.#dependencies.changed('given up', this.reason);
    }
  }
}
