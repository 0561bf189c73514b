// The work a team is given: kernels over ranges, cut into grains that are numbered through all phases, so that one
// counter hands them out.
import type { Kernel } from '../code/abi.ts';

/** A kernel known to the team; `call` runs it on the calling thread. */
export interface TeamKernel {
  readonly call: Kernel;
  readonly module: number;
  readonly name: number;
}

/** A kernel over [0, range), `grain` indices at a time. It begins when the phase before it has ended. */
export interface Phase {
  readonly kernel: TeamKernel;
  readonly params: number;
  readonly range: number;
  readonly grain: number;
  /** Indices at a time near the end, fewer than `grain`, so that threads end together. */
  readonly lastGrain?: number;
}

/** What to do with a grain that a worker began and did not end: `repeat` suits kernels that overwrite their output. */
export type LostGrain = 'repeat' | 'fail';

/**
 * A phase with the numbers of its grains, [start, end): `whole` of them are of `grain` indices, the others of
 * `lastGrain`.
 */
interface NumberedPhase extends Required<Phase> {
  readonly start: number;
  readonly end: number;
  readonly whole: number;
}

/** Phases that are opened to the workers at once. */
export interface Job {
  readonly phases: readonly NumberedPhase[];
  readonly grains: number;
  readonly lost: LostGrain;
  /** Grains the calling thread took and did not begin, because one of an earlier phase was lost. */
  readonly skipped: number[];
}

/** A worker died inside a grain that must not be repeated; the output of the job is not usable. */
export class GrainLostError extends RangeError {
  readonly code = 'grain_lost';
  readonly grain: number;
  constructor(grain: number) {
    super(
      `a worker ended inside grain ${grain} of a kernel that updates in place: its output is unusable; compute ` +
        'it again from its inputs',
    );
    this.grain = grain;
  }
}

/** How a team cuts work: phases a job may have, and the threads that share it. */
export interface TeamCut {
  readonly phases: number;
  readonly threads: number;
}

/** The phases as jobs, to be run in order. */
export function jobsOf(phases: readonly Phase[], lost: LostGrain, cut: TeamCut): Job[] {
  const jobs: Job[] = [];
  for (let at = 0; at < phases.length; at += cut.phases)
    jobs.push(jobOf(phases.slice(at, at + cut.phases), lost, cut.threads));
  return jobs;
}

function jobOf(phases: readonly Phase[], lost: LostGrain, threads: number): Job {
  let grains = 0;
  const numbered = phases.map((phase) => {
    const { range, grain, lastGrain = grain } = phase;
    const start = grains;
    // The last round of grains is cut finer, where it is not the only one.
    const whole =
      lastGrain < grain && range > 2 * threads * grain ? Math.floor(range / grain) - threads : Math.ceil(range / grain);
    grains += whole + Math.ceil(Math.max(0, range - whole * grain) / lastGrain);
    return { ...phase, lastGrain, start, end: grains, whole };
  });
  return { phases: numbered, grains, lost, skipped: [] };
}

/** The phase a grain belongs to. */
export function phaseOf(job: Job, index: number): NumberedPhase {
  let at = 0;
  while (job.phases[at]!.end <= index) at++;
  return job.phases[at]!;
}

/** One grain, on this thread. */
export function runGrain(
  { kernel, params, range, grain, lastGrain, start, whole }: NumberedPhase,
  index: number,
): void {
  const at = index - start;
  const first = Math.min(at, whole) * grain + Math.max(0, at - whole) * lastGrain;
  kernel.call(params, first, Math.min(range, first + (at < whole ? grain : lastGrain)));
}

/** All grains in order, on this thread: grain by grain, for short calls let V8's optimised code take over. */
export function runHere(job: Job): void {
  for (const phase of job.phases) for (let index = phase.start; index < phase.end; index++) runGrain(phase, index);
}
