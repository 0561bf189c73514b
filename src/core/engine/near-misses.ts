// Why a call had to be computed: what it differs in from the nearest of the same op that was, or what became of its
// result. A few words per op and per result that went are kept.
import { callerIn, takeCallSite } from '../call-site.ts';
import type { Call } from './call.ts';
import type { InterningTable, NodeId } from '../expr/interning.ts';
import type { OpRow } from '../ops/define.ts';
import { type Computed, distance, type Miss } from './misses.ts';

/** The most frequent difference. */
interface NearMiss {
  readonly count: number;
  /** `operand 0`, or `attributes`. */
  readonly what: string;
  /** The operand that differs is data from outside, not a result. */
  readonly fresh: boolean;
  /** Where the op was first called: a line of a stack trace. */
  readonly site: string | undefined;
}

/** The newest calls of an op with which others are compared. */
const COMPARED = 4;
/** Results that went which are remembered. */
const MAX_GONE = 4096;

interface OpHistory {
  readonly recent: Computed[];
  readonly site: string | undefined;
  attributes: number;
  operands: NodeId[];
  missed: boolean;
  /** Misses by what differed: operands by number, then attributes. */
  readonly differing: number[];
  readonly fresh: number[];
}

const ATTRIBUTES = 3;
const NAMES = ['operand 0', 'operand 1', 'operand 2', 'attributes'];

/** Remembers per op where it was first called and what its last miss was of. */
export class NearMisses {
  readonly #table: InterningTable;
  readonly #byRow = new Map<OpRow, OpHistory>();

  /** Nodes of which the result had to go, with their generations. */
  readonly #gone = new Map<NodeId, number>();
  readonly #panelsOf: (call: Call) => Uint8Array | undefined;

  /** `panelsOf` gives the digests of the panels of an array, where they are known. */
  constructor(table: InterningTable, panelsOf: (call: Call) => Uint8Array | undefined) {
    this.#table = table;
    this.#panelsOf = panelsOf;
  }

  /** A kept result had to go. */
  evicted(node: NodeId): void {
    if (this.#gone.size >= MAX_GONE) this.#gone.clear();
    this.#gone.set(node, this.#table.generationOf(node));
  }

  /** Why a call is computed; `again`: whether it was before. */
  #missOf(call: Call, { recent }: OpHistory, again: boolean): Miss {
    if (again) {
      const node = call.knownNode(this.#table);
      const isGone = this.#gone.get(node) === this.#table.generationOf(node) && this.#gone.delete(node);
      return { kind: isGone ? 'evicted' : 'bypassed' };
    }
    const is: Computed = {
      seq: call.seq,
      attributes: call.attributes,
      semantics: call.semantics,
      operands: call.operands.map((operand) => operand.knownNode(this.#table)),
      types: call.operands.map(({ type }) => type),
      panels: call.operands.map((operand) => this.#panelsOf(operand)),
    };
    let from: Computed | undefined;
    for (const each of recent) if (from === undefined || distance(each, is) <= distance(from, is)) from = each;
    recent.push(is);
    if (recent.length > COMPARED) recent.shift();
    return from === undefined ? { kind: 'first' } : { kind: 'differs', from, is };
  }

  /** Takes in a call; the first of an op says where it is. */
  called(row: OpRow): void {
    if (!this.#byRow.has(row))
      this.#byRow.set(row, {
        recent: [],
        site: callerIn(takeCallSite()?.stack),
        attributes: 0,
        operands: [],
        missed: false,
        differing: [0, 0, 0, 0],
        fresh: [0, 0, 0, 0],
      });
  }

  /** Takes in a result that had to be computed. */
  missed(call: Call, again: boolean): void {
    const history = call.row === undefined ? undefined : this.#byRow.get(call.row);
    if (history === undefined) return;
    call.miss = this.#missOf(call, history, again);
    const operands = call.operands.slice(0, ATTRIBUTES).map((operand) => operand.knownNode(this.#table));
    if (history.missed) this.#compare(history, call, operands);
    history.missed = true;
    history.attributes = call.attributes.id;
    history.operands = operands;
  }

  #compare(history: OpHistory, call: Call, operands: readonly NodeId[]): void {
    let at = operands.findIndex((node, i) => node !== history.operands[i]);
    if (at < 0) at = history.attributes === call.attributes.id ? -1 : ATTRIBUTES;
    if (at < 0) return;
    history.differing[at]!++;
    if (call.operands[at]?.row === undefined && at !== ATTRIBUTES) history.fresh[at]!++;
  }

  /** The difference most misses had; data from outside counts before what was computed from it. */
  commonest(): NearMiss | undefined {
    const sums = NAMES.map((what, i) => {
      const all = [...this.#byRow.values()];
      const sum = (pick: (history: OpHistory) => number[]): number =>
        all.reduce((total, history) => total + pick(history)[i]!, 0);
      return {
        what,
        count: sum((h) => h.differing),
        fresh: sum((h) => h.fresh),
        site: all.find((h) => h.fresh[i]! > 0 || h.differing[i]! > 0)?.site,
      };
    });
    const best = sums.toSorted((a, b) => b.fresh - a.fresh || b.count - a.count)[0];
    return best === undefined || best.count === 0
      ? undefined
      : { count: best.count, what: best.what, fresh: best.fresh > 0, site: best.site };
  }
}
