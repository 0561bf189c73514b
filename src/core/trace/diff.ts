// Two traces side by side: the first call that differs, calls only one of them has, and how each op was answered.
import type { ProgramEvent } from '../events.ts';
import { toHex } from '../fingerprint/digest.ts';
import { spellValue } from './json-values.ts';
import type { AttributeValue } from '../ops/attribute-values.ts';
import { ROOT_NAME } from './records.ts';
import type { Trace } from './trace.ts';

/** The first place where two programs part. One of `a` and `b` is missing where one program ends. */
interface ProgramDifference {
  readonly index: number;
  readonly a: ProgramEvent | undefined;
  readonly b: ProgramEvent | undefined;
  /** What differs, as `attrs.axis: 0 → 1`. */
  readonly changes: readonly string[];
}

/** How the calls of one op were answered. */
interface OpAnswers {
  readonly calls: number;
  readonly elapsedNs: number;
  /** Counts by decision. */
  readonly decisions: Readonly<Record<string, number>>;
}

export interface TraceDifference {
  readonly firstDivergence?: ProgramDifference;
  /**
   * Calls whose whole lineage (op, attributes, operands down to the roots) the other trace does not have, or has less
   * often.
   */
  readonly onlyInA: readonly ProgramEvent[];
  readonly onlyInB: readonly ProgramEvent[];
  readonly ops: readonly { readonly op: string; readonly a: OpAnswers; readonly b: OpAnswers }[];
}

/** Compares two traces. Sequence numbers do not count, lineage does. */
export function diffTraces(a: Trace, b: Trace): TraceDifference {
  const lineages = new Map<string, number>();
  const [keysA, keysB] = [lineageOf(a, lineages), lineageOf(b, lineages)];
  const firstDivergence = firstDifference(a, b, keysA, keysB);
  return {
    ...(firstDivergence && { firstDivergence }),
    onlyInA: onlyIn(a, keysA, keysB),
    onlyInB: onlyIn(b, keysB, keysA),
    ops: compareOps(a, b),
  };
}

/** A number for every call: equal exactly where op, attributes, type, class and the operands' numbers are. */
function lineageOf(trace: Trace, lineages: Map<string, number>): number[] {
  const contents = contentIds(trace);
  const bySeq = new Map<number, number>();
  return trace.events.map((event) => {
    const operands = event.operands.map((seq) => bySeq.get(seq) ?? `before:${seq}`);
    const text = JSON.stringify([...facts(event, contents).values(), operands]);
    const number = lineages.get(text) ?? lineages.size;
    lineages.set(text, number);
    bySeq.set(event.seq, number);
    return number;
  });
}

const contentIds = (trace: Trace): Map<number, string> =>
  new Map(
    trace.annotations.flatMap((record) => (record.kind === 'root' ? [[record.seq, toHex(record.contentId)]] : [])),
  );

/** What a call says about itself, by the name a person would use. Roots differ by content where both are known. */
function facts(event: ProgramEvent, contents: ReadonlyMap<number, string>): Map<string, unknown> {
  const { op, version, attrs, dtype, shape, numerics, seq } = event;
  const named = Object.keys(attrs)
    .sort()
    .map((name): [string, unknown] => [`attrs.${name}`, spellValue(attrs[name] as AttributeValue)]);
  return new Map<string, unknown>([
    ['op', op],
    ['version', version],
    ...named,
    ['dtype', dtype],
    ['shape', shape],
    ['class', numerics],
    ...(op === ROOT_NAME ? [['content', contents.get(seq) ?? 'unknown'] as [string, unknown]] : []),
  ]);
}

function firstDifference(
  a: Trace,
  b: Trace,
  keysA: readonly number[],
  keysB: readonly number[],
): ProgramDifference | undefined {
  const length = Math.max(keysA.length, keysB.length);
  for (let index = 0; index < length; index++) {
    if (keysA[index] === keysB[index]) continue;
    const [eventA, eventB] = [a.events[index], b.events[index]];
    return { index, a: eventA, b: eventB, changes: eventA && eventB ? changesOf(a, b, eventA, eventB) : [] };
  }
  return undefined;
}

function changesOf(a: Trace, b: Trace, eventA: ProgramEvent, eventB: ProgramEvent): string[] {
  const [was, is] = [facts(eventA, contentIds(a)), facts(eventB, contentIds(b))];
  const changes: string[] = [];
  for (const name of new Set([...was.keys(), ...is.keys()])) {
    const [x, y] = [JSON.stringify(was.get(name)), JSON.stringify(is.get(name))];
    if (x !== y) changes.push(`${name}: ${x ?? 'none'} → ${y ?? 'none'}`);
  }
  return changes.length > 0 ? changes : ['operands'];
}

function onlyIn(trace: Trace, keys: readonly number[], others: readonly number[]): ProgramEvent[] {
  const left = new Map<number, number>();
  for (const key of others) left.set(key, (left.get(key) ?? 0) + 1);
  return trace.events.filter((_, index) => {
    const key = keys[index]!;
    const count = left.get(key) ?? 0;
    left.set(key, count - 1);
    return count <= 0;
  });
}

function compareOps(a: Trace, b: Trace): TraceDifference['ops'] {
  const [answersA, answersB] = [answersByOp(a), answersByOp(b)];
  const names = [...new Set([...answersA.keys(), ...answersB.keys()])].sort();
  return names.map((op) => ({ op, a: answersA.get(op) ?? NO_ANSWERS, b: answersB.get(op) ?? NO_ANSWERS }));
}

const NO_ANSWERS: OpAnswers = { calls: 0, elapsedNs: 0, decisions: {} };

function answersByOp(trace: Trace): Map<string, OpAnswers> {
  const names = new Map(trace.events.map((event) => [event.seq, event.op]));
  const byOp = new Map<string, { calls: number; elapsedNs: number; decisions: Record<string, number> }>();
  for (const op of names.values()) {
    const answers = byOp.get(op) ?? { calls: 0, elapsedNs: 0, decisions: {} };
    answers.calls++;
    byOp.set(op, answers);
  }
  for (const record of trace.annotations) {
    const answers = record.kind === 'answer' ? byOp.get(names.get(record.seq) ?? '') : undefined;
    if (answers === undefined || record.kind !== 'answer') continue;
    answers.elapsedNs += record.elapsedNs;
    answers.decisions[record.decision] = (answers.decisions[record.decision] ?? 0) + 1;
  }
  return byOp;
}
