// Exact rational numbers: what literals of formulas are until they are rounded, once, to an element.

/** numerator / denominator in lowest terms; the denominator is positive. */
export interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

const magnitude = (n: bigint): bigint => (n < 0n ? -n : n);

export function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [magnitude(a), magnitude(b)];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

export const NOUGHT: Rational = { numerator: 0n, denominator: 1n };
export const ONE: Rational = { numerator: 1n, denominator: 1n };

/** n / d, d ≠ 0, in lowest terms. */
export function ratio(n: bigint, d = 1n): Rational {
  if (d === 1n) return { numerator: n, denominator: 1n };
  const common = d < 0n ? -gcd(n, d) : gcd(n, d);
  return { numerator: n / common, denominator: d / common };
}

export const plus = (a: Rational, b: Rational): Rational =>
  ratio(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);
export const minus = (a: Rational, b: Rational): Rational => plus(a, negated(b));
export const times = (a: Rational, b: Rational): Rational =>
  ratio(a.numerator * b.numerator, a.denominator * b.denominator);
/** a / b, b ≠ 0. */
export const over = (a: Rational, b: Rational): Rational =>
  ratio(a.numerator * b.denominator, a.denominator * b.numerator);
export const negated = ({ numerator, denominator }: Rational): Rational => ({ numerator: -numerator, denominator });

/** a to a whole power; a ≠ 0 where that is negative. */
export function raised(a: Rational, power: number): Rational {
  const by = BigInt(Math.abs(power));
  return power < 0 ? ratio(a.denominator ** by, a.numerator ** by) : ratio(a.numerator ** by, a.denominator ** by);
}

export const isZero = ({ numerator }: Rational): boolean => numerator === 0n;
export const isOne = ({ numerator, denominator }: Rational): boolean => numerator === 1n && denominator === 1n;
export const isWhole = ({ denominator }: Rational): boolean => denominator === 1n;
/** The whole number it is, where that is one in ±2^53. */
export const wholeOf = (a: Rational): number | undefined =>
  isWhole(a) && magnitude(a.numerator) <= 1n << 53n ? Number(a.numerator) : undefined;

const bitLength = (n: bigint): number => n.toString(16).length * 4;

/** The float64 that is nearest, ties to even; ±Infinity beyond the largest. */
export function nearestFloat({ numerator, denominator }: Rational): number {
  if (denominator === 1n && magnitude(numerator) < 1n << 53n) return Number(numerator);
  const n = magnitude(numerator);
  // A quotient of 66 bits or more, its last bit set where something is left: rounding it is rounding the ratio, but
  // where the result is subnormal, whose fewer bits are kept by a larger unit.
  const shift = Math.min(66 + bitLength(denominator) - bitLength(n), 1140);
  const [top, bottom] = shift >= 0 ? [n << BigInt(shift), denominator] : [n, denominator << BigInt(-shift)];
  const quotient = top / bottom;
  const value = scaled(quotient * bottom === top ? quotient : quotient | 1n, -shift);
  return numerator < 0n ? -value : value;
}

/** n · 2^power, rounded once. */
function scaled(n: bigint, power: number): number {
  const length = n.toString(2).length;
  const drop = Math.max(length - 53, -1074 - power);
  if (drop <= 0) return Number(n) * 2 ** power;
  const unit = 1n << BigInt(drop);
  const [kept, rest] = [n / unit, n % unit];
  const isUp = 2n * rest > unit || (2n * rest === unit && (kept & 1n) === 1n);
  const rounded = Number(isUp ? kept + 1n : kept);
  const exponent = power + drop;
  return exponent > 1023 ? rounded * 2 ** 1023 * 2 ** Math.min(exponent - 1023, 1000) : halves(rounded, exponent);
}

/** value · 2^exponent, exact: 2^exponent alone may be below the least float. */
const halves = (value: number, exponent: number): number =>
  exponent < -1022 ? value * 2 ** -1022 * 2 ** (exponent + 1022) : value * 2 ** exponent;

/** The rational that a finite float64 is. */
export function rationalOf(value: number): Rational {
  if (Number.isInteger(value)) return { numerator: BigInt(value), denominator: 1n };
  let [whole, power] = [value, 0];
  while (!Number.isInteger(whole)) [whole, power] = [whole * 2, power + 1];
  return ratio(BigInt(whole), 1n << BigInt(power));
}

const POSITIONAL = 20;

/** How a number is numberText so that reading it gives the same one: `12`, `0.25`, `3e-40`, `1/3`. */
export function numberText(a: Rational): string {
  const sign = a.numerator < 0n ? '-' : '';
  const n = magnitude(a.numerator);
  const places = decimalPlaces(a.denominator);
  if (places === undefined) return `${sign}${n}/${a.denominator}`;
  const digits = (n * (10n ** BigInt(places) / a.denominator)).toString();
  if (places > POSITIONAL) return `${sign}${digits}e-${places}`;
  if (places > 0) {
    const padded = digits.padStart(places + 1, '0');
    return `${sign}${padded.slice(0, -places)}.${padded.slice(-places)}`;
  }
  const zeros = /0*$/.exec(digits)![0].length;
  return zeros > POSITIONAL ? `${sign}${digits.slice(0, -zeros)}e${zeros}` : sign + digits;
}

/** How many decimal places write n / denominator; undefined where none do. */
function decimalPlaces(denominator: bigint): number | undefined {
  let [rest, twos, fives] = [denominator, 0, 0];
  for (; rest % 2n === 0n; rest /= 2n) twos++;
  for (; rest % 5n === 0n; rest /= 5n) fives++;
  return rest === 1n ? Math.max(twos, fives) : undefined;
}
