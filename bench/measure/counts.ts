// What a sheet did while a contender was timed, held against what its scenario should cost.
import type { SymbolicSheet } from 'symbolic-sheet';

export const COUNTED = [
  'kernelCalls',
  'hits',
  'misses',
  'bypasses',
  'bytesHashed',
  'bytesCopied',
  'bytesDemanded',
] as const;

export type CountName = (typeof COUNTED)[number];
export type Counts = Record<CountName, number>;

/** What a count must be: a number, or no less and no more than two. */
export type Expected = number | readonly [atLeast: number, atMost: number];

/** What a scenario should cost for a number of calls; counts that are left out may be anything. */
export type Scenario = (calls: number, counts: Counts) => Partial<Record<CountName, Expected>>;

export const noCounts = (): Counts => ({
  kernelCalls: 0,
  hits: 0,
  misses: 0,
  bypasses: 0,
  bytesHashed: 0,
  bytesCopied: 0,
  bytesDemanded: 0,
});

/** The counts of a sheet since it was opened. */
export function countsOf(sheet: SymbolicSheet): Counts {
  const counts = noCounts();
  for (const name of COUNTED) counts[name] = sheet.stats().counters[name];
  return counts;
}

/** Adds `after − before` to a total. */
export function addDifference(total: Counts, before: Counts, after: Counts): void {
  for (const name of COUNTED) total[name] += after[name] - before[name];
}

/** A sentence per count that is not what the scenario says. */
export function contradictions(counts: Counts, calls: number, scenario: Scenario): string[] {
  return Object.entries(scenario(calls, counts)).flatMap(([name, expected]) => {
    const [low, high] = typeof expected === 'number' ? [expected, expected] : expected;
    const found = counts[name as CountName];
    if (found >= low && found <= high) return [];
    return [`${name} is ${found}, expected ${low === high ? low : `${low} to ${high}`} in ${calls} calls`];
  });
}
