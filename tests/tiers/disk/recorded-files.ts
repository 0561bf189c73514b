// Files in memory that write down every call: so a call can be made to fail, and what a disk would hold after a loss of
// power can be made of any prefix of the calls.
import type { FileSystem, OpenFile } from '../../../src/tiers/disk/file-system.ts';

/** A call that changes what is on the disk. */
export type Change =
  | { readonly kind: 'create'; readonly path: string; readonly file: number }
  | { readonly kind: 'write'; readonly file: number; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'sync'; readonly file: number }
  | { readonly kind: 'syncFolder'; readonly path: string }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  | { readonly kind: 'remove'; readonly path: string }
  | { readonly kind: 'makeFolder'; readonly path: string };

/** Says of the n-th call what goes wrong with it; `short` takes a part of the bytes and no error. */
export type Plan = (call: number, what: string) => 'short' | Error | undefined;

/** What is on the disk: folders, names of files, and their bytes by number. */
export class Disk {
  readonly folders = new Set<string>(['']);
  readonly names = new Map<string, number>();
  readonly contents = new Map<number, Uint8Array>();

  apply(change: Change): void {
    switch (change.kind) {
      case 'makeFolder':
        for (let at = change.path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) this.folders.add(at);
        break;
      case 'create':
        this.names.set(change.path, change.file);
        this.contents.set(change.file, new Uint8Array(0));
        break;
      case 'write': {
        const old = this.contents.get(change.file) ?? new Uint8Array(0);
        const bytes = new Uint8Array(Math.max(old.length, change.at + change.bytes.length));
        bytes.set(old);
        bytes.set(change.bytes, change.at);
        this.contents.set(change.file, bytes);
        break;
      }
      case 'rename': {
        const file = this.names.get(change.from);
        if (file === undefined) break;
        this.names.delete(change.from);
        this.names.set(change.to, file);
        break;
      }
      case 'remove':
        this.names.delete(change.path);
        break;
      default:
    }
  }
}

const missing = (path: string): Error => Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });

/** A file system over a disk in memory. `clock` counts up, so that nothing depends on the time of day. */
export class RecordedFiles implements FileSystem {
  readonly folder = '/store';
  readonly disk: Disk;
  readonly changes: Change[] = [];
  /** Calls so far. */
  calls = 0;
  /** Files that are open. */
  openCount = 0;
  plan: Plan = () => undefined;
  free = 1e12;
  now = 1_000_000;
  readonly process: { id: number; isAlive: (id: number) => boolean };
  #fresh = 0;

  constructor(disk = new Disk(), id = 1, alive: ReadonlySet<number> = new Set([id])) {
    this.disk = disk;
    this.process = { id, isAlive: (other) => alive.has(other) };
  }

  #call(what: string): 'short' | undefined {
    const outcome = this.plan(this.calls++, what);
    if (outcome instanceof Error) throw outcome;
    return outcome;
  }

  #change(change: Change): void {
    this.changes.push(change);
    this.disk.apply(change);
  }

  makeFolder(path: string): void {
    this.#call('makeFolder');
    this.#change({ kind: 'makeFolder', path });
  }

  list(path: string): readonly string[] {
    this.#call('list');
    const prefix = path === '' ? '' : `${path}/`;
    const all = [...this.disk.names.keys(), ...this.disk.folders].filter((name) => name.startsWith(prefix));
    return [...new Set(all.map((name) => name.slice(prefix.length).split('/')[0]!))].filter((name) => name !== '');
  }

  stat(path: string): { sizeBytes: number; writtenMs: number } | undefined {
    this.#call('stat');
    const file = this.disk.names.get(path);
    return file === undefined ? undefined : { sizeBytes: this.disk.contents.get(file)!.length, writtenMs: 0 };
  }

  open(path: string): OpenFile | undefined {
    this.#call('open');
    const file = this.disk.names.get(path);
    return file === undefined ? undefined : this.#opened(file);
  }

  bufferFor(length: number): ArrayBuffer {
    return new Uint8Array(length).fill(0xa5).buffer;
  }

  create(path: string): OpenFile {
    this.#call('create');
    if (this.disk.names.has(path)) throw Object.assign(new Error(`EEXIST: ${path}`), { code: 'EEXIST' });
    const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    if (!this.disk.folders.has(folder)) throw missing(folder);
    const file = this.process.id * 1e6 + ++this.#fresh;
    this.#change({ kind: 'create', path, file });
    return this.#opened(file);
  }

  rename(from: string, to: string): void {
    this.#call('rename');
    if (!this.disk.names.has(from)) throw missing(from);
    this.#change({ kind: 'rename', from, to });
  }

  remove(path: string): void {
    this.#call('remove');
    this.#change({ kind: 'remove', path });
  }

  async syncFolder(path: string): Promise<void> {
    this.#call('syncFolder');
    this.#change({ kind: 'syncFolder', path });
  }

  freeBytes(): number {
    return this.free;
  }

  nowMs(): number {
    return (this.now += 1000);
  }

  freshName(): string {
    return (++this.#fresh).toString(16).padStart(16, '0');
  }

  #opened(file: number): OpenFile {
    this.openCount++;
    let isOpen = true;
    const bytesOf = (): Uint8Array => this.disk.contents.get(file)!;
    const read = (target: Uint8Array, position: number): number => {
      const part = this.#call('read') === 'short' ? Math.ceil(target.length / 2) : target.length;
      const from = bytesOf().subarray(position, position + part);
      target.set(from);
      return from.length;
    };
    const write = (bytes: Uint8Array, position: number): number => {
      const part = this.#call('write') === 'short' ? bytes.slice(0, Math.ceil(bytes.length / 2)) : bytes.slice();
      this.#change({ kind: 'write', file, at: position, bytes: part });
      return part.length;
    };
    return {
      size: () => (this.#call('size'), bytesOf().length),
      read,
      readLater: async (target, position) => read(target, position),
      write: async (bytes, position) => write(bytes, position),
      writeNow: write,
      sync: async () => {
        this.#call('sync');
        this.#change({ kind: 'sync', file });
      },
      close: () => {
        if (isOpen) this.openCount--;
        isOpen = false;
      },
    };
  }
}

/** How a loss of power treats what was not synced. */
export type Loss = 'nothing synced is kept' | 'all is kept' | 'some' | 'torn';

/**
 * A disk after a loss of power behind the first calls: writes that a sync followed are there, others as `keep` says of
 * each. Names are there once their folder was synced, or as `keep` says.
 */
export function afterPowerLoss(changes: readonly Change[], keep: (at: number) => 'whole' | 'torn' | 'gone'): Disk {
  const disk = new Disk();
  const synced = new Map<number, number>();
  const folders = new Map<string, number>();
  for (const [at, change] of changes.entries()) {
    if (change.kind === 'sync') synced.set(change.file, at);
    if (change.kind === 'syncFolder') folders.set(change.path, at);
  }
  const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));
  for (const [at, change] of changes.entries()) {
    if (change.kind === 'write') {
      const fate = (synced.get(change.file) ?? -1) > at ? 'whole' : keep(at);
      if (fate === 'gone') continue;
      // A sector that did not reach the disk holds zeros.
      const bytes = fate === 'torn' ? change.bytes.map((byte, i) => (i % 1024 < 512 ? byte : 0)) : change.bytes;
      disk.apply({ ...change, bytes });
      continue;
    }
    const path = change.kind === 'rename' ? change.to : 'path' in change ? change.path : '';
    const isNamed = (folders.get(folderOf(path)) ?? -1) > at;
    if ((change.kind === 'rename' || change.kind === 'remove') && !isNamed && keep(at) === 'gone') continue;
    disk.apply(change);
  }
  return disk;
}
