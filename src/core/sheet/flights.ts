// Computations under way, so that whoever asks for the same node waits instead of computing it again.
import type { InterningTable, NodeId } from '../expr/interning.ts';
import type { Value } from '../tensor/block.ts';

interface Flight {
  readonly landing: Promise<Value>;
  joined: number;
}

/** Flights by node. Every waiter receives the value held once for it. */
export class Flights {
  readonly #flying = new Map<NodeId, Flight>();
  readonly #table: InterningTable;

  constructor(table: InterningTable) {
    this.#table = table;
  }

  /** Registers a computation; the promise is the starter's own. */
  start(node: NodeId, landing: Promise<Value>): Promise<Value> {
    const flight: Flight = { joined: 0, landing: landing.then((value) => this.#land(node, flight, value)) };
    this.#flying.set(node, flight);
    // While it flies the node must stay: a sweep would give its number to another expression.
    this.#table.retain(node);
    // Its waiters receive the failure; without one left it is nobody's.
    flight.landing.catch(() => this.#end(node));
    return flight.landing;
  }

  /** The value of a computation under way, held for the one who joins; undefined where there is none. */
  join(node: NodeId): Promise<Value> | undefined {
    const flight = this.#flying.get(node);
    if (flight === undefined) return undefined;
    flight.joined++;
    return flight.landing;
  }

  #land(node: NodeId, flight: Flight, value: Value): Value {
    this.#end(node);
    // Before anyone continues: a waiter that is done early must not let the block go under the others.
    for (let i = 0; i < flight.joined; i++) value.block.hold();
    return value;
  }

  #end(node: NodeId): void {
    this.#flying.delete(node);
    this.#table.release(node);
  }
}
