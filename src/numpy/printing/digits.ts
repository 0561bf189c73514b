// Decimal digits of floats: the fewest that tell one from its neighbours, or so many, rounded from the exact value.

/** ±0.d₁d₂… · 10^point: `digits` without trailing zeros, `point` digits of them before the decimal point. */
export interface Decimal {
  readonly digits: string;
  readonly point: number;
}

/** How floats of a dtype are rounded; undefined where numbers of JavaScript are. */
type Rounding = ((value: number) => number) | undefined;

/** To the nearest of the floats of 16 bits, ties to even. */
function toHalf(value: number): number {
  const size = Math.abs(value);
  const exponent = Math.max(-14, Math.floor(Math.log2(size)));
  const step = 2 ** (exponent - 10);
  const scaled = value / step;
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  return (rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor) * step;
}

/** Rounding of a float of so many bits. */
export const roundingOf = (bits: number): Rounding => (bits === 64 ? undefined : bits === 32 ? Math.fround : toHalf);

const MOST_DIGITS = 9;

/** The fewest digits of a finite number that is not negative, and that it alone rounds to. */
export function shortest(value: number, rounding: Rounding): Decimal {
  if (value === 0) return { digits: '', point: 1 };
  if (rounding === undefined) return decimalOf(value.toExponential());
  const { point } = decimalOf(value.toExponential());
  for (let count = 1; count < MOST_DIGITS; count++) {
    const decimal = roundedAt(value, count - point);
    if (rounding(Number(`0.${decimal.digits}e${decimal.point}`)) === value) return decimal;
  }
  return roundedAt(value, MOST_DIGITS - point);
}

/** `1.25e+3` as digits. */
function decimalOf(text: string): Decimal {
  const [mantissa, exponent] = text.split('e');
  return { digits: mantissa!.replace('.', '').replace(/0+$/, ''), point: Number(exponent) + 1 };
}

/** A finite number that is not negative, rounded to so many digits after the point: half to even, from all its bits. */
export function roundedAt(value: number, decimals: number): Decimal {
  const { mantissa, exponent } = bitsOf(value);
  const [up, down] = [BigInt(Math.max(decimals, 0)), BigInt(Math.max(-decimals, 0))];
  const numerator = mantissa * 10n ** up * 2n ** BigInt(Math.max(exponent, 0));
  const denominator = 10n ** down * 2n ** BigInt(Math.max(-exponent, 0));
  let whole = numerator / denominator;
  const twice = 2n * (numerator % denominator);
  if (twice > denominator || (twice === denominator && whole % 2n === 1n)) whole++;
  const text = whole.toString();
  return whole === 0n ? { digits: '', point: 1 } : { digits: text.replace(/0+$/, ''), point: text.length - decimals };
}

const word = new DataView(new ArrayBuffer(8));

/** The integer and the power of two whose product a number is. */
function bitsOf(value: number): { readonly mantissa: bigint; readonly exponent: number } {
  word.setFloat64(0, value);
  const bits = word.getBigUint64(0);
  const biased = Number(bits >> 52n);
  const fraction = bits & 0xfffffffffffffn;
  return biased === 0
    ? { mantissa: fraction, exponent: -1074 }
    : { mantissa: fraction | 0x10000000000000n, exponent: biased - 1075 };
}

/** Digits before the point and after it. */
export function positional({ digits, point }: Decimal): readonly [whole: string, fraction: string] {
  if (point <= 0) return ['0', '0'.repeat(-point) + digits];
  const padded = digits.padEnd(point, '0');
  return [padded.slice(0, point) || '0', padded.slice(point)];
}
