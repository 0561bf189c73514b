// The index of a disk store: where each result's frame stands, sorted by key, in one file that is read at once
// (docs/format/store.md). It only saves reading the segments: whatever it says is checked against the frame itself.
import type { Digest } from '../../kit.ts';
import { type FileSystem, readFully } from './file-system.ts';
import { publish } from './layout.ts';
import type { FramePlace } from './segment.ts';

/** A segment that an index covers, up to a position. */
export interface Covered {
  readonly name: string;
  readonly end: number;
}

/** A frame in one of the segments of an index. */
export interface IndexedPlace extends FramePlace {
  readonly segment: string;
}

const HEADER = new TextEncoder().encode('sqs-index 1\n');
/** The file of the index. */
export const INDEX = 'index';
/** Sixteen bytes of the key, the number of the segment, position, length of the record and of its elements. */
const ENTRY_BYTES = 16 + 4 + 6 + 2 + 4;
/** Larger indices are not read: they are made again from the segments. */
const MAX_INDEX_BYTES = 2 ** 30;

const encoder = new TextEncoder();

/** A sorted index in memory. */
export class IndexTable {
  readonly covered: readonly Covered[];
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(covered: readonly Covered[], bytes: Uint8Array) {
    this.covered = covered;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get size(): number {
    return this.#bytes.length / ENTRY_BYTES;
  }

  /** The place of a key's frame; undefined where it has none. Keys are digests, so that guessing is quick. */
  find(key: Uint8Array): IndexedPlace | undefined {
    const wanted = prefixOf(key, 0);
    let [low, high] = [0, this.size - 1];
    let [floor, ceiling] = [0, 2 ** 48];
    while (low <= high) {
      const share = (wanted - floor) / Math.max(1, ceiling - floor);
      const at = Math.min(high, Math.max(low, low + Math.floor(share * (high - low + 1))));
      const order = this.#compare(key, at);
      if (order === 0) return this.#placeAt(at);
      const found = prefixOf(this.#bytes, at * ENTRY_BYTES);
      if (order < 0) [high, ceiling] = [at - 1, found];
      else [low, floor] = [at + 1, found];
    }
    return undefined;
  }

  #compare(key: Uint8Array, at: number): number {
    const start = at * ENTRY_BYTES;
    for (let i = 0; i < 16; i++) {
      const order = key[i]! - this.#bytes[start + i]!;
      if (order !== 0) return order;
    }
    return 0;
  }

  #placeAt(at: number): IndexedPlace {
    const start = at * ENTRY_BYTES;
    const view = this.#view;
    return {
      segment: this.covered[view.getUint32(start + 16, true)]?.name ?? '',
      at: view.getUint32(start + 20, true) + view.getUint16(start + 24, true) * 2 ** 32,
      recordBytes: view.getUint16(start + 26, true),
      inlineBytes: view.getUint32(start + 28, true),
    };
  }
}

const prefixOf = (bytes: Uint8Array, at: number): number => {
  let value = 0;
  for (let i = 0; i < 6; i++) value = value * 256 + bytes[at + i]!;
  return value;
};

/** Reads the index of a store; undefined where it has none that is whole. */
export function readIndex(files: FileSystem, digest: Digest): IndexTable | undefined {
  const file = files.open(INDEX);
  if (file === undefined) return undefined;
  try {
    const size = file.size();
    const bytes = new Uint8Array(size > MAX_INDEX_BYTES ? 0 : size);
    return readFully(file, bytes, 0) ? parseIndex(bytes, digest) : undefined;
  } finally {
    file.close();
  }
}

/** Header, length of the list of segments, its digest, the list as JSON, entries. */
function parseIndex(bytes: Uint8Array, digest: Digest): IndexTable | undefined {
  const start = HEADER.length + 4 + 32;
  if (bytes.length < start || HEADER.some((byte, i) => bytes[i] !== byte)) return undefined;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(HEADER.length, true);
  const entries = bytes.subarray(start + length);
  if (start + length > bytes.length || entries.length % ENTRY_BYTES !== 0) return undefined;
  const list = bytes.subarray(start, start + length);
  const check = digest.hash(list);
  if (check.some((byte, i) => bytes[HEADER.length + 4 + i] !== byte)) return undefined;
  const { segments, entries: count } = JSON.parse(new TextDecoder().decode(list)) as {
    segments: readonly Covered[];
    entries: number;
  };
  return count * ENTRY_BYTES === entries.length ? new IndexTable(segments, entries) : undefined;
}

/** Writes an index in the place of the one there is. `places` are of whole keys, sorted by them. */
export async function writeIndex(
  files: FileSystem,
  covered: readonly Covered[],
  places: readonly { readonly key: Uint8Array; readonly place: IndexedPlace }[],
  digest: Digest,
): Promise<void> {
  const numbers = new Map(covered.map(({ name }, number) => [name, number]));
  const list = encoder.encode(JSON.stringify({ segments: covered, entries: places.length }));
  const start = HEADER.length + 4 + 32 + list.length;
  const bytes = new Uint8Array(start + places.length * ENTRY_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(HEADER);
  view.setUint32(HEADER.length, list.length, true);
  bytes.set(digest.hash(list), HEADER.length + 4);
  bytes.set(list, HEADER.length + 4 + 32);
  let at = start;
  for (const { key, place } of places) {
    bytes.set(key.subarray(0, 16), at);
    view.setUint32(at + 16, numbers.get(place.segment) ?? 0, true);
    view.setUint32(at + 20, place.at % 2 ** 32, true);
    view.setUint16(at + 24, Math.floor(place.at / 2 ** 32), true);
    view.setUint16(at + 26, place.recordBytes, true);
    view.setUint32(at + 28, place.inlineBytes, true);
    at += ENTRY_BYTES;
  }
  await publish(files, INDEX, bytes, false);
}
