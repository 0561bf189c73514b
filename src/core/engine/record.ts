// The last verb: how a call was answered is written to the trace, and said where SYMBOLIC_SHEET_LOG=1 asked for that.
import type { Decision } from '../events.ts';
import type { Value } from '../tensor/block.ts';
import type { Call } from './call.ts';
import type { Parts } from './parts.ts';

/** Records an answer. `value`: the result, where it was computed now. */
export function recordAnswer({ recorder, host }: Parts, call: Call, decision: Decision, device: string, startNs: number, elapsedNs: number, score: number, value?: Value): void {
  recorder.annotate(call, decision, device, startNs, elapsedNs, score, value);
  if (call.note !== undefined) recorder.note(call.seq, call.note);
  if (host.settings.log) host.warn(`#${call.seq} ${call.row?.name ?? 'tensor'} ${decision}${device === '' ? '' : ` on ${device}`} in ${(elapsedNs / 1e3).toFixed(1)} µs`);
}
