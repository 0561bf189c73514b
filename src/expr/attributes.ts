// Interned attribute records: one object per set of values, so that equality is identity and a record has a small number.

import type { AttributeValue } from '../ops/attribute-values.ts';



/** Normalised attributes of an expression: every attribute of the row, in the row's order. Compare by identity. */
export interface Attributes {
  readonly id: number;
  readonly values: Readonly<Record<string, AttributeValue>>;
}

/** The record of an op without attributes. */
export const NO_ATTRIBUTES: Attributes = Object.freeze({ id: 0, values: Object.freeze({}) });

const byKey = new Map<string, WeakRef<Attributes>>();
let nextId = 1;
let sweepAt = 4096;

/** The one record for these values (key order counts: it is the row's). -0 and 0 differ, NaN equals NaN. */
export function internAttributes(values: Readonly<Record<string, AttributeValue>>): Attributes {
  let key = '';
  for (const name in values) key += `${name}=${spell(values[name] as AttributeValue)};`;
  if (key === '') return NO_ATTRIBUTES;
  const known = byKey.get(key)?.deref();
  if (known !== undefined) return known;
  const record: Attributes = Object.freeze({ id: nextId++, values: Object.freeze(values) });
  byKey.set(key, new WeakRef(record));
  if (byKey.size > sweepAt) sweep();
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

function sweep(): void {
  for (const [key, reference] of byKey) if (reference.deref() === undefined) byKey.delete(key);
  sweepAt = Math.max(4096, byKey.size * 2);
}
