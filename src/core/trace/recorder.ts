// The sixth verb: what is written down of every call. The trace writer implements it; a sheet without one uses the silent recorder.
import type { Decision, NumericsClass } from '../events.ts';
import type { Expression } from '../expr/node.ts';
import type { Value } from '../tensor/block.ts';

/** Takes the two streams of a sheet: the program, and how it was answered. */
export interface Recorder {
  program(expression: Expression, numerics: NumericsClass): void;
  /** `value`: the result, where it was computed now. */
  annotate(expression: Expression, decision: Decision, device: string, startNs: number, elapsedNs: number, score: number, value?: Value): void;
  /** A line about a call: the route it took, the form it was rewritten from. */
  note(seq: number, text: string): void;
  /** A result somebody read. */
  demanded(expression: Expression, value: Value): void;
  /** No more comes. */
  close(): void;
}

/** Writes nothing. */
export const silentRecorder: Recorder = { program: () => {}, annotate: () => {}, note: () => {}, demanded: () => {}, close: () => {} };
