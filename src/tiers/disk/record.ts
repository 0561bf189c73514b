// Records of the disk store as bytes (docs/format/store.md): what a result is, and where its elements are.
import { digestFromHex, FormatError, type Key, type Stored, toHex } from '../../kit.ts';

/**
 * Where the elements of a result are: after its record, or in a file of their own that is named by their digest. A
 * record of kind `use` says only that its key was asked for.
 */
const PLACES = ['inline', 'file', 'use'] as const;
type ElementsPlace = (typeof PLACES)[number];

/** A result as a segment names it, without its elements. */
export interface StoredRecord extends Omit<Stored, 'elements'> {
  readonly place: ElementsPlace;
  readonly elementBytes: number;
  /** In [0, 1]; docs/score.md. */
  readonly score: number;
  /** Milliseconds since 1970 when it was last put or asked for. */
  readonly usedMs: number;
  /** Checksum of the elements; version 1 has none. */
  readonly sum: bigint | undefined;
}

const MAX_RANK = 64;
const MAX_TEXT_BYTES = 512;
/** Where the checksum of the elements stands, and where texts and dims start: in version 1 in its place. */
const SUM_AT = 1 + 32 + 32 + 5 * 8 + 8 + 4;
const FIXED_BYTES = SUM_AT + 8;

/** Where the key stands in a record. */
export const KEY_AT = 1;
const KEY_BYTES = 32;

const isCount = (count: number): boolean => Number.isSafeInteger(count) && count >= 0;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** The bytes of a record. */
export function encodeRecord(record: StoredRecord): Uint8Array {
  const texts = [record.dtype, record.producer].map((text) => encoder.encode(text));
  if (record.shape.length > MAX_RANK || texts.some(({ length }) => length > MAX_TEXT_BYTES))
    throw new FormatError(`A result of rank ${record.shape.length} or its names are too large for a record.`, {});
  const length = FIXED_BYTES + texts.reduce((sum, text) => sum + 2 + text.length, 0) + 1 + 8 * record.shape.length;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, PLACES.indexOf(record.place));
  bytes.set(digestFromHex(record.key), 1);
  bytes.set(digestFromHex(record.digest), 33);
  const { costs, score, usedMs, elementBytes, facts } = record;
  const numbers = [costs.pathNs, costs.ownNs, score, usedMs, elementBytes];
  for (const [i, number] of numbers.entries()) view.setFloat64(65 + 8 * i, number, true);
  view.setUint32(113, facts, true);
  view.setBigUint64(SUM_AT, record.sum ?? 0n, true);
  let at = FIXED_BYTES;
  for (const text of texts) {
    view.setUint16(at, text.length, true);
    bytes.set(text, at + 2);
    at += 2 + text.length;
  }
  view.setUint8(at++, record.shape.length);
  for (const [i, dim] of record.shape.entries()) view.setFloat64(at + 8 * i, dim, true);
  return bytes;
}

/** The record of bytes; undefined where they are none. `key`: where it is known already that they are of this one. */
export function decodeRecord(bytes: Uint8Array, version: 1 | 2, key?: Key): StoredRecord | undefined {
  try {
    return readRecord(bytes, version, key ?? toHex(bytes.subarray(KEY_AT, KEY_AT + KEY_BYTES)));
  } catch {
    // Bytes that end early, or a text that is not UTF-8.
    return undefined;
  }
}

function readRecord(bytes: Uint8Array, version: 1 | 2, key: Key): StoredRecord | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const place = PLACES[bytes[0]!];
  const elementBytes = view.getFloat64(97, true);
  const dtypeAt = version === 1 ? SUM_AT : FIXED_BYTES;
  const producerAt = dtypeAt + 2 + view.getUint16(dtypeAt, true);
  const rankAt = producerAt + 2 + view.getUint16(producerAt, true);
  const rank = view.getUint8(rankAt);
  if (rankAt + 1 + 8 * rank !== bytes.length || rank > MAX_RANK || place === undefined) return undefined;
  const shape: number[] = [];
  for (let at = rankAt + 1; at < bytes.length; at += 8) {
    const dim = view.getFloat64(at, true);
    if (!isCount(dim)) return undefined;
    shape.push(dim);
  }
  if (!isCount(elementBytes)) return undefined;
  return {
    key,
    digest: toHex(bytes.subarray(33, 65)),
    dtype: dtypes.textOf(bytes, dtypeAt + 2, producerAt),
    producer: producers.textOf(bytes, producerAt + 2, rankAt),
    shape,
    facts: view.getUint32(113, true),
    costs: { pathNs: view.getFloat64(65, true), ownNs: view.getFloat64(73, true) },
    score: view.getFloat64(81, true),
    usedMs: view.getFloat64(89, true),
    place,
    elementBytes,
    sum: version === 1 ? undefined : view.getBigUint64(SUM_AT, true),
  };
}

/** Texts of which there are few: mostly one is that of the record before. */
class Texts {
  #bytes = new Uint8Array(0);
  #text = '';

  textOf(bytes: Uint8Array, start: number, end: number): string {
    if (this.#isLast(bytes, start, end)) return this.#text;
    const own = bytes.slice(start, end);
    this.#text = decoder.decode(own);
    this.#bytes = own;
    return this.#text;
  }

  #isLast(bytes: Uint8Array, start: number, end: number): boolean {
    const last = this.#bytes;
    if (last.length !== end - start) return false;
    for (let i = 0; i < last.length; i++) if (last[i] !== bytes[start + i]) return false;
    return true;
  }
}

const dtypes = new Texts();
const producers = new Texts();
