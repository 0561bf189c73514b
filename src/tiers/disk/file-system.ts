// What the disk store asks of a file system. Hosts implement it; tests implement it over a log of calls, to fail any of
// them and to lose what was not synced.
import { UnavailableError } from '../../kit.ts';

/** An open file. */
export interface OpenFile {
  /** Bytes it has now. */
  size(): number;
  /** Reads into `target` from a position on; answers how many bytes came, which may be fewer than there are. */
  read(target: Uint8Array, position: number): number;
  /** The same without keeping the thread. */
  readLater(target: Uint8Array, position: number): Promise<number>;
  /** Writes bytes at a position; answers how many were written, which may be fewer than were given. */
  write(bytes: Uint8Array, position: number): Promise<number>;
  /** The same at once, for a process that ends. */
  writeNow(bytes: Uint8Array, position: number): number;
  /** Resolves when what was written outlives a loss of power. */
  sync(): Promise<void>;
  close(): void;
}

/** Files of one folder and those under it, by paths relative to it with `/` between names. All of it may throw. */
export interface FileSystem {
  /** The folder, for messages. */
  readonly folder: string;
  makeFolder(path: string): void;
  /** Names in a folder; none where there is no such folder. */
  list(path: string): readonly string[];
  /** Bytes of a file and when it was last written; undefined where there is none. */
  stat(path: string): { readonly sizeBytes: number; readonly writtenMs: number } | undefined;
  /** Opens a file to read; undefined where there is none. */
  open(path: string): OpenFile | undefined;
  /** So many bytes to read into; whatever is in them. */
  bufferFor(length: number): ArrayBuffer;
  /** Makes a file that is not there yet, to write and read. */
  create(path: string): OpenFile;
  /** Puts a file in the place of another. */
  rename(from: string, to: string): void;
  /** Removes a file; nothing happens where there is none. */
  remove(path: string): void;
  /** Resolves when the names in a folder outlive a loss of power. */
  syncFolder(path: string): Promise<void>;
  /** Bytes that the disk has room for. */
  freeBytes(): number;
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** A number of this process that no living process of the machine shares, and whether a process lives. */
  readonly process: { readonly id: number; isAlive(id: number): boolean };
  /** A text that no other file will be called by. */
  freshName(): string;
}

const FULL = 'The disk is full: nothing was written. Make room, or lower the cap of the store.';

/** Reads exactly as many bytes as `target` has; false where the file ends before. */
export function readFully(file: OpenFile, target: Uint8Array, position: number): boolean {
  for (let done = 0; done < target.length;) {
    const count = file.read(done === 0 ? target : target.subarray(done), position + done);
    if (count <= 0) return false;
    done += count;
  }
  return true;
}

/** The same without keeping the thread. */
export async function readFullyLater(file: OpenFile, target: Uint8Array, position: number): Promise<boolean> {
  for (let done = 0; done < target.length;) {
    const count = await file.readLater(done === 0 ? target : target.subarray(done), position + done);
    if (count <= 0) return false;
    done += count;
  }
  return true;
}

/** Writes all bytes: a disk that is nearly full takes a part of them without an error. */
export async function writeFully(file: OpenFile, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const count = await file.write(done === 0 ? bytes : bytes.subarray(done), position + done);
    if (count <= 0) throw new UnavailableError(FULL, {});
    done += count;
  }
}

/** The same at once, for a process that ends. */
export function writeFullyNow(file: OpenFile, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length;) {
    const count = file.writeNow(done === 0 ? bytes : bytes.subarray(done), position + done);
    if (count <= 0) throw new UnavailableError(FULL, {});
    done += count;
  }
}
