// Timing side by side: contenders take turns round by round, after warm-up, with repetitions chosen so that a round can
// be read.
import { performance } from 'node:perf_hooks';
import type { SymbolicSheet } from 'symbolic-sheet';
import { addDifference, contradictions, countsOf, type Counts, noCounts, type Scenario } from './counts.ts';

/** One way to do the work of a row. */
export interface Contender {
  readonly name: string;
  /** Untimed: makes what `run` will need for this many calls. */
  readonly prepare?: (calls: number) => void | Promise<void>;
  readonly run: (calls: number) => void | Promise<void>;
  /** Untimed: gives back what was prepared, and waits for what is still under way. */
  readonly tidy?: () => void | Promise<void>;
  /** The sheet whose counters are compared with `scenario`. */
  readonly sheet?: SymbolicSheet;
  readonly scenario?: Scenario;
  readonly maxCalls?: number;
  readonly maxRounds?: number;
}

/** How long to measure. */
export interface Pace {
  readonly rounds: number;
  /** Milliseconds one contender should take in one round; repetitions follow from it. */
  readonly roundMs: number;
  readonly maxCalls: number;
}

/** Times of one contender: median of the rounds, 10th and 90th percentile, in milliseconds a call. */
export interface Timing {
  readonly medianMs: number;
  readonly p10Ms: number;
  readonly p90Ms: number;
  readonly rounds: number;
  readonly callsPerRound: number;
  readonly counts: Counts;
  readonly contradictions: readonly string[];
}

interface Lane {
  readonly contender: Contender;
  calls: number;
  totalCalls: number;
  readonly counts: Counts;
  readonly samples: number[];
}

export const FULL_PACE: Pace = { rounds: 9, roundMs: 60, maxCalls: 20_000 };
export const QUICK_PACE: Pace = { rounds: 5, roundMs: 15, maxCalls: 4_000 };

/** Times all contenders in one go, by name. */
export async function race(contenders: readonly Contender[], pace: Pace): Promise<Record<string, Timing>> {
  const lanes: Lane[] = [];
  for (const contender of contenders) lanes.push(await warmUp(contender, pace));
  for (let round = 0; round < pace.rounds; round++) {
    for (let i = 0; i < lanes.length; i++) {
      const lane = lanes[(i + round) % lanes.length]!;
      if (round < (lane.contender.maxRounds ?? Infinity)) await measure(lane);
    }
  }
  return Object.fromEntries(lanes.map((lane) => [lane.contender.name, timingOf(lane)]));
}

/** Runs a contender until a call's time is known, and sets how many calls fill a round. */
async function warmUp(contender: Contender, pace: Pace): Promise<Lane> {
  const most = Math.min(contender.maxCalls ?? Infinity, pace.maxCalls);
  const lane: Lane = { contender, calls: 1, totalCalls: 0, counts: noCounts(), samples: [] };
  for (let tries = 0; tries < 12; tries++) {
    const elapsedMs = (await measure(lane)) * lane.calls;
    if (tries > 0 && (elapsedMs >= pace.roundMs / 2 || lane.calls === most)) break;
    if (elapsedMs < pace.roundMs / 2)
      lane.calls = Math.min(
        most,
        Math.max(lane.calls + 1, Math.ceil((lane.calls * pace.roundMs) / Math.max(elapsedMs, pace.roundMs / 8))),
      );
    if (contender.maxRounds !== undefined) break;
  }
  return { ...lane, totalCalls: 0, counts: noCounts(), samples: [] };
}

/** One round of one contender; answers milliseconds a call. */
async function measure(lane: Lane): Promise<number> {
  const {
    contender: { prepare, run, tidy, sheet },
    calls,
    counts,
  } = lane;
  await prepare?.(calls);
  const before = sheet && countsOf(sheet);
  const start = performance.now();
  await run(calls);
  const elapsedMs = performance.now() - start;
  if (sheet !== undefined && before !== undefined) addDifference(counts, before, countsOf(sheet));
  await tidy?.();
  lane.totalCalls += calls;
  lane.samples.push(elapsedMs / calls);
  return elapsedMs / calls;
}

function timingOf({ contender, calls, totalCalls, counts, samples }: Lane): Timing {
  return {
    medianMs: quantile(samples, 0.5),
    p10Ms: quantile(samples, 0.1),
    p90Ms: quantile(samples, 0.9),
    rounds: samples.length,
    callsPerRound: calls,
    counts,
    contradictions:
      contender.scenario === undefined
        ? []
        : contradictions(counts, totalCalls, contender.scenario).map((what) => `${contender.name}: ${what}`),
  };
}

/** The q-quantile, between samples linearly; NaN of nothing. */
export function quantile(samples: readonly number[], q: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  return low + ((sorted[Math.ceil(at)] ?? Number.NaN) - low) * (at - Math.floor(at));
}
