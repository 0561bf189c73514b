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
import { isKnownElsewhere, KNOWN_ELSEWHERE, nearestOp, OP_ALIASES } from './suggestions.ts';

/** Every op, by name. */
export const OPS: ReadonlyMap<string, OpRow> = new Map(
  [ARITHMETIC, FUNCTIONS, REDUCTION, LINALG, MOVEMENT, INDEXING, CREATION, RANDOM].flat().map((row) => [row.name, row]),
);

/** `log_softmax` → `logSoftmax`: what the op is called as a method. */
export const methodName = (name: string): string => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** Every op, by method name. */
export const METHODS: ReadonlyMap<string, OpRow> = new Map([...OPS.values()].map((row) => [methodName(row.name), row]));

/** The row of a name, or an UnknownOpError that says what it is called here, or suggests the nearest one. */
export function opNamed(name: string): OpRow {
  const row = OPS.get(name);
  if (row !== undefined) return row;
  const word = String(name);
  const isMissing = isKnownElsewhere(word);
  const near = isMissing ? undefined : nearestOp(word, [...OPS.keys()]);
  const remedy = isMissing ? 'not here yet.' : near === undefined ? 'there is no such op.' : Object.hasOwn(OP_ALIASES, word) ? `that is \`${near}\` here, ${methodName(near)}() as a method.` : `did you mean ${near}?`;
  throw new UnknownOpError(`"${String(name)}": ${remedy} The ${OPS.size} ops are in docs/ops.md.`, { name, near });
}

/** Names that methods have elsewhere and not here: calling one says what it is called here. */
export const FOREIGN_METHODS: ReadonlyMap<string, string> = new Map([...Object.keys(OP_ALIASES), ...KNOWN_ELSEWHERE].filter((name) => !OPS.has(name)).map((name) => [methodName(name), name]));
