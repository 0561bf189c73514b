// Figures of a sheet: what was counted, and the state of its RAM store.
import type { NodeStoreStats } from '../store/entry.ts';
import type { Counters } from '../engine/counters.ts';
import type { MemoStats } from '../memo/store.ts';
import type { TierStats } from '../engine/parts.ts';
import type { NearMisses } from '../engine/near-misses.ts';

/** What a report is made from. */
export interface Reported {
  readonly counters: Counters;
  readonly store: { stats(): NodeStoreStats };
  readonly memos: { totals(): Readonly<MemoStats> };
  readonly nearMisses: NearMisses;
  readonly pins: { readonly sizeBytes: number };
  readonly lower: { stats(): TierStats } | undefined;
  readonly table: { readonly size: number };
  readonly settings: { readonly cache: 'on' | 'off'; readonly trace: { readonly file?: string } };
}

/** Counts since the sheet was opened and the state of its RAM store. Sizes in bytes, times in nanoseconds. */
export interface SheetStats extends NodeStoreStats {
  /** Bytes that live handles hold, beside the budget. */
  readonly pinnedBytes: number;
  /** Expressions in the interning table. */
  readonly nodes: number;
  readonly counters: Readonly<Record<keyof Counters, number>>;
  /** Sums over all memos. */
  readonly memo: Readonly<MemoStats>;
  /** Stores below RAM; undefined where the sheet has none. */
  readonly stored: TierStats | undefined;
}

/** The numbers as a plain record, a copy. */
export function sheetStats({ store, counters, pins, table, memos, lower }: Reported): SheetStats {
  return {
    ...store.stats(),
    pinnedBytes: pins.sizeBytes,
    nodes: table.size,
    counters: { ...(counters as Readonly<Record<keyof Counters, number>>), avoidedFlops: counters.avoidedFlops },
    memo: memos.totals(),
    stored: lower?.stats(),
  };
}
