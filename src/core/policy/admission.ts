// Whether a computed result is kept: a pure function of what it cost, how large it is and what reads it.

/** What admission looks at. */
export interface Candidate {
  /** Nanoseconds of it and of everything that was computed for it. */
  readonly pathNs: number;
  /** Computations of the same node before this one. */
  readonly computedBefore: number;
  /** Its only reader is a cheap op on the same elements, which will be the one to keep. */
  readonly passedOn: boolean;
  /** Its score (docs/score.md), in [0, 1]. */
  readonly score: number;
  /** Bytes it would take, with those of its entry. */
  readonly sizeBytes: number;
  /** As `pathNs`, without what was computed for it and is kept itself. */
  readonly unkeptNs: number;
  /** How often results of its kind come again, as far as is known: ½ where nothing is. */
  readonly returns: number;
  /** Share of the budget that is taken. */
  readonly taken: number;
}

/** What to do with a result: keep it, drop it as not worth a look-up, or wait until it is computed a second time. */
export type Admission = 'admit' | 'bypass' | 'wait';

/** A result cheaper than a look-up and its bookkeeping is computed again faster than found. */
export const LOOKUP_NS = 2000;
/** Bytes an entry takes besides its elements: array, buffer, block, entry, node. */
export const ENTRY_BYTES = 600;
/**
 * The same of a piece of a memo's result, with its key, its place and its array (2.7 KB of heap a small result, by
 * filling one).
 */
export const MEMO_ENTRY_BYTES = 2800;
/**
 * Keeping a byte costs about a fresh page's share (0.25 ns) and what it displaces; cheaper results must be asked for
 * twice.
 */
export const WORTH_NS_PER_BYTE = 0.5;

/**
 * Score of an ordinary result that saves what its room costs, `WORTH_NS_PER_BYTE`: its economics are ½ (docs/score.md).
 */
export const ADMISSION_SCORE = 0.6;

/** What keeping costs at once: fresh pages instead of those that were just let go. */
export const KEEPING_NS_PER_BYTE = WORTH_NS_PER_BYTE / 2;
/**
 * Share of the budget that is filled whatever is known of what comes again: its pages are fresh once, and a short
 * program that is run again finds all it made.
 */
const FREE_SHARE = 0.1;

/** Decides by break-even: the price of keeping against what hits save, as often as such results come again. */
export function admission(candidate: Candidate): Admission {
  const { pathNs, computedBefore, passedOn, score, taken } = candidate;
  if (pathNs < LOOKUP_NS) return 'bypass';
  if (computedBefore > 0) return 'admit';
  if (passedOn || pathNs < 4 * LOOKUP_NS || score < ADMISSION_SCORE) return 'wait';
  return taken < FREE_SHARE || candidate.returns * candidate.unkeptNs >= KEEPING_NS_PER_BYTE * candidate.sizeBytes
    ? 'admit'
    : 'wait';
}
