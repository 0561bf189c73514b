// Writes the container of a live trace: frames in blocks, each block sealed by a chain hash and a CRC32 and handed out
// whole. Specification: docs/format/trace.md. Payloads are opaque here. The reader is read-frames.ts.
import { AttributeError, ClosedError, LimitError } from '../errors.ts';
import type { Digest } from '../fingerprint/digest.ts';
import { DIGEST_BYTES } from '../fingerprint/digest.ts';
import { BlockChain, CHAIN_START, crc32, STREAM } from './chain.ts';
import type { ChainHead, TraceStream } from './chain.ts';

/** First bytes of a trace: not text, and broken by newline conversion (as PNG's). */
export const TRACE_MAGIC = Uint8Array.of(0x89, 0x53, 0x51, 0x53, 0x0d, 0x0a, 0x1a, 0x0a);
export const TRACE_VERSION = 2;
export const FILE_HEADER_BYTES = 16;
export const BLOCK_HEADER_BYTES = 20;
export const FRAME_HEADER_BYTES = 6;
/** Chain hash and CRC32 after the body. */
export const BLOCK_TRAILER_BYTES = DIGEST_BYTES + 4;
/**
 * `continued`, `interrupted`: the end of a run that another run follows; the writer of an interrupted one did not
 * finish.
 */
export const RECORD_TYPE = { block: 1, final: 2, continued: 3, interrupted: 4 } as const;
/** Most runs that one file takes: their number is 16 bits in the header. */
export const MAX_RUNS = 2 ** 16;
/** Body of the final record: per stream, events u64, blocks u32, head. */
export const FINAL_BODY_BYTES = 2 * (12 + DIGEST_BYTES);

/**
 * A block ends with this many events, or with the event that brings it to MAX_BLOCK_BYTES: a rule of the events alone.
 */
export const MAX_BLOCK_EVENTS = 256;
export const MAX_BLOCK_BYTES = 2 ** 20;
const MAX_PAYLOAD_BYTES = 2 ** 28;

/** Where a run of a trace ended: the heads of both chains. Sign these to make a trace tamper-proof. */
export interface TraceFinal {
  readonly program: ChainHead;
  readonly annotations: ChainHead;
}

/**
 * Takes finished bytes in order; owns them. If it throws, the writer closes: what reached it before is a valid prefix.
 */
type TraceSink = (bytes: Uint8Array) => void;

/** Appends events to a trace. The file header is written at once, a block when it is full, flushed or finished. */
export class FrameWriter {
  readonly #sink: TraceSink;
  readonly #program: Pending;
  readonly #annotations: Pending;
  #sequence = 0;
  #closed = false;

  /**
   * `from`: the heads to go on from, for what stands in for the later part of a trace. `run`: how many runs the file
   * holds before this one.
   */
  constructor(
    digest: Digest,
    sink: TraceSink,
    from: TraceFinal = { program: CHAIN_START, annotations: CHAIN_START },
    run = 0,
  ) {
    this.#sink = sink;
    this.#program = pendingOf(STREAM.program, digest, from.program);
    this.#annotations = pendingOf(STREAM.annotations, digest, from.annotations);
    this.#emit(runHeader(run));
  }

  /** Adds one event; the payload, the first `sizeBytes` of `bytes`, is copied. */
  append(stream: TraceStream, kind: number, bytes: Uint8Array, sizeBytes = bytes.length): void {
    if (this.#closed) throw closed();
    const pending = stream === STREAM.program ? this.#program : this.#annotations;
    checkFrame(stream, kind, sizeBytes);
    writeFrame(pending, kind, bytes, sizeBytes);
    if (pending.events === MAX_BLOCK_EVENTS || pending.lengthBytes >= MAX_BLOCK_BYTES) this.#seal(pending);
  }

  /** The records that `finish` would write now, without writing them: the open blocks and a final record. */
  tail(): { readonly records: readonly Uint8Array[]; readonly final: TraceFinal } {
    let sequence = this.#sequence;
    const records: Uint8Array[] = [];
    const heads = [this.#program, this.#annotations].map((pending) => {
      const chain = pending.chain.fork();
      if (pending.events > 0) records.push(sealPending(pending, chain, sequence++));
      return chain.head;
    });
    const final = { program: heads[0]!, annotations: heads[1]! };
    records.push(endRecord(RECORD_TYPE.final, sequence, final));
    return { records, final };
  }

  /**
   * Hands out what is pending in one stream. The end of a block is part of the chain: flush the program stream only
   * where the program itself says so (never on a timer), or equal programs get different heads.
   */
  flush(stream: TraceStream): void {
    if (this.#closed) throw closed();
    this.#seal(stream === STREAM.program ? this.#program : this.#annotations);
  }

  /** Seals both streams and writes the final record; the writer takes no more. */
  finish(): TraceFinal {
    if (this.#closed) throw closed();
    this.#seal(this.#program);
    this.#seal(this.#annotations);
    const final = { program: this.#program.chain.head, annotations: this.#annotations.chain.head };
    this.#emit(endRecord(RECORD_TYPE.final, this.#sequence, final));
    this.#closed = true;
    return final;
  }

  #seal(pending: Pending): void {
    if (pending.events === 0) return;
    const block = sealPending(pending, pending.chain, this.#sequence);
    this.#sequence++;
    pending.events = 0;
    pending.lengthBytes = 0;
    this.#emit(block);
  }

  #emit(bytes: Uint8Array): void {
    this.#closed = true; // Stays so if the sink throws: a later block would follow a hole.
    this.#sink(bytes);
    this.#closed = false;
  }
}

interface Pending {
  readonly chain: BlockChain;
  bytes: Uint8Array;
  lengthBytes: number;
  events: number;
}

const pendingOf = (stream: TraceStream, digest: Digest, from: ChainHead): Pending => ({
  chain: new BlockChain(stream, digest, from),
  bytes: new Uint8Array(16_384),
  lengthBytes: 0,
  events: 0,
});

/** The open block as a record, `chain` extended by it. */
function sealPending({ bytes, lengthBytes, events }: Pending, chain: BlockChain, sequence: number): Uint8Array {
  const body = bytes.subarray(0, lengthBytes);
  const index = chain.head.blocks;
  const { hash } = chain.extend(events, body);
  return sealRecord({ type: RECORD_TYPE.block, stream: chain.stream, events, sequence, index }, body, hash);
}

/** Payloads up to here are copied byte by byte: cheaper than a view of them. */
const SHORT_BYTES = 64;

function writeFrame(pending: Pending, kind: number, payload: Uint8Array, size: number): void {
  const start = pending.lengthBytes;
  const end = start + FRAME_HEADER_BYTES + size;
  if (end > pending.bytes.length) grow(pending, end);
  const { bytes } = pending;
  bytes[start] = size;
  bytes[start + 1] = size >>> 8;
  bytes[start + 2] = size >>> 16;
  bytes[start + 3] = size >>> 24;
  bytes[start + 4] = pending.chain.stream;
  bytes[start + 5] = kind;
  const at = start + FRAME_HEADER_BYTES;
  if (size > SHORT_BYTES) bytes.set(payload.subarray(0, size), at);
  else for (let i = 0; i < size; i++) bytes[at + i] = payload[i]!;
  pending.lengthBytes = end;
  pending.events++;
}

function grow(pending: Pending, neededBytes: number): void {
  const grown = new Uint8Array(Math.max(neededBytes, 2 * pending.bytes.length));
  grown.set(pending.bytes.subarray(0, pending.lengthBytes));
  pending.bytes = grown;
}

function checkFrame(stream: number, kind: number, sizeBytes: number): void {
  if (stream !== STREAM.program && stream !== STREAM.annotations) {
    throw new AttributeError(`${stream} is not a stream of a trace; use 1 (program) or 2 (annotations).`, { stream });
  }
  if (kind !== (kind & 255))
    throw new AttributeError(`${kind} is not a kind of event; use an integer from 0 to 255.`, { kind });
  if (sizeBytes > MAX_PAYLOAD_BYTES) {
    throw new LimitError(
      `A trace event of ${sizeBytes} bytes, more than ${MAX_PAYLOAD_BYTES}; store tensors beside the trace.`,
      { sizeBytes },
    );
  }
}

interface RecordHeader {
  readonly type: number;
  readonly stream: number;
  readonly events: number;
  readonly sequence: number;
  readonly index: number;
}

/** Header, body, hash, and the CRC32 of all of it. */
function sealRecord(header: RecordHeader, body: Uint8Array, hash: Uint8Array): Uint8Array {
  const record = new Uint8Array(BLOCK_HEADER_BYTES + body.length + BLOCK_TRAILER_BYTES);
  const view = new DataView(record.buffer);
  view.setUint32(0, body.length, true);
  view.setUint8(4, header.type);
  view.setUint8(5, header.stream);
  view.setUint16(6, header.events, true);
  view.setUint32(8, header.sequence, true);
  view.setUint32(12, header.index, true);
  view.setUint32(16, crc32(record, 0, 16), true);
  record.set(body, BLOCK_HEADER_BYTES);
  record.set(hash, BLOCK_HEADER_BYTES + body.length);
  view.setUint32(record.length - 4, crc32(record, 0, record.length - 4), true);
  return record;
}

/** The header that every run begins with. */
function runHeader(run: number): Uint8Array {
  const header = new Uint8Array(FILE_HEADER_BYTES);
  const view = new DataView(header.buffer);
  header.set(TRACE_MAGIC);
  view.setUint16(8, TRACE_VERSION, true);
  view.setUint16(10, run, true);
  view.setUint32(12, crc32(header, 0, 12), true);
  return header;
}

/** The record that ends a run. Its hash place is zero: the body holds both heads. */
export function endRecord(
  type: Exclude<(typeof RECORD_TYPE)[keyof typeof RECORD_TYPE], 1>,
  sequence: number,
  final: TraceFinal,
): Uint8Array {
  const body = new Uint8Array(FINAL_BODY_BYTES);
  const view = new DataView(body.buffer);
  [final.program, final.annotations].forEach(({ events, blocks, hash }, i) => {
    const at = i * (FINAL_BODY_BYTES / 2);
    view.setBigUint64(at, BigInt(events), true);
    view.setUint32(at + 8, blocks, true);
    body.set(hash, at + 12);
  });
  return sealRecord({ type, stream: 0, events: 0, sequence, index: 0 }, body, new Uint8Array(DIGEST_BYTES));
}

const closed = (): ClosedError => new ClosedError('The trace is finished, or its sink failed; open a new one.');
