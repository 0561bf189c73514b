// The last verb: how a call was answered is told to whoever subscribed, the trace first.
import type { Decision } from '../events.ts';
import type { Value } from '../tensor/block.ts';
import type { Call } from './call.ts';
import type { Parts } from './parts.ts';

/** Records an answer. `value`: the result, where it was computed now. */
export function recordAnswer(
  { events }: Parts,
  call: Call,
  decision: Decision,
  device: string,
  startNs: number,
  elapsedNs: number,
  score: number,
  value?: Value,
): void {
  events.annotate(call, decision, device, startNs, elapsedNs, score, value);
  if (call.note !== undefined) events.note(call.seq, call.note);
}
