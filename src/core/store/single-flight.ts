// A wrapper that asks once: whoever asks for a key while it is being got waits for the same answer.
import { type Key, type Store, type Stored, untilAborted, wrap } from './store.ts';

interface Flight {
  readonly answer: Promise<Stored | undefined>;
  /** Ends the look-up once nobody waits for it; undefined where the first who asked waits to the end. */
  readonly ends: AbortController | undefined;
  waiters: number;
}

/** The store, asked for a key once at a time. Whose signal fires leaves; the look-up ends with the last of them. */
export function singleFlight(store: Store): Store {
  const flights = new Map<Key, Flight>();
  const start = (key: Key, mayLeave: boolean, costNs: number | undefined): Flight => {
    const ends = mayLeave ? new AbortController() : undefined;
    const answer = store.get(key, ends?.signal, costNs).finally(() => removeFlight(flights, key, flight));
    const flight: Flight = { ends, waiters: 0, answer };
    flights.set(key, flight);
    return flight;
  };
  return wrap(store, {
    get: (key, signal, costNs) => {
      const flight = flights.get(key) ?? start(key, signal !== undefined, costNs);
      flight.waiters++;
      return untilAborted(flight.answer, signal).finally(() => {
        if (--flight.waiters > 0) return;
        removeFlight(flights, key, flight);
        flight.ends?.abort();
      });
    },
  });
}

function removeFlight(flights: Map<Key, Flight>, key: Key, flight: Flight): void {
  if (flights.get(key) === flight) flights.delete(key);
}
