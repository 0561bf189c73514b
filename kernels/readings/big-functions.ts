// The five functions that others are made of, at a number of bits: fixed-point series with errors that are counted.
import { type Big, bitLength, fixedPoint, integerRoot, rounded, topOf } from './big.ts';
import type { Enclosure } from './ends.ts';

/** m · 2^e, off by at most `off` units of 2^e. */
interface Approximation {
  readonly m: bigint;
  readonly e: number;
  readonly off: bigint;
}

const GUARD = 24;

/** The two ends of an approximation. */
export const enclosed = ({ m, e, off }: Approximation, bits: number): Enclosure<Big> => [
  rounded(m - off, e, bits, 'down'),
  rounded(m + off, e, bits, 'up'),
];

type Constant = 'pi' | 'ln2';
const known = new Map<Constant, { readonly m: bigint; readonly places: number }>();

/** A constant · 2^places, less than two units too small. */
export function constantAt(name: Constant, places: number): bigint {
  let found = known.get(name);
  if (found === undefined || found.places < places + 16) {
    const more = Math.max(places, found === undefined ? 512 : 2 * found.places) + 16;
    const m = (name === 'pi' ? piAt(more) : ln2At(more)) - 64n;
    known.set(name, (found = { m, places: more }));
  }
  return found.m >> BigInt(found.places - places);
}

/** Machin: π = 16 atan(1/5) − 4 atan(1/239). Off by a unit for each term. */
const piAt = (places: number): bigint => 16n * reciprocalArc(5n, places, -1n) - 4n * reciprocalArc(239n, places, -1n);
/** ln 2 = 18 artanh(1/26) − 2 artanh(1/4801) + 8 artanh(1/8749). */
const ln2At = (places: number): bigint =>
  18n * reciprocalArc(26n, places, 1n) - 2n * reciprocalArc(4801n, places, 1n) + 8n * reciprocalArc(8749n, places, 1n);

/** Σ s^k / ((2k + 1) n^(2k + 1)): the arc tangent of 1/n for s = −1, the area tangent for s = 1. */
function reciprocalArc(n: bigint, places: number, sign: bigint): bigint {
  // More places than asked for, so that all terms together are off by less than one unit.
  const spare = bitLength(BigInt(places)) + 8;
  let term = (1n << BigInt(places + spare)) / n;
  let sum = term;
  const square = n * n;
  for (let k = 3n; term !== 0n; k += 2n) {
    term = (sign * term) / square;
    sum += term / k;
  }
  return sum >> BigInt(spare);
}

/** e^x for a finite x of less than 2^33. */
export function expAt(x: Big, bits: number): Approximation {
  const places = bits + GUARD;
  const more = Math.max(0, topOf(x)) + 8;
  const fixed = fixedPoint(x, places + more);
  const ln2 = constantAt('ln2', places + more);
  let k = fixed / ln2;
  if (fixed < 0n) k -= 1n;
  // Off by |k| units of the constant and one of x: less than two units after the extra places are cut.
  const rest = (fixed - k * ln2) >> BigInt(more);
  return { m: exponentialSeries(rest < 0n ? 0n : rest, places), e: Number(k) - places, off: 64n };
}

/** e^r for r in [0, 0.75), off by less than 16 units: Taylor's series of r / 2^s, squared s times. */
function exponentialSeries(r: bigint, places: number): bigint {
  const halvings = Math.ceil(Math.sqrt(places) / 1.5);
  const wide = places + halvings + 24;
  const small = r << 24n;
  const shift = BigInt(wide);
  let term = 1n << shift;
  let sum = term;
  for (let n = 1n; term !== 0n; n++) {
    term = ((term * small) >> shift) / n;
    sum += term;
  }
  for (let i = 0; i < halvings; i++) sum = (sum * sum) >> shift;
  return sum >> BigInt(halvings + 24);
}

/** log x of a positive finite x; exact 0 of 1. */
export function logAt(x: Big, bits: number): Approximation {
  const length = bitLength(x.m);
  // x = 2^k n / 2^t with n / 2^t in [0.75, 1.5).
  const isUpper = length > 1 && x.m >> BigInt(length - 2) === 3n;
  const t = isUpper ? length : length - 1;
  const k = x.e + t;
  const [difference, sum] = [x.m - (1n << BigInt(t)), x.m + (1n << BigInt(t))];
  if (difference === 0n && k === 0) return { m: 0n, e: 0, off: 0n };
  const lost = k === 0 ? length - bitLength(difference) : 0;
  const places = bits + GUARD + lost + bitLength(BigInt(k));
  const z = (difference << BigInt(places)) / sum;
  const area = areaSeries(z, places);
  const off = BigInt(Math.abs(k)) * 2n + 4n * BigInt(places) + 16n;
  return { m: BigInt(k) * constantAt('ln2', places) + 2n * area, e: -places, off };
}

/** artanh z for |z| ≤ 0.2. */
function areaSeries(z: bigint, places: number): bigint {
  const shift = BigInt(places);
  const square = (z * z) >> shift;
  let power = z < 0n ? -z : z;
  let sum = power;
  for (let k = 3n; power !== 0n; k += 2n) {
    power = (power * square) >> shift;
    sum += power / k;
  }
  return z < 0n ? -sum : sum;
}

/** The quarter turns nearest to a finite x, and what is left, in units of 2^−places, off by less than four. */
function turnsOf(x: Big, places: number): readonly [turns: bigint, rest: bigint] {
  const more = Math.max(0, topOf(x)) + 8;
  const fixed = fixedPoint(x, places + more);
  const quarter = constantAt('pi', places + more) >> 1n;
  const turns = (2n * fixed + quarter) / (2n * quarter) - (2n * fixed + quarter < 0n ? 1n : 0n);
  return [turns, (fixed - turns * quarter) >> BigInt(more)];
}

/** Between which quarter turns a finite x lies: one, or two where they cannot be told apart. */
export function quarterTurnsAt(x: Big, bits: number): Enclosure<bigint> {
  const [turns, rest] = turnsOf(x, bits + GUARD);
  return rest > 8n ? [turns, turns] : rest < -8n ? [turns - 1n, turns - 1n] : [turns - 1n, turns];
}

/** sin(x + quarters π/2) of a finite x, with its relative digits near its zeros too. */
export function sineAt(x: Big, quarters: bigint, bits: number): Approximation {
  let places = bits + GUARD + Math.max(0, -topOf(x));
  for (;;) {
    const [turns, rest] = turnsOf(x, places);
    const quadrant = (((turns + quarters) % 4n) + 4n) % 4n;
    const isSine = quadrant % 2n === 0n;
    const lost = isSine ? places - bitLength(rest) : 0;
    if (lost > places - bits - GUARD / 2) {
      places = bits + GUARD + lost + 16;
      continue;
    }
    const m = waveSeries(rest, places, isSine);
    return { m: quadrant >= 2n ? -m : m, e: -places, off: BigInt(places) + 64n };
  }
}

/** sin r or cos r for |r| ≤ 0.8. */
function waveSeries(r: bigint, places: number, isSine: boolean): bigint {
  const shift = BigInt(places);
  const square = (r * r) >> shift;
  let term = isSine ? (r < 0n ? -r : r) : 1n << shift;
  let sum = term;
  for (let k = isSine ? 2n : 1n; term !== 0n; k += 2n) {
    const size = (((term < 0n ? -term : term) * square) >> shift) / (k * (k + 1n));
    term = term < 0n ? size : -size;
    sum += term;
  }
  return isSine && r < 0n ? -sum : sum;
}

/** atan x of a finite x ≥ 0. */
export function arcAt(x: Big, bits: number): Approximation {
  const top = topOf(x);
  const places = bits + GUARD + Math.max(0, -top);
  // atan x = π/2 − atan(1 / x) beyond 1.
  const isBeyond = top > 0;
  const unit = 1n << BigInt(places);
  let t = isBeyond ? reciprocalFixed(x, places) : fixedPoint(x, places);
  const halvings = 3;
  for (let i = 0; i < halvings; i++) t = (t << BigInt(places)) / (unit + integerRoot(unit * unit + t * t));
  const shift = BigInt(places);
  const square = (t * t) >> shift;
  let power = t;
  let sum = t;
  for (let k = 3n, sign = -1n; power !== 0n; k += 2n, sign = -sign) {
    power = (power * square) >> shift;
    sum += (sign * power) / k;
  }
  const m = sum << BigInt(halvings);
  const off = 16n * BigInt(places) + 128n;
  return { m: isBeyond ? (constantAt('pi', places) >> 1n) - m : m, e: -places, off };
}

/** 2^places / x, cut. */
function reciprocalFixed(x: Big, places: number): bigint {
  const shift = places - x.e;
  return shift < 0 ? 0n : (1n << BigInt(shift)) / x.m;
}

/** Σ 2^n x^(2n + 1) / (1 · 3 … (2n + 1)), which is erf x · e^(x²) √π / 2, for x ≥ 0. */
export function errorSeriesAt(x: Big, bits: number): Approximation {
  const places = bits + GUARD + Math.max(0, -topOf(x));
  const shift = BigInt(places);
  const fixed = fixedPoint(x, places);
  const twice = (fixed * fixed) >> (shift - 1n);
  let term = fixed;
  let sum = term;
  let off = 8n;
  for (let k = 3n; term !== 0n; k += 2n, off += 4n) {
    term = ((term * twice) >> shift) / k;
    sum += term;
  }
  // Each term is off by a few units and, where terms grow, by as many parts of what they grew to.
  return { m: sum, e: -places, off: off * ((sum >> shift) + 4n) };
}
