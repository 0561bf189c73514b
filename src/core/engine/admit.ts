// Admitting calls: each, with everything under it that was not admitted yet, is judged, recorded, interned and looked
// up. Nothing is computed.
import type { Entry } from '../store/entry.ts';
import type { Call } from './call.ts';
import { judgeCall } from './judge.ts';
import type { Parts, View } from './parts.ts';
import { recordAnswer } from './record.ts';
import { boundLineage } from './relief.ts';

/** Admits a call and everything under it. Throws a PolicyError where a law denies one. */
export function admitCalls(parts: Parts, target: Call, view: View): void {
  if (target.admitted) return;
  const { lookups, contents } = parts;
  const startNs = lookups.start();
  sweepNodes(parts);
  if (target.row !== undefined && areAdmitted(target.operands)) {
    admitOne(parts, target, view);
  } else {
    const fresh = listFresh(target);
    if (view.reuse) contents.identify(fresh);
    for (const call of fresh) admitOne(parts, call, view);
  }
  lookups.stop(startNs);
}

/**
 * Lets go of nodes that nothing holds, once the table is full. To be called by whatever makes nodes, before it has the
 * number of one in hand.
 */
export function sweepNodes(parts: Parts): void {
  if (!parts.table.sweepWhenFull()) return;
  while (boundLineage(parts)) parts.table.sweep();
}

function admitOne(parts: Parts, call: Call, view: View): void {
  if (!parts.lawless) judgeCall(parts, call, view);
  parts.counters.askedFlops += call.flops;
  call.admitted = true;
  parts.events.program(call, view.numerics);
  if (!view.reuse || call.row === undefined) return;
  const entry = parts.store.get(call.node(parts.table));
  if (entry !== undefined && !(entry.away && entry.value.block.isLost)) hit(parts, call, entry);
}

/** Records that a call was found. */
export function hit(parts: Parts, call: Call, entry: Entry): void {
  parts.counters.hits++;
  parts.returns.found(call);
  call.origin = 'ram';
  call.site = undefined;
  call.savesNs = entry.ownNs;
  call.costNs = entry.costNs;
  recordAnswer(parts, call, 'hit', entry.device, parts.now(), 0, entry.score);
}

/**
 * Counts what was saved by finding a call that is read now, and what is under it: what nobody reads, nobody would have
 * computed.
 */
export function creditSavings(parts: Parts, read: Call): void {
  let rest: Call[] | undefined;
  for (let found: Call | undefined = read; found !== undefined; found = rest?.pop()) {
    parts.counters.savedNs += found.savesNs;
    found.savesNs = 0;
    for (const operand of found.operands) if (operand.savesNs !== 0) (rest ??= []).push(operand);
  }
}

function areAdmitted(calls: readonly Call[]): boolean {
  for (const call of calls) if (!call.admitted) return false;
  return true;
}

/** Everything under a call that was not admitted, operands first. */
const listFresh = (target: Call): Call[] => listShallow(target) ?? listDeep(target);

/** Where one operand at most was not admitted, and it has none itself; undefined elsewhere. */
function listShallow(target: Call): Call[] | undefined {
  let fresh: Call | undefined;
  for (const operand of target.operands) {
    if (operand.admitted || operand === fresh) continue;
    if (fresh !== undefined || operand.operands.length > 0) return undefined;
    fresh = operand;
  }
  return fresh === undefined ? [target] : [fresh, target];
}

function listDeep(target: Call): Call[] {
  const order: Call[] = [];
  const seen = new Set<Call>();
  const stack: Call[] = [target];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const before = stack.length;
    for (const operand of top.operands) if (!operand.admitted && !seen.has(operand)) stack.push(operand);
    if (stack.length > before) continue;
    stack.pop();
    if (seen.has(top)) continue;
    seen.add(top);
    order.push(top);
  }
  return order;
}
