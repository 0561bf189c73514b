// The roots of a live trace: kept readable up to a byte budget, so that a saved trace can be replayed; beyond it only
// watched.
import type { RecordedCall } from './recorder.ts';
import { contentId, panelDigests } from '../fingerprint/content.ts';
import type { Digest } from '../fingerprint/digest.ts';
import type { Value } from '../tensor/block.ts';

/** A root that was called for, its bytes while they are there, and its content id where it is on the trace. */
export interface ShelvedRoot {
  readonly seq: number;
  readonly value: Value | undefined;
  readonly contentId: Uint8Array | undefined;
  /** Whether the live trace got its content id with its call. */
  readonly recorded: boolean;
}

interface Slot {
  readonly root: RecordedCall | WeakRef<RecordedCall>;
  readonly seq: number;
  readonly recorded: boolean;
  contentId: Uint8Array | undefined;
}

/** What a small root takes beside its bytes: expression, value, array, its share of a slab, slot. */
const OVERHEAD_BYTES = 1024;

/**
 * Holds roots first come, first kept: what does not fit the budget is listed only while somebody else holds it. A root
 * that was disposed of makes room for others: a weak reference costs as much as computing a small result.
 */
export class RootShelf {
  readonly #budgetBytes: number;
  /** In the order of their calls. */
  #slots: Slot[] = [];
  #heldBytes = 0;
  #sweepAt = 4096;

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  add(root: RecordedCall): void {
    if (this.#slots.length >= this.#sweepAt) this.#sweep();
    const heldBytes = this.#heldBytes + chargedBytes(root);
    const fits = heldBytes <= this.#budgetBytes;
    if (fits) this.#heldBytes = heldBytes;
    this.#slots.push({
      root: fits ? root : new WeakRef(root),
      seq: root.seq,
      recorded: root.contentId !== undefined,
      contentId: root.contentId,
    });
  }

  /** The roots that are wanted, with the content ids of those whose elements are there. */
  identify(digest: Digest, isWanted: (seq: number) => boolean = () => true): ShelvedRoot[] {
    const wanted = this.#slots.filter(({ seq }) => isWanted(seq));
    for (const slot of wanted) slot.contentId ??= idOf(slot.root, digest);
    return wanted.map(shelved);
  }

  /** Lets go of roots that were collected, or whose elements are gone for good. */
  #sweep(): void {
    this.#slots = this.#slots.filter(({ root }) => rootOf(root)?.value !== undefined);
    this.#heldBytes = 0;
    for (const { root } of this.#slots) if (!(root instanceof WeakRef)) this.#heldBytes += chargedBytes(root);
    this.#sweepAt = Math.max(4096, 2 * this.#slots.length);
  }
}

const chargedBytes = (root: RecordedCall): number => root.type.sizeBytes + OVERHEAD_BYTES;

const rootOf = (root: RecordedCall | WeakRef<RecordedCall>): RecordedCall | undefined =>
  root instanceof WeakRef ? root.deref() : root;

/** A root's elements, where they are in RAM. */
function valueOf(root: RecordedCall | WeakRef<RecordedCall>): Value | undefined {
  const value = rootOf(root)?.value;
  return value?.block.isLocal === true ? value : undefined;
}

const shelved = ({ root, seq, contentId: id, recorded }: Slot): ShelvedRoot => ({
  seq,
  value: valueOf(root),
  contentId: id,
  recorded,
});

/** The content id of a root whose elements are there. */
function idOf(root: RecordedCall | WeakRef<RecordedCall>, digest: Digest): Uint8Array | undefined {
  const value = valueOf(root);
  if (value === undefined) return undefined;
  const { array, type } = value;
  return (
    rootOf(root)?.contentId ??
    contentId(panelDigests(array, type.shape, type.dtype, digest), type.shape, type.dtype, digest)
  );
}
