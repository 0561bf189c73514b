// The arguments of a call: operands first, then attributes by position, then an object of attributes.
import { AttributeError } from '../errors.ts';
import type { Call } from '../engine/call.ts';
import type { Signature } from '../ops/define.ts';

/** Splits the arguments of a call into operands, in a list that is the caller's, and attributes. */
export function splitArguments(
  row: Signature,
  self: Call | undefined,
  args: readonly unknown[],
): { operands: unknown[]; given: Record<string, unknown> | undefined } {
  const most = row.variadic ? 1 : row.operands.length - (self === undefined ? 0 : 1);
  const count = row.optional === undefined ? most : givenOperands(most, row.optional, args);
  if (args.length === count && !row.variadic) return { operands: listed(self, args), given: undefined };
  if (args.length === 1 && self !== undefined && count === 0 && isAttributes(args[0]))
    return { operands: [self], given: args[0] };
  const rest = args.slice(count);
  const last = rest.at(-1);
  const options = isAttributes(last) ? (rest.pop() as Record<string, unknown>) : undefined;
  if (rest.length > row.positional.length) throw surplus(row, self, args.length, rest);
  const given =
    rest.length === 0
      ? options
      : { ...Object.fromEntries(rest.map((value, i) => [row.positional[i]!, value])), ...options };
  const operands = row.variadic ? listOf(row, args[0]) : args.slice(0, count);
  return { operands: listed(self, operands), given };
}

/** How many of the operands are given, where the last ones may be left out. */
function givenOperands(most: number, optional: number, args: readonly unknown[]): number {
  const attributes = args.findIndex(isAttributes);
  return Math.max(most - optional, Math.min(most, attributes === -1 ? args.length : attributes));
}

/**
 * More arguments than operands and positional attributes: what is left may be meant for an attribute that goes by name.
 */
function surplus(row: Signature, self: Call | undefined, count: number, rest: readonly unknown[]): AttributeError {
  const operands = row.operands.slice(self === undefined ? 0 : 1).map((operand) => operand.name);
  const taken = [...(row.variadic ? [`a list of ${operands.join('')}`] : operands), ...row.positional];
  const named = Object.keys(row.attributes).filter((name) => !row.positional.includes(name));
  const value = rest[row.positional.length];
  const isPlain =
    typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string' || Array.isArray(value);
  const list = listFor(row, rest);
  const remedy =
    list !== undefined
      ? `pass one list: [${list.join(', ')}]`
      : named.length === 0
        ? 'leave the others out'
        : isPlain
          ? `pass { ${named[0]}: ${JSON.stringify(value)} }`
          : `pass the others by name: { ${named.join(', ')} }`;
  return new AttributeError(
    `${row.name}: ${count} ${count === 1 ? 'argument was' : 'arguments were'} given; it takes ` +
      `${taken.join(', ') || 'none'}${named.length > 0 ? ', then an object of attributes' : ''}: ${remedy}.`,
    { op: row.name, count },
  );
}

/** Numbers given one by one where the row takes a list. */
function listFor(row: Signature, rest: readonly unknown[]): readonly number[] | undefined {
  const kind = row.attributes[row.positional.at(-1) ?? '']?.kind;
  const numbers = rest.slice(row.positional.length - 1);
  return (kind === 'shape' || kind === 'ints' || kind === 'axes') && numbers.every((value) => typeof value === 'number')
    ? (numbers as number[])
    : undefined;
}

/** A list of just its length: a spread after another element leaves room for 16 more, and calls keep the list. */
function listed(self: Call | undefined, rest: readonly unknown[]): unknown[] {
  if (self === undefined) return [...rest];
  return rest.length === 1 ? [self, rest[0]] : rest.length === 0 ? [self] : [self, ...rest];
}

function listOf(row: Signature, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new AttributeError(`${row.name}: its operands are one list; write ${row.name}([a, b], { … }).`, {
    op: row.name,
  });
}

/** An object of attributes or options: one of this realm or of another, or without a prototype. */
export function isAttributes(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    prototype === null ||
    (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'isPrototypeOf'))
  );
}
