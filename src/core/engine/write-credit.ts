// How much of a program's time goes into results for later runs: one part in a hundred, so that a program that never
// finds one again loses no more by them.

/** The share of the time since the sheet was opened that writing may take. */
const SHARE = 0.01;
/** What may be written at once, so that short programs keep their results too. */
const LEAST_NS = 2e7;
/** What a result takes of the processor: digests, a copy, and what the system copies when it is written. */
const PUT_NS = 2e4;
const NS_PER_BYTE = 1;

/** What writing a result of so many bytes takes. */
export const writeNs = (sizeBytes: number): number => PUT_NS + NS_PER_BYTE * sizeBytes;

/** Decides which results are offered to stores below RAM. */
export class WriteCredit {
  #spentNs = 0;

  /**
   * Whether a result may be written, which is counted then. One that took a hundred times as much to compute always
   * may: what all of those take is within the share.
   */
  spend(sizeBytes: number, ownNs: number, elapsedNs: number): boolean {
    const ns = writeNs(sizeBytes);
    const isWithin = this.#spentNs + ns <= Math.max(LEAST_NS, SHARE * elapsedNs);
    if (!isWithin && ns > SHARE * ownNs) return false;
    this.#spentNs += ns;
    return true;
  }
}
