// The sixth verb: what is written down of every call. The trace writer implements it.
import type { Decision, NumericsClass } from '../events.ts';
import type { Attributes } from '../expr/attributes.ts';
import type { Semantics } from '../expr/node.ts';
import type { OpRow } from '../ops/define.ts';
import type { Value } from '../tensor/block.ts';
import type { TensorType } from '../tensor/type.ts';

/** A call as a trace writes it down. */
export interface RecordedCall {
  readonly seq: number;
  /** Undefined for a root. */
  readonly row: OpRow | undefined;
  readonly attributes: Attributes;
  readonly type: TensorType;
  readonly semantics: Semantics;
  readonly operands: readonly RecordedCall[];
  readonly contentId: Uint8Array | undefined;
  /** Its elements, where they stay with it. */
  readonly value: Value | undefined;
}

/** Takes the two streams of a sheet: the program, and how it was answered. */
export interface Recorder {
  program(call: RecordedCall, numerics: NumericsClass): void;
  /** `value`: the result, where it was computed now. */
  annotate(
    call: RecordedCall,
    decision: Decision,
    device: string,
    startNs: number,
    elapsedNs: number,
    score: number,
    value?: Value,
  ): void;
  /** A line about a call: the route it took, the form it was rewritten from. */
  note(seq: number, text: string): void;
  /** A result somebody read. */
  demanded(call: RecordedCall, value: Value): void;
  /** No more comes. */
  close(): void;
}
