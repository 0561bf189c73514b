// A breaker: a service that fails is left alone for a while, then tried by one look-up that nobody waits for.
import type { RemoteWorld } from './world.ts';

/** After so many failures in a row a service is left alone; after fewer late answers, which cost the caller time. */
const MAX_FAILURES = 5;
const MAX_LATE = 2;
/** It is left alone for so long at first, twice as long after each try that failed. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;

/** The leave to ask a service. A probe is the one try after a pause. */
export interface Leave {
  readonly isProbe: boolean;
}

export class Breaker {
  readonly #world: RemoteWorld;
  readonly #onOpen: () => void;
  #failures = 0;
  #late = 0;
  #pauseMs = FIRST_PAUSE_MS;
  #openUntilMs: number | undefined;
  #isProbing = false;

  constructor(world: RemoteWorld, onOpen: () => void) {
    this.#world = world;
    this.#onOpen = onOpen;
  }

  /** Leave to ask; undefined while the service is left alone. Whoever has it says how it went. */
  admit(): Leave | undefined {
    if (this.#openUntilMs === undefined) return { isProbe: false };
    if (this.#isProbing || this.#world.nowMs() < this.#openUntilMs) return undefined;
    this.#isProbing = true;
    return { isProbe: true };
  }

  succeeded({ isProbe }: Leave): void {
    // What was asked before the service was left alone says nothing of it now.
    if (this.#openUntilMs !== undefined && !isProbe) return;
    this.#openUntilMs = undefined;
    this.#isProbing = false;
    [this.#failures, this.#late, this.#pauseMs] = [0, 0, FIRST_PAUSE_MS];
  }

  failed({ isProbe }: Leave, kind: 'late' | 'failed'): void {
    if (isProbe) return this.#open(2 * this.#pauseMs);
    if (this.#openUntilMs !== undefined) return;
    this.#failures++;
    if (kind === 'late') this.#late++;
    if (this.#failures >= MAX_FAILURES || this.#late >= MAX_LATE) this.#open(FIRST_PAUSE_MS);
  }

  /** Gives leave back unused: the caller left before there was an answer. */
  abandoned({ isProbe }: Leave): void {
    if (isProbe) this.#isProbing = false;
  }

  /** Leaves the service alone; programs that started together do not come back together. */
  #open(pauseMs: number): void {
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs);
    this.#isProbing = false;
    this.#openUntilMs = this.#world.nowMs() + this.#pauseMs * (0.75 + 0.5 * this.#world.random());
    this.#onOpen();
  }
}
