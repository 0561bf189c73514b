// How much of a program's time goes into results for later runs: one part in a hundred, so that a program that never
// finds one again loses no more by them.

/**
 * The share of the time since the sheet was opened that writing may take of what the program demanded, and again of
 * what it did not: a later run asks for the demanded results first, and they must not find the time taken.
 */
const SHARE = 0.005;
/** What may be written of either at once, so that short programs keep their results too. */
const LEAST_NS = 2e7;
/** What a result takes of the processor: digests, a copy, and what the system copies when it is written. */
const PUT_NS = 2e4;
const NS_PER_BYTE = 1;

/** What writing a result of so many bytes takes. */
export const writeNs = (sizeBytes: number): number => PUT_NS + NS_PER_BYTE * sizeBytes;

/** What writing of either kind may have taken so long after the sheet was opened. */
const allowanceNs = (elapsedNs: number): number => Math.max(LEAST_NS, SHARE * elapsedNs);

/** Decides which results are offered to stores below RAM. */
export class WriteCredit {
  #demandedNs = 0;
  #otherNs = 0;

  /**
   * Whether a result may be written, which is counted then. One that took two hundred times as much to compute always
   * may: what all of those take is within the share.
   */
  spend(sizeBytes: number, ownNs: number, elapsedNs: number): boolean {
    const ns = writeNs(sizeBytes);
    if (this.#otherNs + ns > allowanceNs(elapsedNs) && ns > SHARE * ownNs) return false;
    this.#otherNs += ns;
    return true;
  }

  /** As `spend`, for a result that the program demanded; `lookingNs`: what finding out what it is worth takes. */
  spendDemanded(sizeBytes: number, lookingNs: number, elapsedNs: number): boolean {
    const ns = writeNs(sizeBytes) + lookingNs;
    if (this.#demandedNs + ns > allowanceNs(elapsedNs)) return false;
    this.#demandedNs += ns;
    return true;
  }
}
