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
import { isKnownElsewhere, KNOWN_ELSEWHERE, nearestOp, OP_ALIASES, REMEDIES, remedyElsewhere } from './suggestions.ts';

/** Every op of the library, by name. */
export const OPS: ReadonlyMap<string, OpRow> = new Map(
  [ARITHMETIC, FUNCTIONS, REDUCTION, LINALG, MOVEMENT, INDEXING, CREATION, RANDOM].flat().map((row) => [row.name, row]),
);

/** `log_softmax` → `logSoftmax`: what the op is called as a method. */
export const methodName = (name: string): string =>
  name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** Every op, by method name. */
export const METHODS: ReadonlyMap<string, OpRow> = new Map([...OPS.values()].map((row) => [methodName(row.name), row]));

/** Ops that the program defined (define-op.ts), by name. */
const defined = new Map<string, OpRow>();

/** Adds an op that the program defines; the caller knows that its name is free. */
export const addOp = (row: OpRow): void => void defined.set(row.name, row);

/** The row of a name; undefined where there is none. */
export const findOp = (name: string): OpRow | undefined => OPS.get(name) ?? defined.get(name);

/** The row of a name, or an UnknownOpError that says what it is called here, or suggests the nearest one. */
export function opNamed(name: string): OpRow {
  const row = findOp(name);
  if (row !== undefined) return row;
  const word = String(name);
  const isNamed = isKnownElsewhere(word) || remedyElsewhere(word) !== undefined;
  const near = isNamed ? undefined : nearestOp(word, [...OPS.keys(), ...defined.keys()]);
  const message = `"${word}": ${remedyFor(word, near)} The ${OPS.size} ops are in docs/ops.md.`;
  throw new UnknownOpError(message, { name, near });
}

function remedyFor(word: string, near: string | undefined): string {
  const remedy = remedyElsewhere(word);
  if (remedy !== undefined) return remedy;
  if (isKnownElsewhere(word)) return 'not here yet.';
  if (near === undefined) return 'there is no such op.';
  if (Object.hasOwn(OP_ALIASES, word)) return `that is \`${near}\` here, ${methodName(near)}() as a method.`;
  return `did you mean ${near}?`;
}

/** Names that methods have elsewhere and not here: calling one says what it is called here. */
export const FOREIGN_METHODS: ReadonlyMap<string, string> = new Map(
  [...Object.keys(OP_ALIASES), ...KNOWN_ELSEWHERE, ...Object.keys(REMEDIES)]
    .filter((name) => !OPS.has(name))
    .map((name) => [methodName(name), name]),
);
