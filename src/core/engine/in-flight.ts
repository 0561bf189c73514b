// Computations under way, so that whoever asks for the same result waits instead of computing it again.
import type { InterningTable } from '../expr/interning.ts';
import type { Value } from '../tensor/block.ts';
import type { PlanKey } from './plan.ts';

interface Computation {
  readonly result: Promise<Value>;
  joined: number;
}

/** In-flight computations by what they compute. Every waiter receives the value held once for it. */
export class InFlight {
  readonly #computations = new Map<PlanKey, Computation>();
  readonly #table: InterningTable;

  constructor(table: InterningTable) {
    this.#table = table;
  }

  /** Registers a computation; the promise is the starter's own. */
  start(identity: PlanKey, result: Promise<Value>): Promise<Value> {
    const computation: Computation = {
      joined: 0,
      result: result.then((value) => this.#deliver(identity, computation, value)),
    };
    this.#computations.set(identity, computation);
    // Until then the node must stay: a sweep would give its number to another.
    if (typeof identity === 'number') this.#table.retain(identity);
    // Its waiters receive the failure; without one left it is nobody's.
    computation.result.catch(() => this.#end(identity));
    return computation.result;
  }

  /** The value of a computation under way, held for the one who joins; undefined where there is none. */
  join(identity: PlanKey): Promise<Value> | undefined {
    const computation = this.#computations.get(identity);
    if (computation === undefined) return undefined;
    computation.joined++;
    return computation.result;
  }

  #deliver(identity: PlanKey, computation: Computation, value: Value): Value {
    this.#end(identity);
    // Before anyone continues: a waiter that is done early must not let the block go under the others.
    for (let i = 0; i < computation.joined; i++) value.block.hold();
    return value;
  }

  #end(identity: PlanKey): void {
    this.#computations.delete(identity);
    if (typeof identity === 'number') this.#table.release(identity);
  }
}
