// GPU buffers by size class, recycled: fresh ones cost up to milliseconds, and work in the queue keeps its order
// anyway.

/** Usages of a pool's buffers. */
export const USAGE = {
  MAP_READ: 0x01,
  COPY_SRC: 0x04,
  COPY_DST: 0x08,
  UNIFORM: 0x40,
  STORAGE: 0x80,
  QUERY_RESOLVE: 0x200,
} as const;

/**
 * Bytes a buffer of so many is made of: eight classes between powers of two, so that at most an eighth is wasted; no
 * more than a device allows where it allows those asked for.
 */
export function classBytes(sizeBytes: number, maxBytes = Infinity): number {
  if (sizeBytes <= 256) return 256;
  const step = 2 ** (Math.floor(Math.log2(sizeBytes - 1)) - 3);
  const bytes = Math.ceil(sizeBytes / Math.max(256, step)) * Math.max(256, step);
  return bytes <= maxBytes ? bytes : Math.max(Math.ceil(sizeBytes / 4) * 4, Math.floor(maxBytes / 4) * 4);
}

/**
 * Fresh buffers from this size on are asked for with a doubt. Smaller ones are not worth the round trip: without memory
 * for one of them, the epoch ends.
 */
const DOUBTED_BYTES = 2 ** 20;

/** A buffer that was taken. */
export interface Allotment {
  readonly buffer: GPUBuffer;
  /**
   * Whether there is memory for it; undefined where that is known. Until then no command may name it: one that did
   * would be refused.
   */
  readonly granted: Promise<boolean> | undefined;
}

/** Commands that were encoded and not handed in yet. */
export interface PendingCommands {
  /** Number of the submission they will be. */
  readonly nextSubmission: number;
  submit(): void;
  /** Lets go of a buffer that is destroyed. */
  forget(buffer: GPUBuffer): void;
}

/** Buffers of one usage. A buffer that was given back may be taken at once: commands run in order. */
export class BufferPool {
  readonly #device: GPUDevice;
  readonly #usage: number;
  readonly #maxBytes: number;
  readonly #pending: PendingCommands | undefined;
  /** The submission that commands at the time of giving back will be part of. */
  readonly #givenBefore = new WeakMap<GPUBuffer, number>();
  readonly #free = new Map<number, GPUBuffer[]>();
  /** Bytes of all buffers of this pool, in use or free. */
  sizeBytes = 0;
  /** Bytes of those that are free. */
  freeBytes = 0;

  constructor(device: GPUDevice, usage: number, pending?: PendingCommands) {
    this.#device = device;
    this.#usage = usage;
    this.#maxBytes = device.limits.maxBufferSize;
    this.#pending = pending;
  }

  /** Bytes of buffers that are in use. */
  get usedBytes(): number {
    return this.sizeBytes - this.freeBytes;
  }

  /** Whether a buffer for so many bytes is there and free. */
  hasFree(sizeBytes: number): boolean {
    return (this.#free.get(classBytes(sizeBytes, this.#maxBytes))?.length ?? 0) > 0;
  }

  take(sizeBytes: number): GPUBuffer {
    const size = classBytes(sizeBytes, this.#maxBytes);
    const free = this.#free.get(size)?.pop();
    if (free !== undefined) {
      this.freeBytes -= size;
      return free;
    }
    const buffer = this.#device.createBuffer({ size, usage: this.#usage });
    this.sizeBytes += size;
    return buffer;
  }

  /** As `take`, where the device may have no memory left, which then ends nothing but this. */
  allot(sizeBytes: number): Allotment {
    if (classBytes(sizeBytes, this.#maxBytes) < DOUBTED_BYTES || this.hasFree(sizeBytes))
      return { buffer: this.take(sizeBytes), granted: undefined };
    this.#device.pushErrorScope('out-of-memory');
    const buffer = this.take(sizeBytes);
    const allotment: { readonly buffer: GPUBuffer; granted: Promise<boolean> | undefined } = {
      buffer,
      granted: this.#device.popErrorScope().then(
        (error) => error === null,
        () => false,
      ),
    };
    void allotment.granted?.then((isGranted) => {
      if (isGranted) allotment.granted = undefined;
    });
    return allotment;
  }

  give(buffer: GPUBuffer): void {
    const of = this.#free.get(buffer.size);
    if (of === undefined) this.#free.set(buffer.size, [buffer]);
    else of.push(buffer);
    this.freeBytes += buffer.size;
    if (this.#pending !== undefined) this.#givenBefore.set(buffer, this.#pending.nextSubmission);
  }

  /**
   * To be called before the queue writes to a buffer, which happens at once: pending commands may still read what was
   * in it.
   */
  beforeWrite(buffer: GPUBuffer): void {
    if (this.#givenBefore.get(buffer) === this.#pending?.nextSubmission) this.#pending?.submit();
  }

  /** Destroys a buffer that was taken and cannot be used again. */
  discard(buffer: GPUBuffer): void {
    this.sizeBytes -= buffer.size;
    this.#pending?.forget(buffer);
    buffer.destroy();
  }

  /** Destroys free buffers until at most so many bytes of them are left. */
  trim(maxFreeBytes: number): void {
    if (this.freeBytes <= maxFreeBytes) return;
    // A command that names a destroyed buffer would be refused.
    this.#pending?.submit();
    for (const [size, buffers] of this.#free) {
      while (buffers.length > 0 && this.freeBytes > maxFreeBytes) {
        this.freeBytes -= size;
        this.discard(buffers.pop()!);
      }
    }
  }
}
