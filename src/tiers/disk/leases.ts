// Who computes what just now: a file for each result that a process is at, so that others on this machine wait for it
// instead of computing it as well. A lease that is lost, doubled or left behind costs time and changes no result.
import type { Key } from '../../kit.ts';
import { type FileSystem, readFully } from './file-system.ts';
import { LEASES } from './layout.ts';

/** A lease in which nothing stands may be about to be written, for so long. */
const UNWRITTEN_MS = 1000;
const MAX_LEASE_BYTES = 64;

const pathOf = (key: Key): string => `${LEASES}/${key}`;

/** The leases of one process. */
export class Leases {
  readonly #files: FileSystem;
  readonly #held = new Set<Key>();

  constructor(files: FileSystem) {
    this.#files = files;
  }

  /** Takes the lease of a key until a time; answers false where another process has it. */
  take(key: Key, untilMs: number): boolean {
    if (this.#held.has(key)) return true;
    this.#files.makeFolder(LEASES);
    for (let attempt = 0; attempt < 2; attempt++) {
      if (this.#create(key, untilMs)) return true;
      if (isInUse(this.#files, pathOf(key))) return false;
      this.#files.remove(pathOf(key));
    }
    return false;
  }

  #create(key: Key, untilMs: number): boolean {
    try {
      const file = this.#files.create(pathOf(key));
      try {
        file.writeNow(new TextEncoder().encode(`${this.#files.process.id} ${Math.ceil(untilMs)}\n`), 0);
      } finally {
        file.close();
      }
    } catch {
      return false;
    }
    this.#held.add(key);
    return true;
  }

  /** Gives a lease back, where this process has it. */
  release(key: Key): void {
    if (this.#held.delete(key)) this.#files.remove(pathOf(key));
  }

  releaseAll(): void {
    for (const key of this.#held) this.release(key);
  }
}

/** Removes leases that nobody is at any more. */
export function removeLeases(files: FileSystem): void {
  for (const name of files.list(LEASES)) {
    const path = `${LEASES}/${name}`;
    if (!isInUse(files, path)) files.remove(path);
  }
}

/** Whether a process that lives has a lease that has not run out. */
function isInUse(files: FileSystem, path: string): boolean {
  const file = files.open(path);
  if (file === undefined) return false;
  try {
    const bytes = new Uint8Array(Math.min(file.size(), MAX_LEASE_BYTES));
    const text = readFully(file, bytes, 0) ? new TextDecoder().decode(bytes) : '';
    const [, owner, until] = /^(\d+) (\d+)\n$/.exec(text) ?? [];
    if (owner === undefined) return files.nowMs() - (files.stat(path)?.writtenMs ?? 0) < UNWRITTEN_MS;
    return files.nowMs() < Number(until) && files.process.isAlive(Number(owner));
  } finally {
    file.close();
  }
}
