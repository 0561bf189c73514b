// All rows, by name and by method name. The registry; nothing else lists ops.
import { UnknownOpError } from '../errors.ts';
import { ARITHMETIC } from './elementwise/arithmetic.ts';
import type { Composite } from './composite.ts';
import { CREATION } from './movement/creation.ts';
import type { OpRow } from './define.ts';
import { FUNCTIONS } from './elementwise/functions.ts';
import { INDEXING } from './movement/indexing.ts';
import { LINALG } from './matrices/linalg.ts';
import { MOVEMENT } from './movement/movement.ts';
import { RANDOM } from './random/random.ts';
import { REDUCTION } from './reductions/reduction.ts';
import { LIBRARY_NAMES } from './library-names.gen.ts';
import { isKnownElsewhere, KNOWN_ELSEWHERE, nearestOp, OP_ALIASES, REMEDIES, remedyElsewhere } from './suggestions.ts';

const rows = new Map<string, OpRow>();
const composites = new Map<string, Composite>();
const methods = new Map<string, OpRow | Composite>();
const methodGivers: ((method: string, op: OpRow | Composite) => void)[] = [];

/** Every op of the library that is loaded, by name. */
export const OPS: ReadonlyMap<string, OpRow> = rows;

/** Every composite that is loaded, by name. */
export const COMPOSITES: ReadonlyMap<string, Composite> = composites;

/** `log_softmax` → `logSoftmax`: what the op is called as a method. */
export const methodName = (name: string): string =>
  name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** Every op that is loaded, by method name. */
export const METHODS: ReadonlyMap<string, OpRow | Composite> = methods;

/** Adds rows to the library: those of the core, and those of library.ts where that is loaded. */
export function addRows(added: readonly OpRow[]): void {
  for (const row of added) {
    rows.set(row.name, row);
    addMethod(row);
  }
}

/** As `addRows`, of composites. */
export function addComposites(added: readonly Composite[]): void {
  for (const composite of added) {
    composites.set(composite.name, composite);
    addMethod(composite);
  }
}

function addMethod(op: OpRow | Composite): void {
  const method = methodName(op.name);
  methods.set(method, op);
  for (const give of methodGivers) give(method, op);
}

addRows([ARITHMETIC, FUNCTIONS, REDUCTION, LINALG, MOVEMENT, INDEXING, CREATION, RANDOM].flat());

/** Calls `give` for every op that is loaded, and for those that will be. */
export function forEachMethod(give: (method: string, op: OpRow | Composite) => void): void {
  methodGivers.push(give);
  for (const [method, op] of methods) give(method, op);
}

/** Ops that the program defined (define-op.ts), by name. */
const defined = new Map<string, OpRow>();

/** Adds an op that the program defines; the caller knows that its name is free. */
export const addOp = (row: OpRow): void => void defined.set(row.name, row);

/** The row of a name; undefined where there is none. */
export const findOp = (name: string): OpRow | undefined => OPS.get(name) ?? defined.get(name);

/** The row or composite of a name, or an error as of `opNamed`. */
export const calledOp = (name: string): OpRow | Composite => composites.get(name) ?? opNamed(name);

/** The row of a name, or an UnknownOpError that says what it is called here, or suggests the nearest one. */
export function opNamed(name: string): OpRow {
  const row = findOp(name);
  if (row !== undefined) return row;
  const word = String(name);
  if (composites.has(word))
    throw new UnknownOpError(`"${word}": it is told in terms of other ops: name those (docs/ops.md).`, { name });
  const isNamed = isKnownElsewhere(word) || LIBRARY_NAMES.has(word) || remedyElsewhere(word) !== undefined;
  const near = isNamed ? undefined : nearestOp(word, [...OPS.keys(), ...COMPOSITES.keys(), ...defined.keys()]);
  const message = `"${word}": ${remedyFor(word, near)} The ${METHODS.size} ops are in docs/ops.md.`;
  throw new UnknownOpError(message, { name, near });
}

function remedyFor(word: string, near: string | undefined): string {
  const remedy = remedyElsewhere(word);
  if (remedy !== undefined) return remedy;
  if (LIBRARY_NAMES.has(word)) return "write `import 'symbolic-sheet/ops'` once: pages load it by a line of their own.";
  if (isKnownElsewhere(word)) return 'not here yet.';
  if (near === undefined) return 'there is no such op.';
  if (Object.hasOwn(OP_ALIASES, word)) return `that is \`${near}\` here, ${methodName(near)}() as a method.`;
  return `did you mean ${near}?`;
}

/** Names that methods have elsewhere and not here: calling one says what it is called here. */
export const FOREIGN_METHODS: ReadonlyMap<string, string> = new Map(
  [...Object.keys(OP_ALIASES), ...KNOWN_ELSEWHERE, ...LIBRARY_NAMES, ...Object.keys(REMEDIES)]
    .filter((name) => !OPS.has(name) && !COMPOSITES.has(name))
    .map((name) => [methodName(name), name]),
);
