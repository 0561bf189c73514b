// Text of tensors and expressions, for people. Synchronous: what is not in memory is said to be not computed yet.
import type { Expression } from '../expr/node.ts';
import type { AttributeValue } from '../ops/attribute-values.ts';
import type { OpRow } from '../ops/define.ts';
import type { Value } from '../tensor/block.ts';
import { numbersOf } from '../tensor/dtype.ts';
import { formatType } from '../tensor/type.ts';
import type { Reported } from '../sheet/stats.ts';

/** The member that `console.log` and the REPL ask in Node. */
export const INSPECT = Symbol.for('nodejs.util.inspect.custom');

const MAX_ELEMENTS = 6;
const MAX_DEPTH = 3;
/** Operands of one call that are shown to people. */
export const MAX_OPERANDS = 10;

/** One line: type, expression, source, and the first elements where they are in memory. */
export function printTensor(expression: Expression, value: Value | undefined): string {
  const parts = [`Tensor ${formatType(expression.type)}`, printExpression(expression), expression.origin === 'pending' && value === undefined ? 'not computed yet' : printOrigin(expression)];
  if (value !== undefined) parts.push(...printValues(value));
  return parts.join(' · ');
}

/** One line: what a view of a sheet computes with, and what was asked of the sheet so far. */
export function printSheet({ counters, store }: Reported, numerics: string, devices: readonly string[], state: 'open' | 'closed'): string {
  const { calls, hits, parts, misses, bypasses } = counters;
  const { entries, sizeBytes } = store.stats();
  const kept = `${entries} kept in ${(sizeBytes / 2 ** 20).toFixed(1)} MiB`;
  return ['SymbolicSheet', ...(state === 'closed' ? ['closed'] : []), `class ${numerics}`, `devices ${devices.join(', ')}`, `${calls} ${calls === 1 ? 'call' : 'calls'}`, `${hits + parts} reused`, `${misses + bypasses} computed`, kept].join(' · ');
}

const ORIGINS: Record<Expression['origin'], string> = {
  pending: 'not computed yet', given: 'given', computed: 'computed', ram: 'reused from RAM', part: 'reused in part',
};

const printOrigin = (expression: Expression): string => ORIGINS[expression.origin];

/** The expression as nested calls, to a small depth. */
export function printExpression(expression: Expression, depth = 0): string {
  const { row, operands, attributes } = expression;
  if (row === undefined) return `#${expression.seq}`;
  if (row.source && expression.type.shape.length === 0 && attributes.values['value'] !== undefined) return printAttribute(attributes.values['value']);
  if (depth >= MAX_DEPTH) return `${row.name}(…)`;
  const shown = operands.slice(0, MAX_OPERANDS).map((operand) => printExpression(operand, depth + 1));
  const more = operands.length > MAX_OPERANDS ? [`… ${operands.length - MAX_OPERANDS} more`] : [];
  return `${row.name}(${[...shown, ...more, printAttributes(attributes.values, row)].filter((text) => text !== '').join(', ')})`;
}

/** Attributes that are not their defaults. */
export const printAttributes = (values: Readonly<Record<string, unknown>>, row: OpRow | undefined): string =>
  Object.entries(values).filter(([name, value]) => value !== row?.attributes[name]?.fallback).map(([name, value]) => `${name}: ${printAttribute(value as AttributeValue)}`).join(', ');

const printAttribute = (value: AttributeValue): string => (typeof value === 'bigint' ? `${value}n` : typeof value === 'number' ? String(value) : JSON.stringify(value));

function printValues({ array: stored, type }: Value): string[] {
  const array = numbersOf(stored, type.dtype);
  if (array.length === 0) return ['empty'];
  const shown = Array.from(array.subarray(0, MAX_ELEMENTS) as Iterable<number | bigint>, (x) => (type.dtype === 'bool' ? String(x === 1) : printNumber(x)));
  const elements = `[${shown.join(', ')}${array.length > MAX_ELEMENTS ? ', …' : ''}]`;
  if (typeof array[0] === 'bigint' || type.dtype === 'bool' || array.length === 1) return [elements];
  let [low, high] = [Infinity, -Infinity];
  for (const x of array as Float32Array) {
    if (x < low) low = x;
    if (x > high) high = x;
  }
  return low <= high ? [`min ${printNumber(low)} max ${printNumber(high)}`, elements] : [elements];
}

const printNumber = (x: number | bigint): string => (typeof x === 'bigint' ? `${x}n` : Number.isInteger(x) ? String(x) : String(Number(x.toPrecision(4)))).replace('-', '−');

/** Rows as lines: every column as wide as its widest cell, empty columns left out. */
export function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] as number)).filter((_, column) => widths[column] !== 0).join('  ').trimEnd()).join('\n');
}

/** A value of a caller in a few words, for messages. */
export function describe(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'boolean' || typeof value === 'number') return String(value);
  if (typeof value === 'string') return value.length > 40 ? 'a text' : JSON.stringify(value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value !== 'object') return typeof value === 'bigint' ? `${value}n` : `a ${typeof value}`;
  const keys = Object.keys(value);
  return keys.length === 0 ? 'an object without keys' : `an object with keys ${keys.slice(0, 6).join(', ')}`;
}
