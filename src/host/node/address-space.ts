// Room for one more thread in a process whose address space is limited: V8 ends the whole process where it finds none
// for a worker's.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { UnavailableError } from '../../core/errors.ts';

/**
 * What V8 reserves for a worker, 0.6 to 0.75 GB of it seen on Node 20 to 24, and what is left for the program beside.
 */
const WORKER_BYTES = 2 ** 30;
const REST_BYTES = 2 ** 29;

let limit: number | undefined;

/**
 * Throws where the address space has no room for so many workers that have begun to start and are not seen in it yet.
 */
export function checkRoom(starting: number): void {
  limit ??= limitBytes();
  if (limit === Infinity) return;
  const roomBytes = limit - usedBytes();
  if (roomBytes >= starting * WORKER_BYTES + REST_BYTES) return;
  throw new UnavailableError(
    `the address space of the process is limited to ${gigabytes(limit)}, of which ${gigabytes(roomBytes)} are ` +
      'left, and a thread takes 1 GB; raise the limit (ulimit -v) for more threads',
    { limitBytes: limit, roomBytes },
  );
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/** The soft limit of address space; Infinity where there is none, or where nothing says so. */
const limitBytes = (): number => numberIn('/proc/self/limits', /^Max address space\s+(\d+)/m) ?? Infinity;

const usedBytes = (): number => (numberIn('/proc/self/status', /^VmSize:\s+(\d+)/m) ?? 0) * 1024;

/**
 * A number that Linux tells of this process; other systems, and permissions that keep it from being read, give none.
 */
function numberIn(path: string, pattern: RegExp): number | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const found = pattern.exec(readFileSync(path, 'latin1'))?.[1];
    return found === undefined ? undefined : Number(found);
  } catch {
    return undefined;
  }
}
