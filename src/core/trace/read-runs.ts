// Reads a live trace's file: the runs in it, one for every time that it was opened to be written.
import type { Digest } from '../fingerprint/digest.ts';
import { readFrames, type TraceDamage, type TraceReading } from './read-frames.ts';

/** The runs of a file up to the first damage; the last run is the one that is damaged. */
interface RunsReading {
  readonly runs: readonly TraceReading[];
  readonly damage?: TraceDamage;
}

/** Verifies and reads every run. Any bytes give a result. */
export function readRuns(bytes: Uint8Array, digest: Digest): RunsReading {
  const runs: TraceReading[] = [];
  for (let offset = 0; ;) {
    const reading = readFrames(bytes, digest, { offset, run: runs.length });
    runs.push(reading);
    if (reading.damage !== undefined) return { runs, damage: reading.damage };
    if (reading.ending === 'final' || reading.endAt === undefined) return { runs };
    offset = reading.endAt.end;
  }
}
