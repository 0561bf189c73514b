// Partial reuse: what of a product is kept is not computed again. A call that is missing is told by its parts where
// enough of them are kept, or where the same part was met before, so that it is worth having by itself.
import type { NodeId } from '../expr/interning.ts';
import { mayHaveParts, PART_RULES } from '../pattern/part-rules.ts';
import type { Call } from './call.ts';
import type { Parts, View } from './parts.ts';
import type { Revisions } from './revisions.ts';
import type { Step } from './plan.ts';

/** A smaller product is sooner computed than put together. */
const LEAST_FLOPS = 1e6;
/** Operations that copying one element of the result is worth. */
const FLOPS_PER_COPY = 32;
/** What must be kept of a product for its parts to be used, as a share of its operations. */
const LEAST_SHARE = 0.3;
/** A product of joins on both sides has parts of parts. */
const MAX_LEVELS = 2;
/** Parts that are remembered as met at most. */
const MAX_MET = 4096;

/** Says how missing products are told by their parts. */
export class PartPlans {
  readonly #parts: Parts;
  readonly #view: View;
  /** Large parts that were computed within a whole. */
  readonly #met: Set<NodeId>;
  readonly #revisions: Revisions;

  constructor(parts: Parts, view: View, met: Set<NodeId>, revisions: Revisions) {
    this.#parts = parts;
    this.#view = view;
    this.#met = met;
    this.#revisions = revisions;
  }

  /** The call by its parts, which is computed in its place; undefined where it is best computed whole. */
  planOf(call: Call): Call | undefined {
    if (!mayHaveParts(call) || call.flops < LEAST_FLOPS) return undefined;
    const best = this.#best(call, MAX_LEVELS);
    if (best !== undefined && best.kept >= LEAST_SHARE * call.flops) return best.plan;
    return this.#metBefore(call) ?? this.#revisions.planOf(call, this.#view);
  }

  /** The plan that saves the most, and the operations that it saves. */
  #best(call: Call, levels: number): { readonly plan: Call; readonly kept: number } | undefined {
    let best: { readonly plan: Call; readonly kept: number } | undefined;
    for (const plan of this.#plans(call)) {
      const kept = plan.operands.reduce((sum, part) => sum + this.#keptOf(part, levels), 0);
      const net = kept - FLOPS_PER_COPY * call.type.size;
      if (net > (best?.kept ?? 0)) best = { plan, kept: net };
    }
    return best;
  }

  /** Operations of a part that need not be done. */
  #keptOf(part: Call, levels: number): number {
    if (this.#isKept(part)) return part.flops;
    return levels > 1 && mayHaveParts(part) ? (this.#best(part, levels - 1)?.kept ?? 0) : 0;
  }

  #isKept(part: Call): boolean {
    const entry = this.#parts.store.peek(part.node(this.#parts.table));
    return entry !== undefined && !entry.value.block.isLost;
  }

  #plans(call: Call): Call[] {
    return PART_RULES.flatMap((rule) => {
      const plan = rule.apply(call, this.#view.author);
      // Another rule may have come upon it: then it is no join and no slice of products.
      return plan !== undefined && plan.operands.length > 0 && plan.row?.name !== call.row?.name ? [plan] : [];
    });
  }

  /**
   * Nothing is kept of it, but its largest part was computed within another whole before: from now on it is kept by
   * itself.
   */
  #metBefore(call: Call): Call | undefined {
    const cores = this.#plans(call).flatMap((plan) => {
      const core = plan.operands.length < 2 ? undefined : this.#coreOf(plan, MAX_LEVELS);
      return core === undefined || core.flops < LEAST_SHARE * call.flops
        ? []
        : [{ plan, node: core.node(this.#parts.table) }];
    });
    const again = cores.find(({ node }) => this.#met.has(node));
    if (again !== undefined) return again.plan;
    if (this.#met.size >= MAX_MET) this.#met.clear();
    for (const { node } of cores) this.#met.add(node);
    return undefined;
  }

  /** The largest part, of its own largest part where that has any. */
  #coreOf(plan: Call, levels: number): Call {
    const largest = plan.operands.reduce((a, b) => (b.flops > a.flops ? b : a));
    const [inner] = levels > 1 && mayHaveParts(largest) ? this.#plans(largest) : [];
    return inner === undefined || inner.operands.length < 2 ? largest : this.#coreOf(inner, levels - 1);
  }
}

/** Counts what kept parts of a call saved, in nanoseconds, and says what it was put together of. */
export function creditParts({ counters, store, table }: Parts, { call, told, operands }: Step): number {
  const found = operands.flatMap(({ call: part, pathNs }) => {
    const entry = pathNs === 0 ? store.peek(part.node(table)) : undefined;
    return entry === undefined ? [] : [{ ownNs: entry.ownNs, flops: part.row === undefined ? call.flops : part.flops }];
  });
  const computed = operands.reduce((sum, part) => sum + (part.pathNs === 0 ? 0 : part.call.flops), 0);
  const kept = found.reduce((sum, { flops }) => sum + flops, 0);
  // No more is saved than the call would have taken.
  const share = Math.min(1, Math.max(0, call.flops - computed) / Math.max(1, kept));
  const savedNs = Math.round(share * found.reduce((sum, { ownNs }) => sum + ownNs, 0));
  counters.savedNs += savedNs;
  call.note =
    told?.note ?? `put together by ${told?.row?.name} of ${operands.length} parts, ${found.length} of them kept`;
  return savedNs;
}
