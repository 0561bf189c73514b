// The roots of a live trace: kept readable up to a byte budget, so that a saved trace can be replayed; beyond it only watched.
import type { Expression } from '../expr/expression.ts';
import { contentId, panelDigests } from '../fingerprint/content.ts';
import type { Digest } from '../fingerprint/digest.ts';
import type { Value } from '../tensor/block.ts';

/** A root that was called for, its bytes while they are there, and its content id where it is on the trace. */
export interface ShelvedRoot {
  readonly seq: number;
  readonly value: Value | undefined;
  readonly contentId: Uint8Array | undefined;
}

interface Slot {
  readonly root: Expression | WeakRef<Expression>;
  contentId: Uint8Array | undefined;
}

/** What a small root takes beside its bytes. */
const OVERHEAD_BYTES = 512;

/** Holds roots first come, first kept: what does not fit the budget is listed only while somebody else holds it. */
export class RootShelf {
  readonly #budgetBytes: number;
  readonly #slots = new Map<number, Slot>();
  #heldBytes = 0;
  #sweepAt = 4096;

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  add(root: Expression): void {
    const sizeBytes = root.type.sizeBytes + OVERHEAD_BYTES;
    const fits = this.#heldBytes + sizeBytes <= this.#budgetBytes;
    if (fits) this.#heldBytes += sizeBytes;
    this.#slots.set(root.seq, { root: fits ? root : new WeakRef(root), contentId: root.contentId });
    if (this.#slots.size > this.#sweepAt) this.#sweep();
  }

  list(): ShelvedRoot[] {
    return [...this.#slots].map(([seq, { root, contentId: id }]) => ({ seq, value: valueOf(root), contentId: id }));
  }

  /** Finds the content ids that are missing; returns the roots that got theirs now. */
  identify(digest: Digest): ShelvedRoot[] {
    const found: ShelvedRoot[] = [];
    for (const [seq, slot] of this.#slots) {
      const value = valueOf(slot.root);
      if (slot.contentId !== undefined || value === undefined) continue;
      slot.contentId = rootOf(slot.root)?.contentId ?? idOf(value, digest);
      found.push({ seq, value, contentId: slot.contentId });
    }
    return found;
  }

  #sweep(): void {
    for (const [seq, { root }] of this.#slots) if (rootOf(root) === undefined) this.#slots.delete(seq);
    this.#sweepAt = Math.max(4096, 2 * this.#slots.size);
  }
}

const rootOf = (root: Expression | WeakRef<Expression>): Expression | undefined => (root instanceof WeakRef ? root.deref() : root);

/** A root's elements, where they are in RAM. */
function valueOf(root: Expression | WeakRef<Expression>): Value | undefined {
  const value = rootOf(root)?.value;
  return value?.block.isLocal === true ? value : undefined;
}

const idOf = ({ array, type }: Value, digest: Digest): Uint8Array =>
  contentId(panelDigests(array, type.shape, type.dtype, digest), type.shape, type.dtype, digest);
