// What a remote tier counts: how it was asked, what it gave, and what came of trouble.
import type { ClaimRefusal } from './trust.ts';

/** Figures of a remote tier since it was opened. */
export interface RemoteFigures {
  readonly hits: number;
  readonly misses: number;
  /** Look-ups and writes that were not made, since the service was being left alone. */
  readonly skipped: number;
  readonly late: number;
  readonly failed: number;
  readonly corrupt: number;
  /** Claims that were not believed, by reason. */
  readonly refused: Readonly<Record<ClaimRefusal, number>>;
  readonly retries: number;
  /** How often the service was left alone after failures. */
  readonly openings: number;
  /** Results that were written, that were there already, and that were not written: too large, or no room. */
  readonly written: number;
  readonly present: number;
  readonly dropped: number;
}

type Counted = Exclude<keyof RemoteFigures, 'refused'>;

export class RemoteCounters {
  readonly #counts: Record<Counted, number> = {
    hits: 0,
    misses: 0,
    skipped: 0,
    late: 0,
    failed: 0,
    corrupt: 0,
    retries: 0,
    openings: 0,
    written: 0,
    present: 0,
    dropped: 0,
  };
  readonly #refused: Record<ClaimRefusal, number> = {
    unsigned: 0,
    'unknown-key': 0,
    'wrong-scope': 0,
    'bad-signature': 0,
    'earlier-epoch': 0,
    expired: 0,
  };

  add(what: Counted): void {
    this.#counts[what]++;
  }

  refuse(why: ClaimRefusal): void {
    this.#refused[why]++;
  }

  figures(): RemoteFigures {
    return { ...this.#counts, refused: { ...this.#refused } };
  }
}
