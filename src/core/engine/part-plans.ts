// Partial reuse: what of a product is kept is not computed again. A call that is missing is told by its parts where
// enough of them are kept, or where the same part was met before, so that it is worth having by itself.
import type { NodeId } from '../expr/interning.ts';
import { isExactFor, mayHaveParts, PART_RULES, type ToldProduct } from '../pattern/part-rules.ts';
import { CONCAT } from '../ops/movement/indexing.ts';
import { PERMUTE, SLICE } from '../ops/movement/movement.ts';
import { ADD, scatterRow } from '../ops/named.ts';
import type { OpRow } from '../ops/define.ts';
import type { Entry } from '../store/entry.ts';
import { mayHaveRows } from '../pattern/row-wise.ts';
import type { Call } from './call.ts';
import { findNonFinite } from './health.ts';
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

/** A product by its parts, which may be a sum of them. */
interface ToldCall extends ToldProduct<Call> {
  readonly isSum: boolean;
  readonly isOfFinite: boolean;
}

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
    if (!mayHaveParts(call)) return mayHaveRows(call) ? this.#revisions.planOf(call, this.#view) : undefined;
    if (call.flops < LEAST_FLOPS) return undefined;
    const best = this.#best(call, MAX_LEVELS);
    if (best !== undefined && best.kept >= LEAST_SHARE * call.flops) return best.told.plan;
    return this.#metBefore(call)?.plan ?? this.#revisions.planOf(call, this.#view);
  }

  /** The plan that saves the most, and the operations that it saves. */
  #best(call: Call, levels: number): { readonly told: ToldCall; readonly kept: number } | undefined {
    let best: { readonly told: ToldCall; readonly kept: number } | undefined;
    for (const told of this.#plans(call)) {
      const kept = told.parts.reduce((sum, part) => sum + this.#keptOf(part, levels, told.isOfFinite), 0);
      const net = kept - FLOPS_PER_COPY * call.type.size;
      if (net > (best?.kept ?? 0)) best = { told, kept: net };
    }
    return best;
  }

  /** Operations of a part that need not be done. */
  #keptOf(part: Call, levels: number, isOfFinite: boolean): number {
    if (this.#isKept(part, isOfFinite)) return part.flops;
    return levels > 1 && mayHaveParts(part) ? (this.#best(part, levels - 1)?.kept ?? 0) : 0;
  }

  #isKept(part: Call, isOfFinite: boolean): boolean {
    const entry = this.#parts.store.peek(part.node(this.#parts.table));
    if (entry === undefined || entry.value.block.isLost) return false;
    return !isOfFinite || (entry.value.block.isLocal && findNonFinite(entry.value, entry) === undefined);
  }

  #plans(call: Call): ToldCall[] {
    return PART_RULES.flatMap((rule) => {
      const isExact = isExactFor(rule, call);
      const told = isExact || this.#view.numerics === 'tolerance' ? rule.apply(call, this.#view.author) : undefined;
      // Another rule may have come upon it: then it is not told by products.
      if (told === undefined || told.plan.operands.length === 0 || told.plan.row?.name === call.row?.name) return [];
      if (!isExact) told.plan.note = `by parts, within the bound of class tolerance: ${rule.formula}`;
      return [{ ...told, isSum: rule.isSum === true, isOfFinite: !isExact && rule.isOfFinite === true }];
    });
  }

  /**
   * Nothing is kept of it, but its largest part, or enough of the terms it is a sum of, was computed within another
   * whole before: from now on it is kept by itself.
   */
  #metBefore(call: Call): ToldCall | undefined {
    const { table } = this.#parts;
    const met: NodeId[] = [];
    let again: ToldCall | undefined;
    for (const told of this.#plans(call).filter(({ parts }) => parts.length > 1)) {
      const cores = told.isSum ? told.parts : [this.#coreOf(told, MAX_LEVELS)];
      const nodes = cores.map((core) => ({ node: core.node(table), flops: core.flops }));
      const sum = (of: typeof nodes): number => of.reduce((total, { flops }) => total + flops, 0);
      if (sum(nodes) < LEAST_SHARE * call.flops) continue;
      if (sum(nodes.filter(({ node }) => this.#met.has(node))) >= LEAST_SHARE * call.flops) again ??= told;
      met.push(...nodes.map(({ node }) => node));
    }
    if (again !== undefined) return again;
    if (this.#met.size >= MAX_MET) this.#met.clear();
    for (const node of met) this.#met.add(node);
    return undefined;
  }

  /** The largest part, of its own largest part where that has any. */
  #coreOf({ parts }: ToldCall, levels: number): Call {
    const largest = parts.reduce((a, b) => (b.flops > a.flops ? b : a));
    const inner = levels > 1 && mayHaveParts(largest) ? this.#plans(largest)[0] : undefined;
    return inner === undefined || inner.parts.length < 2 ? largest : this.#coreOf(inner, levels - 1);
  }
}

/** Counts what kept parts of a call saved, in nanoseconds, and says what it was put together of. */
export function creditParts(parts: Parts, { call, told, operands }: Step): number {
  const under = partsUnder(parts, operands);
  const found = under.filter(({ entry }) => entry !== undefined);
  const computed = under.filter(({ entry, step }) => entry === undefined && step.pathNs > 0);
  const ofAll = found.reduce((sum, { entry }) => sum + entry!.ownNs, 0);
  const share = found.some(({ step }) => step.call.row === undefined)
    ? 1 - sumOf(computed, ({ type }) => type.shape[0] ?? 0) / Math.max(1, call.type.shape[0] ?? 1)
    : (call.flops - sumOf(computed, ({ flops }) => flops)) /
      Math.max(
        1,
        sumOf(found, ({ flops }) => flops),
      );
  // No more is saved than the call would have taken.
  const savedNs = Math.round(Math.min(1, Math.max(0, share)) * ofAll);
  parts.counters.savedNs += savedNs;
  call.note = told?.note ?? `put together by ${told?.row?.name} of ${under.length} parts, ${found.length} of them kept`;
  return savedNs;
}

interface UsedPart {
  readonly step: Step;
  /** Where it was kept. */
  readonly entry: Entry | undefined;
}

const sumOf = (parts: readonly UsedPart[], of: (call: Call) => number): number =>
  parts.reduce((sum, { step }) => sum + of(step.call), 0);

/** The parts that a plan puts together, through what it puts them together by. */
function partsUnder(parts: Parts, steps: readonly Step[]): UsedPart[] {
  return steps.flatMap((step) => {
    const entry = step.pathNs === 0 ? parts.store.peek(step.call.node(parts.table)) : undefined;
    const isJoin = entry === undefined && step.call.seq === 0 && joins().includes(step.call.row);
    return isJoin ? partsUnder(parts, step.operands) : [{ step, entry }];
  });
}

/** What plans put parts together by. */
const joins = (): readonly (OpRow | undefined)[] => [ADD, CONCAT, PERMUTE, SLICE, scatterRow()];
