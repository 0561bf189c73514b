// The policy: declarative laws, checked before an op, after it, and on every hit. Pure functions over plain records.
import { AttributeError, PolicyError, UnknownOpError } from '../errors.ts';
import { opNamed } from '../ops/index.ts';
import { nearest } from '../ops/suggestions.ts';
import type { TensorType } from '../tensor/type.ts';

/** What a law does when it is broken. */
export type Verdict = 'deny' | 'warn';

/** Laws of a sheet. A law that is left out allows everything. */
export interface LawSet {
  /** Results must be finite. */
  readonly finite?: Verdict;
  /** Operands from outside must be finite. */
  readonly finiteInputs?: Verdict;
  /** The only ops that may run. */
  readonly allow?: readonly string[];
  /** Ops that may not run. */
  readonly forbid?: readonly string[];
  /** Most bytes one result may have. */
  readonly maxBytes?: number;
  /** Most elements one result may have. */
  readonly maxElements?: number;
  /** Most milliseconds one op may be expected to take, by measured cost. */
  readonly maxExpectedMs?: number;
}

const LAW_NAMES = ['finite', 'finiteInputs', 'allow', 'forbid', 'maxBytes', 'maxElements', 'maxExpectedMs'] as const;
const KNOWN = `known laws: ${LAW_NAMES.join(', ')}`;

/** No laws. */
const NO_LAWS: LawSet = Object.freeze({});

/**
 * Checks a policy object, as it comes from a file or a caller, and answers a copy that nobody can change; undefined is
 * no laws. An AttributeError for what is no set of laws, for laws there are not and for values they do not take; op
 * names are suggested.
 */
export function readLaws(given: unknown): LawSet {
  if (given === undefined) return NO_LAWS;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw notLaws(given);
  const own = Reflect.ownKeys(given);
  const inherited = LAW_NAMES.find((name) => name in given && !own.includes(name));
  if (inherited !== undefined)
    throw new AttributeError(
      `Law ${inherited} is inherited, and only an object's own laws are read; write policy: { ${inherited}: … }.`,
      { law: inherited },
    );
  if (own.length === 0 && !isRecord(given)) throw notLaws(given);
  return Object.freeze(
    Object.fromEntries(own.map((name) => [name, readLaw(name, (given as Record<string | symbol, unknown>)[name])])),
  );
}

/** Objects of Object.prototype (of any realm) or of no prototype at all. */
function isRecord(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    prototype === null ||
    (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'isPrototypeOf'))
  );
}

function notLaws(given: unknown): AttributeError {
  const maker =
    typeof given === 'object' && given !== null
      ? (given as { constructor?: { name?: unknown } }).constructor?.name
      : undefined;
  const what = typeof maker === 'string' && maker !== '' ? `a value of class ${maker}` : show(given);
  return new AttributeError(
    `A policy is an object of laws, as { finite: 'deny' }, and this is ${what}; ${KNOWN}. Leave policy out to ` +
      'open without laws.',
    { given },
  );
}

function readLaw(name: string | symbol, value: unknown): unknown {
  if (typeof name !== 'string' || !Object.hasOwn(CHECKS, name)) {
    const near = typeof name === 'string' ? nearest(name, LAW_NAMES) : undefined;
    throw new AttributeError(
      `There is no law "${String(name)}"; ${near === undefined ? '' : `did you mean ${near}? `}${KNOWN}.`,
      { law: String(name) },
    );
  }
  const { expected, test } = CHECKS[name as (typeof LAW_NAMES)[number]];
  // A list is copied before it is looked at, so that what was checked is what holds.
  const own: unknown = Array.isArray(value) ? Object.freeze(Array.from(value as readonly unknown[])) : value;
  if (!test(own)) throw new AttributeError(`Law ${name} is ${show(own)}; give ${expected}.`, { law: name, value });
  if (Array.isArray(own)) for (const op of own as readonly string[]) checkOp(name, op);
  return own;
}

/** A law on an op that there is not would bind nothing. */
function checkOp(law: string, op: string): void {
  try {
    opNamed(op);
  } catch (error) {
    if (!(error instanceof UnknownOpError)) throw error;
    throw new AttributeError(`Law ${law} names no op with ${error.message}`, { law, ...error.details });
  }
}

/** A value for a message: NaN, bigints and functions too, of which JSON says nothing. */
const show = (value: unknown): string =>
  typeof value === 'string'
    ? JSON.stringify(value)
    : Array.isArray(value)
      ? `[${value.map(show).join(', ')}]`
      : typeof value === 'object' && value !== null
        ? 'an object'
        : typeof value === 'function'
          ? 'a function'
          : String(value);

interface Check {
  readonly expected: string;
  readonly test: (value: unknown) => boolean;
}

const verdict: Check = { expected: '"deny" or "warn"', test: (value) => value === 'deny' || value === 'warn' };
const names: Check = {
  expected: 'a list of op names',
  test: (value) => Array.isArray(value) && value.every((name) => typeof name === 'string'),
};
const bound: Check = { expected: 'a positive number', test: (value) => typeof value === 'number' && value > 0 };
const CHECKS: Record<(typeof LAW_NAMES)[number], Check> = {
  finite: verdict,
  finiteInputs: verdict,
  allow: names,
  forbid: names,
  maxBytes: bound,
  maxElements: bound,
  maxExpectedMs: bound,
};

/** What the laws look at before an op runs or a hit is given. */
export interface Proposal {
  readonly op: string;
  readonly type: TensorType;
  readonly expectedNs: number;
  readonly seq: number;
}

/** Throws a PolicyError that names the law and the value, or returns. */
export function judgeBefore(laws: LawSet, proposal: Proposal): void {
  const { op, expectedNs, seq } = proposal;
  if (laws.allow !== undefined && !laws.allow.includes(op))
    deny('allow', seq, `${op} is not on the list`, `Add "${op}" to policy.allow`);
  if (laws.forbid?.includes(op) === true) deny('forbid', seq, `${op} is forbidden`, `Take "${op}" off policy.forbid`);
  judgeSize(laws, proposal);
  if (expectedNs / 1e6 > (laws.maxExpectedMs ?? Infinity))
    deny(
      'maxExpectedMs',
      seq,
      `${op} should take ${(expectedNs / 1e6).toPrecision(3)} ms, the law allows ${laws.maxExpectedMs}`,
      'Use smaller operands, or raise policy.maxExpectedMs',
    );
}

/** The same of how large a result is, whatever gives it. */
export function judgeSize(laws: LawSet, { op, type, seq }: Pick<Proposal, 'op' | 'type' | 'seq'>): void {
  if (type.sizeBytes > (laws.maxBytes ?? Infinity))
    deny(
      'maxBytes',
      seq,
      `${op} would make ${type.sizeBytes} bytes, the law allows ${laws.maxBytes}`,
      'Split the tensor, or raise policy.maxBytes',
    );
  if (type.size > (laws.maxElements ?? Infinity))
    deny(
      'maxElements',
      seq,
      `${op} would make ${type.size} elements, the law allows ${laws.maxElements}`,
      'Split the tensor, or raise policy.maxElements',
    );
}

/** What was found where values have to be finite. */
export interface NonFinite {
  readonly count: number;
  readonly index: readonly (number | string)[];
  readonly value: number;
}

/** The error of values that are not finite, in what `owner` gave or was given. */
export function judgeFinite(law: 'finite' | 'finiteInputs', owner: string, seq: number, found: NonFinite): PolicyError {
  const at = `[${found.index.join(',')}]`;
  return new PolicyError(
    `${law}: ${owner} gave ${found.count} non-finite value${found.count === 1 ? '' : 's'}, first at ${at} ` +
      `(${found.value}). ${eventOf(seq)}Guard with where(isfinite(x), x, …) or open({ policy: { ${law}: 'warn' } ` +
      '}).',
    { law, op: owner, seq, ...found },
  );
}

function deny(law: string, seq: number, what: string, remedy: string): never {
  throw new PolicyError(`${law}: ${what}. ${eventOf(seq)}${remedy}.`, { law, seq });
}

/** Where it is on the trace; results of memoised functions are no calls of the sheet. */
const eventOf = (seq: number): string => (seq === 0 ? '' : `Event #${seq}. `);
