// Conversions of whole arrays in plain JavaScript: elements to another dtype. Halves are those of half.ts.
import { canonicaliseNaN, type NumberArray } from './map.ts';

/** Numbers to numbers of another class, as typed arrays convert: floats are rounded to nearest, integers wrap, NaN gets its canonical bits. */
export function convert(source: NumberArray, target: NumberArray): void {
  target.set(source);
  canonicaliseNaN(target);
}
