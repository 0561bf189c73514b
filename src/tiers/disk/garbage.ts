// Collecting garbage in the folder of a disk store: results that are least worth their bytes where there are too many,
// frames that newer ones replace, and files that nothing refers to. One process at a time does it, while others read
// and write.
import { type Digest, digestFromHex, type Key, type StoreStats } from '../../kit.ts';
import { type FileSystem, type OpenFile, readFully, writeFully } from './file-system.ts';
import { type Covered, INDEX, type IndexedPlace, writeIndex } from './index-table.ts';
import { type Held, readHeld } from './held.ts';
import { removeLeases } from './leases.ts';
import { CONTENT, contentPath, ownerOf, SEGMENTS, segmentName, TEMPORARY } from './layout.ts';
import { frameBytes, joinFrames, type ScannedFrame, SEGMENT_HEADER } from './segment.ts';

/** What collecting garbage did. */
export interface GcReport {
  /** Another process was at it: nothing was done. */
  readonly isBusy: boolean;
  readonly entries: number;
  readonly sizeBytes: number;
  readonly evicted: number;
  readonly freedBytes: number;
}

interface GcOptions {
  readonly digest: Digest;
  /** Bytes the folder may hold. */
  readonly capBytes: number;
  /** Segments of this process that it does not write to any more. */
  readonly ended: ReadonlySet<string>;
  /** Results that go whatever they are worth. Segments with damage are then written anew. */
  readonly without?: ReadonlySet<Key>;
}

const LOCK = 'lock';
/** Where too much is held, as much goes that this share of the cap is left. */
const FILLED_SHARE = 0.9;
/** A result that was not asked for in so long is worth half as much. */
const HALF_LIFE_MS = 14 * 24 * 3600 * 1000;
/** What a result takes besides its elements: record, entry of the index, file. */
const RESULT_BYTES = 4096;
/** A file that is not referred to may be about to be, for so long. */
const GRACE_MS = 60_000;
/** Segments of processes that are gone are joined from so many on, or where this share of their bytes is in use. */
const MAX_SEGMENTS = 8;
const LIVE_SHARE = 0.6;
const COPY_BYTES = 2 ** 22;

/** Collects garbage until a folder holds no more than `capBytes`. */
export async function collectGarbage(files: FileSystem, options: GcOptions): Promise<GcReport> {
  if (!lock(files)) return { isBusy: true, entries: 0, sizeBytes: 0, evicted: 0, freedBytes: 0 };
  try {
    return await new Collection(files, options).run();
  } finally {
    files.remove(LOCK);
  }
}

/** A segment, and how much of it is in use. */
interface Counted {
  readonly end: number;
  readonly sizeBytes: number;
  isDamaged: boolean;
  liveBytes: number;
}

/** Results of a folder and their bytes. */
export async function measureFolder(files: FileSystem, digest: Digest): Promise<StoreStats> {
  const { results } = readHeld(files, digest);
  return { entries: results.size, sizeBytes: bytesOfAll(results) };
}

class Collection {
  readonly #files: FileSystem;
  readonly #options: GcOptions;
  readonly #held: Map<Key, Held>;
  readonly #uses: Map<Key, number>;
  readonly #segments: Map<string, Counted>;

  constructor(files: FileSystem, options: GcOptions) {
    this.#files = files;
    this.#options = options;
    const { results, uses, segments } = readHeld(files, options.digest);
    this.#held = results;
    this.#uses = uses;
    this.#segments = new Map(
      Array.from(segments, ([name, { end, sizeBytes, damagedFrames }]) => [
        name,
        { end, sizeBytes, liveBytes: 0, isDamaged: damagedFrames > 0 },
      ]),
    );
  }

  async run(): Promise<GcReport> {
    for (const key of this.#options.without ?? []) {
      const segment = this.#segments.get(this.#held.get(key)?.segment ?? '');
      if (segment !== undefined) segment.isDamaged = true;
      this.#held.delete(key);
    }
    const before = bytesOfAll(this.#held);
    const evicted = this.#evict(this.#options.capBytes);
    // First, for a disk that is full has no room for what is written next.
    this.#removeContent();
    this.#removeUnfinished();
    removeLeases(this.#files);
    const removed = await this.#join(evicted > 0);
    await this.#writeIndex();
    for (const name of removed) this.#files.remove(`${SEGMENTS}/${name}`);
    const sizeBytes = bytesOfAll(this.#held);
    return { isBusy: false, entries: this.#held.size, sizeBytes, evicted, freedBytes: before - sizeBytes };
  }

  /** Drops what is least worth its bytes; answers how many results went. */
  #evict(capBytes: number): number {
    let sizeBytes = bytesOfAll(this.#held);
    if (sizeBytes <= capBytes) return 0;
    const now = this.#files.nowMs();
    const worths = new Map(
      Array.from(this.#held, ([key, { frame }]) => [key, worthOf(frame, now - this.#uses.get(key)!)]),
    );
    const byWorth = [...this.#held].sort(([a], [b]) => worths.get(a)! - worths.get(b)!);
    let evicted = 0;
    for (const [key, { frame }] of byWorth) {
      if (sizeBytes <= capBytes * FILLED_SHARE) break;
      sizeBytes -= sizeOf(frame);
      this.#held.delete(key);
      evicted++;
    }
    return evicted;
  }

  /**
   * Copies what is in use of segments that nobody writes to any more to one new segment; answers which they were. Where
   * room has to be made and there is none for the copy, what is in them goes.
   */
  async #join(mustFree: boolean): Promise<readonly string[]> {
    for (const { frame, segment } of this.#held.values()) {
      const live = this.#segments.get(segment);
      if (live !== undefined) live.liveBytes += frameBytes(frame);
    }
    const ended = [...this.#segments.keys()].filter(
      (name) => this.#options.ended.has(name) || !this.#files.process.isAlive(ownerOf(name)),
    );
    const isWasteful = (name: string): boolean => {
      const { sizeBytes, liveBytes, isDamaged } = this.#segments.get(name)!;
      return isDamaged || liveBytes < LIVE_SHARE * sizeBytes;
    };
    const joined = ended.length >= MAX_SEGMENTS ? ended : ended.filter(isWasteful);
    const from = new Set(joined);
    const moved = [...this.#held].filter(([, { segment }]) => from.has(segment));
    try {
      if (moved.length > 0) await this.#copy(moved);
    } catch (error) {
      if (!mustFree) throw error;
      for (const [key] of moved) this.#held.delete(key);
    }
    for (const name of joined) this.#segments.delete(name);
    return joined;
  }

  async #copy(moved: readonly (readonly [Key, Held])[]): Promise<void> {
    const name = segmentName(this.#files);
    const target = this.#files.create(`${SEGMENTS}/${name}`);
    let end = 0;
    const append = async (bytes: Uint8Array): Promise<void> => {
      await writeFully(target, bytes, end);
      end += bytes.length;
    };
    try {
      await append(SEGMENT_HEADER);
      for (let start = 0; start < moved.length;) {
        const batch = this.#takeBatch(moved, start);
        start += batch.count;
        for (const { key, held, at } of batch.placed)
          this.#held.set(key, { segment: name, frame: { ...held.frame, at: end + at } });
        await append(batch.bytes);
      }
      await target.sync();
    } catch (error) {
      this.#files.remove(`${SEGMENTS}/${name}`);
      throw error;
    } finally {
      target.close();
    }
    // The segments it replaces are removed next.
    await this.#files.syncFolder(SEGMENTS);
    this.#segments.set(name, { end, sizeBytes: end, isDamaged: false, liveBytes: end });
  }

  /** Bytes of the next frames that are moved. What cannot be read any more goes. */
  #takeBatch(moved: readonly (readonly [Key, Held])[], start: number) {
    const chunks: Uint8Array[] = [];
    const placed: { readonly key: Key; readonly held: Held; readonly at: number }[] = [];
    let [at, count] = [0, 0];
    for (let i = start; i < moved.length && at < COPY_BYTES; i++, count++) {
      const [key, held] = moved[i]!;
      const bytes = this.#frame(held);
      if (bytes === undefined) {
        this.#held.delete(key);
        continue;
      }
      chunks.push(bytes);
      placed.push({ key, held, at });
      at += bytes.length;
    }
    return { bytes: joinFrames(chunks), placed, count };
  }

  #frame({ frame, segment }: Held): Uint8Array | undefined {
    const file = this.#files.open(`${SEGMENTS}/${segment}`);
    if (file === undefined) return undefined;
    try {
      const bytes = new Uint8Array(frameBytes(frame));
      return readFully(file, bytes, frame.at) ? bytes : undefined;
    } finally {
      file.close();
    }
  }

  async #writeIndex(): Promise<void> {
    const places = [...this.#held]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, { frame, segment }]) => ({ key: digestFromHex(key), place: placeOf(frame, segment) }));
    const covered: Covered[] = [...this.#segments].map(([name, { end }]) => ({ name, end }));
    try {
      await writeIndex(this.#files, covered, places, this.#options.digest);
    } catch {
      // It can be done without; an old one would name segments that are gone.
      this.#files.remove(INDEX);
    }
  }

  /** Removes files of elements that no result refers to. */
  #removeContent(): void {
    const used = new Set<string>();
    for (const { frame } of this.#held.values())
      if (frame.record.place === 'file') used.add(contentPath(frame.record.digest));
    for (const folder of this.#files.list(CONTENT))
      for (const name of this.#files.list(`${CONTENT}/${folder}`)) {
        const path = `${CONTENT}/${folder}/${name}`;
        if (!used.has(path) && this.#isOld(path)) this.#files.remove(path);
      }
  }

  /** Removes what processes that are gone have left unfinished. */
  #removeUnfinished(): void {
    for (const name of this.#files.list(TEMPORARY)) {
      const path = `${TEMPORARY}/${name}`;
      if (!this.#files.process.isAlive(ownerOf(name)) || this.#isOld(path)) this.#files.remove(path);
    }
  }

  #isOld(path: string): boolean {
    const written = this.#files.stat(path)?.writtenMs ?? Infinity;
    return this.#files.nowMs() - written > GRACE_MS;
  }
}

const placeOf = ({ at, recordBytes, inlineBytes }: ScannedFrame, segment: string): IndexedPlace => ({
  segment,
  at,
  recordBytes,
  inlineBytes,
});

const sizeOf = (frame: ScannedFrame): number =>
  frameBytes(frame) + (frame.record.place === 'file' ? frame.record.elementBytes : 0);

function bytesOfAll(held: ReadonlyMap<Key, Held>): number {
  let sum = 0;
  for (const { frame } of held.values()) sum += sizeOf(frame);
  return sum;
}

/** Nanoseconds that a hit saves for a byte, half as many for what was not asked for in a while. */
function worthOf({ record }: ScannedFrame, unusedMs: number): number {
  const perByte = ((0.25 + record.score) * record.costs.pathNs) / (record.elementBytes + RESULT_BYTES);
  return perByte * 0.5 ** (Math.max(0, unusedMs) / HALF_LIFE_MS);
}

/** Takes the lock of a folder; false where a process that lives has it. */
function lock(files: FileSystem): boolean {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const file = files.create(LOCK);
      signLock(file, files.process.id);
      return true;
    } catch {
      if (!isAbandoned(files)) return false;
      files.remove(LOCK);
    }
  }
  return false;
}

/** Says whose the lock is. A disk that is full has no room for that, and is where it is wanted most. */
function signLock(file: OpenFile, owner: number): void {
  try {
    file.writeNow(new TextEncoder().encode(`${owner}\n`), 0);
  } catch {
    // It is taken all the same, and counts for a minute.
  } finally {
    file.close();
  }
}

/** Whether the process that has the lock is gone. */
function isAbandoned(files: FileSystem): boolean {
  const file = files.open(LOCK);
  if (file === undefined) return true;
  try {
    const bytes = new Uint8Array(Math.min(file.size(), 32));
    if (!readFully(file, bytes, 0)) return false;
    const owner = Number.parseInt(new TextDecoder().decode(bytes), 10);
    if (Number.isNaN(owner)) return files.nowMs() - (files.stat(LOCK)?.writtenMs ?? 0) > GRACE_MS;
    return owner !== files.process.id && !files.process.isAlive(owner);
  } finally {
    file.close();
  }
}
