// The roots of a live trace: kept readable up to a byte budget, so that a saved trace can be replayed; beyond it only watched.
import type { Expression } from '../expr/expression.ts';
import type { Value } from '../tensor/block.ts';

/** A root that was called for, and its bytes while they are there. */
export interface ShelvedRoot {
  readonly seq: number;
  readonly value: Value | undefined;
  /** Where it is known already. */
  readonly contentId: Uint8Array | undefined;
}

/** What a small root takes beside its bytes. */
const OVERHEAD_BYTES = 512;

type Held = Expression | WeakRef<Expression>;

/** Holds roots first come, first kept: what does not fit the budget is found at `list` only if somebody else still holds it. */
export class RootShelf {
  readonly #budgetBytes: number;
  readonly #held = new Map<number, Held>();
  #heldBytes = 0;
  #sweepAt = 4096;

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  add(root: Expression): void {
    const sizeBytes = root.type.sizeBytes + OVERHEAD_BYTES;
    const fits = this.#heldBytes + sizeBytes <= this.#budgetBytes;
    if (fits) this.#heldBytes += sizeBytes;
    this.#held.set(root.seq, fits ? root : new WeakRef(root));
    if (this.#held.size > this.#sweepAt) this.#sweep();
  }

  list(): ShelvedRoot[] {
    return [...this.#held].map(([seq, held]) => {
      const root = held instanceof WeakRef ? held.deref() : held;
      return { seq, value: root?.value, contentId: root?.contentId };
    });
  }

  /** Lets go of all roots. */
  clear(): void {
    this.#held.clear();
    this.#heldBytes = 0;
  }

  #sweep(): void {
    for (const [seq, held] of this.#held) if (held instanceof WeakRef && held.deref() === undefined) this.#held.delete(seq);
    this.#sweepAt = Math.max(4096, 2 * this.#held.size);
  }
}
