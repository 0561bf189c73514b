// Does along any axis what is written for rows of consecutive elements: the axis is moved to the end, and back.
import type { ElementArray } from './map.ts';

/** Elements before, along and after an axis of a row-major array. */
export interface Around {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

/** Rows of `length` elements along the axis; the array itself where the axis is the last one. */
export function rowsAlong<A extends ElementArray>(array: A, { outer, length, inner }: Around): A {
  if (inner === 1) return array;
  const rows = array.slice() as A;
  for (let block = 0, at = 0; block < outer; block++)
    for (let column = 0; column < inner; column++)
      for (let i = 0; i < length; i++) rows[at++] = array[(block * length + i) * inner + column]!;
  return rows;
}

/** Puts rows of `length` elements where they belong along the axis. */
export function putRows<A extends ElementArray>(rows: A, { outer, length, inner }: Around, out: A): void {
  if (inner === 1) {
    if (rows !== out) out.set(rows as never);
    return;
  }
  for (let block = 0, at = 0; block < outer; block++)
    for (let column = 0; column < inner; column++)
      for (let i = 0; i < length; i++) out[(block * length + i) * inner + column] = rows[at++]!;
}
