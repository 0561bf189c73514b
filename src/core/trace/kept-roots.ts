// The roots of a live trace: the first and the newest are kept readable within a byte budget, so that a saved trace can
// be replayed; others are only watched.
import type { RecordedCall } from './recorder.ts';
import { contentId, panelDigests } from '../fingerprint/content.ts';
import type { Digest } from '../fingerprint/digest.ts';
import type { Value } from '../tensor/block.ts';

/** A root that was called for, its bytes while they are there, and its content id where it is on the trace. */
export interface KeptRoot {
  readonly seq: number;
  readonly value: Value | undefined;
  readonly contentId: Uint8Array | undefined;
  /** Whether the live trace got its content id with its call. */
  readonly recorded: boolean;
}

interface Slot {
  root: RecordedCall | WeakRef<RecordedCall>;
  readonly seq: number;
  readonly recorded: boolean;
  contentId: Uint8Array | undefined;
}

/** What a small root takes beside its bytes: call, value, array, its share of a slab, slot. */
const OVERHEAD_BYTES = 1024;

/**
 * Holds the first roots up to half of the budget, for they are what a program computes with to its end, and the newest
 * in the rest, for the events that are still in memory speak of those. Others are listed while somebody else holds
 * them. Only what leaves gets a weak reference, which costs as much as computing a small result.
 */
export class KeptRoots {
  readonly #budgetBytes: number;
  /** In the order of their calls. */
  #slots: Slot[] = [];
  #firstBytes = 0;
  /** The newest that are held, from `#oldest` on in the order of their calls. */
  #newest: Slot[] = [];
  #oldest = 0;
  #newestBytes = 0;
  #sweepAt = 4096;

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  add(root: RecordedCall): void {
    if (this.#slots.length >= this.#sweepAt) this.#sweep();
    const slot: Slot = { root, seq: root.seq, recorded: root.contentId !== undefined, contentId: root.contentId };
    this.#slots.push(slot);
    const sizeBytes = chargedBytes(root);
    if (this.#newestBytes === 0 && this.#firstBytes + sizeBytes <= this.#budgetBytes / 2) this.#firstBytes += sizeBytes;
    else if (sizeBytes > this.#budgetBytes - this.#firstBytes) slot.root = new WeakRef(root);
    else this.#addNewest(slot, sizeBytes);
  }

  /** Makes room for a root among the newest. */
  #addNewest(slot: Slot, sizeBytes: number): void {
    this.#newest.push(slot);
    this.#newestBytes += sizeBytes;
    while (this.#firstBytes + this.#newestBytes > this.#budgetBytes) {
      const leaving = this.#newest[this.#oldest++] as Slot;
      const root = leaving.root as RecordedCall;
      this.#newestBytes -= chargedBytes(root);
      leaving.root = new WeakRef(root);
    }
    if (2 * this.#oldest <= this.#newest.length) return;
    this.#newest = this.#newest.slice(this.#oldest);
    this.#oldest = 0;
  }

  /** The roots that are wanted, with the content ids of those whose elements are there. */
  identify(digest: Digest, isWanted: (seq: number) => boolean = () => true): KeptRoot[] {
    const wanted = this.#slots.filter(({ seq }) => isWanted(seq));
    for (const slot of wanted) slot.contentId ??= idOf(slot.root, digest);
    return wanted.map(keptRoot);
  }

  /** Lets go of roots that were collected, or whose elements are gone for good. */
  #sweep(): void {
    this.#slots = this.#slots.filter(({ root }) => rootOf(root)?.value !== undefined);
    this.#newest = this.#newest.slice(this.#oldest).filter(({ root }) => rootOf(root)?.value !== undefined);
    this.#oldest = 0;
    this.#newestBytes = heldBytes(this.#newest);
    this.#firstBytes = heldBytes(this.#slots) - this.#newestBytes;
    this.#sweepAt = Math.max(4096, 2 * this.#slots.length);
  }
}

/** What roots take that are held. */
const heldBytes = (slots: readonly Slot[]): number =>
  slots.reduce((bytes, { root }) => bytes + (root instanceof WeakRef ? 0 : chargedBytes(root)), 0);

const chargedBytes = (root: RecordedCall): number => root.type.sizeBytes + OVERHEAD_BYTES;

const rootOf = (root: RecordedCall | WeakRef<RecordedCall>): RecordedCall | undefined =>
  root instanceof WeakRef ? root.deref() : root;

/** A root's elements, where they are in RAM. */
function valueOf(root: RecordedCall | WeakRef<RecordedCall>): Value | undefined {
  const value = rootOf(root)?.value;
  return value?.block.isLocal === true ? value : undefined;
}

const keptRoot = ({ root, seq, contentId: id, recorded }: Slot): KeptRoot => ({
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
