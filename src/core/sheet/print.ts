// Text of a sheet, for people.
import type { Reported } from './stats.ts';

/** One line: what a view of a sheet computes with, and what was asked of the sheet so far. */
export function printSheet(
  { counters, store }: Pick<Reported, 'counters' | 'store'>,
  numerics: string,
  devices: readonly string[],
  state: 'open' | 'closed',
): string {
  const { calls, hits, parts, misses, bypasses } = counters;
  const { entries, sizeBytes } = store.stats();
  const kept = `${entries} kept in ${(sizeBytes / 2 ** 20).toFixed(1)} MiB`;
  return [
    'SymbolicSheet',
    ...(state === 'closed' ? ['closed'] : []),
    `class ${numerics}`,
    `devices ${devices.join(', ')}`,
    `${calls} ${calls === 1 ? 'call' : 'calls'}`,
    `${hits + parts} reused`,
    `${misses + bypasses} computed`,
    kept,
  ].join(' · ');
}
