// What a trace says about a stretch of time: when which kind of work was done, and when a kept result was reused.
import type { SymbolicSheet } from 'symbolic-sheet';

/** Kinds of work that a picture tells apart. */
export const FAMILIES = ['products', 'solve', 'elementwise', 'random', 'other'] as const;
export type Family = (typeof FAMILIES)[number];

/** One op: computed from `startSeconds` on for `seconds`, or reused at `startSeconds`. */
export interface Mark {
  readonly family: Family;
  readonly startSeconds: number;
  readonly seconds: number;
  readonly reused: boolean;
}

const FAMILY_OF: Readonly<Record<string, Family>> = {
  matmul: 'products',
  solve: 'solve',
  cholesky: 'solve',
  solve_triangular: 'solve',
  random_normal: 'random',
  random_uniform: 'random',
  add: 'elementwise',
  multiply: 'elementwise',
  divide: 'elementwise',
  cos: 'elementwise',
  astype: 'elementwise',
};

/** The marks of a trace after an event, on a time axis that begins with the first of them. */
export function marksOf(trace: SymbolicSheet['trace'], afterSeq: number): Mark[] {
  const ops = new Map(trace.events().map(({ seq, op }) => [seq, op]));
  const answers = trace
    .annotations()
    .filter(
      ({ seq, decision }) =>
        seq > afterSeq &&
        (decision === 'computed' || decision === 'bypass' || decision === 'hit' || decision === 'part'),
    );
  const start = answers.reduce((first, { startNs }) => Math.min(first, startNs), Infinity);
  return answers.map(({ seq, decision, startNs, elapsedNs }) => ({
    family: FAMILY_OF[ops.get(seq) ?? ''] ?? 'other',
    startSeconds: (startNs - start) / 1e9,
    seconds: elapsedNs / 1e9,
    reused: decision === 'hit',
  }));
}
