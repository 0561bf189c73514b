// All rows, by name and by method name. The registry; nothing else lists ops.
import { UnknownOpError } from '../errors.ts';
import { ARITHMETIC } from './arithmetic.ts';
import { CREATION } from './creation.ts';
import type { OpRow } from './define.ts';
import { FUNCTIONS } from './functions.ts';
import { INDEXING } from './indexing.ts';
import { LINALG } from './linalg.ts';
import { MOVEMENT } from './movement.ts';
import { RANDOM } from './random.ts';
import { REDUCTION } from './reduction.ts';

/** Every op, by name. */
export const OPS: ReadonlyMap<string, OpRow> = new Map(
  [ARITHMETIC, FUNCTIONS, REDUCTION, LINALG, MOVEMENT, INDEXING, CREATION, RANDOM].flat().map((row) => [row.name, row]),
);

/** `log_softmax` → `logSoftmax`: what the op is called as a method. */
export const methodName = (name: string): string => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** Every op, by method name. */
export const METHODS: ReadonlyMap<string, OpRow> = new Map([...OPS.values()].map((row) => [methodName(row.name), row]));

/** The row of a name, or an UnknownOpError that suggests the nearest one. */
export function opNamed(name: string): OpRow {
  const row = OPS.get(name);
  if (row !== undefined) return row;
  const near = nearest(String(name), [...OPS.keys()]);
  throw new UnknownOpError(`"${String(name)}": did you mean ${near}? ${OPS.size} ops are in docs/ops.md.`, { name, near });
}

/** The candidate with the fewest edits (Levenshtein distance) from a word. */
function nearest(word: string, candidates: readonly string[]): string {
  const distances = candidates.map((candidate) => edits(word.toLowerCase().replaceAll('_', ''), candidate.replaceAll('_', '')));
  return candidates[distances.indexOf(Math.min(...distances))] as string;
}

function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min((next[j - 1] as number) + 1, (row[j] as number) + 1, (row[j - 1] as number) + Number(a[i - 1] !== b[j - 1])));
    }
    row = next;
  }
  return row[b.length] as number;
}
