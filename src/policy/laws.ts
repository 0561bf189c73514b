// The policy: declarative laws, checked before an op, after it, and on every hit. Pure functions over plain records.
import { AttributeError, PolicyError } from '../errors.ts';
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

/** Checks a policy object, as it comes from a file or a caller. */
export function readLaws(given: unknown): LawSet {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new AttributeError(`A policy is an object of laws; known laws: ${LAW_NAMES.join(', ')}.`, { given });
  }
  for (const [name, value] of Object.entries(given)) {
    const check = CHECKS[name as (typeof LAW_NAMES)[number]];
    if (check === undefined) throw new AttributeError(`There is no law "${name}"; known laws: ${LAW_NAMES.join(', ')}.`, { law: name });
    if (!check.test(value)) throw new AttributeError(`Law ${name} is ${JSON.stringify(value)}; give ${check.expected}.`, { law: name, value });
  }
  return given as LawSet;
}

interface Check {
  readonly expected: string;
  test(value: unknown): boolean;
}

const verdict: Check = { expected: '"deny" or "warn"', test: (value) => value === 'deny' || value === 'warn' };
const names: Check = { expected: 'a list of op names', test: (value) => Array.isArray(value) && value.every((name) => typeof name === 'string') };
const bound: Check = { expected: 'a positive number', test: (value) => typeof value === 'number' && value > 0 };
const CHECKS: Record<(typeof LAW_NAMES)[number], Check> = {
  finite: verdict, finiteInputs: verdict, allow: names, forbid: names, maxBytes: bound, maxElements: bound, maxExpectedMs: bound,
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
  const { op, type, expectedNs, seq } = proposal;
  if (laws.allow !== undefined && !laws.allow.includes(op)) deny('allow', seq, `${op} is not on the list`, `Add "${op}" to policy.allow`);
  if (laws.forbid?.includes(op) === true) deny('forbid', seq, `${op} is forbidden`, `Take "${op}" off policy.forbid`);
  if (type.sizeBytes > (laws.maxBytes ?? Infinity)) deny('max-bytes', seq, `${op} would make ${type.sizeBytes} bytes, the law allows ${laws.maxBytes}`, 'Split the tensor, or raise policy.maxBytes');
  if (type.size > (laws.maxElements ?? Infinity)) deny('max-elements', seq, `${op} would make ${type.size} elements, the law allows ${laws.maxElements}`, 'Split the tensor, or raise policy.maxElements');
  if (expectedNs / 1e6 > (laws.maxExpectedMs ?? Infinity)) deny('max-expected-ms', seq, `${op} should take ${(expectedNs / 1e6).toPrecision(3)} ms, the law allows ${laws.maxExpectedMs}`, 'Use smaller operands, or raise policy.maxExpectedMs');
}

/** The text of a broken law on values, or undefined. `found` describes the non-finite values of a result. */
export function judgeFinite(law: string, op: string, seq: number, found: { count: number; index: readonly number[]; value: number }): PolicyError {
  const at = `[${found.index.join(',')}]`;
  return new PolicyError(
    `${law}: ${op} gave ${found.count} non-finite value${found.count === 1 ? '' : 's'}, first at ${at} (${found.value}). Event #${seq}. Guard with where(isfinite(x), x, …) or open({ policy: { ${law === 'finite-input' ? 'finiteInputs' : 'finite'}: 'warn' } }).`,
    { law, op, seq, ...found },
  );
}

function deny(law: string, seq: number, what: string, remedy: string): never {
  throw new PolicyError(`${law}: ${what}. Event #${seq}. ${remedy}.`, { law, seq });
}
