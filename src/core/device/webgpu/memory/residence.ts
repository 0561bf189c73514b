// Where the bytes of one value lie on a GPU, in one context of the device.
import type { Block, Memory, Residence } from '../../../tensor/block.ts';
import { bytesOf } from '../../../tensor/dtype.ts';
import type { TensorType } from '../../../tensor/type.ts';
import type { DeviceContext } from '../device-context.ts';

/** What a residence needs from the memory it belongs to. */
export interface ResidenceDependencies {
  /** Where values go that are read. */
  readonly host: Memory;
  released(residence: GpuResidence): void;
  panelDigests(residence: GpuResidence, type: TensorType): Promise<Uint8Array | undefined>;
}

/** The bytes of a value in one context of the device. */
export class GpuResidence implements Residence {
  readonly context: DeviceContext;
  readonly type: TensorType;
  readonly buffer: GPUBuffer;
  /** Whether the buffer belongs to the caller and not to the pool. */
  readonly isAdopted: boolean;
  /** The block that lies here, as long as anybody has it. */
  holder: WeakRef<Block> | undefined;
  /** Somebody outside was given the buffer, so that it must stay where it is. */
  isLent = false;
  /** The submission in which a result is computed; 0 for what came from elsewhere. */
  submission = 0;
  /** Until the device has said that it takes an adopted buffer. */
  accepting: Promise<void> | undefined;
  /** The block that lent an adopted buffer, where it was one of this device's own; held. */
  lender: Block | undefined;
  readonly #dependencies: ResidenceDependencies;
  #released = false;

  constructor(
    context: DeviceContext,
    type: TensorType,
    buffer: GPUBuffer,
    dependencies: ResidenceDependencies,
    isAdopted = false,
  ) {
    this.context = context;
    this.type = type;
    this.buffer = buffer;
    this.#dependencies = dependencies;
    this.isAdopted = isAdopted;
  }

  get sizeBytes(): number {
    return this.type.sizeBytes;
  }

  get isAlive(): boolean {
    return !this.#released && !this.context.epoch.isOver;
  }

  async read(): Promise<Block> {
    if (this.accepting !== undefined) await this.accepting;
    if (!this.isAlive) throw this.context.epoch.error();
    return this.context.stream.read(this.buffer, this.sizeBytes, (mapped) => {
      const block = this.#dependencies.host.take(this.type);
      bytesOf(block.array).set(mapped);
      return block;
    });
  }

  settled(): Promise<void> | undefined {
    const {
      submission,
      context: { stream },
    } = this;
    if (this.accepting !== undefined) return this.accepting.then(() => stream.settled(submission));
    return stream.proves(submission) ? undefined : stream.settled(submission);
  }

  panelDigests(type: TensorType): Promise<Uint8Array | undefined> {
    return this.#dependencies.panelDigests(this, type);
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#dependencies.released(this);
  }
}
