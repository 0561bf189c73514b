// Whether a result is asked for in the stores below RAM: a program that finds nothing there loses no more than a small
// part of its time by asking.

/** What asking takes: the key of a call, a look-up, and waiting for it. */
const ASK_NS = 3e4;
/** One in so many is asked for all the same: the program may have come to what an earlier run has computed. */
const ONE_IN = 32;
/** Of so many answers the older half is forgotten. */
const REMEMBERED = 1024;
/** After a hit no more than so many misses count: hits seldom come alone. */
const MISSES_AFTER_HIT = 8;

/** Asks as long as what a hit saves is worth asking, at the rate of hits so far. */
export class Asking {
  #hits = 0;
  #misses = 0;
  #left = 0;

  isDue(savedNs: number): boolean {
    const rate = (this.#hits + 1) / (this.#hits + this.#misses + 2);
    return savedNs * rate >= ASK_NS || ++this.#left % ONE_IN === 0;
  }

  note(isHit: boolean): void {
    if (isHit) {
      this.#hits++;
      this.#misses = Math.min(this.#misses, MISSES_AFTER_HIT);
    } else this.#misses++;
    if (this.#hits + this.#misses < REMEMBERED) return;
    this.#hits /= 2;
    this.#misses /= 2;
  }
}
