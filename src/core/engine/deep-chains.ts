// Chains so long that their past must go: where their values are, and how deep they still are once a part was cut
// loose.
import type { Call } from './call.ts';

/** Expressions deeper than this are computed at once, so that a chain without end does not hold its whole past. */
export const MAX_DEPTH = 4096;
/** What is to grow further is computed from this depth on, so that what is called on it is not cut in its middle. */
export const LONG_CHAIN = MAX_DEPTH / 2;
/** How often a chain that stays deep, because its values are still on a device, is looked at again. */
const LOOK_EVERY = 64;

/** Whether a call is so deep that its chain should be looked at. */
export const isTooDeep = ({ depth }: Call): boolean => depth > MAX_DEPTH && (depth - MAX_DEPTH) % LOOK_EVERY === 1;

/**
 * Depths of a call and of those under it that are too deep, over operands that may have been cut loose since.
 */
export function relevel(top: Call): void {
  const done = new Set<Call>();
  const stack = [top];
  for (let e = stack.at(-1); e !== undefined; e = stack.at(-1)) {
    const before = stack.length;
    for (const operand of e.operands) if (operand.depth > MAX_DEPTH && !done.has(operand)) stack.push(operand);
    if (stack.length > before) continue;
    stack.pop();
    done.add(e);
    e.depth = e.operands.reduce((depth, operand) => Math.max(depth, operand.depth + 1), 0);
  }
}

/** The calls under one whose values are on a device and not in RAM; those under a value are not looked at. */
export function awayUnder(top: Call): Call[] {
  const seen = new Set<Call>();
  const away: Call[] = [];
  const stack = [...top.operands];
  for (let e = stack.pop(); e !== undefined && seen.size < 2 * MAX_DEPTH; e = stack.pop()) {
    if (seen.has(e)) continue;
    seen.add(e);
    if (e.value === undefined || e.value.block.isLost) stack.push(...e.operands);
    else if (!e.value.block.isLocal) away.push(e);
  }
  return away;
}
