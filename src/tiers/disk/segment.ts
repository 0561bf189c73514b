// Segments: files that one process appends frames to and all may read (docs/format/store.md). A frame is a record, the
// elements that stand with it, and a check by which a reader knows that its record is whole.
import type { Digest, Key } from '../../kit.ts';
import { checksums } from './checksums.ts';
import { type OpenFile, readFully } from './file-system.ts';
import { FRAME_HEAD_BYTES, MAX_INLINE_BYTES, MAX_RECORD_BYTES } from './layout.ts';
import { decodeRecord, encodeRecord, KEY_AT, type StoredRecord } from './record.ts';

/** Segments of version 1 start with as many bytes. */
export const SEGMENT_HEADER = new TextEncoder().encode('sqs-segment 2\n\n\n');
/** What frames begin with: of version 1, whose check is of a digest, and of version 2, whose check is a checksum. */
const MAGIC_1 = 0x1f53_5153;
const MAGIC_2 = 0x2053_5153;
const FIRST_BYTE = MAGIC_2 & 0xff;
const CHECK_AT = 12;

/** A frame in a segment. */
export interface FramePlace {
  /** Where its header starts. */
  readonly at: number;
  readonly recordBytes: number;
  readonly inlineBytes: number;
}

interface VersionedPlace extends FramePlace {
  readonly version: 1 | 2;
}

/** A frame with its record, as a scan finds it. */
export interface ScannedFrame extends FramePlace {
  readonly record: StoredRecord;
}

/** The bytes of a frame. Elements that lie in a file of their own are not given. */
export function encodeFrame(record: StoredRecord, inline: Uint8Array): Uint8Array {
  const body = encodeRecord(record);
  const bytes = new Uint8Array(FRAME_HEAD_BYTES + body.length + inline.length);
  writeFrame(bytes, body, inline);
  return bytes;
}

/** Writes a frame of an encoded record into bytes of its length. */
export function writeFrame(bytes: Uint8Array, body: Uint8Array, inline: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setUint32(0, MAGIC_2, true);
  view.setUint32(4, body.length, true);
  view.setUint32(8, inline.length, true);
  bytes.set(body, FRAME_HEAD_BYTES);
  bytes.set(inline, FRAME_HEAD_BYTES + body.length);
  view.setBigUint64(CHECK_AT, checksums().of(body), true);
}

/** Whether the check of a frame of version 1 is right: eight bytes of the digest of the lengths and the record. */
function isNamedRight(frame: Uint8Array, recordBytes: number, digest: Digest): boolean {
  const checked = new Uint8Array(8 + recordBytes);
  checked.set(frame.subarray(4, CHECK_AT));
  checked.set(frame.subarray(FRAME_HEAD_BYTES, FRAME_HEAD_BYTES + recordBytes), 8);
  return digest
    .hash(checked)
    .subarray(0, 8)
    .every((byte, i) => frame[CHECK_AT + i] === byte);
}

/** The record of a frame's bytes; undefined where they are not those of a whole frame. */
export function decodeFrame(frame: Uint8Array, digest: Digest): StoredRecord | undefined {
  const place = frame.length < FRAME_HEAD_BYTES ? undefined : placeIn(frame, 0, 0);
  if (place === undefined || FRAME_HEAD_BYTES + place.recordBytes > frame.length) return undefined;
  if (place.version === 1 && !isNamedRight(frame, place.recordBytes, digest)) return undefined;
  return recordIn(frame);
}

/**
 * The record of a frame; undefined where it is damaged, or not of the key that is wanted. The check of version 1 is not
 * looked at: elements are checked afterwards against the digest of the record, which names dtype, shape and elements,
 * and what else it says is a matter of cost.
 */
export function recordIn(frame: Uint8Array, wanted?: WantedKey): StoredRecord | undefined {
  const place = frame.length < FRAME_HEAD_BYTES ? undefined : placeIn(frame, 0, 0);
  if (place === undefined || (wanted !== undefined && !isOfKey(frame, wanted.bytes))) return undefined;
  const { version, recordBytes } = place;
  const body = frame.subarray(FRAME_HEAD_BYTES, FRAME_HEAD_BYTES + recordBytes);
  if (version === 2 && checksums().of(body) !== checkIn(frame)) return undefined;
  const record = decodeRecord(body, version, wanted?.key);
  const inlineBytes = record?.place === 'inline' ? record.elementBytes : 0;
  return inlineBytes === place.inlineBytes ? record : undefined;
}

const checkIn = (frame: Uint8Array): bigint =>
  new DataView(frame.buffer, frame.byteOffset + CHECK_AT, 8).getBigUint64(0, true);

/** A key as a name and as bytes. */
interface WantedKey {
  readonly key: Key;
  readonly bytes: Uint8Array;
}

function isOfKey(frame: Uint8Array, key: Uint8Array): boolean {
  for (let i = 0; i < key.length; i++) if (frame[FRAME_HEAD_BYTES + KEY_AT + i] !== key[i]) return false;
  return true;
}

/** What the header says that stands at `start` of bytes read from `at` on; undefined where none stands there. */
function placeIn(bytes: Uint8Array, start: number, at: number): VersionedPlace | undefined {
  const magic = wordAt(bytes, start);
  if (magic !== MAGIC_1 && magic !== MAGIC_2) return undefined;
  const [recordBytes, inlineBytes] = [wordAt(bytes, start + 4), wordAt(bytes, start + 8)];
  if (recordBytes > MAX_RECORD_BYTES || inlineBytes > MAX_INLINE_BYTES) return undefined;
  return { at, recordBytes, inlineBytes, version: magic === MAGIC_1 ? 1 : 2 };
}

/** An unsigned number of 32 bits; quicker than a view that is made for it. */
const wordAt = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;

/** Bytes of a whole frame. */
export const frameBytes = ({ recordBytes, inlineBytes }: FramePlace): number =>
  FRAME_HEAD_BYTES + recordBytes + inlineBytes;

/** Frames one after the other. */
export function joinFrames(frames: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(frames.reduce((sum, frame) => sum + frame.length, 0));
  let at = 0;
  for (const frame of frames) {
    bytes.set(frame, at);
    at += frame.length;
  }
  return bytes;
}

const WINDOW_BYTES = 1 << 20;

/** What a scan found: the whole frames, and where the next will stand. */
interface Scan {
  readonly frames: readonly ScannedFrame[];
  readonly end: number;
  /** Places where something stood that is no whole frame, other than an unfinished end. */
  readonly damaged: readonly number[];
}

/**
 * The whole frames of a segment from a position on. What is damaged is skipped up to the next frame; what is unfinished
 * at the end may still be growing.
 */
export function scanSegment(file: OpenFile, from: number, digest: Digest): Scan {
  const size = file.size();
  const window = new SegmentWindow(file, size);
  const frames: ScannedFrame[] = [];
  const damaged: number[] = [];
  let at = from;
  while (at + FRAME_HEAD_BYTES <= size) {
    const found = window.frameAt(at, digest);
    if (found === 'unfinished') break;
    if (found !== undefined) {
      frames.push(found);
      at += frameBytes(found);
      continue;
    }
    damaged.push(at);
    const next = window.nextFrame(at + 1, digest);
    if (next === undefined) break;
    at = next;
  }
  return { frames, end: at, damaged };
}

/** A part of a segment in memory. */
class SegmentWindow {
  readonly #file: OpenFile;
  readonly #size: number;
  #bytes = new Uint8Array(0);
  #start = 0;

  constructor(file: OpenFile, size: number) {
    this.#file = file;
    this.#size = size;
  }

  /** Bytes at a position; fewer where the file ends. */
  #bytesAt(at: number, length: number): Uint8Array {
    if (at < this.#start || at + length > this.#start + this.#bytes.length) {
      this.#start = at;
      this.#bytes = new Uint8Array(Math.min(Math.max(length, WINDOW_BYTES), this.#size - at));
      if (!readFully(this.#file, this.#bytes, at)) this.#bytes = new Uint8Array(0);
    }
    return this.#bytes.subarray(at - this.#start, at - this.#start + length);
  }

  /** The frame at a position; `unfinished` where the file ends within it. */
  frameAt(at: number, digest: Digest): ScannedFrame | 'unfinished' | undefined {
    const header = this.#bytesAt(at, FRAME_HEAD_BYTES);
    if (header.length < FRAME_HEAD_BYTES) return 'unfinished';
    const place = placeIn(header, 0, at);
    if (place === undefined) return undefined;
    if (at + frameBytes(place) > this.#size) return 'unfinished';
    const record = decodeFrame(this.#bytesAt(at, FRAME_HEAD_BYTES + place.recordBytes), digest);
    return record === undefined ? undefined : { ...place, record };
  }

  /** Where the next whole frame stands; undefined where there is none. */
  nextFrame(from: number, digest: Digest): number | undefined {
    for (let at = from; at + FRAME_HEAD_BYTES <= this.#size; at++) {
      const bytes = this.#bytesAt(at, Math.min(WINDOW_BYTES / 2, this.#size - at));
      const found = bytes.indexOf(FIRST_BYTE);
      if (found < 0) {
        at += bytes.length - 1;
        continue;
      }
      at += found;
      const frame = at + FRAME_HEAD_BYTES <= this.#size ? this.frameAt(at, digest) : undefined;
      if (frame !== undefined && frame !== 'unfinished') return at;
    }
    return undefined;
  }
}
