// What a disk store holds: the index, and what was appended to segments since it was written, by any process.
import { type Digest, digestFromHex, type Key } from '../../kit.ts';
import type { FileSystem, OpenFile } from './file-system.ts';
import { type IndexedPlace, type IndexTable, readIndex } from './index-table.ts';
import { SEGMENTS } from './layout.ts';
import { scanSegment, SEGMENT_HEADER } from './segment.ts';

/** Open files at most; the one that was not read for the longest is closed. */
const MAX_OPEN = 64;

/** A place that the index has not, and when its result was put. */
interface RecentPlace extends IndexedPlace {
  readonly putMs: number;
}

/** Places of frames by key, over all segments of a folder. */
export class Catalogue {
  readonly #files: FileSystem;
  readonly #digest: Digest;
  readonly #open = new Map<string, OpenFile>();
  /** The one that was read last, which is the newest of those that are open. */
  #lastName = '';
  #last: OpenFile | undefined;
  readonly #recent = new Map<Key, RecentPlace>();
  /** How far each segment was read. */
  readonly #ends = new Map<string, number>();
  #table: IndexTable | undefined;

  constructor(files: FileSystem, digest: Digest) {
    this.#files = files;
    this.#digest = digest;
    this.reload();
  }

  /** Reads the index again, and all that is not in it. */
  reload(): void {
    this.#recent.clear();
    this.#ends.clear();
    this.#closeFiles();
    this.#table = readIndex(this.#files, this.#digest);
    for (const { name, end } of this.#table?.covered ?? []) this.#ends.set(name, end);
    this.refresh();
  }

  /** Reads what other processes have appended since; `own` is the segment that this one appends to. */
  refresh(own = ''): void {
    for (const name of this.#files.list(SEGMENTS)) {
      if (name === own) continue;
      const end = this.#ends.get(name) ?? SEGMENT_HEADER.length;
      const size = this.#files.stat(`${SEGMENTS}/${name}`)?.sizeBytes ?? 0;
      if (size > end) this.#readFrom(name, end);
    }
  }

  #readFrom(name: string, from: number): void {
    const file = this.fileOf(name);
    if (file === undefined) return;
    const { frames, end } = scanSegment(file, from, this.#digest);
    for (const { record, at, recordBytes, inlineBytes } of frames) {
      // Segments are read in no order: of two results of a key the one that was put later counts.
      const known = this.#recent.get(record.key);
      if (record.place === 'use' || (known !== undefined && known.putMs > record.usedMs)) continue;
      this.#recent.set(record.key, { segment: name, at, recordBytes, inlineBytes, putMs: record.usedMs });
    }
    this.#ends.set(name, end);
  }

  /** Where a key's frame stands. */
  find(key: Key, bytes = digestFromHex(key)): IndexedPlace | undefined {
    return this.#recent.get(key) ?? this.#table?.find(bytes);
  }

  /** Takes note of a frame that this process has written. */
  add(key: Key, place: RecentPlace, end: number): void {
    this.#recent.set(key, place);
    this.#ends.set(place.segment, end);
  }

  /** How many keys there are, about: one that was put again counts twice until the index is written. */
  get size(): number {
    return (this.#table?.size ?? 0) + this.#recent.size;
  }

  /** Frames that the index does not cover. */
  get uncovered(): number {
    return this.#recent.size;
  }

  /** A segment, open to read; undefined where it is gone. */
  fileOf(name: string): OpenFile | undefined {
    if (name === this.#lastName) return this.#last;
    const known = this.#open.get(name);
    if (known !== undefined) {
      this.#open.delete(name);
      this.#open.set(name, known);
      [this.#lastName, this.#last] = [name, known];
      return known;
    }
    const file = this.#files.open(`${SEGMENTS}/${name}`);
    if (file === undefined) return undefined;
    if (this.#open.size >= MAX_OPEN) this.#closeOldest();
    this.#open.set(name, file);
    [this.#lastName, this.#last] = [name, file];
    return file;
  }

  close(): void {
    this.#closeFiles();
  }

  #closeOldest(): void {
    for (const [name, file] of this.#open) {
      this.#open.delete(name);
      file.close();
      return;
    }
  }

  #closeFiles(): void {
    for (const file of this.#open.values()) file.close();
    this.#open.clear();
    [this.#lastName, this.#last] = ['', undefined];
  }
}
