// Conversions of whole arrays in plain JavaScript: numbers to another class of them. Stored ones are those of
// kernels/codecs.
import { canonicaliseNaN, type NumberArray } from './map.ts';

/**
 * Numbers to numbers of another class, as typed arrays convert: floats are rounded to nearest, integers wrap, NaN gets
 * its canonical bits.
 */
export function convert(source: NumberArray, target: NumberArray): void {
  target.set(source);
  canonicaliseNaN(target);
}
