// Bodies read over truncated power series: Taylor coefficients of any order.
import type { Algebra, Scalar } from '../scalar/algebra.ts';
import { bodyIn, valueIn } from './apply.ts';
import { FUNCTIONS_BY_NAME, nameOfFunction } from './functions.ts';
import { type Slope, SLOPES } from './slopes.ts';

/** Coefficients of t⁰, t¹, … */
type Jet<T> = readonly T[];

/**
 * The algebra of series to an order. Steps keep their first coefficient alone; comparisons are of first coefficients.
 * `isZero` tells which coefficients are 0 exactly: quotients of two series that begin with 0 are then those of what
 * follows, with as many coefficients fewer.
 */
function jets<T, M>(m: Algebra<T, M>, order: number, isZero: (value: T) => boolean = () => false): Algebra<Jet<T>, M> {
  const zero = m.constant(0);
  const padded = (first: T): T[] => [first, ...Array.from({ length: order }, () => zero)];
  const j: Algebra<Jet<T>, M> = {
    constant: (value) => padded(m.constant(value)),
    ...seriesArithmetic(m, isZero),
    ...choices(m),
    ...steps(m, padded),
    rare: (mask, usual, otherwise) => {
      const width = usual.map((jet) => jet.length);
      const found = m.rare(mask, usual.flat(), () => otherwise().flatMap((jet, i) => jet.slice(0, width[i])));
      let at = 0;
      return width.map((n) => found.slice(at, (at += n)));
    },
    call: (f, a, b) => called(m, j, f, isZero, b === undefined ? [a] : [a, b]),
  };
  return j;
}

/** The series of a scalar at a point, by its one operand. */
export function seriesOf<T, M>(m: Algebra<T, M>, f: Scalar, at: T, order: number, isZero?: (x: T) => boolean): Jet<T> {
  const first = Array.from({ length: order + 1 }, (_, k) => (k === 0 ? at : m.constant(k === 1 ? 1 : 0)));
  return valueIn(jets(m, order, isZero), f, [first]);
}

const sumOf = <T, M>(m: Algebra<T, M>, terms: readonly T[]): T => terms.reduce((sum, term) => m.add(sum, term));

/** Σ a_i b_(k−i) for i from `from` to k. */
function convolved<T, M>(m: Algebra<T, M>, a: Jet<T>, b: Jet<T>, k: number, from = 0): T {
  const terms = Array.from({ length: k - from + 1 }, (_, i) => m.mul(a[from + i]!, b[k - from - i]!));
  return sumOf(m, terms);
}

const each = <T>(a: Jet<T>, b: Jet<T>, f: (x: T, y: T) => T): T[] =>
  Array.from({ length: Math.min(a.length, b.length) }, (_, k) => f(a[k]!, b[k]!));

function seriesArithmetic<T, M>(m: Algebra<T, M>, isZero: (value: T) => boolean) {
  const div = (a: Jet<T>, b: Jet<T>): Jet<T> => {
    if (b.length > 1 && isZero(b[0]!) && isZero(a[0]!)) return div(a.slice(1), b.slice(1));
    const y: T[] = [];
    for (let k = 0; k < Math.min(a.length, b.length); k++)
      y.push(m.div(k === 0 ? a[0]! : m.sub(a[k]!, convolved(m, b, y, k, 1)), b[0]!));
    return y;
  };
  return {
    add: (a: Jet<T>, b: Jet<T>) => each(a, b, (x, y) => m.add(x, y)),
    sub: (a: Jet<T>, b: Jet<T>) => each(a, b, (x, y) => m.sub(x, y)),
    mul: (a: Jet<T>, b: Jet<T>) => each(a, b, (x) => x).map((_, k) => convolved(m, a, b, k)),
    div,
    neg: (a: Jet<T>) => a.map((x) => m.neg(x)),
    sqrt: (a: Jet<T>) => {
      const y = [m.sqrt(a[0]!)];
      for (let k = 1; k < a.length; k++) {
        const products = Array.from({ length: k - 1 }, (_, i) => m.mul(y[i + 1]!, y[k - 1 - i]!));
        const rest = products.length === 0 ? a[k]! : m.sub(a[k]!, sumOf(m, products));
        y.push(m.div(rest, m.add(y[0]!, y[0]!)));
      }
      return y;
    },
  };
}

function choices<T, M>(m: Algebra<T, M>) {
  const select = (mask: M, a: Jet<T>, b: Jet<T>): Jet<T> => each(a, b, (x, y) => m.select(mask, x, y));
  const signed = (a: Jet<T>, sign: T): Jet<T> => a.map((x) => m.mul(x, sign));
  const sign = (x: T): T => m.copySign(m.constant(1), x);
  return {
    select,
    abs: (a: Jet<T>) => signed(a, sign(a[0]!)),
    min: (a: Jet<T>, b: Jet<T>) => select(m.lt(a[0]!, b[0]!), a, b),
    max: (a: Jet<T>, b: Jet<T>) => select(m.gt(a[0]!, b[0]!), a, b),
    copySign: (a: Jet<T>, b: Jet<T>) => signed(a, m.mul(sign(a[0]!), sign(b[0]!))),
    ...(Object.fromEntries(
      (['lt', 'le', 'gt', 'ge', 'eq', 'ne'] as const).map((name) => [
        name,
        (a: Jet<T>, b: Jet<T>): M => m[name](a[0]!, b[0]!),
      ]),
    ) as Record<'lt' | 'le' | 'gt' | 'ge' | 'eq' | 'ne', (a: Jet<T>, b: Jet<T>) => M>),
    and: (a: M, b: M) => m.and(a, b),
    or: (a: M, b: M) => m.or(a, b),
    not: (a: M) => m.not(a),
  };
}

function steps<T, M>(m: Algebra<T, M>, padded: (first: T) => T[]) {
  const one =
    (f: (x: T) => T) =>
    (a: Jet<T>): Jet<T> =>
      padded(f(a[0]!));
  const two =
    (f: (x: T, y: T) => T) =>
    (a: Jet<T>, b: Jet<T>): Jet<T> =>
      padded(f(a[0]!, b[0]!));
  const near =
    (f: (x: T) => T) =>
    (a: Jet<T>): Jet<T> => [f(a[0]!), ...a.slice(1)];
  return {
    floor: one((x) => m.floor(x)),
    ceil: one((x) => m.ceil(x)),
    trunc: one((x) => m.trunc(x)),
    nearest: one((x) => m.nearest(x)),
    floorDivide: two((x, y) => m.floorDivide(x, y)),
    remainder: (a: Jet<T>, b: Jet<T>): Jet<T> => {
      const turns = m.floorDivide(a[0]!, b[0]!);
      return each(a, b, (x, y) => m.sub(x, m.mul(turns, y))).with(0, m.remainder(a[0]!, b[0]!));
    },
    bitAnd: two((x, y) => m.bitAnd(x, y)),
    bitOr: two((x, y) => m.bitOr(x, y)),
    bitXor: two((x, y) => m.bitXor(x, y)),
    bitNot: one((x) => m.bitNot(x)),
    shiftLeft: two((x, y) => m.shiftLeft(x, y)),
    shiftRight: two((x, y) => m.shiftRight(x, y)),
    powerOfTwo: one((x) => m.powerOfTwo(x)),
    exponent: one((x) => m.exponent(x)),
    mantissa: (a: Jet<T>): Jet<T> => {
      const scale = m.powerOfTwo(m.exponent(a[0]!));
      return [m.mantissa(a[0]!), ...a.slice(1).map((x) => m.div(x, scale))];
    },
    highHalf: near((x) => m.highHalf(x)),
    single: near((x) => m.single(x)),
    lookup: (table: readonly number[], index: Jet<T>): Jet<T> => padded(m.lookup(table, index[0]!)),
  };
}

/** y = f(a, b): k y_k = Σ i a_i g_(k−i) with g the series of the derivative, one order shorter. */
function called<T, M>(
  m: Algebra<T, M>,
  j: Algebra<Jet<T>, M>,
  f: Scalar,
  isZero: (value: T) => boolean,
  operands: readonly Jet<T>[],
): Jet<T> {
  const name = nameOfFunction(f);
  if (name === undefined) return bodyIn(j, f, operands[0]!, operands[1]);
  if (name === 'pow') return power(m, j, operands[0]!, operands[1]!, isZero);
  const order = Math.min(...operands.map((a) => a.length)) - 1;
  const first = valueIn(
    m,
    f,
    operands.map((a) => a[0]!),
  );
  if (order === 0) return [first];
  const shorter = jets(m, order - 1, isZero);
  const cut = operands.map((a) => a.slice(0, order));
  const y = (): Jet<T> => called(m, shorter, f, isZero, cut);
  const parts = SLOPES[name].flatMap((slope: Slope, i) =>
    operands[i]!.slice(1).every(isZero)
      ? []
      : [integrated(m, operands[i]!, slope(shorter, y, cut[0]!, cut[1] ?? cut[0]!))],
  );
  const zero = m.constant(0);
  const rest = Array.from({ length: order }, (_, k) =>
    parts.length === 0
      ? zero
      : sumOf(
          m,
          parts.map((part) => part[k]!),
        ),
  );
  return [first, ...rest];
}

/** Coefficients 1, 2, … of the integral of a′ g. */
function integrated<T, M>(m: Algebra<T, M>, a: Jet<T>, g: Jet<T>): T[] {
  return Array.from({ length: Math.min(g.length, a.length - 1) }, (_, k) => {
    const terms = Array.from({ length: k + 1 }, (_unused, i) => m.mul(m.mul(m.constant(i + 1), a[i + 1]!), g[k - i]!));
    return m.div(sumOf(m, terms), m.constant(k + 1));
  });
}

const LARGEST_WHOLE = 64;

/** a^b = e^(b log a); of a small whole exponent products, right where a is 0 or negative too. */
function power<T, M>(
  m: Algebra<T, M>,
  j: Algebra<Jet<T>, M>,
  a: Jet<T>,
  b: Jet<T>,
  isZero: (value: T) => boolean,
): Jet<T> {
  const isConstant = b.slice(1).every(isZero);
  for (let n = 0; isConstant && n <= LARGEST_WHOLE; n++) {
    const whole = (): Jet<T> =>
      Array.from({ length: n }, () => a).reduce((product, x) => j.mul(product, x), j.constant(1));
    if (isZero(m.sub(b[0]!, m.constant(n)))) return whole();
    if (isZero(m.add(b[0]!, m.constant(n)))) return j.div(j.constant(1), whole());
  }
  const h = j.mul(b, j.call(FUNCTIONS_BY_NAME.log, a));
  const y = [m.call(FUNCTIONS_BY_NAME.pow, a[0]!, b[0]!)];
  for (let k = 1; k < h.length; k++) {
    const terms = Array.from({ length: k }, (_, i) => m.mul(m.mul(m.constant(i + 1), h[i + 1]!), y[k - 1 - i]!));
    y.push(m.div(sumOf(m, terms), m.constant(k)));
  }
  return y;
}
