// Attributes of calls as text, for people.
import type { AttributeValue } from './attribute-values.ts';
import type { OpRow } from './define.ts';

/** Operands of one call that are shown to people. */
export const MAX_OPERANDS = 10;

/** Attributes that are not their defaults. */
export const printAttributes = (values: Readonly<Record<string, unknown>>, row: OpRow | undefined): string =>
  Object.entries(values)
    .filter(([name, value]) => value !== row?.attributes[name]?.fallback)
    .map(([name, value]) => `${name}: ${printAttribute(value as AttributeValue)}`)
    .join(', ');

/** A value as it would be written in a program. */
export const printAttribute = (value: AttributeValue): string =>
  typeof value === 'bigint' ? `${value}n` : typeof value === 'number' ? String(value) : JSON.stringify(value);
