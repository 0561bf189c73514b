// Judging: whether the laws of a sheet allow a call, and what was found or computed for it.
import type { Task } from '../device/device.ts';
import { type PolicyError, SheetError, withCallSite } from '../errors.ts';
import type { OpRow } from '../ops/define.ts';
import { judgeBefore, type Verdict } from '../policy/laws.ts';
import type { Value } from '../tensor/block.ts';
import type { Call } from './call.ts';
import { checkFinite, type Health } from './health.ts';
import type { Parts, View } from './parts.ts';
import { recordAnswer } from './record.ts';

/** Judges a call before anything is looked up for it. Throws a PolicyError where a law denies it. */
export function judgeCall(parts: Parts, call: Call, view: View): void {
  const { row, type, seq } = call;
  const laws = parts.settings.policy;
  // A literal is part of the op it stands in, and comes from outside as a root does.
  if (row === undefined || call.isLiteral) return judgeValue(parts, call, call.value, laws.finiteInputs);
  try {
    judgeBefore(laws, {
      op: row.name,
      type,
      expectedNs: laws.maxExpectedMs === undefined ? 0 : expectedNs(parts, call, view),
      seq,
    });
  } catch (error) {
    parts.counters.denials++;
    recordAnswer(parts, call, 'denied', '', parts.now(), 0, 0);
    throw error instanceof SheetError ? withCallSite(error, call.site) : error;
  }
}

/** What an op should take on the device it would go to. */
export function expectedNs({ dispatcher }: Parts, { row, attributes, type, operands }: Call, view: View): number {
  const unread = operands.map((operand) => ({ type: operand.type }) as Value);
  const task: Task = { row: row as OpRow, attrs: attributes.values, type, numerics: view.numerics, operands: unread };
  return dispatcher.costs.expectNs(dispatcher.place(task, view.device), task);
}

/** Throws, or warns, where a value breaks a law on finite values. */
export function judgeValue(
  parts: Parts,
  call: Call,
  value: Value | undefined,
  law: Verdict | undefined,
  known?: Health,
): void {
  if (law === undefined || value === undefined) return;
  const error = checkFinite(call, value, known);
  if (error === undefined) return;
  recordAnswer(parts, call, 'denied', '', parts.now(), 0, 0);
  enforce(parts, withCallSite(error, call.site), law);
}

/** A law was broken: denies, or says it. */
export function enforce({ counters, host }: Parts, error: PolicyError, law: Verdict): void {
  counters.denials++;
  if (law === 'deny') throw error;
  host.warn(error.message);
}

/** Counts what a law refuses. */
export function countDenials({ counters }: Parts, judge: () => void): void {
  try {
    judge();
  } catch (error) {
    counters.denials++;
    throw error;
  }
}
