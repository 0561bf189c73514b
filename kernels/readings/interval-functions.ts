// Functions of intervals: where they rise and fall, and what lies between.
import type { Bounds, Interval } from './bounds.ts';
import type { FunctionName, UnaryName } from './functions.ts';

type Shape = 'rising' | 'falling' | 'valley' | 'wave';
interface Course {
  readonly shape: Shape;
  readonly domain?: readonly [number, number];
  readonly range?: readonly [number, number];
  /** Of a valley: where its bottom lies, and a number that is not above it. */
  readonly bottom?: readonly [from: number, to: number, value: number];
}

const POSITIVE = [0, Infinity] as const;
/** Of domains: −0 is in them. */
const FROM_ZERO = [-0, Infinity] as const;
const ARC = [-1, 1] as const;

const COURSES: Readonly<Record<UnaryName, Course>> = {
  exp: { shape: 'rising', range: POSITIVE },
  exp2: { shape: 'rising', range: POSITIVE },
  expm1: { shape: 'rising', range: [-1, Infinity] },
  log: { shape: 'rising', domain: FROM_ZERO },
  log1p: { shape: 'rising', domain: [-1, Infinity] },
  log2: { shape: 'rising', domain: FROM_ZERO },
  log10: { shape: 'rising', domain: FROM_ZERO },
  sin: { shape: 'wave', range: ARC },
  cos: { shape: 'wave', range: ARC },
  tan: { shape: 'wave' },
  asin: { shape: 'rising', domain: ARC },
  acos: { shape: 'falling', domain: ARC, range: POSITIVE },
  atan: { shape: 'rising' },
  sinh: { shape: 'rising' },
  cosh: { shape: 'valley', range: [1, Infinity], bottom: [0, 0, 1] },
  tanh: { shape: 'rising', range: ARC },
  asinh: { shape: 'rising' },
  acosh: { shape: 'rising', domain: [1, Infinity], range: POSITIVE },
  atanh: { shape: 'rising', domain: ARC },
  cbrt: { shape: 'rising' },
  erf: { shape: 'rising', range: ARC },
  erfc: { shape: 'falling', range: [0, 2] },
  sigmoid: { shape: 'rising', range: [0, 1] },
  silu: { shape: 'valley', bottom: [-1.27846455, -1.27846453, -0.278464542761075] },
  softplus: { shape: 'rising', range: POSITIVE },
  gelu: { shape: 'valley', bottom: [-0.75179153, -0.75179151, -0.169971207479906] },
};

/** Bounds of a function over intervals. */
export function functionOver<E>(b: Bounds<E>, name: FunctionName, x: Interval<E>, y?: Interval<E>): Interval<E> {
  if (name === 'pow') return power(b, x, y!);
  if (b.isEmpty(x) || (y !== undefined && b.isEmpty(y))) return b.none;
  return name === 'atan2' ? angle(b, x, y!) : unary(b, name, x);
}

function unary<E>(b: Bounds<E>, name: UnaryName, x: Interval<E>): Interval<E> {
  const { shape, domain, range, bottom } = COURSES[name];
  const within = domain === undefined ? x : b.within(x, ...domain);
  if (b.isEmpty(within)) return b.none;
  const at = (end: E) => b.ends.function(name, end);
  const { low, high, nan } = within;
  let found: Interval<E>;
  if (shape === 'wave') found = wave(b, name as 'sin' | 'cos' | 'tan', within);
  else if (b.isSingle(within)) found = b.enclosing([at(low)], nan);
  else {
    found = b.enclosing([at(low), at(high)], nan);
    if (shape === 'valley' && b.ends.compare(low, b.ends.from(bottom![1])) < 0) {
      const isAcross = b.ends.compare(high, b.ends.from(bottom![0])) > 0;
      if (isAcross) found = b.hull(found, b.point(bottom![2]));
    }
  }
  return range === undefined ? found : b.clipped(found, ...range);
}

/** Where in four quarter turns a wave has its crests and troughs, or its poles. */
const TURNS = { sin: [1n, 3n], cos: [0n, 2n], tan: [1n, 3n] } as const;

function wave<E>(b: Bounds<E>, name: 'sin' | 'cos' | 'tan', x: Interval<E>): Interval<E> {
  const isUnbounded = !b.ends.isFinite(x.low) || !b.ends.isFinite(x.high);
  const nan = x.nan || isUnbounded;
  if (b.isSingle(x)) return isUnbounded ? b.none : b.enclosing([b.ends.function(name, x.low)], nan);
  const from = isUnbounded ? 0n : b.ends.quarterTurns(x.low)[0];
  const to = isUnbounded ? 4n : b.ends.quarterTurns(x.high)[1];
  const passes = (turn: bigint): boolean => from + 1n + ((((turn - from - 1n) % 4n) + 4n) % 4n) <= to;
  const [crest, trough] = TURNS[name];
  if (name === 'tan' && (isUnbounded || passes(crest) || passes(trough))) return b.whole(nan);
  const ends = isUnbounded ? [] : [b.ends.function(name, x.low), b.ends.function(name, x.high)];
  let found = b.enclosing(ends, nan);
  if (isUnbounded || passes(crest)) found = b.hull(found, { ...b.point(1), nan });
  if (isUnbounded || passes(trough)) found = b.hull(found, { ...b.point(-1), nan });
  return found;
}

/** Angles of a box: those of its corners, where it has neither the origin nor a point of the negative axis within. */
function angle<E>(b: Bounds<E>, y: Interval<E>, x: Interval<E>): Interval<E> {
  const nan = x.nan || y.nan;
  const [zero, minus] = [b.ends.from(0), b.ends.from(-0)];
  const isAcross = b.ends.compare(y.low, minus) <= 0 && b.ends.compare(y.high, zero) >= 0;
  const isBehind = b.ends.compare(x.low, zero) < 0;
  const isOneZero = b.isSingle(y);
  if ((b.has(y, 0) && b.has(x, 0)) || (isAcross && isBehind && !isOneZero))
    return { low: b.ends.from(-ABOVE_PI), high: b.ends.from(ABOVE_PI), nan };
  const corners = [y.low, y.high].flatMap((p) => [x.low, x.high].map((q) => b.ends.angle(p, q)));
  return b.enclosing(corners, nan);
}

const ABOVE_PI = 3.1415926535897936;

function power<E>(b: Bounds<E>, x: Interval<E>, y: Interval<E>): Interval<E> {
  const nan = x.nan || y.nan;
  const isOne = (y.nan && b.has(x, 1)) || (x.nan && b.has(y, 0));
  let found: Interval<E> = isOne ? { ...b.point(1), nan } : { ...b.none, nan };
  if (b.isEmpty(x) || b.isEmpty(y)) return isOne ? { ...found, nan: true } : b.none;
  const [zero, minus] = [b.ends.from(0), b.ends.from(-0)];
  if (b.ends.compare(x.high, zero) >= 0)
    found = b.hull(found, ofCorners(b, { ...x, low: b.most(x.low, zero) }, y, nan));
  const isNegative = b.ends.compare(x.low, zero) < 0;
  if (!isNegative) return found;
  const part = b.negated({ ...x, high: b.least(x.high, minus) });
  const parity = parityOf(b, y);
  if (parity === 'fraction') return { ...found, nan: true };
  const sizes = ofCorners(b, part, y, nan);
  if (parity === 'any') return { ...b.hull(found, b.hull(sizes, b.negated(sizes))), nan: true };
  return b.hull(found, parity === 'even' ? sizes : b.negated(sizes));
}

/** A power is monotone in the base and in the exponent, so that its extremes over a box are at corners. */
function ofCorners<E>(b: Bounds<E>, x: Interval<E>, y: Interval<E>, nan: boolean): Interval<E> {
  const bases = b.isSingle(x) ? [x.low] : [x.low, x.high];
  const exponents = b.isSingle(y) ? [y.low] : [y.low, y.high];
  return b.clipped(
    b.enclosing(
      bases.flatMap((p) => exponents.map((q) => b.ends.power(p, q))),
      nan,
    ),
    0,
    Infinity,
  );
}

/** What whole numbers an exponent may be: even ones, odd ones, any, or none. */
function parityOf<E>(b: Bounds<E>, y: Interval<E>): 'even' | 'odd' | 'any' | 'fraction' {
  const [floor, ceil] = [b.ends.round(y.high, 'floor'), b.ends.round(y.low, 'ceil')];
  if (b.order(floor, ceil) < 0) return 'fraction';
  if (!b.isPoint(y)) return 'any';
  const half = b.ends.mul(y.low, b.ends.from(0.5), 'down')!;
  return b.order(b.ends.round(half, 'floor'), half) === 0 ? 'even' : 'odd';
}
