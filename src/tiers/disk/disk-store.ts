// The store on a disk: what was computed in one process is found in the next. Small results stand in segments that are
// only appended to, large ones in files named by their digest; an index says where (docs/format/store.md).
//
// Puts return at once and are written while the program goes on. What is torn, missing or damaged is a miss: no reader
// believes bytes that their digest does not name.
import {
  type Digest,
  digestFromHex,
  type Key,
  type Store,
  type Stored,
  type StoreStats,
  type TellTrouble,
  type Worth,
} from '../../kit.ts';
import { Catalogue } from './catalogue.ts';
import { answerInFile, answerInRecord } from './answer.ts';
import { checksums } from './checksums.ts';
import { hasContent, writeContent } from './content.ts';
import { type FileSystem, readFully } from './file-system.ts';
import { fsck, type FsckOptions, type FsckReport } from './fsck.ts';
import { collectGarbage, type GcReport, measureFolder } from './garbage.ts';
import type { IndexedPlace } from './index-table.ts';
import { contentPath, emptyFolder, FRAME_HEAD_BYTES, MAX_INLINE_BYTES, prepareFolder } from './layout.ts';
import { Leases } from './leases.ts';
import { encodeRecord, type StoredRecord } from './record.ts';
import { decodeFrame, encodeFrame, frameBytes, joinFrames, recordIn, writeFrame } from './segment.ts';
import { SegmentWriter } from './segment-writer.ts';

/** What a put survives once `flush` has resolved: that the process is killed, or that the machine loses power. */
export type Durability = 'process' | 'power';

export interface DiskStoreOptions {
  readonly digest: Digest;
  /** Bytes the folder may hold. Default 10 GB, or a tenth of what is free if that is less. */
  readonly capBytes?: number;
  readonly durability?: Durability;
  readonly tell?: TellTrouble;
}

const DEFAULT_CAP_BYTES = 1e10;
const FREE_SHARE = 0.1;
/** Puts that wait to be written hold so many bytes at most; more are refused. */
const MAX_WAITING_BYTES = 2 ** 28;
/** Bytes that one write to a segment has, about. */
const BATCH_BYTES = 2 ** 22;
/** How often a miss looks for what other processes have written. */
const REFRESH_MS = 50;
/** An index is written when a store is closed that found so many frames outside it. */
const UNCOVERED_FRAMES = 256;
/** Keys whose use is noted for those who collect garbage. */
const MAX_USES = 4096;
/** How often a process looks whether another has computed a result. */
const LOOK_EVERY_MS = 5;
/** A lease counts for so much longer than twice what computing should take: estimates are hopeful. */
const LEASE_GRACE_MS = 1000;
/** After a write failed, puts are refused for so long. */
const PAUSE_MS = 10_000;

interface Waiting {
  readonly stored: Stored;
  readonly elements: Uint8Array;
  readonly score: number;
}

/** A result that is written, with its record as bytes and the elements that stand with it. */
interface Batched {
  readonly key: Key;
  readonly waiting: Waiting;
  readonly body: Uint8Array;
  readonly inline: Uint8Array;
}

const NOTHING = new Uint8Array(0);

/** Results in a folder, for one process after another and several at a time. */
export class DiskStore implements Store {
  readonly isPrompt = true;
  /** Whether the folder was made by this opening. */
  readonly isNew: boolean;
  readonly capBytes: number;
  readonly #files: FileSystem;
  readonly #digest: Digest;
  readonly #tell: TellTrouble;
  readonly #durability: Durability;
  readonly #catalogue: Catalogue;
  readonly #writer: SegmentWriter;
  readonly #leases: Leases;
  readonly #waiting = new Map<Key, Waiting>();
  readonly #used = new Map<Key, StoredRecord>();
  /** Keys whose results are damaged, until they are put again. */
  readonly #damaged = new Set<Key>();
  /** What the frames of a batch are written from. */
  #batchBytes = new Uint8Array(0);
  #waitingBytes = 0;
  #writtenBytes = 0;
  #refreshedMs = 0;
  #pausedUntilMs = 0;
  #draining: Promise<void> | undefined;
  #isClosed = false;

  /** Opens the store in a folder, making it where there is none. Throws an UnavailableError where it cannot be used. */
  static async open(files: FileSystem, options: DiskStoreOptions): Promise<DiskStore> {
    const { isNew } = await prepareFolder(files);
    return new DiskStore(files, options, isNew);
  }

  private constructor(files: FileSystem, options: DiskStoreOptions, isNew: boolean) {
    this.isNew = isNew;
    this.#files = files;
    this.#digest = options.digest;
    this.#tell = options.tell ?? (() => {});
    this.#durability = options.durability ?? 'process';
    this.capBytes = options.capBytes ?? Math.min(DEFAULT_CAP_BYTES, Math.floor(files.freeBytes() * FREE_SHARE));
    this.#catalogue = new Catalogue(files, options.digest);
    this.#writer = new SegmentWriter(files);
    this.#leases = new Leases(files);
  }

  /** What was put and is not written yet: a disk is not memory. */
  peek(key: Key): Stored | undefined {
    return this.#waiting.get(key)?.stored;
  }

  async get(key: Key, signal?: AbortSignal): Promise<Stored | undefined> {
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) return waiting.stored;
    if (this.#isClosed || this.#damaged.has(key)) return undefined;
    return this.#read(key) ?? (signal?.aborted !== true && this.#refresh() ? this.#read(key) : undefined);
  }

  put(key: Key, stored: Stored, { score }: Worth): void {
    const { elements } = stored;
    // What lies on a device comes again when it has come to RAM.
    if (this.#isClosed || !(elements instanceof Uint8Array)) return;
    const waiting = this.#waiting.get(key);
    if (waiting?.stored.digest === stored.digest) return;
    if (this.#waitingBytes + elements.length > MAX_WAITING_BYTES) return;
    if (this.#pausedUntilMs > this.#files.nowMs()) return;
    this.#waitingBytes -= waiting?.elements.length ?? 0;
    this.#waiting.set(key, { stored, elements, score });
    this.#waitingBytes += elements.length;
    this.#draining ??= this.#drain();
  }

  /** Waits, no longer than computing it takes, while another process computes a key; takes its lease otherwise. */
  async claim(key: Key, ms: number): Promise<boolean> {
    const until = this.#files.nowMs() + ms;
    while (!this.#leases.take(key, until + ms + LEASE_GRACE_MS)) {
      if (this.#isClosed || this.#files.nowMs() >= until) return false;
      await new Promise<void>((resolve) => setTimeout(resolve, Math.min(LOOK_EVERY_MS, ms)));
      this.#catalogue.refresh(this.#writer.current);
      if (this.#catalogue.find(key) !== undefined) return true;
    }
    // The one who had it may have written the result and given it back between two looks.
    this.#catalogue.refresh(this.#writer.current);
    if (this.#catalogue.find(key) === undefined) return false;
    this.#leases.release(key);
    return true;
  }

  /** Removes the damaged elements of a key, so that whoever puts that result again writes it anew. */
  discard(key: Key): void {
    const record = this.#recordOf(key);
    this.#damaged.add(key);
    if (record?.place === 'file') this.#files.remove(contentPath(record.digest));
  }

  /** Resolves when what was put so far is written, as safely as the durability of the store says. */
  async flush(): Promise<void> {
    while (this.#draining !== undefined) await this.#draining;
  }

  /** Writes at once what waits, for a process that ends; large results are left out. */
  flushNow(): void {
    try {
      this.#leases.releaseAll();
    } catch {
      // They run out.
    }
    for (const [key, waiting] of this.#waiting) {
      if (waiting.elements.length > MAX_INLINE_BYTES) continue;
      try {
        this.#writer.appendNow(encodeFrame(this.#recordFor(waiting), waiting.elements));
      } catch {
        return;
      }
      this.#waiting.delete(key);
      this.#waitingBytes -= waiting.elements.length;
    }
  }

  stats(): StoreStats {
    return { entries: this.#catalogue.size + this.#waiting.size, sizeBytes: this.#writtenBytes + this.#waitingBytes };
  }

  /** Counts what the folder holds, by reading all that says so. */
  async measure(): Promise<StoreStats> {
    await this.flush();
    return measureFolder(this.#files, this.#digest);
  }

  /** Removes what is least worth its bytes where the folder holds more than it may, and what nothing refers to. */
  async gc(capBytes = this.capBytes): Promise<GcReport> {
    await this.flush();
    this.#writer.seal();
    const report = await this.#collect(capBytes);
    this.#catalogue.reload();
    return report;
  }

  /** Checks every result; takes out what is wrong where `repair` says so. */
  async fsck(options: FsckOptions = {}): Promise<FsckReport> {
    await this.flush();
    this.#writer.seal();
    const report = await fsck(this.#files, this.#digest, options);
    this.#catalogue.reload();
    return report;
  }

  /** Removes all results; answers how many there were. Other processes lose theirs too. */
  async clear(): Promise<number> {
    await this.flush();
    this.#writer.seal();
    const { entries } = this.stats();
    this.#used.clear();
    await emptyFolder(this.#files);
    this.#catalogue.reload();
    return entries;
  }

  /** The folder. */
  get folder(): string {
    return this.#files.folder;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    await this.flush();
    this.#isClosed = true;
    try {
      this.#leases.releaseAll();
      await this.#noteUses();
      this.#writer.seal();
      if (this.#catalogue.uncovered >= UNCOVERED_FRAMES || this.#writtenBytes > this.capBytes / 16)
        await this.#collect(this.capBytes);
    } catch (error) {
      this.#fail(undefined, error);
    }
    this.#writer.seal();
    this.#catalogue.close();
  }

  /** Looks for what other processes have written, but not at every miss. */
  #refresh(): boolean {
    const now = this.#files.nowMs();
    if (now - this.#refreshedMs < REFRESH_MS) return false;
    this.#refreshedMs = now;
    this.#catalogue.refresh(this.#writer.current);
    return true;
  }

  #read(key: Key): Stored | undefined {
    const bytes = digestFromHex(key);
    let place = this.#catalogue.find(key, bytes);
    if (place === undefined) return undefined;
    let frame = this.#frameAt(place);
    if (frame === undefined) {
      // Somebody has collected garbage: the frame stands elsewhere now.
      this.#catalogue.reload();
      place = this.#catalogue.find(key, bytes);
      frame = place && this.#frameAt(place);
    }
    const record = frame && recordIn(frame, { key, bytes });
    if (place === undefined || frame === undefined || record === undefined) return undefined;
    const answer =
      record.place === 'inline'
        ? answerInRecord(frame.subarray(FRAME_HEAD_BYTES + place.recordBytes), record)
        : answerInFile(this.#files, record);
    if (answer !== undefined && this.#used.size < MAX_USES) this.#used.set(key, record);
    return answer;
  }

  /** The bytes of a frame; they are others' when the next is read. */
  #frameAt(place: IndexedPlace): Uint8Array | undefined {
    const file = this.#catalogue.fileOf(place.segment);
    if (file === undefined) return undefined;
    const { room } = checksums();
    const length = frameBytes(place);
    if (length > room.length) return undefined;
    const bytes = room.subarray(0, length);
    return readFully(file, bytes, place.at) ? bytes : undefined;
  }

  /** Writes what waits, a batch at a time, until nothing does. */
  async #drain(): Promise<void> {
    // The caller goes on first.
    await Promise.resolve();
    try {
      while (this.#waiting.size > 0) await this.#writeBatch();
    } finally {
      this.#draining = undefined;
    }
  }

  async #writeBatch(): Promise<void> {
    const batch: Batched[] = [];
    const taken: [Key, Waiting][] = [];
    let size = 0;
    for (const [key, waiting] of this.#waiting) {
      if (size > BATCH_BYTES) break;
      taken.push([key, waiting]);
      if (this.#isWritten(key, waiting)) continue;
      const body = encodeRecord(this.#recordFor(waiting));
      const inline = waiting.elements.length > MAX_INLINE_BYTES ? NOTHING : waiting.elements;
      batch.push({ key, waiting, body, inline });
      size += FRAME_HEAD_BYTES + body.length + inline.length;
    }
    try {
      const isSynced = this.#durability === 'power';
      for (const {
        waiting: { stored, elements },
      } of batch)
        if (elements.length > MAX_INLINE_BYTES) await writeContent(this.#files, stored.digest, elements, isSynced);
      if (batch.length > 0) await this.#append(batch, size, isSynced);
    } catch (error) {
      this.#fail(taken[0]?.[0], error);
    }
    for (const [key, waiting] of taken) {
      // Another result may have been put under the key meanwhile.
      if (this.#waiting.get(key) !== waiting) continue;
      this.#waiting.delete(key);
      this.#waitingBytes -= waiting.elements.length;
    }
  }

  /** Whether a result is there already. */
  #isWritten(key: Key, { stored, elements }: Waiting): boolean {
    if (this.#damaged.has(key)) return false;
    const record = this.#recordOf(key);
    return (
      record?.digest === stored.digest &&
      (record.place === 'inline' || hasContent(this.#files, stored.digest, elements.length))
    );
  }

  /** What is written under a key, as far as this process knows. */
  #recordOf(key: Key): StoredRecord | undefined {
    const place = this.#catalogue.find(key);
    const file = place && this.#catalogue.fileOf(place.segment);
    if (place === undefined || file === undefined) return undefined;
    const bytes = new Uint8Array(FRAME_HEAD_BYTES + place.recordBytes);
    const record = readFully(file, bytes, place.at) ? decodeFrame(bytes, this.#digest) : undefined;
    return record?.key === key ? record : undefined;
  }

  async #append(batch: readonly Batched[], size: number, isSynced: boolean): Promise<void> {
    const now = this.#files.nowMs();
    // One batch is written at a time, and its bytes are the same memory again: fresh memory costs more than the copy.
    if (size > this.#batchBytes.length) this.#batchBytes = new Uint8Array(size);
    const bytes = this.#batchBytes.subarray(0, size);
    let end = 0;
    for (const { body, inline } of batch) {
      const start = end;
      end += FRAME_HEAD_BYTES + body.length + inline.length;
      writeFrame(bytes.subarray(start, end), body, inline);
    }
    const { segment, at: start } = await this.#writer.append(bytes, isSynced);
    let at = start;
    for (const { key, waiting, body, inline } of batch) {
      const length = FRAME_HEAD_BYTES + body.length + inline.length;
      const place = { segment, at, recordBytes: body.length, inlineBytes: inline.length, putMs: now };
      this.#damaged.delete(key);
      this.#leases.release(key);
      this.#catalogue.add(key, place, at + length);
      at += length;
      this.#writtenBytes += length + waiting.elements.length - inline.length;
    }
  }

  #recordFor({ stored, elements, score }: Waiting): StoredRecord {
    const place = elements.length > MAX_INLINE_BYTES ? 'file' : 'inline';
    const sum = checksums().of(elements);
    return { ...stored, place, elementBytes: elements.length, score, usedMs: this.#files.nowMs(), sum };
  }

  /** Says which results were asked for, so that they stay longer. */
  async #noteUses(): Promise<void> {
    if (this.#used.size === 0) return;
    const usedMs = this.#files.nowMs();
    const frames = [...this.#used.values()].map((record) => encodeFrame({ ...record, place: 'use', usedMs }, NOTHING));
    this.#used.clear();
    await this.#writer.append(joinFrames(frames), false);
  }

  #collect(capBytes: number): Promise<GcReport> {
    return collectGarbage(this.#files, { digest: this.#digest, capBytes, ended: this.#writer.ended });
  }

  #fail(key: Key | undefined, error: unknown): void {
    this.#pausedUntilMs = this.#files.nowMs() + PAUSE_MS;
    this.#tell({ kind: 'failed', key, detail: error instanceof Error ? error.message : String(error) });
  }
}
