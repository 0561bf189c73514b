// Results that were found wrong: they, and what was computed from them, are used no more.
import type { InterningTable, NodeId } from '../expr/interning.ts';
import type { Block } from '../tensor/block.ts';
import type { Call } from './call.ts';

/** Nodes whose results were wrong, or made of wrong ones, and have to be computed again before they are used. */
export class Quarantine {
  readonly #table: InterningTable;
  /** With the generation each had. */
  readonly #nodes = new Map<NodeId, number>();
  /** What was computed for them since. */
  readonly #fresh = new WeakSet<Block>();

  constructor(table: InterningTable) {
    this.#table = table;
  }

  /** Takes in a node and all that is made of it; answers which those are. */
  add(node: NodeId): readonly NodeId[] {
    const all = this.#table.madeOf(node);
    for (const each of all) this.#nodes.set(each, this.#table.generationOf(each));
    return all;
  }

  /** Whether what is known of a call outside this sheet's own computing is not to be trusted. */
  has(call: Call): boolean {
    if (this.#nodes.size === 0) return false;
    const node = call.knownNode(this.#table);
    return node !== 0 && this.#nodes.get(node) === this.#table.generationOf(node);
  }

  /** Whether a call still has a value from before. */
  taints(call: Call): boolean {
    return call.value !== undefined && call.isComputable && this.has(call) && !this.#fresh.has(call.value.block);
  }

  /** A value was computed since: it may be used. */
  renewed(block: Block): void {
    if (this.#nodes.size > 0) this.#fresh.add(block);
  }
}
