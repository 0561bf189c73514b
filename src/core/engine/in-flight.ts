// Computations under way, so that whoever asks for the same result waits instead of computing it again.
import type { InterningTable } from '../expr/interning.ts';
import type { Value } from '../tensor/block.ts';
import type { Identity } from './plan.ts';

interface Flight {
  readonly landing: Promise<Value>;
  joined: number;
}

/** Flights by what they compute. Every waiter receives the value held once for it. */
export class Flights {
  readonly #flying = new Map<Identity, Flight>();
  readonly #table: InterningTable;

  constructor(table: InterningTable) {
    this.#table = table;
  }

  /** Registers a computation; the promise is the starter's own. */
  start(identity: Identity, landing: Promise<Value>): Promise<Value> {
    const flight: Flight = { joined: 0, landing: landing.then((value) => this.#land(identity, flight, value)) };
    this.#flying.set(identity, flight);
    // While it flies the node must stay: a sweep would give its number to another expression.
    if (typeof identity === 'number') this.#table.retain(identity);
    // Its waiters receive the failure; without one left it is nobody's.
    flight.landing.catch(() => this.#end(identity));
    return flight.landing;
  }

  /** The value of a computation under way, held for the one who joins; undefined where there is none. */
  join(identity: Identity): Promise<Value> | undefined {
    const flight = this.#flying.get(identity);
    if (flight === undefined) return undefined;
    flight.joined++;
    return flight.landing;
  }

  #land(identity: Identity, flight: Flight, value: Value): Value {
    this.#end(identity);
    // Before anyone continues: a waiter that is done early must not let the block go under the others.
    for (let i = 0; i < flight.joined; i++) value.block.hold();
    return value;
  }

  #end(identity: Identity): void {
    this.#flying.delete(identity);
    if (typeof identity === 'number') this.#table.release(identity);
  }
}
