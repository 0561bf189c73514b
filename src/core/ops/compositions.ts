// The smallest compositions there are: what a device says of them tells whether composing rows is worth it for it.
import type { AttributeValues, OpRow } from './define.ts';
import { composeRows } from './fused.ts';
import { opNamed } from './index.ts';
import { readAttributes } from './infer.ts';

/** A composed row with attributes it may be called with, on operands that are all square matrices. */
export interface Composition {
  readonly row: OpRow;
  readonly attrs: AttributeValues;
}

/** A map of a map, and a map of a product. */
export function smallestCompositions(): readonly Composition[] {
  const map = opNamed('negative');
  return [map, opNamed('matmul')].flatMap((inner) => {
    const row = composeRows(map, 0, inner);
    return row === undefined ? [] : [{ row, attrs: readAttributes(inner, {}) }];
  });
}
