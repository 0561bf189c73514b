// Computing what somebody asked for: a plan over the call graph without recursion, then its steps in order.
import type { NodeId } from '../expr/interning.ts';
import type { AttributeValues, OpRow } from '../ops/define.ts';
import { mayHaveParts } from '../pattern/part-rules.ts';
import { mayHaveRows } from '../pattern/row-wise.ts';
import type { Value } from '../tensor/block.ts';
import type { Call } from './call.ts';
import { unmarkCall } from './call-places.ts';
import { checkSignal, orAborted } from './signals.ts';

export type PlanKey = NodeId | Call;

/** One call of a plan. `value` is held from where it is found or computed until its last use. */
export interface Step {
  readonly call: Call;
  readonly identity: PlanKey;
  /** None where the step has its value, or where the values of all operands stay with their calls. */
  operands: readonly Step[];
  /** The call by its parts, which is computed in its place (part-plans.ts). */
  readonly told: Call | undefined;
  /** What computes it, where that is not the call's own op alone (fusion.ts), and with which attributes. */
  row: OpRow | undefined;
  attrs: AttributeValues;
  /** Floating-point operations of computing it from its operands. */
  flops: number;
  value: Value | undefined;
  /** Steps of this plan that still read the value, plus one for a target. */
  uses: number;
  /** Steps of this plan that read it; they share what it cost. */
  readers: number;
  /** The one step that reads it, while there is one only. */
  reader: Step | undefined;
  /** Whether it would be computed as part of its reader, were it not worth having for itself. */
  isApart: boolean;
  /** Nanoseconds spent on it and on what it was computed from in this plan. */
  pathNs: number;
  /** The same without what is kept of that. */
  unkeptNs: number;
  /** Whether it was computed in this plan and kept. */
  isKept: boolean;
}

/** Operands of a step that needs none. */
export const NONE: readonly Step[] = [];

/** Where a plan takes values from. */
export interface ValueSources {
  /** What makes two calls one step: their node, or each for itself where nothing is reused. */
  identityOf(call: Call): PlanKey;
  /** The value that stays with a call, if this demand can use it; not held. */
  given(call: Call): Value | undefined;
  /** A value that need not be computed, held for the caller; undefined where there is none. */
  find(call: Call, identity: PlanKey): Value | undefined;
  /** A call by its parts, where some of those are kept. */
  planOf?(call: Call): Call | undefined;
  /** Computes a step whose operands have values; the value is held for the caller. */
  compute(step: Step): Value | Promise<Value>;
  /** The steps that are left when some are computed as part of others. */
  fuse(order: Step[]): Step[];
  /** Keeps an identity meaning the same call while a plan waits; returns what lets go of it. */
  retain(identity: PlanKey): () => void;
}

/** Values of the targets, each held for the caller, computed on this thread. */
export function demandNow(targets: readonly Call[], sources: ValueSources): Value[] {
  const plan = makePlan(targets, sources);
  try {
    for (const step of plan.order) settle(step, step.value ?? (sources.compute(step) as Value));
    return handOver(plan.targets);
  } catch (error) {
    abandon(plan.order);
    throw error;
  }
}

/**
 * Values of the targets, each held for the caller. An aborted signal stops this walk; computations others wait for go
 * on.
 */
export function demand(
  targets: readonly Call[],
  sources: ValueSources,
  signal?: AbortSignal,
): Value[] | Promise<Value[]> {
  const plan = makePlan(targets, sources);
  try {
    for (let i = 0; i < plan.order.length; i++) {
      checkSignal(signal);
      const step = plan.order[i]!;
      const value = step.value ?? sources.compute(step);
      if (value instanceof Promise) return finish(plan, i, value, sources, signal);
      settle(step, value);
    }
    return handOver(plan.targets);
  } catch (error) {
    abandon(plan.order);
    throw error;
  }
}

async function finish(
  plan: Plan,
  from: number,
  pending: Promise<Value>,
  sources: ValueSources,
  signal: AbortSignal | undefined,
): Promise<Value[]> {
  const retained = plan.order.slice(from).map((step) => sources.retain(step.identity));
  try {
    settle(plan.order[from]!, await orAborted(pending, signal, letGo));
    for (let i = from + 1; i < plan.order.length; i++) {
      checkSignal(signal);
      const step = plan.order[i]!;
      const value = step.value ?? sources.find(step.call, step.identity) ?? sources.compute(step);
      settle(step, value instanceof Promise ? await orAborted(value, signal, letGo) : value);
    }
    return handOver(plan.targets);
  } catch (error) {
    abandon(plan.order);
    throw error;
  } finally {
    for (const release of retained) release();
  }
}

interface Plan {
  /** Operands before their users. */
  readonly order: Step[];
  readonly targets: Step[];
}

/** The targets' values, each held once: targets that are one step would otherwise share a single hold. */
function handOver(targets: readonly Step[]): Value[] {
  if (targets.length > 1) for (const again of repeated(targets)) again.value?.block.hold();
  return targets.map((step) => step.value as Value);
}

function repeated(steps: readonly Step[]): Step[] {
  const seen = new Set<Step>();
  return steps.filter((step) => seen.size === seen.add(step).size);
}

/** Lists what has to be computed. Expressions that intern to one node are one step. */
function makePlan(targets: readonly Call[], sources: ValueSources): Plan {
  const single = targets.length === 1 ? planOne(targets[0]!, sources) : undefined;
  if (single !== undefined && 'order' in single) return single;
  const order: Step[] = [];
  const byIdentity = new Map<PlanKey, Step>();
  const goals = visitAll(targets, sources, order, byIdentity, single);
  for (const goal of goals) {
    goal.uses++;
    goal.reader = undefined;
  }
  return { order: sources.fuse(order), targets: goals };
}

/**
 * The plan of one call whose operands' values stay with them, which is the commonest: one step, computed before
 * anything can take them away. Where it is told by parts, those, which are steps of their own.
 */
function planOne(target: Call, sources: ValueSources): Plan | Call | undefined {
  for (const operand of target.operands) if (sources.given(operand) === undefined) return undefined;
  const identity = sources.identityOf(target);
  const value = sources.find(target, identity);
  const told = value === undefined ? sources.planOf?.(target) : undefined;
  if (told !== undefined) return told;
  const order: Step[] = [
    {
      call: target,
      identity,
      operands: NONE,
      told: undefined,
      row: undefined,
      attrs: target.attributes.values,
      flops: target.flops,
      value,
      uses: 1,
      readers: 0,
      reader: undefined,
      isApart: false,
      pathNs: 0,
      unkeptNs: 0,
      isKept: false,
    },
  ];
  return { order, targets: order };
}

/** A law may refuse a value that was kept: what was found before it is let go then. */
function visitAll(
  targets: readonly Call[],
  sources: ValueSources,
  order: Step[],
  byIdentity: Map<PlanKey, Step>,
  told: Call | undefined,
): Step[] {
  try {
    return targets.map((target) => visit(target, sources, order, byIdentity, told));
  } catch (error) {
    abandon(order);
    throw error;
  }
}

/** `toldOf`: the target by its parts, where those are known. */
function visit(
  target: Call,
  sources: ValueSources,
  order: Step[],
  byIdentity: Map<PlanKey, Step>,
  toldOf: Call | undefined,
): Step {
  const root = sources.identityOf(target);
  let plans = toldOf && new Map<Call, Call | undefined>([[target, toldOf]]);
  const planOf = (call: Call): Call | undefined => {
    if (sources.planOf === undefined || !(mayHaveParts(call) || mayHaveRows(call))) return undefined;
    plans ??= new Map();
    if (!plans.has(call)) plans.set(call, sources.planOf(call));
    return plans.get(call);
  };
  const stack: Call[] = [target];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const identity = sources.identityOf(top);
    if (byIdentity.has(identity)) {
      stack.pop();
      continue;
    }
    const value = sources.find(top, identity);
    const before = stack.length;
    const told = value === undefined ? planOf(top) : undefined;
    const under = (told ?? top).operands;
    if (value === undefined)
      for (const operand of under) if (!byIdentity.has(sources.identityOf(operand))) stack.push(operand);
    if (stack.length > before) continue;
    stack.pop();
    const operands = value === undefined ? under.map((operand) => byIdentity.get(sources.identityOf(operand))!) : NONE;
    const step: Step = {
      call: top,
      identity,
      operands,
      told,
      row: told?.row,
      attrs: (told ?? top).attributes.values,
      flops: (told ?? top).flops,
      value,
      uses: 0,
      readers: 0,
      reader: undefined,
      isApart: false,
      pathNs: 0,
      unkeptNs: 0,
      isKept: false,
    };
    for (const operand of operands) {
      operand.reader = operand.uses++ === 0 ? step : undefined;
      operand.readers++;
    }
    byIdentity.set(identity, step);
    order.push(step);
  }
  return byIdentity.get(root)!;
}

/** Gives a step its value and lets go of operands that were read for the last time. */
function settle(step: Step, value: Value): void {
  step.value = value;
  unmarkCall(step.call);
  for (const operand of step.operands) {
    if (--operand.uses > 0) continue;
    operand.value?.block.release();
    operand.value = undefined;
  }
}

function abandon(order: readonly Step[]): void {
  for (const step of order) {
    step.value?.block.release();
    step.value = undefined;
  }
}

const letGo = ({ block }: Value): void => block.release();
