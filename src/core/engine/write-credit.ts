// How much of a program's time goes into results for later runs: less than one part in a hundred, so that a program
// that never finds one again loses no more by them.

/**
 * The share of the time since the sheet was opened that writing may take of what the program demanded, and again of
 * what it did not: a later run asks for the demanded results first, and they must not find the time taken.
 */
const SHARE = 0.0025;
/**
 * What may be written of either at once, so that short programs keep their results too: less of what takes more than
 * this share of its own computing to write.
 */
const LEAST_NS = 2e7;
const MODEST_SHARE = 0.05;
const LEAST_DEMANDED_NS = 4e6;
const LEAST_OTHER_NS = 2e6;
/** What takes no larger share of what computing it took may always be written. */
const ALWAYS_SHARE = 0.005;
/** What a result takes of the processor: digests, a copy, and what the system copies when it is written. */
const PUT_NS = 2e4;
const NS_PER_BYTE = 1;

/** What writing a result of so many bytes takes. */
export const writeNs = (sizeBytes: number): number => PUT_NS + NS_PER_BYTE * sizeBytes;

/** What writing results of a kind may have taken, where one more takes so long. */
const allowanceNs = (ns: number, ownNs: number, elapsedNs: number, leastNs: number): number =>
  ns <= ALWAYS_SHARE * ownNs ? Infinity : Math.max(ns <= MODEST_SHARE * ownNs ? LEAST_NS : leastNs, SHARE * elapsedNs);

/** Decides which results are offered to stores below RAM. */
export class WriteCredit {
  #demandedNs = 0;
  #otherNs = 0;

  /** Whether a result may be written. One that took two hundred times as much to compute always may. */
  affords(sizeBytes: number, ownNs: number, elapsedNs: number): boolean {
    const ns = writeNs(sizeBytes);
    return this.#otherNs + ns <= allowanceNs(ns, ownNs, elapsedNs, LEAST_OTHER_NS);
  }

  /** As `affords`; what may be written is counted then. */
  spend(sizeBytes: number, ownNs: number, elapsedNs: number): boolean {
    if (!this.affords(sizeBytes, ownNs, elapsedNs)) return false;
    this.#otherNs += writeNs(sizeBytes);
    return true;
  }

  /** As `spend`, for a result that the program demanded; `lookingNs`: what finding out what it is worth takes. */
  spendDemanded(sizeBytes: number, ownNs: number, lookingNs: number, elapsedNs: number): boolean {
    const ns = writeNs(sizeBytes) + lookingNs;
    if (this.#demandedNs + ns > allowanceNs(ns, ownNs, elapsedNs, LEAST_DEMANDED_NS)) return false;
    this.#demandedNs += ns;
    return true;
  }

  /** Counts what writing took beyond what was expected of it: on a busy machine it is more, as all else is. */
  exceed(isDemanded: boolean, beyondNs: number): void {
    if (beyondNs <= 0) return;
    if (isDemanded) this.#demandedNs += beyondNs;
    else this.#otherNs += beyondNs;
  }
}
