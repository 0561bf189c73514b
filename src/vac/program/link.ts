// A verified program as one list of steps: a place in it is a program counter, in every form that runs the program.
import type { Branch, VacStep, VerifiedFunction, VerifiedProgram } from './verify.ts';
import { verifyProgram } from './verify.ts';
import type { VacProgram } from './program.ts';

/** Steps of all functions, branches resolved to places in the list. */
export interface LinkedProgram {
  readonly program: VacProgram;
  readonly functions: readonly VerifiedFunction[];
  readonly steps: readonly VacStep[];
  /** The place of the first step of each function, and the function of each step. */
  readonly entries: readonly number[];
  readonly functionAt: Int32Array;
}

/** Verifies and links. Throws FormatError. */
export const linkProgram = (program: VacProgram): LinkedProgram => linked(verifyProgram(program));

function linked({ program, functions }: VerifiedProgram): LinkedProgram {
  const entries: number[] = [];
  const steps: VacStep[] = [];
  for (const { steps: own } of functions) {
    const start = steps.length;
    entries.push(start);
    const moved = (branch: Branch): Branch => ({ ...branch, target: start + branch.target });
    for (const step of own) steps.push({ ...step, branches: step.branches.map(moved) });
  }
  const functionAt = new Int32Array(steps.length);
  for (const [index, entry] of entries.entries()) functionAt.fill(index, entry, entries[index + 1] ?? steps.length);
  return { program, functions, steps, entries, functionAt };
}
