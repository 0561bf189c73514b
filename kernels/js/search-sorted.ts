// Places in a sorted vector, found by halving.
import type { ElementArray } from './map.ts';

/**
 * out[i] = the first place of `sorted` (ascending, NaN last) before which `values[i]` can stand: on the left of equal
 * elements or on their right.
 */
export function searchSorted(
  sorted: ElementArray,
  values: ElementArray,
  side: 'left' | 'right',
  out: Int32Array,
): void {
  const [elements, wanted] = [sorted as Float64Array, values as Float64Array]; // bigints are compared as numbers are
  const isBefore = side === 'left' ? isLess : (x: number, y: number): boolean => !isLess(y, x);
  for (let i = 0; i < out.length; i++) {
    const value = wanted[i]!;
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isBefore(elements[middle]!, value)) low = middle + 1;
      else high = middle;
    }
    out[i] = low;
  }
}

/** NaN is the greatest, as sorting has it. */
const isLess = (x: number, y: number): boolean => x < y || (y !== y && x === x);
