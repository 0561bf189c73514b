// What makes a block of a trace tamper-evident: a CRC32 against torn writes, and a BLAKE3 chain against everything
// else.
import type { Digest } from '../fingerprint/digest.ts';
import { DIGEST_BYTES } from '../fingerprint/digest.ts';
import { TlvWriter } from '../fingerprint/encode.ts';

/** The two streams of a trace, each with its own chain. */
export const STREAM = { program: 1, annotations: 2 } as const;
export type TraceStream = (typeof STREAM)[keyof typeof STREAM];

/** How far a stream has come. `hash` is 32 zero bytes before the first block. */
export interface ChainHead {
  readonly blocks: number;
  readonly events: number;
  readonly hash: Uint8Array;
}

/** The head of a chain without blocks. */
export const CHAIN_START: ChainHead = { blocks: 0, events: 0, hash: new Uint8Array(DIGEST_BYTES) };

/**
 * The hash chain of one stream: hᵢ = H("sqs.trace.v1", stream, hᵢ₋₁, i, events, block bytes). It depends on the events
 * and on where blocks end, not on time, on the other stream or on the file.
 */
export class BlockChain {
  readonly stream: TraceStream;
  readonly #digest: Digest;
  #head: ChainHead;

  /** Starts at the beginning, or goes on from a head. */
  constructor(stream: TraceStream, digest: Digest, from: ChainHead = CHAIN_START) {
    this.stream = stream;
    this.#digest = digest;
    this.#head = from;
  }

  get head(): ChainHead {
    return this.#head;
  }

  /** Adds a block; returns the new head. */
  extend(events: number, block: Uint8Array): ChainHead {
    const { blocks, events: before, hash } = this.#head;
    writer.begin('trace', 1).u8(this.stream).digest(hash).u32(blocks).u32(events).bytes(block);
    this.#head = { blocks: blocks + 1, events: before + events, hash: this.#digest.hash(writer.view()) };
    return this.#head;
  }

  /** A chain of its own that goes on from here. */
  fork(): BlockChain {
    return new BlockChain(this.stream, this.#digest, this.#head);
  }
}

const writer = new TlvWriter();

/**
 * Entry 256·k + b is the CRC of byte b followed by k zero bytes (slicing-by-16); made when a block is written or read
 * first.
 */
let table: Int32Array = new Int32Array(0);

/** CRC-32 (ISO-HDLC, as in zlib and PNG) of a range of bytes, 16 bytes a step. */
export function crc32(bytes: Uint8Array, start = 0, end = bytes.length): number {
  if (table.length === 0) table = crcTable(16);
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let crc = -1;
  let at = start;
  for (const last = end - 15; at < last; at += 16) {
    crc =
      fold(crc ^ words.getInt32(at, true), 12 * 256) ^
      fold(words.getInt32(at + 4, true), 8 * 256) ^
      fold(words.getInt32(at + 8, true), 4 * 256) ^
      fold(words.getInt32(at + 12, true), 0);
  }
  for (; at < end; at++) crc = table[(crc ^ bytes[at]!) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** The CRC of four bytes followed by base / 256 zero bytes. */
const fold = (word: number, base: number): number =>
  table[base + 768 + (word & 255)]! ^
  table[base + 512 + ((word >>> 8) & 255)]! ^
  table[base + 256 + ((word >>> 16) & 255)]! ^
  table[base + (word >>> 24)]!;

function crcTable(slices: number): Int32Array {
  const made = new Int32Array(256 * slices);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb8_8320 : crc >>> 1;
    made[byte] = crc;
  }
  for (let at = 256; at < made.length; at++) {
    const shorter = made[at - 256]!;
    made[at] = made[shorter & 255]! ^ (shorter >>> 8);
  }
  return made;
}
