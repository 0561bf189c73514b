// A trace as it is read: who wrote it, what was called, how it was answered, which roots it was computed from, and the
// chains that seal it.
import type { ProgramEvent } from '../events.ts';
import type { ChainHead } from './chain.ts';
import type { AnnotationRecord, TraceHead } from './records.ts';

/** How one stream is sealed. */
export interface StreamSeal {
  readonly start: ChainHead;
  readonly blocks: readonly { readonly frames: number; readonly crc: number; readonly hash: Uint8Array }[];
}

/** A root of a trace: what it is, and its bytes where they are embedded. */
export interface TraceRoot {
  readonly contentId: Uint8Array;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Row-major, little-endian. */
  readonly bytes?: Uint8Array;
  /** It lies beside the trace, as <content id>.npy. */
  readonly beside?: true;
}

/** What is wrong with a trace that was read up to there. */
export interface Flaw {
  readonly code: string;
  readonly message: string;
}

/** One run of a live trace's file: from where it was opened to where it was closed. */
export interface TraceRun {
  readonly head: TraceHead;
  readonly seals: { readonly program: StreamSeal; readonly annotations: StreamSeal };
  /** Where its events and annotations begin in those of the trace. */
  readonly firstEvent: number;
  readonly firstAnnotation: number;
  /** What was added to its sequence numbers, so that no two runs share one. */
  readonly seqOffset: number;
  /** Its writer did not finish: what it had not yet written is lost. */
  readonly interrupted?: true;
}

/** A verified trace, or the verified prefix of a damaged one. */
export interface Trace {
  /** Of the newest run. */
  readonly head: TraceHead;
  readonly events: readonly ProgramEvent[];
  readonly annotations: readonly AnnotationRecord[];
  /** Of the newest run. */
  readonly seals: { readonly program: StreamSeal; readonly annotations: StreamSeal };
  /**
   * Present where it was read from a live trace's file: its runs, oldest first. Events and annotations are those of all
   * of them.
   */
  readonly runs?: readonly TraceRun[];
  readonly roots: readonly TraceRoot[];
  /** Present where only a prefix could be read. */
  readonly damage?: Flaw;
}
