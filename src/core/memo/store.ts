// What memos keep: results lie in the sheet's store, under its budget and its eviction; here is only where to find
// them.
import { toHex } from '../fingerprint/digest.ts';
import type { Digest } from '../env.ts';
import type { NodeStore } from '../store/node-store.ts';
import { NO_ATTRIBUTES } from '../expr/attributes.ts';
import { MEMO_ENTRY_BYTES } from '../policy/admission.ts';
import { type InterningTable, type NodeId, ROOT_OP } from '../expr/interning.ts';
import type { Value } from '../tensor/block.ts';
import type { Health } from '../engine/health.ts';
import type { KeptResult, KeptResults } from './kept.ts';

/** A value and, for tensors that are known by their content, where that is and its content id. */
export interface Piece {
  readonly value: Value;
  readonly node?: NodeId;
  readonly id?: Uint8Array;
  /** What the store knows of a kept value. */
  readonly known?: Health;
}

/**
 * A run under way. Its result is undefined until the function has returned its promise: a call from within cannot wait
 * for it.
 */
export interface PendingRun<T = unknown> {
  result: Promise<T> | undefined;
}

/** Where a piece lies; it is gone when the node number was given out again or its entry was evicted. */
interface Place {
  readonly node: NodeId;
  readonly generation: number;
  readonly id: Uint8Array | undefined;
}

interface Kept {
  readonly places: readonly Place[];
  readonly costNs: number;
}

/** What one memo did since the sheet was opened. In rows mode hits and runs are calls; the rows are counted apart. */
export interface MemoStats {
  calls: number;
  /** Calls answered without running the function. */
  hits: number;
  /** Calls answered in part: some rows were kept. */
  parts: number;
  /** Times the function ran. */
  runs: number;
  failures: number;
  rowsReused: number;
  rowsComputed: number;
  /** Hits at which the function ran all the same, and how many of those gave another result. */
  checked: number;
  differed: number;
  spentNs: number;
  savedNs: number;
}

/** Counts of nothing done yet. */
export const freshStats = (): MemoStats => ({
  calls: 0,
  hits: 0,
  parts: 0,
  runs: 0,
  failures: 0,
  rowsReused: 0,
  rowsComputed: 0,
  checked: 0,
  differed: 0,
  spentNs: 0,
  savedNs: 0,
});

function addStats(sum: MemoStats, more: MemoStats): void {
  for (const name of Object.keys(sum) as (keyof MemoStats)[]) sum[name] += more[name];
}

/** Definitions a sheet remembers at most, some kilobytes each. */
export const MAX_DEFINITIONS = 4096;

/** What definitions need. */
export interface MemoParts {
  /** Results of earlier runs, where there is a store of them. */
  readonly kept: KeptResults | undefined;
  readonly table: InterningTable;
  readonly store: NodeStore;
  readonly digest: Digest;
  warn(line: string): void;
  /** What a result that took so many nanoseconds is worth (docs/score.md). */
  scoreOf(value: Value, costNs: number): number;
}

/** One name with its deps, on one sheet: shared by every view and every function given under it. */
export class Definition {
  readonly name: string;
  readonly id: Uint8Array;
  /** The source of the function that was given first: earlier runs of another one do not count. */
  readonly text: string;
  readonly stats = freshStats();
  /** When it was last asked for, by the clock of its sheet's definitions. */
  touched = 0;
  /** Too many others were asked for since: what it kept is dropped, and nothing more is kept. */
  isRetired = false;
  /** Runs under way, by key. One that was forgotten does not stand here any more, and keeps nothing. */
  readonly #pending = new Map<string, PendingRun>();
  readonly #parts: MemoParts;
  readonly #kept = new Map<string, Kept>();
  #sweepAt = 1024;
  #isCleared = false;
  #isDistrusted = false;

  constructor(name: string, id: Uint8Array, text: string, parts: MemoParts) {
    this.name = name;
    this.id = id;
    this.text = text;
    this.#parts = parts;
  }

  /** The pieces kept under a key and what they cost; undefined when any of them is gone. */
  read(key: string): { readonly pieces: readonly Piece[]; readonly costNs: number } | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    const pieces: Piece[] = [];
    for (const { node, generation, id } of kept.places) {
      const entry = this.#parts.table.isAlive(node, generation) ? this.#parts.store.get(node) : undefined;
      if (entry === undefined) {
        this.#drop(key);
        return undefined;
      }
      pieces.push({ value: entry.value, known: entry, ...(id && { id }) });
    }
    return { pieces, costNs: kept.costNs };
  }

  has(key: string): boolean {
    return this.#kept.get(key)?.places.every((place) => this.#holds(place)) ?? false;
  }

  /** Whether there is a store of what earlier runs kept. */
  get hasKept(): boolean {
    return this.#parts.kept !== undefined && !this.#isCleared;
  }

  /** What an earlier run kept under a key; undefined at once where there is no store of such results. */
  readKept(key: string, signal?: AbortSignal): Promise<KeptResult | undefined> | undefined {
    return this.hasKept ? this.#parts.kept?.read(key, this.text, signal) : undefined;
  }

  /** Keeps a result for later runs. */
  writeKept(key: string, result: KeptResult): void {
    if (!this.#isDistrusted) this.#parts.kept?.write(key, this.text, result);
  }

  /** It gave two results for one call: nothing of it is kept or found any more. */
  get isDistrusted(): boolean {
    return this.#isDistrusted;
  }

  /** Whether a hit is one of the share of hits that are checked. */
  isCheckDue(share: number): boolean {
    const { hits } = this.stats;
    return Math.floor(hits * share) > Math.floor((hits - 1) * share);
  }

  /** Counts a check of a kept result. One that differs ends reuse of the function. */
  checked(key: string, isEqual: boolean): void {
    this.stats.checked++;
    if (isEqual) return;
    this.stats.differed++;
    this.forget(key);
    if (this.#isDistrusted) return;
    this.#isDistrusted = true;
    this.clear();
    this.#parts.warn(
      `memo "${this.name}": the function gave two results for the same arguments, so that nothing of it is reused ` +
        'any more. Put what it depends on into its arguments or deps, or give it a seed.',
    );
  }

  /** Keeps a result; one that is larger than the budget is not kept at all. */
  keep(key: string, pieces: readonly Piece[], costNs: number): void {
    if (this.#isDistrusted) return;
    const { table, store } = this.#parts;
    const places = pieces.map(({ value, node = table.fresh(ROOT_OP, 0), id }) => {
      const share = costNs / pieces.length;
      store.put({
        node,
        op: 'memo',
        value,
        attributes: NO_ATTRIBUTES,
        costNs: share,
        ownNs: share,
        device: 'memo',
        overheadBytes: MEMO_ENTRY_BYTES,
        away: false,
        facts: 0,
        score: this.#parts.scoreOf(value, share),
        hits: 0,
        touched: 0,
        slot: 0,
      });
      return { node, generation: table.generationOf(node), id };
    });
    this.#kept.set(key, { places, costNs });
    if (!this.has(key)) this.#drop(key);
    if (this.#kept.size > this.#sweepAt) this.#sweep();
  }

  /** The run under way that gives what is asked for under a key, if a call can wait for it. */
  pendingRun<T>(key: string): Promise<T> | undefined {
    return this.#pending.get(key)?.result as Promise<T> | undefined;
  }

  begin(key: string, run: PendingRun): void {
    this.#pending.set(key, run);
  }

  /** Whether what a run gives may be kept under a key: not if that was forgotten since it began. */
  isUnderWay(key: string, run: PendingRun): boolean {
    return this.#pending.get(key) === run;
  }

  finish(key: string, run: PendingRun): void {
    if (this.isUnderWay(key, run)) this.#pending.delete(key);
  }

  get hasPending(): boolean {
    return this.#pending.size > 0;
  }

  /** Drops what is kept under a key, and what a run under way will give; answers whether something was kept. */
  forget(key: string): boolean {
    this.#pending.delete(key);
    this.#parts.kept?.forget(key, this.text);
    return this.#drop(key);
  }

  #drop(key: string): boolean {
    const kept = this.#kept.get(key);
    if (kept === undefined) return false;
    this.#kept.delete(key);
    for (const place of kept.places) if (this.#holds(place)) this.#parts.store.delete(place.node);
    return true;
  }

  /** Drops everything, and what runs under way will give; answers how many results there were. */
  clear(): number {
    let count = 0;
    // What earlier runs kept is under names that only their arguments tell.
    this.#isCleared = true;
    this.#pending.clear();
    for (const key of this.#kept.keys()) {
      if (this.has(key)) count++;
      this.#drop(key);
    }
    return count;
  }

  #holds({ node, generation }: Place): boolean {
    return this.#parts.table.isAlive(node, generation) && this.#parts.store.peek(node) !== undefined;
  }

  /** Lets go of keys whose results were evicted. */
  #sweep(): void {
    for (const key of this.#kept.keys()) if (!this.has(key)) this.#drop(key);
    this.#sweepAt = Math.max(1024, this.#kept.size * 2);
  }
}

/** Whether results are kept and found: not those of a function that gave two for one call. */
export const reuses = ({
  view,
  definition,
}: {
  readonly view: { readonly reuse: boolean };
  readonly definition: Definition;
}): boolean => view.reuse && !definition.isDistrusted;

/** The definitions of a sheet. */
export class Memos {
  readonly #parts: MemoParts;
  readonly #byId = new Map<string, { readonly definition: Definition; readonly text: string; warned: boolean }>();
  /** Counts of definitions that were retired. */
  readonly #retired = freshStats();
  #clock = 0;

  constructor(parts: MemoParts) {
    this.#parts = parts;
  }

  /**
   * The definition of a name and deps. `text` is the function's source: it changes no key, a change is worth a line.
   */
  define(name: string, id: Uint8Array, text: string): Definition {
    const hex = toHex(id);
    let known = this.#byId.get(hex);
    if (known === undefined) {
      if (this.#byId.size >= MAX_DEFINITIONS) this.#retireOldest();
      this.#byId.set(hex, (known = { definition: new Definition(name, id, text, this.#parts), text, warned: false }));
    }
    this.touch(known.definition);
    if (known.text !== text && !known.warned) {
      known.warned = true;
      this.#parts.warn(
        `memo "${name}": another function is given under the same name and deps; what was kept is still used. ` +
          'Change deps when results change, or memo.forget().',
      );
    }
    return known.definition;
  }

  /** Definitions that are remembered. */
  get size(): number {
    return this.#byId.size;
  }

  /** Marks a definition as just asked for. */
  touch(definition: Definition): void {
    definition.touched = ++this.#clock;
  }

  /**
   * Lets go of the half that was not asked for the longest, with all they kept; a memo that is called again is defined
   * again.
   */
  #retireOldest(): void {
    const idle = [...this.#byId]
      .filter(([, { definition }]) => !definition.hasPending)
      .sort(([, a], [, b]) => a.definition.touched - b.definition.touched);
    for (const [hex, { definition }] of idle.slice(0, MAX_DEFINITIONS / 2)) {
      definition.clear();
      definition.isRetired = true;
      addStats(this.#retired, definition.stats);
      this.#byId.delete(hex);
    }
  }

  /** Sums over all memos. */
  totals(): Readonly<MemoStats> {
    const sum = { ...this.#retired };
    for (const { definition } of this.#byId.values()) addStats(sum, definition.stats);
    return sum;
  }

  /** Drops what all of them kept, and what runs under way will give. */
  clear(): void {
    for (const { definition } of this.#byId.values()) definition.clear();
  }
}
