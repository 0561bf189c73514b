// Appends frames to the segment of this process. One write at a time; a segment that a write failed in is left as it
// is, and the next frame starts another.
import { type FileSystem, type OpenFile, writeFully, writeFullyNow } from './file-system.ts';
import { SEGMENTS, segmentName } from './layout.ts';
import { SEGMENT_HEADER } from './segment.ts';

/** A segment does not grow beyond so many bytes, so that collecting garbage may rewrite it. */
const MAX_SEGMENT_BYTES = 2 ** 28;

/** Where bytes were appended. */
interface Appended {
  readonly segment: string;
  readonly at: number;
}

/** The segment that a process writes. */
export class SegmentWriter {
  readonly #files: FileSystem;
  /** Segments that this writer has ended: nobody writes to them any more. */
  readonly ended = new Set<string>();
  #name = '';
  #file: OpenFile | undefined;
  #end = 0;

  constructor(files: FileSystem) {
    this.#files = files;
  }

  /** Appends bytes; resolves when they are with the operating system, or on the disk where `isSynced`. */
  async append(bytes: Uint8Array, isSynced: boolean): Promise<Appended> {
    const file = await this.#opened(isSynced);
    const at = this.#end;
    try {
      await writeFully(file, bytes, at);
      if (isSynced) await file.sync();
    } catch (error) {
      this.seal();
      throw error;
    }
    this.#end += bytes.length;
    const appended = { segment: this.#name, at };
    if (this.#end > MAX_SEGMENT_BYTES) this.seal();
    return appended;
  }

  /** The same at once, for a process that ends. */
  appendNow(bytes: Uint8Array): Appended {
    const file = this.#openNow();
    const at = this.#end;
    writeFullyNow(file, bytes, at);
    this.#end += bytes.length;
    return { segment: this.#name, at };
  }

  /** The segment that is appended to now. */
  get current(): string | undefined {
    return this.#file && this.#name;
  }

  /** Ends the segment; the next append starts another. */
  seal(): void {
    if (this.#file === undefined) return;
    this.#file.close();
    this.#file = undefined;
    this.ended.add(this.#name);
  }

  async #opened(isSynced: boolean): Promise<OpenFile> {
    if (this.#file !== undefined) return this.#file;
    const file = this.#openNow();
    if (isSynced) await this.#files.syncFolder(SEGMENTS);
    return file;
  }

  #openNow(): OpenFile {
    if (this.#file !== undefined) return this.#file;
    this.#name = segmentName(this.#files);
    const file = this.#files.create(`${SEGMENTS}/${this.#name}`);
    this.#file = file;
    this.#end = 0;
    writeFullyNow(file, SEGMENT_HEADER, 0);
    this.#end = SEGMENT_HEADER.length;
    return file;
  }
}
