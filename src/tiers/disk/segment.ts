// Segments: files that one process appends frames to and all may read (docs/format/store.md). A frame is a record, the
// elements that stand with it, and eight bytes of a digest by which a reader knows that it is whole.
import type { Digest, Key } from '../../kit.ts';
import { type OpenFile, readFully } from './file-system.ts';
import { decodeRecord, encodeRecord, KEY_AT, MAX_RECORD_BYTES, type StoredRecord } from './record.ts';

export const SEGMENT_HEADER = new TextEncoder().encode('sqs-segment 1\n\n\n');
const MAGIC = 0x1f53_5153;
/** Magic, length of the record, length of the elements, digest. */
export const FRAME_HEAD_BYTES = 4 + 4 + 4 + 8;
/** Elements up to so many bytes stand with their record. */
export const MAX_INLINE_BYTES = 1 << 18;

/** A frame in a segment. */
export interface FramePlace {
  /** Where its header starts. */
  readonly at: number;
  readonly recordBytes: number;
  readonly inlineBytes: number;
}

/** A frame with its record, as a scan finds it. */
export interface ScannedFrame extends FramePlace {
  readonly record: StoredRecord;
}

/** The bytes of a frame. Elements that lie in a file of their own are not given. */
export function encodeFrame(record: StoredRecord, inline: Uint8Array, digest: Digest): Uint8Array {
  const body = encodeRecord(record);
  const bytes = new Uint8Array(FRAME_HEAD_BYTES + body.length + inline.length);
  writeFrame(bytes, body, inline, digest);
  return bytes;
}

/** Writes a frame of an encoded record into bytes of its length. */
export function writeFrame(bytes: Uint8Array, body: Uint8Array, inline: Uint8Array, digest: Digest): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, body.length, true);
  view.setUint32(8, inline.length, true);
  bytes.set(body, FRAME_HEAD_BYTES);
  bytes.set(inline, FRAME_HEAD_BYTES + body.length);
  bytes.set(checkOf(bytes, body.length, digest), 12);
}

/** Eight bytes of the digest of the lengths and the record. Elements have their own digest, in the record. */
const checkOf = (frame: Uint8Array, recordBytes: number, digest: Digest): Uint8Array => {
  const checked = new Uint8Array(8 + recordBytes);
  checked.set(frame.subarray(4, 12));
  checked.set(frame.subarray(FRAME_HEAD_BYTES, FRAME_HEAD_BYTES + recordBytes), 8);
  return digest.hash(checked).subarray(0, 8);
};

/** The record of a frame's bytes; undefined where they are not those of a whole frame. */
export function decodeFrame(frame: Uint8Array, digest: Digest): StoredRecord | undefined {
  const place = frame.length < FRAME_HEAD_BYTES ? undefined : placeIn(frame, 0, 0);
  if (place === undefined || FRAME_HEAD_BYTES + place.recordBytes > frame.length) return undefined;
  const check = checkOf(frame, place.recordBytes, digest);
  for (const [i, byte] of check.entries()) if (frame[12 + i] !== byte) return undefined;
  return recordIn(frame);
}

/**
 * The record of a frame whose elements are checked afterwards: its digest then names dtype, shape and elements, and
 * what else it says is a matter of cost. Undefined where it is not of the key that is wanted.
 */
export function recordIn(frame: Uint8Array, wanted?: WantedKey): StoredRecord | undefined {
  const place = frame.length < FRAME_HEAD_BYTES ? undefined : placeIn(frame, 0, 0);
  if (place === undefined || (wanted !== undefined && !isOfKey(frame, wanted.bytes))) return undefined;
  const record = decodeRecord(frame.subarray(FRAME_HEAD_BYTES, FRAME_HEAD_BYTES + place.recordBytes), wanted?.key);
  const inlineBytes = record?.place === 'inline' ? record.elementBytes : 0;
  return inlineBytes === place.inlineBytes ? record : undefined;
}

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
function placeIn(bytes: Uint8Array, start: number, at: number): FramePlace | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, FRAME_HEAD_BYTES);
  if (view.getUint32(0, true) !== MAGIC) return undefined;
  const [recordBytes, inlineBytes] = [view.getUint32(4, true), view.getUint32(8, true)];
  if (recordBytes > MAX_RECORD_BYTES || inlineBytes > MAX_INLINE_BYTES) return undefined;
  return { at, recordBytes, inlineBytes };
}

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
      const found = bytes.indexOf(MAGIC & 0xff);
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
