// What the node store keeps of a result: the live value and what it is worth.
import type { Attributes } from '../expr/attributes.ts';
import type { NodeId } from '../expr/interning.ts';
import type { Value } from '../tensor/block.ts';
import type { StoreSource } from './store.ts';

/** A stored result and what it is worth. */
export interface Entry {
  readonly node: NodeId;
  /** Name of the op it is a result of, for people; `memo` of what a remembered function gave. */
  readonly op: string;
  readonly value: Value;
  /** Held so that the interned attributes of the node keep their number. */
  readonly attributes: Attributes;
  /** Measured nanoseconds of it and of what was computed for it: what a hit may save. */
  readonly costNs: number;
  /** Measured nanoseconds of it alone: what hits are counted as, since what it was made of is asked for as well. */
  readonly ownNs: number;
  readonly device: string;
  /** The store below RAM that gave it; undefined where it was computed here. */
  readonly from?: StoreSource | undefined;
  /** Bytes that holding it takes besides its elements, where that is more than an ordinary entry (`ENTRY_BYTES`). */
  readonly overheadBytes?: number;
  /**
   * On a device only, with which it may be lost, and in whose budget it counts. A hit on any other need not look at its
   * block. The store's business once it is put.
   */
  away: boolean;
  /** Structure and health of the value, filled in by whoever looks (pattern/). */
  facts: number;
  /** In [0, 1]; docs/score.md. */
  score: number;
  hits: number;
  /** The store's clock at the last touch; the store's business. */
  touched: number;
  /** Slot in the store; the store's business. */
  slot: number;
}

export interface NodeStoreStats {
  readonly entries: number;
  readonly sizeBytes: number;
  readonly budgetBytes: number;
  /** Of elements that are kept on a device alone, in its budget. */
  readonly deviceBytes: number;
  readonly evictions: number;
}
