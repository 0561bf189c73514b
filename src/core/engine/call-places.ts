// Where calls stand in the user's program: taken for those whose elements may never come, so that the error of a read
// names the call.
import type { CallSite } from '../call-site.ts';
import type { Call } from './call.ts';
import type { OpRow } from '../ops/define.ts';

/** A result of so many bytes may find no memory, and takes so long that its place costs nothing beside it. */
const LARGE_BYTES = 2 ** 20;

/**
 * Whether a call may fail when it is read: it is solved, judged or large. Its place takes as long as a hit, so others
 * do without.
 */
export const mayFail = (row: OpRow, { type, value }: Call, { lawless }: { readonly lawless: boolean }): boolean =>
  value === undefined && (row.kernel.skeleton === 'linalg' || !lawless || type.sizeBytes >= LARGE_BYTES);

/**
 * Notes a call's place with what it came to: casts and rewrites make more than one call, all later than `before`.
 */
export function markCall(call: Call, site: CallSite | undefined, before: number): void {
  if (site === undefined || call.seq <= before || call.site === site) return;
  // A literal is never computed, so that nothing would let go of its place.
  if (call.row !== undefined && !call.isLiteral) call.site = site;
  for (const operand of call.operands) markCall(operand, site, before);
}

/**
 * Lets go of the place of a call that has its value, and of those of calls under it that were not computed for it. The
 * stack that an engine keeps refers to what methods were called on: handles, and with them their values.
 */
export function unmarkCall(call: Call): void {
  call.site = undefined;
  let rest: Call[] | undefined;
  for (let each: Call | undefined = call; each !== undefined; each = rest?.pop()) {
    for (const operand of each.operands) {
      if (operand.site === undefined) continue;
      operand.site = undefined;
      (rest ??= []).push(operand);
    }
  }
}
