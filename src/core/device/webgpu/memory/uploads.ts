// Bytes from RAM into a buffer. Shared memory goes through an ordinary array: not every implementation takes it, and
// one crashes.

/** Small enough to stay in a core's cache between the two copies. */
const CHUNK_BYTES = 1 << 19;

/** Writes bytes to the start of buffers. */
export class Uploads {
  readonly #queue: GPUQueue;
  #chunk: Uint8Array<ArrayBuffer> | undefined;

  constructor({ queue }: GPUDevice) {
    this.#queue = queue;
  }

  /** The bytes are read before this returns. `buffer` is as long as they are in whole words. */
  write(buffer: GPUBuffer, bytes: Uint8Array): void {
    if (bytes.byteLength % 4 === 0 && bytes.buffer instanceof ArrayBuffer)
      return this.#queue.writeBuffer(buffer, 0, bytes as Uint8Array<ArrayBuffer>);
    const chunk = (this.#chunk ??= new Uint8Array(CHUNK_BYTES));
    for (let at = 0; at < bytes.byteLength; at += CHUNK_BYTES) {
      const part = bytes.subarray(at, at + CHUNK_BYTES);
      chunk.set(part);
      this.#queue.writeBuffer(buffer, at, chunk, 0, Math.ceil(part.byteLength / 4) * 4);
    }
  }
}
