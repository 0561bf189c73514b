// The sealed blocks of a live trace that stay in memory: the newest, in whole segments, so that what is left can be
// read alone.
import { DIGEST_BYTES } from '../fingerprint/digest.ts';
import { CHAIN_START, type ChainHead, STREAM, type TraceStream } from './chain.ts';
import { BLOCK_HEADER_BYTES, BLOCK_TRAILER_BYTES, FILE_HEADER_BYTES, RECORD_TYPE } from './frames.ts';
import { blockOf, type ChainedBlock } from './read-frames.ts';
import { KIND } from './records.ts';

/**
 * Consecutive blocks of one stream. `start` is the chain before them: not the beginning where older blocks were
 * dropped.
 */
export interface StreamBlocks {
  readonly start: ChainHead;
  readonly blocks: readonly ChainedBlock[];
}

interface Segment {
  /** The chain before its first block. */
  readonly start: ChainHead;
  readonly records: Uint8Array[];
  frames: number;
}

/** Keeps at most `maxFrames` frames a stream, but never less than the newest segment. */
export class TraceMemory {
  readonly #maxFrames: number;
  readonly #streams = { [STREAM.program]: new KeptStream(), [STREAM.annotations]: new KeptStream() };

  constructor(maxFrames: number) {
    this.#maxFrames = maxFrames;
  }

  /** Takes what a FrameWriter hands out. */
  add(record: Uint8Array): void {
    if (record.length === FILE_HEADER_BYTES || record[4] !== RECORD_TYPE.block) return;
    this.#streams[record[5] as TraceStream].add(record, this.#maxFrames);
  }

  /** Frames of a stream that were dropped. */
  droppedFrames(stream: TraceStream): number {
    return this.#streams[stream].start.events;
  }

  /** Segments of a stream that were dropped. */
  droppedSegments(stream: TraceStream): number {
    return this.#streams[stream].droppedSegments;
  }

  /** The kept blocks of a stream, and those of `tail` that belong to it. */
  blocks(stream: TraceStream, tail: readonly Uint8Array[]): StreamBlocks {
    const kept = this.#streams[stream];
    const open = tail.filter((record) => record[4] === RECORD_TYPE.block && record[5] === stream);
    const records = [...kept.segments.flatMap((segment) => segment.records), ...open];
    return { start: kept.start, blocks: records.map(blockOf) };
  }
}

class KeptStream {
  readonly segments: Segment[] = [];
  droppedSegments = 0;
  #head: ChainHead = CHAIN_START;
  #frames = 0;

  /** The chain before the first kept block. */
  get start(): ChainHead {
    return this.segments[0]?.start ?? CHAIN_START;
  }

  add(record: Uint8Array, maxFrames: number): void {
    const frames = record[6]! + 256 * record[7]!;
    if (this.segments.length === 0 || record[BLOCK_HEADER_BYTES + 5] === KIND.segment)
      this.segments.push({ start: this.#head, records: [], frames: 0 });
    const newest = this.segments.at(-1)!;
    newest.records.push(record);
    newest.frames += frames;
    this.#frames += frames;
    const hashStart = record.length - BLOCK_TRAILER_BYTES;
    this.#head = {
      blocks: this.#head.blocks + 1,
      events: this.#head.events + frames,
      hash: record.subarray(hashStart, hashStart + DIGEST_BYTES),
    };
    while (this.#frames > maxFrames && this.segments.length > 1) {
      this.#frames -= this.segments.shift()!.frames;
      this.droppedSegments++;
    }
  }
}
