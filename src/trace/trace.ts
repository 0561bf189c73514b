// A trace as it is read: who wrote it, what was called, how it was answered, which roots it stands on, and the chains that seal it.
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

/** A verified trace, or the verified prefix of a damaged one. */
export interface Trace {
  readonly head: TraceHead;
  readonly events: readonly ProgramEvent[];
  readonly annotations: readonly AnnotationRecord[];
  readonly seals: { readonly program: StreamSeal; readonly annotations: StreamSeal };
  readonly roots: readonly TraceRoot[];
  /** Present where only a prefix could be read. */
  readonly damage?: Flaw;
}
