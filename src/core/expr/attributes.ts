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

/** Keys remembered before those of collected records are forgotten, with their numbers. */
const REMEMBERED_KEYS = 1 << 16;

// A number outlives its record: nodes are known by it, and the same call must come to the same node after a collection.
const byKey = new Map<string, { readonly id: number; record: WeakRef<Attributes> }>();
let nextId = 1;
let sweepAt = REMEMBERED_KEYS;

/** The one record for these values (key order counts: it is the row's). -0 and 0 differ, NaN equals NaN. */
export function internAttributes(values: Readonly<Record<string, AttributeValue>>): Attributes {
  let key = '';
  for (const name in values) key += `${name}=${spell(values[name]!)};`;
  if (key === '') return NO_ATTRIBUTES;
  const known = byKey.get(key);
  const alive = known?.record.deref();
  if (alive !== undefined) return alive;
  const record: Attributes = Object.freeze({ id: known?.id ?? nextId++, values: Object.freeze(values) });
  if (known !== undefined) known.record = new WeakRef(record);
  else byKey.set(key, { id: record.id, record: new WeakRef(record) });
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
  for (const [key, { record }] of byKey) if (record.deref() === undefined) byKey.delete(key);
  sweepAt = Math.max(REMEMBERED_KEYS, byKey.size * 2);
}
