// GPU buffers by size class, recycled: fresh ones cost up to milliseconds, and work in the queue keeps its order anyway.

/** Usages of a pool's buffers. */
export const USAGE = { MAP_READ: 0x01, COPY_SRC: 0x04, COPY_DST: 0x08, UNIFORM: 0x40, STORAGE: 0x80, QUERY_RESOLVE: 0x200 } as const;

/** Bytes a buffer of so many is made of: eight classes between powers of two, so that at most an eighth is wasted. */
export function classBytes(sizeBytes: number): number {
  if (sizeBytes <= 256) return 256;
  const step = 2 ** (Math.floor(Math.log2(sizeBytes - 1)) - 3);
  return Math.ceil(sizeBytes / Math.max(256, step)) * Math.max(256, step);
}

/** Buffers of one usage. A buffer that was given back may be taken at once: the queue runs in order. */
export class BufferPool {
  readonly #device: GPUDevice;
  readonly #usage: number;
  readonly #free = new Map<number, GPUBuffer[]>();
  /** Bytes of all buffers of this pool, in use or free. */
  sizeBytes = 0;
  /** Bytes of those that are free. */
  freeBytes = 0;

  constructor(device: GPUDevice, usage: number) {
    this.#device = device;
    this.#usage = usage;
  }

  take(sizeBytes: number): GPUBuffer {
    const size = classBytes(sizeBytes);
    const free = this.#free.get(size)?.pop();
    if (free !== undefined) {
      this.freeBytes -= size;
      return free;
    }
    this.sizeBytes += size;
    return this.#device.createBuffer({ size, usage: this.#usage });
  }

  give(buffer: GPUBuffer): void {
    const of = this.#free.get(buffer.size);
    if (of === undefined) this.#free.set(buffer.size, [buffer]);
    else of.push(buffer);
    this.freeBytes += buffer.size;
  }

  /** Destroys free buffers until at most so many bytes of them are left. */
  trim(maxFreeBytes: number): void {
    for (const [size, buffers] of this.#free) {
      while (buffers.length > 0 && this.freeBytes > maxFreeBytes) {
        (buffers.pop() as GPUBuffer).destroy();
        this.freeBytes -= size;
        this.sizeBytes -= size;
      }
    }
  }
}
