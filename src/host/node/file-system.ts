// Files of a folder on this machine, as the disk store asks for them.
import {
  closeSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  read as readLater,
  readSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  write as writeLater,
  writeSync,
  fsync,
} from 'node:fs';
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import process from 'node:process';
import type { FileSystem, OpenFile } from '../../tiers/disk/file-system.ts';

class NodeFile implements OpenFile {
  readonly #descriptor: number;
  #isClosed = false;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  size(): number {
    return fstatSync(this.#descriptor).size;
  }

  read(target: Uint8Array, position: number): number {
    return readSync(this.#descriptor, target, 0, target.length, position);
  }

  readLater(target: Uint8Array, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      readLater(this.#descriptor, target, 0, target.length, position, (error, count) =>
        error === null ? resolve(count) : reject(error),
      );
    });
  }

  write(bytes: Uint8Array, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      writeLater(this.#descriptor, bytes, 0, bytes.length, position, (error, count) =>
        error === null ? resolve(count) : reject(error),
      );
    });
  }

  writeNow(bytes: Uint8Array, position: number): number {
    return writeSync(this.#descriptor, bytes, 0, bytes.length, position);
  }

  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fsync(this.#descriptor, (error) => (error === null ? resolve() : reject(error)));
    });
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeSync(this.#descriptor);
  }
}

/** What `run` gives; undefined where there is no such file. */
function ifThere<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** The files of a folder, which is made where it is not there. Only its owner may read it. */
export function nodeFileSystem(folder: string): FileSystem {
  const at = (path: string): string => join(folder, path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return {
    folder,
    makeFolder: (path) => void mkdirSync(at(path), { recursive: true, mode: 0o700 }),
    list: (path) => ifThere(() => readdirSync(at(path))) ?? [],
    stat: (path) => {
      const found = statSync(at(path), { throwIfNoEntry: false });
      return found && { sizeBytes: found.size, writtenMs: found.mtimeMs };
    },
    open: (path) => ifThere(() => new NodeFile(openSync(at(path), 'r'))),
    // Clearing them takes as long as reading.
    bufferFor: (length) => Buffer.allocUnsafeSlow(length).buffer as ArrayBuffer,
    create: (path) => new NodeFile(openSync(at(path), 'wx+', 0o600)),
    rename: (from, to) => renameSync(at(from), at(to)),
    remove: (path) => rmSync(at(path), { force: true }),
    syncFolder: async (path) => syncFolder(at(path)),
    freeBytes: () => {
      const { bavail, bsize } = statfsSync(folder);
      return bavail * bsize;
    },
    nowMs: () => Date.now(),
    process: { id: process.pid, isAlive },
    freshName: () => randomBytes(8).toString('hex'),
  };
}

/** Windows has no such call, and needs none: names are in its journal. */
function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function isAlive(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
