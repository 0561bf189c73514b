// Keeping: whether a result that was computed stays for who asks next, and what the store is told of it.
import type { Decision } from '../events.ts';
import type { NodeId } from '../expr/interning.ts';
import { knownFacts } from '../pattern/facts.ts';
import { scoreOf } from '../pattern/score.ts';
import { ENTRY_BYTES } from '../policy/admission.ts';
import type { Entry } from '../store/entry.ts';
import { detached, type Value } from '../tensor/block.ts';
import type { Parts } from './parts.ts';
import type { Step } from './plan.ts';

/**
 * What a step was computed from, in this plan, is part of what it costs; shared by all that read it. Where an operand
 * is kept, and is no larger, nothing of that would be computed again for another reader.
 */
export function addOperands(step: Step): void {
  step.unkeptNs = step.pathNs;
  const { sizeBytes } = step.call.type;
  for (const { pathNs, unkeptNs, readers, isKept, call } of step.operands) {
    step.pathNs += Math.round(pathNs / readers);
    if (!isKept) step.unkeptNs += Math.round(unkeptNs / readers);
    else if (call.type.sizeBytes > sizeBytes) step.unkeptNs += Math.round(pathNs / readers);
  }
}

/** Keeps a result where that pays, and answers how its call was answered. */
export function keep(parts: Parts, step: Step, value: Value, device: string, costNs: number): Decision {
  const { call, pathNs, unkeptNs } = step;
  const score = scoreOf(value, pathNs);
  const computedBefore = parts.table.countComputation(step.identity as NodeId);
  const verdict = parts.admission({
    pathNs,
    score,
    computedBefore,
    passedOn: isPassedOn(step),
    sizeBytes: value.type.sizeBytes + ENTRY_BYTES,
    unkeptNs,
    returns: parts.returns.expected(call),
    taken: parts.store.taken,
  });
  parts.returns.computed(call, computedBefore > 0);
  if (verdict === 'bypass') {
    if (call.seq > 0) parts.counters.bypasses++;
    return 'bypass';
  }
  // Parts that the program did not call are counted with the call that they are parts of.
  if (call.seq > 0) {
    parts.counters[step.told === undefined ? 'misses' : 'parts']++;
    parts.nearMisses.missed(call, computedBefore > 0);
  }
  if (verdict === 'admit') {
    const entry = entryOf(step, detached(value), device, costNs, score);
    step.isKept = parts.store.put(entry);
    if (step.isKept) parts.events.kept(entry);
    parts.lower?.offer(parts, call, entry);
  }
  return step.told === undefined ? 'computed' : 'part';
}

const entryOf = (
  { identity, call, pathNs }: Step,
  value: Value,
  device: string,
  costNs: number,
  score: number,
): Entry => ({
  node: identity as NodeId,
  op: call.row?.name ?? '',
  value,
  attributes: call.attributes,
  costNs: pathNs,
  ownNs: costNs,
  device,
  away: !value.block.isLocal,
  facts: knownFacts(value),
  score,
  hits: 0,
  touched: 0,
  slot: 0,
});

/**
 * Whether the only reader works on the same elements one by one, with nothing as large beside it, so that the reader's
 * result is the one that will be asked for. (Beside λI a gram matrix is read in another way for every λ.)
 */
function isPassedOn(step: Step): boolean {
  const reader = step.reader?.call;
  if (
    step.call.row?.source === true ||
    reader?.row?.separable !== 'elements' ||
    reader.type.size !== step.call.type.size
  )
    return false;
  return reader.operands.filter((operand) => operand.type.size === reader.type.size).length === 1;
}
