// Reads one run of a trace's container: every undamaged block from its start, and precisely what is wrong where that
// ends. Specification: docs/format/trace.md. Any bytes give a result; nothing here throws.
import { FormatError } from '../errors.ts';
import { DIGEST_BYTES, equalBytes } from '../fingerprint/digest.ts';
import type { Digest } from '../fingerprint/digest.ts';
import { BlockChain, crc32, STREAM } from './chain.ts';
import type { ChainHead, TraceStream } from './chain.ts';
import {
  BLOCK_HEADER_BYTES,
  BLOCK_TRAILER_BYTES,
  FILE_HEADER_BYTES,
  FINAL_BODY_BYTES,
  FRAME_HEADER_BYTES,
  MAX_BLOCK_EVENTS,
  RECORD_TYPE,
  TRACE_MAGIC,
  TRACE_VERSION,
} from './frames.ts';
import type { TraceFinal } from './frames.ts';

/** One event. `payload` views the bytes that were read. */
export interface TraceFrame {
  readonly kind: number;
  readonly payload: Uint8Array;
}

/** A block of one stream: its frames and its place in the chain. */
export interface ChainedBlock {
  readonly frames: readonly TraceFrame[];
  /** CRC32 of the body. */
  readonly crc: number;
  readonly hash: Uint8Array;
}

/** One verified block. `sequence` counts blocks in the file, `index` blocks of the stream, both from 0. */
interface TraceBlock extends ChainedBlock {
  readonly stream: TraceStream;
  readonly sequence: number;
  readonly index: number;
  readonly offset: number;
  readonly sizeBytes: number;
}

/**
 * `not-a-trace`, `version`: the file header. `truncated`: ends inside a record. `missing-final`: ends between records
 * (a killed writer). `edited`: bytes changed. `reordered`, `missing-block`, `repeated`: whole records moved, cut or
 * copied. `spliced`: sound by itself but no continuation of its chain. `final-mismatch`: another trace's end.
 * `trailing`: bytes after the end. `malformed`: sealed like this by a faulty writer.
 */
type DamageCode =
  | 'not-a-trace'
  | 'version'
  | 'truncated'
  | 'missing-final'
  | 'edited'
  | 'reordered'
  | 'missing-block'
  | 'repeated'
  | 'spliced'
  | 'final-mismatch'
  | 'trailing'
  | 'malformed';

/** The first thing wrong. `offset` is where its record starts; `sequence` says which record was expected there. */
export interface TraceDamage {
  readonly code: DamageCode;
  readonly offset: number;
  readonly sequence: number;
  readonly message: string;
}

/** Where a run stands in its file: its first byte, and how many runs precede it. */
interface RunPlace {
  readonly offset: number;
  readonly run: number;
}

/** How a run ended: with the file, before another run, or with its writer, before another run. */
type RunEnding = 'final' | 'continued' | 'interrupted';

/** The valid prefix of a run; whole and undamaged if there is a `final` and no `damage`. */
export interface TraceReading {
  readonly blocks: readonly TraceBlock[];
  /** Both chains after the blocks that were read. */
  readonly heads: TraceFinal;
  readonly final?: TraceFinal;
  readonly ending?: RunEnding;
  /** Where the record that ends the run starts, and where the run ends. */
  readonly endAt?: { readonly start: number; readonly end: number };
  readonly damage?: TraceDamage;
}

/**
 * Verifies and reads a run from the bytes of its file; blocks before the first damage are returned, those after it are
 * not trusted.
 */
export function readFrames(bytes: Uint8Array, digest: Digest, place: RunPlace = { offset: 0, run: 0 }): TraceReading {
  const blocks: TraceBlock[] = [];
  const chains = { 1: new BlockChain(STREAM.program, digest), 2: new BlockChain(STREAM.annotations, digest) };
  const heads = (): TraceFinal => ({
    program: chains[STREAM.program].head,
    annotations: chains[STREAM.annotations].head,
  });
  let offset = place.offset + FILE_HEADER_BYTES;
  try {
    checkRunHeader(bytes, place);
    for (;;) {
      const record = readRecord(bytes, offset, blocks.length);
      const ending = ENDINGS.get(record.type);
      if (ending !== undefined) return { blocks, heads: heads(), ...readEnd(bytes, record, ending, heads()) };
      blocks.push(readBlock(record, chains));
      offset += record.sizeBytes;
    }
  } catch (found) {
    if (!(found instanceof Damage)) throw found;
    return { blocks, heads: heads(), damage: found.damage };
  }
}

const ENDINGS: ReadonlyMap<number, RunEnding> = new Map([
  [RECORD_TYPE.final, 'final'],
  [RECORD_TYPE.continued, 'continued'],
  [RECORD_TYPE.interrupted, 'interrupted'],
]);

/** Carries the first damage out of the nested readers; does not leave this file. */
class Damage extends FormatError {
  readonly damage: TraceDamage;

  constructor(code: DamageCode, offset: number, sequence: number, what: string) {
    const kept = sequence === 0 ? 'No block precedes it' : `Blocks 0 to ${sequence - 1} are intact and were read`;
    const message = `${what} ${kept}; ${ADVICE[code] ?? 'use those, or a copy from elsewhere'}.`;
    super(message, { code, offset, sequence });
    this.damage = { code, offset, sequence, message };
  }
}

const ADVICE: Partial<Record<DamageCode, string>> = {
  'not-a-trace': 'check that this is a .sqs trace and was copied as binary',
  version: 'read it with the release that wrote it or a later one',
  'missing-final': 'the writer did not finish, so later events may be lost',
  truncated: 'the writer was stopped or the copy is incomplete: use those, or copy the file again',
};

/** The frames of a sealed block that this process wrote itself; nothing is verified. */
export function blockOf(bytes: Uint8Array): ChainedBlock {
  const record = recordAt(bytes, 0);
  return { frames: readEvents(record), crc: crc32(record.body), hash: record.hash };
}

type Chains = Readonly<Record<TraceStream, BlockChain>>;

interface TraceRecord {
  readonly type: number;
  readonly stream: number;
  readonly events: number;
  readonly sequence: number;
  readonly index: number;
  readonly offset: number;
  readonly sizeBytes: number;
  readonly body: Uint8Array;
  readonly hash: Uint8Array;
}

/** The header of a run; the first one is also that of the file. */
function checkRunHeader(bytes: Uint8Array, { offset, run }: RunPlace): void {
  const header = bytes.subarray(offset, offset + FILE_HEADER_BYTES);
  const known = Math.min(header.length, TRACE_MAGIC.length);
  const wrong = (code: DamageCode, what: string): Damage => new Damage(code, offset, 0, what);
  if (!equalBytes(header.subarray(0, known), TRACE_MAGIC.subarray(0, known))) {
    throw run === 0
      ? wrong('not-a-trace', 'These bytes do not start as a trace.')
      : wrong('trailing', `The bytes from ${offset} on are no run of this trace.`);
  }
  if (header.length < FILE_HEADER_BYTES)
    throw wrong(
      'truncated',
      `The file ends at byte ${bytes.length}, inside the header ${run === 0 ? 'it starts with' : `of run ${run}`}.`,
    );
  const view = viewOf(header);
  if (view.getUint32(12, true) !== crc32(header, 0, 12))
    throw wrong('edited', 'The file header does not match its checksum.');
  const version = view.getUint16(8, true);
  if (version !== 1 && version !== TRACE_VERSION)
    throw wrong('version', `This is trace format ${version}; this reader knows 1 and ${TRACE_VERSION}.`);
  if (view.getUint16(10, true) !== run)
    throw wrong('reordered', `Run ${view.getUint16(10, true)} stands at byte ${offset}, where run ${run} belongs.`);
}

/** The record at an offset, its checksums and its place in the file verified, its chain not yet. */
function readRecord(bytes: Uint8Array, offset: number, expected: number): TraceRecord {
  const leftBytes = bytes.length - offset;
  if (leftBytes === 0)
    throw new Damage('missing-final', offset, expected, `The trace ends at byte ${offset} without a final record.`);
  if (leftBytes < BLOCK_HEADER_BYTES) throw truncated(bytes, offset, expected);
  if (!headerIsSound(bytes, offset))
    throw new Damage('edited', offset, expected, `The header of block ${expected} at byte ${offset} was changed.`);
  const record = recordAt(bytes, offset);
  if (record.sizeBytes > leftBytes) throw truncated(bytes, offset, expected);
  const end = offset + record.sizeBytes;
  if (viewOf(bytes).getUint32(end - 4, true) !== crc32(bytes, offset, end - 4)) {
    throw new Damage(
      'edited',
      offset,
      expected,
      `Block ${expected} at byte ${offset} was changed: its bytes do not match their checksum.`,
    );
  }
  if (record.sequence !== expected) throw misplaced(bytes, record, expected);
  return record;
}

const truncated = (bytes: Uint8Array, offset: number, expected: number): Damage =>
  new Damage(
    'truncated',
    offset,
    expected,
    `The trace ends at byte ${bytes.length}, inside block ${expected} that starts at byte ${offset}.`,
  );

const headerIsSound = (bytes: Uint8Array, offset: number): boolean =>
  viewOf(bytes).getUint32(offset + 16, true) === crc32(bytes, offset, offset + 16);

function recordAt(bytes: Uint8Array, offset: number): TraceRecord {
  const view = viewOf(bytes);
  const bodyStart = offset + BLOCK_HEADER_BYTES;
  const bodyEnd = bodyStart + view.getUint32(offset, true);
  return {
    type: view.getUint8(offset + 4),
    stream: view.getUint8(offset + 5),
    events: view.getUint16(offset + 6, true),
    sequence: view.getUint32(offset + 8, true),
    index: view.getUint32(offset + 12, true),
    offset,
    sizeBytes: bodyEnd - offset + BLOCK_TRAILER_BYTES,
    body: bytes.subarray(bodyStart, bodyEnd),
    hash: bytes.subarray(bodyEnd, bodyEnd + DIGEST_BYTES),
  };
}

/** A sound record in the wrong place: looks ahead for the one that belongs here, to say whether it was moved or cut. */
function misplaced(bytes: Uint8Array, record: TraceRecord, expected: number): Damage {
  const what = `Record ${record.sequence} stands at byte ${record.offset}, where record ${expected} belongs.`;
  for (let at = record.offset; at + BLOCK_HEADER_BYTES <= bytes.length && headerIsSound(bytes, at);) {
    const { sequence, sizeBytes } = recordAt(bytes, at);
    if (sequence === expected)
      return new Damage('reordered', record.offset, expected, `${what} That one is at byte ${at}.`);
    at += sizeBytes;
  }
  return new Damage(record.sequence < expected ? 'repeated' : 'missing-block', record.offset, expected, what);
}

function readBlock(record: TraceRecord, chains: Chains): TraceBlock {
  const { type, stream, events, sequence, index, offset, sizeBytes, body } = record;
  if (
    type !== RECORD_TYPE.block ||
    (stream !== STREAM.program && stream !== STREAM.annotations) ||
    events === 0 ||
    events > MAX_BLOCK_EVENTS
  ) {
    throw new Damage(
      'malformed',
      offset,
      sequence,
      `Block ${sequence} at byte ${offset} has type ${type}, stream ${stream} and ${events} events.`,
    );
  }
  const chain = chains[stream];
  const expectedIndex = chain.head.blocks;
  const { hash } = chain.extend(events, body);
  if (index !== expectedIndex || !equalBytes(hash, record.hash)) {
    const what =
      `Block ${sequence} at byte ${offset} does not continue the chain of stream ${stream}: it, or the block ` +
      'before it, is of another trace or was resealed.';
    throw new Damage('spliced', offset, sequence, what);
  }
  return { stream, sequence, index, offset, sizeBytes, frames: readEvents(record), crc: crc32(body), hash };
}

function readEvents(record: TraceRecord): TraceFrame[] {
  const { body, events, stream, offset, sequence } = record;
  const view = viewOf(body);
  const frames: TraceFrame[] = [];
  let at = 0;
  while (at + FRAME_HEADER_BYTES <= body.length) {
    const end = at + FRAME_HEADER_BYTES + view.getUint32(at, true);
    if (end > body.length || body[at + 4] !== stream) break;
    frames.push({ kind: body[at + 5]!, payload: body.subarray(at + FRAME_HEADER_BYTES, end) });
    at = end;
  }
  if (at === body.length && frames.length === events) return frames;
  throw new Damage(
    'malformed',
    offset,
    sequence,
    `Block ${sequence} at byte ${offset} declares ${events} events and holds ${frames.length}.`,
  );
}

/** The record that ends a run against the chains. Nothing follows the final one, another run the others. */
function readEnd(
  bytes: Uint8Array,
  record: TraceRecord,
  ending: RunEnding,
  final: TraceFinal,
): Pick<TraceReading, 'final' | 'ending' | 'endAt' | 'damage'> {
  const { body, offset, sequence, sizeBytes } = record;
  const half = FINAL_BODY_BYTES / 2;
  const agrees =
    body.length === FINAL_BODY_BYTES &&
    headMatches(body.subarray(0, half), final.program) &&
    headMatches(body.subarray(half), final.annotations);
  if (!agrees)
    throw new Damage(
      'final-mismatch',
      offset,
      sequence,
      `The final record at byte ${offset} closes another trace: its counts or heads differ.`,
    );
  const end = offset + sizeBytes;
  const read = { final, ending, endAt: { start: offset, end } };
  if ((end === bytes.length) === (ending === 'final')) return read;
  const damage =
    ending === 'final'
      ? new Damage('trailing', end, sequence, `${bytes.length - end} bytes follow the final record.`)
      : new Damage('missing-final', end, sequence, `The file ends at byte ${end}, where another run should follow.`);
  return { ...read, damage: damage.damage };
}

function headMatches(bytes: Uint8Array, head: ChainHead): boolean {
  const view = viewOf(bytes);
  return (
    view.getBigUint64(0, true) === BigInt(head.events) &&
    view.getUint32(8, true) === head.blocks &&
    equalBytes(bytes.subarray(12), head.hash)
  );
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
