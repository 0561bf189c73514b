// The sheet's own cache in the simulator: its store, its admission, its score and what it learns of results that come
// again.
import { Returns } from '../../core/engine/returns.ts';
import { NO_ATTRIBUTES } from '../../core/expr/attributes.ts';
import { InterningTable, type NodeId } from '../../core/expr/interning.ts';
import { score } from '../../core/pattern/score.ts';
import { admission } from '../../core/policy/admission.ts';
import { NodeStore } from '../../core/store/node-store.ts';
import { Block, valueOf } from '../../core/tensor/block.ts';
import { tensorType } from '../../core/tensor/type.ts';
import type { Cache, Result } from './cache.ts';
import type { Request } from './requests.ts';

const NOTHING = tensorType('uint8', [0]);

/** The very code that a sheet runs, over results that have a size and no elements. */
export class OwnCache implements Cache {
  readonly #table = new InterningTable();
  readonly #store: NodeStore;
  readonly #returns = new Returns();
  readonly #nodes = new Map<number, NodeId>();
  readonly #made = new Map<number, number>();

  constructor(budgetBytes: number) {
    this.#store = new NodeStore(this.#table, budgetBytes);
  }

  find(identity: number, _at: number, request: Request): boolean {
    const node = this.#nodes.get(identity);
    const isThere = node !== undefined && this.#store.get(node) !== undefined;
    if (isThere) this.#returns.found(kindOf(request, []));
    return isThere;
  }

  offer({ identity, request, operands, sizeBytes, pathNs, unkeptNs, isPassedOn }: Result): boolean {
    const computedBefore = this.#made.get(identity) ?? 0;
    this.#made.set(identity, computedBefore + 1);
    const kind = kindOf(request, operands);
    const worth = score({ costNs: pathNs, sizeBytes, facts: 0 });
    const verdict = admission({
      pathNs,
      unkeptNs,
      computedBefore,
      sizeBytes,
      score: worth,
      passedOn: isPassedOn,
      returns: this.#returns.expected(kind),
      taken: this.#store.taken,
    });
    this.#returns.computed(kind, computedBefore > 0);
    return verdict === 'admit' && this.#put(identity, request, pathNs, worth);
  }

  #put(identity: number, { row, sizeBytes, ownNs }: Request, costNs: number, worth: number): boolean {
    const node = this.#nodes.get(identity) ?? this.#table.fresh(1, 0);
    this.#nodes.set(identity, node);
    return this.#store.put({
      node,
      op: row?.name ?? '',
      value: valueOf(NOTHING, new Block(new Uint8Array(0), 0, undefined, sizeBytes)),
      attributes: NO_ATTRIBUTES,
      costNs,
      ownNs,
      device: '',
      away: false,
      facts: 0,
      score: worth,
      hits: 0,
      touched: 0,
      slot: 0,
    });
  }
}

const kindOf = ({ row, elements }: Request, operands: Result['operands']) => ({
  row,
  operands,
  type: { size: elements },
});
