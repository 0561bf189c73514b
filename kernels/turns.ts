// Turns of the event loop for long work on its own thread.

/** What turns need from the platform. */
export interface TurnHost {
  /** Lets other tasks of the calling thread run. */
  pause(): Promise<void>;
  /** Milliseconds since some moment. */
  now(): number;
}

/** How long the calling thread works for a promise before it lets its other tasks run: two turns are within a frame. */
const TURN_MS = 8;

/** Gives turns where other tasks have waited long. Without a host there is nobody to wait. */
export class Turns {
  readonly #host: TurnHost | undefined;
  #start = -Infinity;

  constructor(host: TurnHost | undefined) {
    this.#host = host;
  }

  /** Lets other tasks of the calling thread run, where they have waited long. */
  async turn(): Promise<void> {
    if (this.#host === undefined || this.#host.now() - this.#start < TURN_MS) return;
    await this.#host.pause();
    this.#start = this.#host.now();
  }

  /** Does so many units of work, a stretch at a time; stretches grow and shrink to about a quarter of a turn. */
  async work(units: number, first: number, run: (start: number, end: number) => void): Promise<void> {
    let length = first;
    for (let start = 0; start < units;) {
      const end = Math.min(units, start + length);
      const before = this.#host?.now() ?? 0;
      run(start, end);
      const elapsedMs = (this.#host?.now() ?? 0) - before;
      if (elapsedMs < TURN_MS / 8) length *= 2;
      else if (elapsedMs > TURN_MS / 2) length = Math.max(1, Math.floor(length / 2));
      start = end;
      await this.turn();
    }
  }

  /** Does the steps of a piece of work. */
  async finish(steps: Iterator<void>): Promise<void> {
    while (steps.next().done !== true) await this.turn();
  }
}
