// Signs and order of what a decomposition leaves open: the rule that makes its result one.
import type { Rows } from './reflectors.ts';

/** Components so near the largest count as large as it, so that rounding does not choose between them. */
export const NEAR = 1 - 2 ** -10;

/**
 * 1 where the vector in a row has its sign, −1 where it has to be turned: its largest component is positive, the first
 * of those that are as large.
 */
export function signOf({ values, stride }: Rows, row: number): 1 | -1 {
  let largest = 0;
  for (let i = row * stride; i < (row + 1) * stride; i++) largest = Math.max(largest, Math.abs(values[i]!));
  for (let i = row * stride; i < (row + 1) * stride; i++)
    if (Math.abs(values[i]!) >= NEAR * largest) return values[i]! < 0 ? -1 : 1;
  return 1;
}

/** Indices of values in order; equal ones keep theirs. */
export const orderOf = (values: Float64Array, direction: 'ascending' | 'descending'): Int32Array => {
  const order = Int32Array.from(values, (_, i) => i);
  return order.sort((i, j) =>
    direction === 'ascending' ? values[i]! - values[j]! || i - j : values[j]! - values[i]! || i - j,
  );
};
