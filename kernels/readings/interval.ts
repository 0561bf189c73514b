// Bodies read over intervals: the result has every value that the body can have of operands in theirs.
import type { Algebra } from '../scalar/algebra.ts';
import { floatAlgebra } from '../scalar/js-algebra.ts';
import { bodyIn } from './apply.ts';
import { Bounds, type Interval, type Certainty } from './bounds.ts';
import type { Ends, Side } from './ends.ts';
import { nameOfFunction } from './functions.ts';
import { functionOver } from './interval-functions.ts';

/** The algebra of intervals with ends of a kind. Bit operations are those of integers, which have no intervals. */
export function intervals<E>(ends: Ends<E>): Algebra<Interval<E>, Certainty> {
  const b = new Bounds(ends);
  const select = (mask: Certainty, x: Interval<E>, y: Interval<E>): Interval<E> =>
    mask === 'yes' ? x : mask === 'no' ? y : b.hull(x, y);
  const algebra: Algebra<Interval<E>, Certainty> = {
    constant: (value) => b.point(value),
    ...sums(b),
    ...products(b),
    ...roundings(b),
    ...orders(b),
    ...partsOfFloats(b),
    ...BITS,
    select,
    rare: (mask, usual, otherwise) => {
      if (mask === 'no') return usual;
      const others = otherwise();
      return usual.map((value, i) => select(mask, others[i]!, value));
    },
    call: (f, x, y) => {
      const name = nameOfFunction(f);
      return name === undefined ? bodyIn(algebra, f, x, y) : functionOver(b, name, x, y);
    },
  };
  return algebra;
}

function sums<E>(b: Bounds<E>) {
  const infinite = (x: E, sign: number): boolean => !b.ends.isFinite(x) && b.ends.sign(x) === sign;
  const add = (x: Interval<E>, y: Interval<E>): Interval<E> => {
    if (b.isEmpty(x) || b.isEmpty(y)) return b.none;
    const cancels = (p: Interval<E>, q: Interval<E>) => infinite(p.high, 1) && infinite(q.low, -1);
    const low = b.ends.add(x.low, y.low, 'down') ?? b.ends.infinity;
    const high = b.ends.add(x.high, y.high, 'up') ?? b.ends.neg(b.ends.infinity);
    return { low, high, nan: x.nan || y.nan || cancels(x, y) || cancels(y, x) };
  };
  const copySign = (x: Interval<E>, sign: Interval<E>): Interval<E> => {
    const size = b.magnitude(x);
    if (sign.nan || b.isEmpty(sign)) return b.hull(size, b.negated(size));
    if (b.ends.compare(sign.low, b.ends.from(0)) >= 0) return size;
    if (b.ends.sign(sign.high) < 0 || b.ends.compare(sign.high, b.ends.from(0)) < 0) return b.negated(size);
    return b.hull(size, b.negated(size));
  };
  return {
    add,
    sub: (x: Interval<E>, y: Interval<E>): Interval<E> => {
      if (x !== y || b.isEmpty(x)) return add(x, b.negated(y));
      const isFinite = b.ends.isFinite(x.low) && b.ends.isFinite(x.high);
      return { ...b.point(0), nan: x.nan || !isFinite };
    },
    neg: (x: Interval<E>) => b.negated(x),
    abs: (x: Interval<E>) => b.magnitude(x),
    copySign,
    min: (x: Interval<E>, y: Interval<E>) => least(b, x, y),
    max: (x: Interval<E>, y: Interval<E>) => b.negated(least(b, b.negated(x), b.negated(y))),
  };
}

function least<E>(b: Bounds<E>, x: Interval<E>, y: Interval<E>): Interval<E> {
  if (b.isEmpty(x) || b.isEmpty(y)) return b.none;
  return { low: b.least(x.low, y.low), high: b.least(x.high, y.high), nan: x.nan || y.nan };
}

type Rounded<E> = (x: E, y: E, side: Side) => E | undefined;

/** The extremes of an operation over the corners of a box. */
function overCorners<E>(b: Bounds<E>, operation: Rounded<E>, x: Interval<E>, y: Interval<E>): Interval<E> {
  const xs = b.isSingle(x) ? [x.low] : [x.low, x.high];
  const ys = b.isSingle(y) ? [y.low] : [y.low, y.high];
  const corners = xs.flatMap((p) =>
    ys.map((q) => {
      const low = operation(p, q, 'down');
      return low === undefined ? undefined : ([low, operation(p, q, 'up')!] as const);
    }),
  );
  return b.enclosing(corners, x.nan || y.nan);
}

/** A product or quotient of intervals on one side of 0 each: two corners are the extremes. */
function ofSigned<E>(
  b: Bounds<E>,
  x: Interval<E>,
  y: Interval<E>,
  operation: Rounded<E>,
  isQuotient: boolean,
): Interval<E> | undefined {
  const sideOf = ({ low, high }: Interval<E>): number => (b.ends.sign(low) > 0 ? 1 : b.ends.sign(high) < 0 ? -1 : 0);
  const [p, q] = [sideOf(x), sideOf(y)];
  if (p === 0 || q === 0) return undefined;
  // Magnitudes grow with those of x, and with those of y or of 1 / y.
  const [small, large] = p > 0 ? [x.low, x.high] : [x.high, x.low];
  const [near, far] = q > 0 === !isQuotient ? [y.low, y.high] : [y.high, y.low];
  const low = p === q ? operation(small, near, 'down') : operation(large, far, 'down');
  const high = p === q ? operation(large, far, 'up') : operation(small, near, 'up');
  return low === undefined || high === undefined ? undefined : { low, high, nan: x.nan || y.nan };
}

function products<E>(b: Bounds<E>) {
  const { ends } = b;
  const mul = (x: Interval<E>, y: Interval<E>): Interval<E> => {
    if (b.isEmpty(x) || b.isEmpty(y)) return b.none;
    if (x === y) return square(b, x);
    const quick = ofSigned(b, x, y, (p, q, side) => ends.mul(p, q, side), false);
    if (quick !== undefined) return quick;
    const found = overCorners(b, (p, q, side) => ends.mul(p, q, side), x, y);
    // 0 · ∞ is NaN, and 0 times what lies below is 0.
    return found.nan && !x.nan && !y.nan && !(b.isPoint(x) && b.isPoint(y)) ? b.hull(found, zeros(b)) : found;
  };
  const div = (x: Interval<E>, y: Interval<E>): Interval<E> => {
    if (b.isEmpty(x) || b.isEmpty(y)) return b.none;
    if (x === y) return itself(b, x);
    const quick = ofSigned(b, x, y, (p, q, side) => ends.div(p, q, side), true);
    if (quick !== undefined) return quick;
    // So that a zero at an end is above what it divides by, also where there is one zero alone.
    if (ends.sign(y.low) < 0 && ends.compare(y.high, ends.from(-0)) <= 0) return b.negated(div(x, b.negated(y)));
    const isAcross = ends.compare(y.low, ends.from(0)) < 0 && ends.compare(y.high, ends.from(-0)) > 0;
    if (isAcross || (b.has(y, 0) && !b.isSingle(y) && !isOneSided(b, y)))
      return b.whole(x.nan || y.nan || b.has(x, 0) || bothInfinite(b, x, y));
    const found = overCorners(b, (p, q, side) => ends.div(p, q, side), x, y);
    return { ...found, nan: found.nan || bothInfinite(b, x, y) };
  };
  const floorDivide = (x: Interval<E>, y: Interval<E>): Interval<E> => {
    const { low, high, nan } = div(x, y);
    if (b.isEmpty({ low, high, nan })) return b.none;
    const isWide = !ends.isFinite(y.low) || !ends.isFinite(y.high);
    const whole = { low: ends.round(low, 'floor'), high: ends.round(high, 'floor'), nan };
    const found = isWide ? b.hull(whole, { low: ends.from(-1), high: ends.from(0), nan }) : whole;
    return { ...found, nan: nan || !ends.isFinite(x.low) || !ends.isFinite(x.high) };
  };
  return {
    mul,
    div,
    floorDivide,
    sqrt: (x: Interval<E>): Interval<E> => {
      const part = b.within(x, -0, Infinity);
      if (b.isEmpty(part)) return b.none;
      return { low: ends.sqrt(part.low, 'down'), high: ends.sqrt(part.high, 'up'), nan: part.nan };
    },
    remainder: (x: Interval<E>, y: Interval<E>): Interval<E> =>
      remainder(b, x, y, floorDivide(x, y), (turns) => sums(b).sub(x, mul(turns, y))),
  };
}

const zeros = <E>(b: Bounds<E>): Interval<E> => ({ low: b.ends.from(-0), high: b.ends.from(0), nan: false });
const isInfiniteSome = <E>(b: Bounds<E>, x: Interval<E>): boolean =>
  !b.ends.isFinite(x.low) || !b.ends.isFinite(x.high);
const bothInfinite = <E>(b: Bounds<E>, x: Interval<E>, y: Interval<E>): boolean =>
  isInfiniteSome(b, x) && isInfiniteSome(b, y);

/** Whether a zero at an end is of the side of the other numbers, as in [+0, 1] and [−1, −0]. */
const isOneSided = <E>(b: Bounds<E>, y: Interval<E>): boolean =>
  b.ends.compare(y.low, b.ends.from(0)) >= 0 || b.ends.compare(y.high, b.ends.from(-0)) <= 0;

function square<E>(b: Bounds<E>, x: Interval<E>): Interval<E> {
  const { low, high, nan } = b.magnitude(x);
  return { low: b.ends.mul(low, low, 'down')!, high: b.ends.mul(high, high, 'up')!, nan };
}

/** x / x. */
function itself<E>(b: Bounds<E>, x: Interval<E>): Interval<E> {
  const nan = x.nan || b.has(x, 0) || isInfiniteSome(b, x);
  return b.isPoint(x) && nan && !x.nan ? b.none : { ...b.point(1), nan };
}

/** x − y ⌊x / y⌋, for quotients of any size; where the quotient is known, what is left of it. */
function remainder<E>(
  b: Bounds<E>,
  x: Interval<E>,
  y: Interval<E>,
  quotient: Interval<E>,
  rest: (turns: Interval<E>) => Interval<E>,
): Interval<E> {
  const { ends } = b;
  if (b.isEmpty(x) || b.isEmpty(y)) return b.none;
  const nan = x.nan || y.nan || isInfiniteSome(b, x) || b.has(y, 0);
  const zero = ends.from(0);
  if (ends.sign(y.low) > 0 && ends.compare(x.low, zero) >= 0 && ends.compare(x.high, y.low) < 0) return { ...x, nan };
  const low = ends.sign(y.low) < 0 ? y.low : zero;
  const high = ends.sign(y.high) > 0 ? y.high : ends.from(-0);
  if (nan || !b.isSingle(quotient) || !ends.isFinite(quotient.low)) return { low: b.least(low, high), high, nan };
  const found = rest(quotient);
  const signed = b.has(found, 0) ? b.hull(found, b.point(ends.sign(y.low) < 0 ? -0 : 0)) : found;
  return { low: b.most(signed.low, low), high: b.least(signed.high, high), nan };
}

function roundings<E>(b: Bounds<E>) {
  const { ends } = b;
  const rounded =
    (how: (x: E) => E) =>
    (x: Interval<E>): Interval<E> =>
      b.isEmpty(x) ? x : { low: how(x.low), high: how(x.high), nan: x.nan };
  const zero = ends.from(0);
  return {
    floor: rounded((x) => ends.round(x, 'floor')),
    ceil: rounded((x) => ends.round(x, 'ceil')),
    trunc: rounded((x) => ends.round(x, ends.compare(x, zero) < 0 ? 'ceil' : 'floor')),
    nearest: rounded((x) => ends.round(x, 'nearest')),
  };
}

function orders<E>(b: Bounds<E>) {
  const judged = (isSure: boolean, isRefuted: boolean, nan: boolean): Certainty =>
    isRefuted ? 'no' : isSure && !nan ? 'yes' : 'maybe';
  const below =
    (strict: boolean) =>
    (x: Interval<E>, y: Interval<E>): Certainty => {
      if (b.isEmpty(x) || b.isEmpty(y)) return 'no';
      if (x === y) return strict ? 'no' : judged(true, false, x.nan);
      const [most, least] = [b.order(x.high, y.low), b.order(x.low, y.high)];
      return judged(strict ? most < 0 : most <= 0, strict ? least >= 0 : least > 0, x.nan || y.nan);
    };
  const [lt, le] = [below(true), below(false)];
  const eq = (x: Interval<E>, y: Interval<E>): Certainty => {
    if (b.isEmpty(x) || b.isEmpty(y)) return 'no';
    const isSame = x === y || (b.isPoint(x) && b.isPoint(y) && b.order(x.low, y.low) === 0);
    const isApart = x !== y && (b.order(x.high, y.low) < 0 || b.order(y.high, x.low) < 0);
    return judged(isSame, isApart, x.nan || y.nan);
  };
  const not = (x: Certainty): Certainty => (x === 'yes' ? 'no' : x === 'no' ? 'yes' : 'maybe');
  const and = (x: Certainty, y: Certainty): Certainty =>
    x === 'no' || y === 'no' ? 'no' : x === 'yes' && y === 'yes' ? 'yes' : 'maybe';
  return {
    lt,
    le,
    gt: (x: Interval<E>, y: Interval<E>) => lt(y, x),
    ge: (x: Interval<E>, y: Interval<E>) => le(y, x),
    eq,
    ne: (x: Interval<E>, y: Interval<E>) => not(eq(x, y)),
    not,
    and,
    or: (x: Certainty, y: Certainty) => not(and(not(x), not(y))),
  };
}

/** What bodies do with the bits of floats: the same to both ends, where it is monotone. */
function partsOfFloats<E>(b: Bounds<E>) {
  const { ends } = b;
  const normal = (x: Interval<E>): readonly [number, number] | undefined => {
    if (b.isEmpty(x)) return undefined;
    const [low, high] = [ends.toNumber(x.low, 'down'), ends.toNumber(x.high, 'up')];
    return low >= 2 ** -1022 && high < Infinity ? [low, high] : undefined;
  };
  const between = (low: number, high: number, nan: boolean): Interval<E> => ({
    low: ends.from(low),
    high: ends.from(high),
    nan,
  });
  const monotone =
    (f: (x: number) => number) =>
    (x: Interval<E>): Interval<E> =>
      b.isEmpty(x) ? x : between(f(ends.toNumber(x.low, 'down')), f(ends.toNumber(x.high, 'up')), x.nan);
  return {
    powerOfTwo: (k: Interval<E>): Interval<E> => {
      if (b.isEmpty(k)) return b.whole(true);
      const [low, high] = [Math.floor(ends.toNumber(k.low, 'down')), Math.ceil(ends.toNumber(k.high, 'up'))];
      return low < -1022 || high > 1023 ? b.whole(true) : between(2 ** low, 2 ** high, k.nan);
    },
    exponent: (x: Interval<E>): Interval<E> => {
      const found = normal(x);
      return found ? between(floatAlgebra.exponent(found[0]), floatAlgebra.exponent(found[1]), x.nan) : b.whole(true);
    },
    mantissa: (x: Interval<E>): Interval<E> => {
      const found = normal(x);
      if (found === undefined) return b.whole(true);
      const [low, high] = found;
      const isOne = floatAlgebra.exponent(low) === floatAlgebra.exponent(high);
      return isOne ? between(floatAlgebra.mantissa(low), floatAlgebra.mantissa(high), x.nan) : between(1, 2, x.nan);
    },
    highHalf: monotone((x) => floatAlgebra.highHalf(x)),
    single: monotone(Math.fround),
    lookup: (table: readonly number[], index: Interval<E>): Interval<E> => {
      const place = (end: E, side: Side): number =>
        Math.min(Math.max(Math.trunc(ends.toNumber(end, side)), 0), table.length - 1);
      const isNaNAlone = b.isEmpty(index);
      const found = isNaNAlone ? [] : table.slice(place(index.low, 'down'), place(index.high, 'up') + 1);
      const entries = index.nan ? [...found, table[0]!] : found;
      return between(Math.min(...entries), Math.max(...entries), false);
    },
  };
}

const ofIntegers = (): never => {
  throw new TypeError('bits are those of integers, and intervals are of real numbers: read the body on integers');
};
const BITS = {
  bitAnd: ofIntegers,
  bitOr: ofIntegers,
  bitXor: ofIntegers,
  bitNot: ofIntegers,
  shiftLeft: ofIntegers,
  shiftRight: ofIntegers,
};
