// Bodies read over values with a derivative: forward differentiation, over whatever algebra the values are of.
import { type Algebra, type Scalar, scalar } from '../scalar/algebra.ts';
import { bodyIn, valueIn } from './apply.ts';
import { nameOfFunction } from './functions.ts';
import { type Slope, SLOPES } from './slopes.ts';

/** A value and its derivative in one direction; undefined is that of a constant, 0 whatever it is multiplied by. */
interface Dual<T> {
  readonly value: T;
  readonly slope: T | undefined;
}

/**
 * The algebra of duals over another one. Steps have the derivative 0; |x| has it at 0; where operands of a maximum or
 * minimum are equal, the second is taken, so that max(x, 0) has 0 at 0. What is not selected has no part in a slope.
 */
export function dual<T, M>(m: Algebra<T, M>): Algebra<Dual<T>, M> {
  const d: Algebra<Dual<T>, M> = {
    constant: (value) => constantOf(m.constant(value)),
    ...arithmetic(m),
    ...choices(m),
    ...stepwise(m),
    ...comparisons(m),
    rare: (mask, usual, otherwise) =>
      pairedFrom(
        usual,
        m.rare(mask, flat(m, usual), () => flat(m, otherwise())),
      ),
    call: (f, a, b) => {
      const name = nameOfFunction(f);
      if (name === undefined) return bodyIn(d, f, a, b);
      const operands = b === undefined ? [a] : [a, b];
      const value = valueIn(
        m,
        f,
        operands.map((x) => x.value),
      );
      const parts = SLOPES[name].map((slope, i) => chained(m, slope, value, operands, i));
      return { value, slope: parts.reduce((sum, part) => plus(m, sum, part), undefined) };
    },
  };
  return d;
}

/** The derivative of a scalar by one of its operands, itself a scalar that devices compile. */
export function partial(f: Scalar, operand: number): Scalar {
  return scalar(`${f.name}′${operand}`, f.arity, (m, ...x) => {
    const seeded = x.map((value, i) => ({ value, slope: i === operand ? m.constant(1) : undefined }));
    return valueIn(dual(m), f, seeded).slope ?? m.constant(0);
  });
}

const constantOf = <T>(value: T): Dual<T> => ({ value, slope: undefined });
const plus = <T, M>(m: Algebra<T, M>, a: T | undefined, b: T | undefined): T | undefined =>
  a === undefined ? b : b === undefined ? a : m.add(a, b);
const scaled = <T, M>(m: Algebra<T, M>, slope: T | undefined, factor: () => T): T | undefined =>
  slope === undefined ? undefined : m.mul(slope, factor());
const negated = <T, M>(m: Algebra<T, M>, slope: T | undefined): T | undefined =>
  slope === undefined ? undefined : m.neg(slope);
const minus = <T, M>(m: Algebra<T, M>, a: T | undefined, b: T | undefined): T | undefined =>
  a === undefined ? negated(m, b) : b === undefined ? a : m.sub(a, b);

function chained<T, M>(m: Algebra<T, M>, slope: Slope, y: T, operands: readonly Dual<T>[], at: number): T | undefined {
  const [a, b] = [operands[0]!.value, (operands[1] ?? operands[0]!).value];
  return scaled(m, operands[at]!.slope, () => slope(m, () => y, a, b));
}

/** A selection of slopes of which one may be that of a constant. */
function either<T, M>(m: Algebra<T, M>, mask: M, a: T | undefined, b: T | undefined): T | undefined {
  if (a === undefined && b === undefined) return undefined;
  return m.select(mask, a ?? m.constant(0), b ?? m.constant(0));
}

function arithmetic<T, M>(m: Algebra<T, M>) {
  return {
    add: (a: Dual<T>, b: Dual<T>) => ({ value: m.add(a.value, b.value), slope: plus(m, a.slope, b.slope) }),
    sub: (a: Dual<T>, b: Dual<T>) => ({ value: m.sub(a.value, b.value), slope: minus(m, a.slope, b.slope) }),
    mul: (a: Dual<T>, b: Dual<T>) => {
      const first = scaled(m, a.slope, () => b.value);
      return {
        value: m.mul(a.value, b.value),
        slope: plus(
          m,
          first,
          scaled(m, b.slope, () => a.value),
        ),
      };
    },
    div: (a: Dual<T>, b: Dual<T>) => {
      const value = m.div(a.value, b.value);
      const down = scaled(m, b.slope, () => m.neg(value));
      const top = plus(m, a.slope, down);
      return { value, slope: top === undefined ? undefined : m.div(top, b.value) };
    },
    neg: (a: Dual<T>) => ({ value: m.neg(a.value), slope: negated(m, a.slope) }),
    sqrt: (a: Dual<T>) => {
      const value = m.sqrt(a.value);
      return { value, slope: scaled(m, a.slope, () => m.div(m.constant(0.5), value)) };
    },
  };
}

function choices<T, M>(m: Algebra<T, M>) {
  const select = (mask: M, a: Dual<T>, b: Dual<T>): Dual<T> => ({
    value: m.select(mask, a.value, b.value),
    slope: either(m, mask, a.slope, b.slope),
  });
  const sign = (x: T): T => m.copySign(m.constant(1), x);
  return {
    select,
    abs: (a: Dual<T>) => {
      const right = m.gt(a.value, m.constant(0));
      const left = m.lt(a.value, m.constant(0));
      const below = either(m, left, negated(m, a.slope), undefined);
      return { value: m.abs(a.value), slope: either(m, right, a.slope, below) };
    },
    min: (a: Dual<T>, b: Dual<T>) => ({
      value: m.min(a.value, b.value),
      slope: either(m, m.lt(a.value, b.value), a.slope, b.slope),
    }),
    max: (a: Dual<T>, b: Dual<T>) => ({
      value: m.max(a.value, b.value),
      slope: either(m, m.gt(a.value, b.value), a.slope, b.slope),
    }),
    copySign: (a: Dual<T>, b: Dual<T>) => ({
      value: m.copySign(a.value, b.value),
      slope: scaled(m, a.slope, () => m.mul(sign(a.value), sign(b.value))),
    }),
  };
}

/** Operations whose results move in steps, or are the operand but for a step. */
function stepwise<T, M>(m: Algebra<T, M>) {
  const flatOf =
    (f: (x: T) => T) =>
    (a: Dual<T>): Dual<T> =>
      constantOf(f(a.value));
  const flatOfTwo =
    (f: (x: T, y: T) => T) =>
    (a: Dual<T>, b: Dual<T>): Dual<T> =>
      constantOf(f(a.value, b.value));
  const near =
    (f: (x: T) => T) =>
    (a: Dual<T>): Dual<T> => ({ value: f(a.value), slope: a.slope });
  return {
    floor: flatOf((x) => m.floor(x)),
    ceil: flatOf((x) => m.ceil(x)),
    trunc: flatOf((x) => m.trunc(x)),
    nearest: flatOf((x) => m.nearest(x)),
    floorDivide: flatOfTwo((x, y) => m.floorDivide(x, y)),
    remainder: (a: Dual<T>, b: Dual<T>) => ({
      value: m.remainder(a.value, b.value),
      slope: plus(
        m,
        a.slope,
        scaled(m, b.slope, () => m.neg(m.floorDivide(a.value, b.value))),
      ),
    }),
    bitAnd: flatOfTwo((x, y) => m.bitAnd(x, y)),
    bitOr: flatOfTwo((x, y) => m.bitOr(x, y)),
    bitXor: flatOfTwo((x, y) => m.bitXor(x, y)),
    bitNot: flatOf((x) => m.bitNot(x)),
    shiftLeft: flatOfTwo((x, y) => m.shiftLeft(x, y)),
    shiftRight: flatOfTwo((x, y) => m.shiftRight(x, y)),
    powerOfTwo: flatOf((x) => m.powerOfTwo(x)),
    exponent: flatOf((x) => m.exponent(x)),
    mantissa: (a: Dual<T>) => ({
      value: m.mantissa(a.value),
      slope: a.slope === undefined ? undefined : m.div(a.slope, m.powerOfTwo(m.exponent(a.value))),
    }),
    highHalf: near((x) => m.highHalf(x)),
    single: near((x) => m.single(x)),
    lookup: (table: readonly number[], index: Dual<T>) => constantOf(m.lookup(table, index.value)),
  };
}

function comparisons<T, M>(m: Algebra<T, M>) {
  const values =
    (f: (a: T, b: T) => M) =>
    (a: Dual<T>, b: Dual<T>): M =>
      f(a.value, b.value);
  return {
    lt: values((x, y) => m.lt(x, y)),
    le: values((x, y) => m.le(x, y)),
    gt: values((x, y) => m.gt(x, y)),
    ge: values((x, y) => m.ge(x, y)),
    eq: values((x, y) => m.eq(x, y)),
    ne: values((x, y) => m.ne(x, y)),
    and: (a: M, b: M) => m.and(a, b),
    or: (a: M, b: M) => m.or(a, b),
    not: (a: M) => m.not(a),
  };
}

/** Values, then slopes, so that one selection of the inner algebra serves both. */
const flat = <T, M>(m: Algebra<T, M>, pairs: readonly Dual<T>[]): T[] => [
  ...pairs.map(({ value }) => value),
  ...pairs.map(({ slope }) => slope ?? m.constant(0)),
];

const pairedFrom = <T>(usual: readonly Dual<T>[], flatValues: readonly T[]): Dual<T>[] =>
  usual.map((_, i) => ({ value: flatValues[i]!, slope: flatValues[usual.length + i]! }));
