// What a miss differed in from the miss of the same op before it: why a cache does not help. A few words per op are
// kept.
import { callerIn, takeCallSite } from '../call-site.ts';
import type { Call } from './call.ts';
import type { InterningTable, NodeId } from '../expr/interning.ts';
import type { OpRow } from '../ops/define.ts';

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

interface OpHistory {
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

  constructor(table: InterningTable) {
    this.#table = table;
  }

  /** Takes in a call; the first of an op says where it is. */
  called(row: OpRow): void {
    if (!this.#byRow.has(row))
      this.#byRow.set(row, {
        site: callerIn(takeCallSite()?.stack),
        attributes: 0,
        operands: [],
        missed: false,
        differing: [0, 0, 0, 0],
        fresh: [0, 0, 0, 0],
      });
  }

  /** Takes in a result that had to be computed. */
  missed(call: Call): void {
    const history = call.row === undefined ? undefined : this.#byRow.get(call.row);
    if (history === undefined) return;
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
