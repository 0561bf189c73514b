// One run of the sweep: its fits, its time, and what the sheet counted and wrote down while it went on.
import type { SymbolicSheet } from 'symbolic-sheet';
import type { Fit, OnFit } from '../mnist-sweep.ts';
import { type Mark, marksOf } from './marks.ts';
import { Stopped, watch } from './progress.ts';
import type { Screen } from './screen.ts';

/** A run as it was measured. */
export interface Run {
  readonly name: string;
  readonly fits: readonly Fit[];
  /** Fits it would have made had nobody stopped it. */
  readonly planned: number;
  readonly seconds: number;
  /** Floating-point operations that ran. */
  readonly flops: number;
  /** Those of everything that was asked for. */
  readonly askedFlops: number;
  /** What was done when: from the trace. */
  readonly marks: readonly Mark[];
}

/** What is to run. */
export interface RunPlan {
  readonly name: string;
  readonly planned: number;
  readonly sheet: SymbolicSheet;
  readonly program: (onFit: OnFit) => Promise<unknown>;
}

/** Runs a program to its end, or to the fit at which its user stopped it. */
export async function measure(screen: Screen, { name, planned, sheet, program }: RunPlan): Promise<Run> {
  const fits: Fit[] = [];
  const { counters: before } = sheet.stats();
  const seq = lastSeq(sheet);
  const progress = watch(screen, name, planned);
  const start = performance.now();
  try {
    await program((fit) => {
      fits.push(fit);
      return progress.tick();
    });
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
  } finally {
    progress.end();
  }
  const seconds = (performance.now() - start) / 1000;
  const { counters } = sheet.stats();
  return {
    name,
    planned,
    fits,
    seconds,
    flops: counters.flops - before.flops,
    askedFlops: counters.askedFlops - before.askedFlops,
    marks: marksOf(sheet.trace, seq),
  };
}

const lastSeq = ({ trace }: SymbolicSheet): number => trace.events().reduce((last, { seq }) => Math.max(last, seq), 0);

/** Whether a run made all its fits. */
export const isWhole = ({ fits, planned }: Run): boolean => fits.length === planned;

/** Seconds of all planned fits; extrapolated where the run was stopped. */
export const wholeSeconds = ({ seconds, fits, planned }: Run): number =>
  fits.length === 0 ? Number.NaN : (seconds * planned) / fits.length;

/** How the accuracies of one run stand to those of another, fit by fit. */
export interface Agreement {
  readonly compared: number;
  readonly equal: number;
  /** Largest difference of two accuracies. */
  readonly largest: number;
}

/** Compares fits that have the same scale, λ and fold, to the last bit. */
export function compare(fits: readonly Fit[], reference: readonly Fit[]): Agreement {
  const known = new Map(reference.map((fit) => [nameOf(fit), fit.accuracy]));
  const pairs = fits.flatMap((fit) => {
    const other = known.get(nameOf(fit));
    return other === undefined ? [] : [[fit.accuracy, other] as const];
  });
  return {
    compared: pairs.length,
    equal: pairs.filter(([a, b]) => Object.is(a, b)).length,
    largest: pairs.reduce((most, [a, b]) => Math.max(most, Math.abs(a - b)), 0),
  };
}

const nameOf = ({ scale, lambda, fold }: Fit): string => `${scale}/${lambda}/${fold}`;
