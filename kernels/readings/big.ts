// Numbers m · 2^e with a BigInt m, rounded to either side: the ends of enclosures of any precision.
import type { Side } from './ends.ts';

/** m · 2^e; an infinity has e = ∞ and m = ±1. There is one zero. */
export interface Big {
  readonly m: bigint;
  readonly e: number;
}

export const ZERO: Big = { m: 0n, e: 0 };
export const INFINITE: Big = { m: 1n, e: Infinity };

const word = new Float64Array(1);
const halves = new Uint32Array(word.buffer);

const THOUSAND_BITS = 1n << 1000n;
const powers: bigint[] = [];
const powerOfTwo = (n: number): bigint => (powers[n] ??= 1n << BigInt(n));

/** Bits of |m|, 0 of 0. */
export function bitLength(m: bigint): number {
  let rest = m < 0n ? -m : m;
  let length = 0;
  while (rest >= THOUSAND_BITS) {
    rest >>= 960n;
    length += 960;
  }
  if (rest === 0n) return length;
  word[0] = Number(rest);
  const found = ((halves[1]! >>> 20) & 0x7ff) - 1022;
  // A number just below a power of two is rounded to it.
  return length + (found > 53 && rest < powerOfTwo(found - 1) ? found - 1 : found);
}

/** The position above the highest bit: |a| is in [2^(top − 1), 2^top). */
export const topOf = (a: Big): number => (a.m === 0n ? -Infinity : a.e + bitLength(a.m));

export const isInfinite = (a: Big): boolean => a.e === Infinity;
export const negative = (a: Big): Big => ({ m: -a.m, e: a.e });

const shifted = (m: bigint, places: number): bigint => (places >= 0 ? m << BigInt(places) : m >> BigInt(-places));

/** m / 2^places to a side. */
const cut = (m: bigint, places: number, side: Side): bigint =>
  side === 'down' ? m >> BigInt(places) : -(-m >> BigInt(places));

/** To a number of bits. */
export function rounded(m: bigint, e: number, bits: number, side: Side): Big {
  const excess = bitLength(m) - bits;
  return excess <= 0 ? { m, e } : { m: cut(m, excess, side), e: e + excess };
}

/** Exact; −0 is 0. */
export function fromNumber(value: number): Big {
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 53) return { m: BigInt(value), e: 0 };
  if (!Number.isFinite(value)) return value > 0 ? INFINITE : negative(INFINITE);
  word[0] = value;
  const biased = (halves[1]! >>> 20) & 0x7ff;
  const fraction = (BigInt(halves[1]! & 0xfffff) << 32n) | BigInt(halves[0]!);
  const m = biased === 0 ? fraction : fraction | (1n << 52n);
  return { m: value < 0 ? -m : m, e: Math.max(biased, 1) - 1075 };
}

/** A float64 to a side, or the nearest one, ties to even. */
export function toNumber(a: Big, to: Side | 'nearest'): number {
  if (a.m === 0n) return 0;
  if (isInfinite(a)) return a.m > 0n ? Infinity : -Infinity;
  const top = topOf(a);
  if (top > 1025) {
    const isInward = to !== 'nearest' && (to === 'down') === a.m > 0n;
    return (a.m < 0n ? -1 : 1) * (isInward ? Number.MAX_VALUE : Infinity);
  }
  if (top < -1100) return to === 'nearest' || (to === 'down') === a.m > 0n ? 0 : a.m < 0n ? -5e-324 : 5e-324;
  const lowest = Math.max(top - 53, -1074);
  const places = lowest - a.e;
  const m = places <= 0 ? a.m << BigInt(-places) : to === 'nearest' ? nearest(a.m, places) : cut(a.m, places, to);
  const value = Number(m) * 2 ** lowest;
  if (Number.isFinite(value) || to === 'nearest') return value;
  return (to === 'down') === value > 0 ? Math.sign(value) * Number.MAX_VALUE : value;
}

/** m / 2^places to the nearest integer, ties to even. */
function nearest(m: bigint, places: number): bigint {
  const floor = m >> BigInt(places);
  const twice = (m - (floor << BigInt(places))) << 1n;
  const unit = 1n << BigInt(places);
  return twice > unit || (twice === unit && (floor & 1n) === 1n) ? floor + 1n : floor;
}

export function compare(a: Big, b: Big): number {
  const [p, q] = [a.m > 0n ? 1 : a.m < 0n ? -1 : 0, b.m > 0n ? 1 : b.m < 0n ? -1 : 0];
  if (p !== q || p === 0) return Math.sign(p - q);
  const [s, t] = [topOf(a), topOf(b)];
  if (s !== t) return s > t ? p : -p;
  if (s === Infinity) return 0;
  const [x, y] = a.e >= b.e ? [a.m << BigInt(a.e - b.e), b.m] : [a.m, b.m << BigInt(b.e - a.e)];
  return x > y ? 1 : x < y ? -1 : 0;
}

/** Undefined of ∞ − ∞. */
export function add(a: Big, b: Big, bits: number, side: Side): Big | undefined {
  if (isInfinite(a) || isInfinite(b)) {
    if (isInfinite(a) && isInfinite(b) && a.m !== b.m) return undefined;
    return isInfinite(a) ? a : b;
  }
  if (a.m === 0n) return rounded(b.m, b.e, bits, side);
  if (b.m === 0n) return rounded(a.m, a.e, bits, side);
  const [s, t] = [topOf(a), topOf(b)];
  const [large, small] = s >= t ? [a, b] : [b, a];
  // What lies far below the last bit of the larger number moves it by less than a unit there, wherever it lies.
  const least = Math.min(Math.max(s, t) - 2 * bits, large.e) - 2;
  const near = topOf(small) < least ? { m: small.m > 0n ? 1n : -1n, e: least } : small;
  const e = Math.min(large.e, near.e);
  return rounded(shifted(large.m, large.e - e) + shifted(near.m, near.e - e), e, bits, side);
}

/** Undefined of 0 · ∞. */
export function multiplied(a: Big, b: Big, bits: number, side: Side): Big | undefined {
  if (isInfinite(a) || isInfinite(b)) {
    if (a.m === 0n || b.m === 0n) return undefined;
    return a.m > 0n === b.m > 0n ? INFINITE : negative(INFINITE);
  }
  return a.m === 0n || b.m === 0n ? ZERO : rounded(a.m * b.m, a.e + b.e, bits, side);
}

/** Undefined of 0 / 0 and ∞ / ∞; a quotient by 0 has the sign of the dividend. */
export function quotientOf(a: Big, b: Big, bits: number, side: Side): Big | undefined {
  if (isInfinite(b)) return isInfinite(a) ? undefined : ZERO;
  if (b.m === 0n) return a.m === 0n ? undefined : a.m > 0n ? INFINITE : negative(INFINITE);
  if (isInfinite(a)) return b.m > 0n ? a : negative(a);
  if (a.m === 0n) return ZERO;
  const places = Math.max(0, bits + 2 + bitLength(b.m) - bitLength(a.m));
  const dividend = a.m << BigInt(places);
  let quotient = dividend / b.m;
  if (quotient * b.m !== dividend) {
    const isNegative = dividend < 0n !== b.m < 0n;
    if (isNegative && side === 'down') quotient -= 1n;
    if (!isNegative && side === 'up') quotient += 1n;
  }
  return rounded(quotient, a.e - places - b.e, bits, side);
}

/** Of what is not negative. */
export function squareRoot(a: Big, bits: number, side: Side): Big {
  if (a.m === 0n || isInfinite(a)) return a;
  let places = Math.max(0, 2 * bits + 2 - bitLength(a.m));
  if ((a.e - places) % 2 !== 0) places++;
  const square = a.m << BigInt(places);
  const root = integerRoot(square);
  return rounded(side === 'up' && root * root !== square ? root + 1n : root, (a.e - places) / 2, bits, side);
}

/** The largest integer whose square is not above n. */
export function integerRoot(n: bigint): bigint {
  if (n < 1n << 52n) return BigInt(Math.floor(Math.sqrt(Number(n))));
  // From above, by the root of the leading half; Newton's steps go down to the root.
  const places = bitLength(n) >> 2;
  let root = (integerRoot(n >> BigInt(2 * places)) + 1n) << BigInt(places);
  for (;;) {
    const next = (root + n / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** To an integer; exact. */
export function toInteger(a: Big, how: 'floor' | 'ceil' | 'nearest'): Big {
  if (a.e >= 0 || a.m === 0n) return a;
  const places = Math.min(-a.e, bitLength(a.m) + 2);
  const m = how === 'nearest' ? nearest(a.m, places) : cut(a.m, places, how === 'floor' ? 'down' : 'up');
  return { m, e: 0 };
}

/** a · 2^places, cut to an integer from below: exact or less than a unit too small. */
export const fixedPoint = (a: Big, places: number): bigint => shifted(a.m, a.e + places);
