// Interned attribute records: one object per set of values, so that equality is identity and a record has a small
// number.

import type { AttributeValue } from '../ops/attribute-values.ts';

/** Normalised attributes of an expression: every attribute of the row, in the row's order. Compare by identity. */
export interface Attributes {
  readonly id: number;
  readonly values: Readonly<Record<string, AttributeValue>>;
}

/** The record of an op without attributes. */
export const NO_ATTRIBUTES: Attributes = Object.freeze({ id: 0, values: Object.freeze({}) });

/** Records of one generation. Those that are asked for live on in the next one. */
const GENERATION = 1 << 15;

// Held, not referred to weakly: the collector takes longer for a weak reference than a record is worth.
let young = new Map<string, Attributes>();
let old = young;
let nextId = 1;

/** The one record for these values (key order counts: it is the row's). -0 and 0 differ, NaN equals NaN. */
export function internAttributes(values: Readonly<Record<string, AttributeValue>>): Attributes {
  let key = '';
  for (const name in values) key += `${name}=${spell(values[name]!)};`;
  if (key === '') return NO_ATTRIBUTES;
  return (
    young.get(key) ?? renewed(key) ?? remembered(key, Object.freeze({ id: nextId++, values: Object.freeze(values) }))
  );
}

function renewed(key: string): Attributes | undefined {
  const record = old.get(key);
  return record && remembered(key, record);
}

function remembered(key: string, record: Attributes): Attributes {
  if (young.size >= GENERATION) [old, young] = [young, new Map()];
  young.set(key, record);
  return record;
}

/** Injective text of a value: the first letter tells its type, strings carry their length. */
function spell(value: AttributeValue): string {
  if (typeof value === 'number') return Object.is(value, -0) ? 'n-0' : `n${value}`;
  if (typeof value === 'string') return `s${value.length}:${value}`;
  if (typeof value === 'bigint') return `i${value}`;
  if (value === null || typeof value === 'boolean') return `${value}`;
  return `[${value.map((item) => (Object.is(item, -0) ? '-0' : String(item))).join(',')}]`;
}
