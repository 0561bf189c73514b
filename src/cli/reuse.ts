// What a trace tells of reuse: how its calls were answered, what that saved, and why the others were computed.
import type { ProgramEvent, Trace } from '../index.ts';
import { answersIn } from '../core/engine/explain.ts';
import type { Decision } from '../core/events.ts';
import { toHex } from '../core/fingerprint/digest.ts';
import { ROOT_NAME } from '../core/trace/records.ts';

/** What calls of an op that were computed differ in from the one before. */
interface MissReason {
  readonly op: string;
  /**
   * `operand 0, fresh data`, `operand 1, another result`, `operand 0, float64 [3]`, `attributes axis`, `class exact`,
   * `nothing: …`.
   */
  readonly differs: string;
  readonly count: number;
  /** Computed calls of the op in all. */
  readonly of: number;
}

/** Reuse in a trace. */
export interface Reuse {
  readonly calls: number;
  readonly roots: number;
  readonly reused: number;
  readonly part: number;
  readonly computed: number;
  readonly denied: number;
  readonly failed: number;
  /** Nobody read them, or they were computed together with others. */
  readonly unanswered: number;
  readonly computedNs: number;
  /**
   * What calls that were reused would have taken: the least that this trace took for one of that op and of those types,
   * for the first of an op takes longer.
   */
  readonly savedNs: number;
  /** Calls that were reused and that this trace never computed: of an earlier run. */
  readonly fromBefore: number;
  /** Computed calls that had been before with the same operands, and what they took: what keeping all would save. */
  readonly repeated: number;
  readonly repeatedNs: number;
  readonly misses: readonly MissReason[];
}

const REUSED: ReadonlySet<Decision> = new Set(['hit']);
const COMPUTED: ReadonlySet<Decision> = new Set(['computed', 'bypass']);

/** Reads it out of a trace. */
export function reuseIn(trace: Trace): Reuse {
  const answers = answersIn(trace.annotations);
  const identities = new Identities(trace);
  const known = new Set<number>();
  const costs = new Map<string, number>();
  const misses = new Misses();
  const counts = { roots: 0, reused: 0, part: 0, computed: 0, denied: 0, failed: 0, unanswered: 0 };
  let [computedNs, savedNs, fromBefore, repeated, repeatedNs] = [0, 0, 0, 0, 0];
  for (const event of trace.events) {
    identities.of(event);
    const answer = answers.get(event.seq);
    if (answer === undefined || !COMPUTED.has(answer.decision)) continue;
    const kind = identities.kindOf(event);
    costs.set(kind, Math.min(answer.elapsedNs, costs.get(kind) ?? Infinity));
  }
  for (const event of trace.events) {
    const identity = identities.of(event);
    const answer = answers.get(event.seq);
    if (event.op === ROOT_NAME) counts.roots++;
    else if (answer === undefined || answer.decision === 'pending') counts.unanswered++;
    else if (COMPUTED.has(answer.decision)) {
      counts.computed++;
      computedNs += answer.elapsedNs;
      misses.add(event, identities, known.has(identity));
      if (known.has(identity)) {
        repeated++;
        repeatedNs += costs.get(identities.kindOf(event)) ?? 0;
      }
      known.add(identity);
    } else if (REUSED.has(answer.decision)) {
      counts.reused++;
      if (!known.has(identity)) fromBefore++;
      savedNs += costs.get(identities.kindOf(event)) ?? 0;
    } else counts[answer.decision as 'part' | 'denied' | 'failed']++;
  }
  return {
    calls: trace.events.length,
    ...counts,
    computedNs,
    savedNs,
    fromBefore,
    repeated,
    repeatedNs,
    misses: misses.list(),
  };
}

const spelt = (value: unknown): string =>
  JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? `${each}n` : each)) ?? 'undefined';

/** Numbers for what calls compute: equal for the same op with the same attributes on the same operands. */
export class Identities {
  readonly #byText = new Map<string, number>();
  readonly #bySeq = new Map<number, number>();
  readonly #types = new Map<number, string>();
  readonly #roots = new Set<number>();
  readonly #contents: ReadonlyMap<number, string>;

  constructor({ annotations }: Pick<Trace, 'annotations'>) {
    this.#contents = new Map(
      annotations.flatMap((record) => (record.kind === 'root' ? [[record.seq, toHex(record.contentId)]] : [])),
    );
  }

  of(event: ProgramEvent): number {
    const isRoot = event.op === ROOT_NAME;
    const text = isRoot
      ? (this.#contents.get(event.seq) ?? `root ${event.seq}`)
      : `${event.op}@${event.version} ${this.attributesOf(event)} ${this.operandsOf(event).join()}`;
    const identity = this.#byText.get(text) ?? this.#byText.size;
    this.#byText.set(text, identity);
    this.#bySeq.set(event.seq, identity);
    this.#types.set(event.seq, `${event.dtype}[${event.shape.join()}]`);
    if (isRoot) this.#roots.add(identity);
    return identity;
  }

  /** Of the operands; those from before the kept part of a trace have numbers of their own. */
  operandsOf({ operands }: ProgramEvent): readonly number[] {
    return operands.map((operand) => this.#bySeq.get(operand) ?? -1 - operand);
  }

  /** What an op took says what another of the same types takes. */
  kindOf(event: ProgramEvent): string {
    const { op, version, dtype, shape } = event;
    return `${op}@${version} ${dtype}[${shape.join()}] ${this.typesOf(event).join(' ')}`;
  }

  typesOf({ operands }: ProgramEvent): readonly string[] {
    return operands.map((operand) => this.#types.get(operand) ?? '?');
  }

  attributesOf({ attrs, numerics }: ProgramEvent): string {
    return `${numerics} ${spelt(attrs)}`;
  }

  attributesBy({ attrs }: ProgramEvent): Readonly<Record<string, string>> {
    return Object.fromEntries(Object.entries(attrs).map(([name, value]) => [name, spelt(value)]));
  }

  isRoot(identity: number): boolean {
    return this.#roots.has(identity);
  }
}

interface Missed {
  readonly event: ProgramEvent;
  readonly operands: readonly number[];
  /** Of the operands. */
  readonly types: readonly string[];
  readonly attributes: Readonly<Record<string, string>>;
}

/** The newest calls of an op with which others are compared. */
const COMPARED = 4;

/** Compares every computed call with the nearest of those of its op before it. */
class Misses {
  readonly #recent = new Map<string, Missed[]>();
  readonly #counts = new Map<string, { of: number; readonly differing: Map<string, number> }>();

  add(event: ProgramEvent, identities: Identities, isKnown: boolean): void {
    const missed: Missed = {
      event,
      operands: identities.operandsOf(event),
      types: identities.typesOf(event),
      attributes: identities.attributesBy(event),
    };
    const recent = this.#recent.get(event.op) ?? [];
    this.#recent.set(event.op, recent);
    const counts = this.#counts.get(event.op) ?? { of: 0, differing: new Map<string, number>() };
    this.#counts.set(event.op, counts);
    counts.of++;
    const nearest = recent
      .map((each) => differences(each, missed, identities))
      .reduceRight<readonly string[] | undefined>(
        (a, b) => (a === undefined || b.length < a.length ? b : a),
        undefined,
      );
    recent.push(missed);
    if (recent.length > COMPARED) recent.shift();
    const what = isKnown ? 'nothing: it was not kept, or had to go' : nearest?.join(' and ');
    if (what !== undefined) counts.differing.set(what, (counts.differing.get(what) ?? 0) + 1);
  }

  /** The most frequent first. */
  list(): readonly MissReason[] {
    return [...this.#counts]
      .flatMap(([op, { of, differing }]) => [...differing].map(([differs, count]) => ({ op, differs, count, of })))
      .sort((a, b) => b.count - a.count);
  }
}

/** What a call differs in from another. */
function differences(last: Missed, missed: Missed, identities: Identities): string[] {
  const found: string[] = [];
  if (last.operands.length !== missed.operands.length) found.push(`${missed.operands.length} operands`);
  for (const [i, operand] of missed.operands.entries()) {
    if (operand === last.operands[i] || i >= last.operands.length) continue;
    if (missed.types[i] !== last.types[i]) found.push(`operand ${i}, ${missed.types[i]}`);
    else found.push(`operand ${i}, ${identities.isRoot(operand) ? 'fresh data' : 'another result'}`);
  }
  const names = new Set([...Object.keys(last.attributes), ...Object.keys(missed.attributes)]);
  const changed = [...names].filter((name) => last.attributes[name] !== missed.attributes[name]);
  if (changed.length > 0) found.push(`attributes ${changed.join(', ')}`);
  if (last.event.numerics !== missed.event.numerics) found.push(`class ${missed.event.numerics}`);
  return found.length > 0 ? found : ['shape or dtype'];
}
