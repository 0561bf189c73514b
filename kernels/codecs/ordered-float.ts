// Floats of few bits that no layout of IEEE 754 tells: magnitudes rise with patterns, and the nearest is looked up.
import type { Codec } from './codec.ts';
import { above } from './small-float.ts';

/** What tells such a dtype. */
interface OrderedFloat {
  /** The finite magnitudes by their patterns, rising. */
  readonly magnitudes: readonly number[];
  /** The bit of the sign; 0 where there is none, and what is not above 0 is NaN. */
  readonly signBit: number;
  /** Pattern of NaN, which is also what is too large; undefined where that is the largest, and NaN is −0. */
  readonly nan: number | undefined;
  /** Whether there is a −0. */
  readonly signedZero: boolean;
  /** Where a number between two goes: to the even pattern, or to the larger number. */
  readonly ties: 'even' | 'up';
}

/** Magnitudes of so many exponent and fraction bits, subnormal ones first. */
export const magnitudesOf = (exponentBits: number, fractionBits: number, bias: number): number[] =>
  Array.from({ length: 2 ** (exponentBits + fractionBits) }, (_, pattern) => {
    const [exponent, fraction] = [pattern >> fractionBits, pattern & (2 ** fractionBits - 1)];
    const significand = exponent === 0 ? fraction : 2 ** fractionBits + fraction;
    return significand * 2 ** (Math.max(exponent, 1) - bias - fractionBits);
  });

/** The codec of such floats. Rounds once, from float64 too. */
export function orderedFloat(form: OrderedFloat): Codec {
  const { magnitudes, signBit, nan, signedZero } = form;
  const least = thresholdsOf(form);
  const mask = signBit === 0 ? 255 : 2 * signBit - 1;
  return {
    compute: 'float32',
    decode: (stored) => {
      const bits = stored & mask;
      if (bits === nan) return NaN;
      return (bits & signBit) === 0 ? magnitudes[bits]! : -magnitudes[bits & (signBit - 1)]!;
    },
    encode: (x) => {
      if (x !== x || (signBit === 0 && !(x > 0))) return nan ?? signBit;
      const found = placeOf(least, Math.abs(x));
      if (found === magnitudes.length && nan !== undefined) return nan;
      const pattern = Math.min(found, magnitudes.length - 1);
      const isNegative = x < 0 || Object.is(x, -0);
      return isNegative && (pattern > 0 || signedZero) ? pattern | signBit : pattern;
    },
  };
}

/** The least number that is rounded beyond each magnitude. */
function thresholdsOf({ magnitudes, ties }: OrderedFloat): Float64Array {
  const last = magnitudes.length - 1;
  const step = magnitudes[last]! - magnitudes[last - 1]!;
  return Float64Array.from(magnitudes, (magnitude, pattern) => {
    const next = magnitudes[pattern + 1] ?? magnitude + (ties === 'up' ? magnitude : step);
    const between = (magnitude + next) / 2;
    return ties === 'even' && pattern % 2 === 0 ? above(between) : between;
  });
}

/** How many of rising numbers are not above a number. */
function placeOf(rising: Float64Array, x: number): number {
  let [low, high] = [0, rising.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rising[middle]! <= x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Integers of a few bits, in the low ones of a byte: fractions are dropped, and they wrap. */
export const smallInteger = (bits: number, isSigned: boolean): Codec => ({
  compute: 'int32',
  decode: isSigned ? (stored) => (stored << (32 - bits)) >> (32 - bits) : (stored) => stored & (2 ** bits - 1),
  encode: (x) => x & (2 ** bits - 1),
});
