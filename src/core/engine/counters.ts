// Plain counters of what a sheet did: what benches and tests compare with what a scenario should cost.

/** Counts since the sheet was opened. Bytes are of operands and results. */
export class Counters {
  calls = 0;
  hits = 0;
  parts = 0;
  misses = 0;
  bypasses = 0;
  denials = 0;
  failures = 0;
  kernelCalls = 0;
  kernelNs = 0;
  /** What of that only first runs took: kernels that were compiled, threads that started. */
  coldNs = 0;
  savedNs = 0;
  /** Time of keys and look-ups, sampled. */
  lookupNs = 0;
  /** Found results that were checked, what that took, and those that were dropped as wrong or made of wrong ones. */
  checked = 0;
  checkNs = 0;
  quarantined = 0;
  bytesHashed = 0;
  bytesCopied = 0;
  bytesDemanded = 0;
  /** Floating-point operations that were run. */
  flops = 0;
  /** Those of every op that was asked for: what the same calls cost where nothing is reused. */
  askedFlops = 0;

  /** Floating-point operations that reuse made unnecessary. */
  get avoidedFlops(): number {
    return Math.max(0, this.askedFlops - this.flops);
  }
}
