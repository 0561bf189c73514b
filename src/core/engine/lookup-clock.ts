// What keys and look-ups cost, measured: every time at first, then a sample, because a clock costs as much as a look-up
// part.
import type { Clock } from '../env.ts';
import type { Counters } from './counters.ts';

const EXACT = 1024;
const ONE_IN = 16;

/** Adds up time in `lookupNs`. */
export class LookupClock {
  readonly #clock: Clock;
  readonly #counters: Counters;
  #asked = 0;

  constructor(clock: Clock, counters: Counters) {
    this.#clock = clock;
    this.#counters = counters;
  }

  /** The time now, or a negative number where this one is not in the sample. */
  start(): number {
    return ++this.#asked <= EXACT || this.#asked % ONE_IN === 0 ? this.#clock() : -1;
  }

  stop(startNs: number): void {
    if (startNs < 0) return;
    this.#counters.lookupNs += (this.#clock() - startNs) * (this.#asked <= EXACT ? 1 : ONE_IN);
  }
}
