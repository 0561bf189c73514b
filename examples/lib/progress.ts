// How far a run is and how long it still takes, and stopping it by Ctrl-C.
import { formatSeconds } from './format.ts';
import type { Screen } from './screen.ts';

const BAR = 12;
const LIVE_EVERY_MS = 100;
const LINE_EVERY_MS = 10_000;
const YIELD_EVERY_MS = 40;
/** Within this time a second signal is the same key: npm and tsx pass on what the terminal has sent already. */
const RELAY_MS = 1000;

/** Thrown out of a run when its user stopped it. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

/** Watches one run. */
export interface Progress {
  /** To be awaited after every fit: shows it, and lets signals in. */
  tick(): Promise<void>;
  end(): void;
}

/** Progress of `total` fits on a screen; while it watches, Ctrl-C stops the run at the next fit. */
export function watch(
  screen: Screen,
  name: string,
  total: number,
  clock: () => number = () => performance.now(),
): Progress {
  const start = clock();
  let [done, shown, yielded] = [0, start, start];
  let stoppedAt = Number.NaN;
  // Stays after a stop, for what is printed then: a signal may be passed on late. A second key ends the program.
  const stop = (): void => {
    if (clock() - stoppedAt > RELAY_MS) process.exit(130);
    if (Number.isNaN(stoppedAt)) stoppedAt = clock();
  };
  process.on('SIGINT', stop);
  if (total > 0) screen.live(line(name, 0, total, 0));
  return {
    async tick() {
      done++;
      const now = clock();
      if (now - shown >= (screen.isLive ? LIVE_EVERY_MS : LINE_EVERY_MS)) {
        shown = now;
        if (screen.isLive) screen.live(line(name, done, total, now - start));
        else screen.print(line(name, done, total, now - start));
      }
      if (now - yielded >= YIELD_EVERY_MS) {
        await new Promise((resume) => setImmediate(resume));
        yielded = clock();
      }
      if (!Number.isNaN(stoppedAt) && done < total) throw new Stopped(`stopped at ${done} of ${total}`);
    },
    end: () => {
      if (Number.isNaN(stoppedAt)) process.removeListener('SIGINT', stop);
    },
  };
}

function line(name: string, done: number, total: number, elapsedMs: number): string {
  const full = Math.round((BAR * done) / total);
  const left = done === 0 ? '' : `, ≈ ${formatSeconds(((elapsedMs / done) * (total - done)) / 1000)} left`;
  return (
    `  ${name.padEnd(30)} ${String(done).padStart(3)}/${total} ${'━'.repeat(full)}${'╌'.repeat(BAR - full)} ` +
    `${formatSeconds(elapsedMs / 1000)}${left}`
  );
}
