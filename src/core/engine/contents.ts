// Contents: which node has which bytes. Roots of equal content are one node where a digest pays; fingerprints are taken
// here alone.
import type { CostTable } from '../device/costs.ts';
import type { Digest } from '../env.ts';
import type { InterningTable, NodeId } from '../expr/interning.ts';
import { contentId, panelDigests } from '../fingerprint/content.ts';
import { toHex } from '../fingerprint/digest.ts';
import type { Value } from '../tensor/block.ts';
import type { TypedArray } from '../tensor/dtype.ts';
import type { TensorType } from '../tensor/type.ts';
import type { Call } from './call.ts';
import type { Counters } from './counters.ts';
import { HashPricing } from './hash-pricing.ts';

/** What contents are identified with. */
interface ContentParts {
  readonly table: InterningTable;
  readonly counters: Counters;
  readonly digest: Digest;
  readonly costs: CostTable;
}

/** A content that is known: its node, and a call that has its bytes. */
interface KnownContent {
  readonly node: NodeId;
  readonly generation: number;
  readonly holder: WeakRef<Call> | undefined;
}

/** Contents that are known in this process. */
export class Contents {
  readonly pricing: HashPricing;
  readonly #parts: ContentParts;
  readonly #known = new Map<string, KnownContent>();
  /** By content id. */
  readonly #panels = new WeakMap<Uint8Array, Uint8Array>();
  #sweepAt = 4096;

  constructor(parts: ContentParts) {
    this.#parts = parts;
    this.pricing = new HashPricing(parts.costs);
  }

  /** BLAKE3-256 content id (docs/format/fingerprint.md). */
  contentId(array: TypedArray, type: TensorType): Uint8Array {
    const { digest, counters } = this.#parts;
    counters.bytesHashed += array.byteLength;
    const panels = panelDigests(array, type.shape, type.dtype, digest);
    const id = contentId(panels, type.shape, type.dtype, digest);
    this.#panels.set(id, panels);
    return id;
  }

  /** Digests of the panels of a call's bytes, where its content id was made of them. */
  panelsOf({ contentId: id }: Call): Uint8Array | undefined {
    return id && this.#panels.get(id);
  }

  /** The same id from panel digests that were made where the bytes are. */
  contentIdOfPanels(panels: Uint8Array, { shape, dtype }: TensorType): Uint8Array {
    return contentId(panels, shape, dtype, this.#parts.digest);
  }

  /** Finds the content ids of the roots among fresh calls, where what is computed from them costs enough to ask. */
  identify(fresh: readonly Call[]): void {
    const costliest = this.pricing.worthHashing(fresh, isUnidentified);
    if (costliest === undefined) return;
    for (const root of fresh.filter(isUnidentified)) {
      const { array, type } = root.value as Value;
      this.pricing.saw(costliest, this.assign(root, this.contentId(array, type)));
    }
  }

  /** The call that has the bytes of a content, if one does. */
  holderOf(hex: string): Call | undefined {
    const known = this.#known.get(hex);
    if (known === undefined || !this.#parts.table.isAlive(known.node, known.generation)) return undefined;
    const holder = known.holder?.deref();
    return holder?.value === undefined ? undefined : holder;
  }

  /**
   * Gives a root the node of its content; answers whether that content was known. `remember`: whether others may take
   * the bytes from it.
   */
  assign(root: Call, id: Uint8Array, remember = true): boolean {
    const { table } = this.#parts;
    const hex = toHex(id);
    root.contentId = id;
    const known = this.#known.get(hex);
    const alive = known !== undefined && table.isAlive(known.node, known.generation);
    if (alive) root.standAt(known.node, table);
    const node = root.node(table);
    if (!alive || (remember && known.holder?.deref()?.value === undefined))
      this.#known.set(hex, {
        node,
        generation: table.generationOf(node),
        holder: remember ? new WeakRef(root) : undefined,
      });
    if (this.#known.size > this.#sweepAt) this.#sweep();
    return alive;
  }

  /** Gives a computed call the node of its content: from now on it is known by its bytes, not by how they were made. */
  becomeRoot(call: Call, { array, type }: Value): void {
    this.assign(call, (call.contentId ??= this.contentId(array, type)));
  }

  #sweep(): void {
    for (const [hex, { node, generation }] of this.#known)
      if (!this.#parts.table.isAlive(node, generation)) this.#known.delete(hex);
    this.#sweepAt = Math.max(4096, this.#known.size * 2);
  }
}

/** Whether a call is a root that could be hashed now and was not. */
const isUnidentified = ({ row, contentId: id, value }: Call): boolean =>
  row === undefined && id === undefined && value?.block.isLocal === true;
