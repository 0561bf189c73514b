// What a program would have taken with other caches of the same size, by its trace.
import type { Trace } from '../../index.ts';
import { type Cache, computedNs } from './cache.ts';
import { foreseenNs } from './offline.ts';
import { OwnCache } from './own.ts';
import { POLICIES } from './policies.ts';
import { type Request, requestsIn } from './requests.ts';

/** Time that caches of one size save. */
interface Simulated {
  readonly budgetBytes: number;
  /** Nanoseconds saved, by policy. */
  readonly savedNs: Readonly<Record<string, number>>;
}

/** What a simulation found. */
export interface Simulation {
  readonly calls: number;
  /** Bytes of all different results. */
  readonly allBytes: number;
  /** What the program takes where nothing is reused. */
  readonly withoutNs: number;
  readonly budgets: readonly Simulated[];
}

/** The sheet's own cache, and the most that was found to be possible with the future known. */
export const OWN = 'this cache';
export const BEST = 'foreseen';
const NO_CACHE: Cache = { find: () => false, offer: () => false };
/** What caches are tried with where no size is given: shares of all different results. */
const SHARES = [1 / 8, 1 / 4, 1 / 2, 1];

/** Replays the calls of a trace against every policy. */
export function simulate(trace: Pick<Trace, 'events' | 'annotations'>, budgets?: readonly number[]): Simulation {
  const requests = requestsIn(trace);
  const sizes = new Map(requests.flatMap(({ identity, sizeBytes, isRoot }) => (isRoot ? [] : [[identity, sizeBytes]])));
  const allBytes = [...sizes.values()].reduce((sum, bytes) => sum + bytes + 600, 0);
  const withoutNs = computedNs(requests, NO_CACHE);
  const tried = budgets ?? SHARES.map((share) => Math.ceil(share * allBytes));
  return {
    calls: requests.length,
    allBytes,
    withoutNs,
    budgets: tried.map((budgetBytes) => ({ budgetBytes, savedNs: savedBy(requests, budgetBytes, withoutNs) })),
  };
}

function savedBy(requests: readonly Request[], budgetBytes: number, withoutNs: number): Record<string, number> {
  const saved: Record<string, number> = {};
  for (const [name, make] of Object.entries(POLICIES))
    saved[name] = withoutNs - computedNs(requests, make(budgetBytes));
  saved[OWN] = withoutNs - computedNs(requests, new OwnCache(budgetBytes));
  // The best there is saves no less than any that was found.
  const foreseen = withoutNs - foreseenNs(requests, budgetBytes);
  return { ...saved, [BEST]: Math.max(foreseen, ...Object.values(saved)) };
}
