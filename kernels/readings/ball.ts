// Bodies read at high precision: enclosures whose ends have as many bits as it takes to know the result.
import type { Algebra, ElementFunction } from '../scalar/algebra.ts';
import { readIn } from './apply.ts';
import * as big from './big.ts';
import type { Big } from './big.ts';
import * as core from './big-functions.ts';
import { FORMULAS, LIMITS, NEAR_IDENTITY } from './big-formulas.ts';
import type { Certainty, Interval } from './bounds.ts';
import type { Enclosure, Ends } from './ends.ts';
import { FUNCTIONS_BY_NAME, type UnaryName } from './functions.ts';
import { intervals } from './interval.ts';

/** An enclosure of a real number of high precision; see `Interval`. */
type Ball = Interval<Big>;

const algebras = new Map<number, Algebra<Ball, Certainty>>();

/** The algebra of enclosures whose ends have so many bits. There is one zero: −0 reads as 0. */
export function balls(bits: number): Algebra<Ball, Certainty> {
  let found = algebras.get(bits);
  if (found === undefined) algebras.set(bits, (found = intervals(bigEnds(bits))));
  return found;
}

const LEAST_BITS = 128;
const MOST_BITS = 4096;

/**
 * The correctly rounded float64 of what an element function is of numbers, NaN where it has no value; undefined where
 * even the most bits do not tell, as of a difference of equals that are not seen to be equal.
 */
export function exactly(f: ElementFunction, x: readonly number[], mostBits = MOST_BITS): number | undefined {
  for (let bits = LEAST_BITS; bits <= mostBits; bits *= 2) {
    const m = balls(bits);
    const value = nearestOf(
      readIn(
        m,
        f,
        x.map((operand) => m.constant(operand)),
      ),
    );
    if (value !== undefined) return value;
  }
  return undefined;
}

/** The float64 that all of an enclosure is rounded to; undefined where there are several. */
export function nearestOf({ low, high, nan }: Ball): number | undefined {
  if (big.compare(low, high) > 0) return NaN;
  if (nan) return undefined;
  const least = big.toNumber(low, 'nearest');
  return least === (low === high ? least : big.toNumber(high, 'nearest')) ? least : undefined;
}

/** What exponentials of larger numbers are is not told apart from infinity, or from 0. */
const LARGEST_TOP = 33;

function bigEnds(bits: number): Ends<Big> {
  return {
    infinity: big.INFINITE,
    from: big.fromNumber,
    toNumber: big.toNumber,
    compare: big.compare,
    sign: (a) => (a.m > 0n ? 1 : a.m < 0n ? -1 : 0),
    isFinite: (a) => !big.isInfinite(a),
    add: (a, b, side) => big.add(a, b, bits, side),
    mul: (a, b, side) => big.multiplied(a, b, bits, side),
    div: (a, b, side) => big.quotientOf(a, b, bits, side),
    sqrt: (a, side) => big.squareRoot(a, bits, side),
    neg: big.negative,
    round: big.toInteger,
    function: (name, a) => functionAt(name, a, bits),
    power: (a, b) => powerAt(a, b, bits),
    angle: (a, b) => angleAt(a, b, bits),
    quarterTurns: (angle) => core.quarterTurnsAt(angle, bits),
  };
}

const exact = (value: number): Enclosure<Big> => {
  const end = big.fromNumber(value);
  return [end, end];
};

const cut = ({ low, high }: Ball, bits: number): Enclosure<Big> => [
  big.isInfinite(low) ? low : big.rounded(low.m, low.e, bits, 'down'),
  big.isInfinite(high) ? high : big.rounded(high.m, high.e, bits, 'up'),
];

function functionAt(name: UnaryName, x: Big, bits: number): Enclosure<Big> {
  const [below, above, atZero] = LIMITS[name] ?? [];
  if (x.m === 0n && atZero !== undefined) return exact(atZero);
  const limit = x.m > 0n ? above : below;
  if (big.isInfinite(x) && limit !== undefined) return exact(limit);
  const top = big.topOf(x);
  const order = NEAR_IDENTITY[name];
  if (order !== undefined && top < -bits - 4) return besideItself(x, order, bits);
  const found = coreAt(name, x, bits);
  if (found !== undefined) return found;
  const formula = FORMULAS[name]!;
  const m = balls(bits + 16 + (x.m === 0n ? 0 : Math.max(0, -top)));
  return cut(formula(m, { low: x, high: x, nan: false }), bits);
}

/** x to both sides by |x|^order. */
function besideItself(x: Big, order: 2 | 3, bits: number): Enclosure<Big> {
  const gap = { m: 1n, e: big.topOf(x) * order };
  return [big.add(x, big.negative(gap), bits, 'down')!, big.add(x, gap, bits, 'up')!];
}

function coreAt(name: UnaryName, x: Big, bits: number): Enclosure<Big> | undefined {
  if (name === 'exp') return exponentialAt(x, bits);
  if (name === 'log' && !big.isInfinite(x)) return core.enclosed(core.logAt(x, bits), bits);
  if (name === 'sin') return core.enclosed(core.sineAt(x, 0n, bits), bits);
  if (name === 'cos') return core.enclosed(core.sineAt(x, 1n, bits), bits);
  if (name === 'atan') return arcAt(x, bits);
  if (name === 'erfc') return complementAt(x, bits);
  return undefined;
}

function exponentialAt(x: Big, bits: number): Enclosure<Big> {
  const top = big.topOf(x);
  const limit = 2 ** LARGEST_TOP;
  if (top > LARGEST_TOP) return x.m > 0n ? [{ m: 1n, e: limit }, big.INFINITE] : [big.ZERO, { m: 1n, e: -limit }];
  if (top >= -bits - 4) return core.enclosed(core.expAt(x, bits), bits);
  const one = big.fromNumber(1);
  const beside = big.add(one, { m: x.m < 0n ? -1n : 1n, e: top + 1 }, bits, x.m < 0n ? 'down' : 'up')!;
  return x.m < 0n ? [beside, one] : [one, beside];
}

/** π over a power of two. */
const partOfPi = (halvings: number, bits: number): Enclosure<Big> => {
  const places = bits + 16;
  const m = core.constantAt('pi', places);
  return core.enclosed({ m, e: -places - halvings, off: 2n }, bits);
};

function arcAt(x: Big, bits: number): Enclosure<Big> {
  if (x.m < 0n) {
    const [low, high] = arcAt(big.negative(x), bits);
    return [big.negative(high), big.negative(low)];
  }
  return big.isInfinite(x) ? partOfPi(1, bits) : core.enclosed(core.arcAt(x, bits), bits);
}

/** erfc x: of large x by the asymptotic series, else 1 − erf x with the bits that cancel. */
function complementAt(x: Big, bits: number): Enclosure<Big> {
  const size = Math.abs(big.toNumber(x, 'nearest'));
  const isFar = size * size > 0.7 * (bits + 20) + 2;
  if (size > 2 ** 15) return x.m < 0n ? [big.fromNumber(LARGEST_BELOW_TWO), big.fromNumber(2)] : [big.ZERO, SMALLEST];
  const wide = bits + 24 + (isFar || x.m < 0n ? 0 : Math.ceil(size * size * 1.4427));
  const m = balls(wide);
  const t = m.abs({ low: x, high: x, nan: false });
  const bell = m.call(FUNCTIONS_BY_NAME.exp, m.neg(m.mul(t, t)));
  const [low, high] = partOfPi(0, wide);
  const rootOfPi = m.sqrt({ low, high, nan: false });
  if (isFar) {
    const tail = m.div(m.mul(bell, farSeries(m, t, wide)), m.mul(t, rootOfPi));
    return cut(x.m < 0n ? m.sub(m.constant(2), tail) : tail, bits);
  }
  const [least, most] = core.enclosed(core.errorSeriesAt(t.low, wide), wide);
  const series = m.mul({ low: least, high: most, nan: false }, m.div(m.constant(2), rootOfPi));
  const erf = m.mul(bell, series);
  return cut(x.m < 0n ? m.add(m.constant(1), erf) : m.sub(m.constant(1), erf), bits);
}

const LARGEST_BELOW_TWO = 2 - 2 ** -52;
const SMALLEST: Big = { m: 1n, e: -(2 ** 29) };

/** Σ (−1)^n (2n − 1)!! / (2 t²)^n until a term is small enough, or the smallest: it bounds what is left. */
function farSeries(m: Algebra<Ball, Certainty>, t: Ball, bits: number): Ball {
  const step = m.div(m.constant(-0.5), m.mul(t, t));
  let term = m.constant(1);
  let sum = term;
  const last = Math.floor(big.toNumber(t.low, 'down') ** 2);
  for (let n = 1; n <= last && big.topOf(term.low) > -bits; n++) {
    term = m.mul(term, m.mul(step, m.constant(2 * n - 1)));
    sum = m.add(sum, term);
  }
  const size = m.abs(term);
  return m.add(sum, { low: big.negative(size.high), high: size.high, nan: false });
}

const MOST_PRODUCTS = 2048n;

/** a^b for a ≥ 0: products for whole exponents, else e^(b log a). */
function powerAt(a: Big, b: Big, bits: number): Enclosure<Big> {
  const one = big.fromNumber(1);
  if (b.m === 0n || big.compare(a, one) === 0) return [one, one];
  if (a.m === 0n || big.isInfinite(a)) return exact((a.m === 0n) === b.m > 0n ? 0 : Infinity);
  if (big.isInfinite(b)) return exact(big.compare(a, one) > 0 === b.m > 0n ? Infinity : 0);
  const size = b.m < 0n ? -b.m : b.m;
  const isWhole = b.e >= 0 && b.e < 12 && size << BigInt(b.e) <= MOST_PRODUCTS;
  const wide = balls(bits + 32);
  const base = { low: a, high: a, nan: false };
  if (isWhole) {
    const product = repeated(wide, base, size << BigInt(b.e));
    return cut(b.m < 0n ? wide.div(wide.constant(1), product) : product, bits);
  }
  const exponent = Math.max(0, big.topOf(b) + Math.ceil(Math.log2(Math.abs(big.topOf(a)) + 1)) + 1);
  const m = balls(bits + 32 + Math.min(exponent, 64));
  const logarithm = m.call(FUNCTIONS_BY_NAME.log, base);
  return cut(m.call(FUNCTIONS_BY_NAME.exp, m.mul({ low: b, high: b, nan: false }, logarithm)), bits);
}

function repeated(m: Algebra<Ball, Certainty>, base: Ball, count: bigint): Ball {
  let [product, power] = [m.constant(1), base];
  for (let rest = count; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) product = m.mul(product, power);
    if (rest > 1n) power = m.mul(power, power);
  }
  return product;
}

/** The angle of the point (x, y), not the origin. */
function angleAt(y: Big, x: Big, bits: number): Enclosure<Big> {
  const m = balls(bits + 16);
  const pi = (halvings: number): Ball => {
    const [low, high] = partOfPi(halvings, bits + 16);
    return { low, high, nan: false };
  };
  const point = (end: Big): Ball => ({ low: end, high: end, nan: false });
  const signed = (angle: Ball): Enclosure<Big> => cut(y.m < 0n ? m.neg(angle) : angle, bits);
  if (big.isInfinite(y) && big.isInfinite(x)) return signed(x.m > 0n ? pi(2) : m.sub(pi(0), pi(2)));
  if (x.m === 0n || big.isInfinite(y)) return signed(pi(1));
  const turn = m.call(FUNCTIONS_BY_NAME.atan, m.abs(m.div(point(y), point(x))));
  return signed(x.m > 0n ? turn : m.sub(pi(0), turn));
}
