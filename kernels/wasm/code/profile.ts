// Reads a body without computing: can a vector unit run it, and does float32 arithmetic give the bits of float64
// rounded once?
import type { Algebra, ElementFunction, Scalar } from '../../scalar/algebra.ts';

/** What a body needs. */
interface Profile {
  /** No operation that only scalar devices have. */
  readonly vector: boolean;
  /**
   * On float32 operands, float32 arithmetic gives the same bits as float64 arithmetic rounded once: at most one
   * rounding on every path, last but for operations that commute with rounding (Figueroa 1995: double rounding is
   * innocuous as 53 >= 2 * 24 + 2).
   */
  readonly single: boolean;
  /** No rounding at all: on float32 operands the value is a float32. */
  readonly exact: boolean;
  /** Only operations that wrapped integers have in vector form. */
  readonly integer: boolean;
}

const profiles = new WeakMap<ElementFunction, Profile>();

/** The profile of a function, found once. */
export function profileOf(fn: ElementFunction): Profile {
  const known = profiles.get(fn);
  if (known !== undefined) return known;
  const found = inspect(fn);
  profiles.set(fn, found);
  return found;
}

/** Whether a value still is a float32 exactly, or the result of one rounding. */
type Rounding = 'exact' | 'rounded';

function inspect(fn: ElementFunction): Profile {
  const seen = { vector: true, single: true, integer: true };
  const result = fn.body(inspector(seen), ...new Array<Rounding>(fn.arity).fill('exact'));
  return { ...seen, exact: seen.single && result !== 'rounded' };
}

function inspector(seen: { vector: boolean; single: boolean; integer: boolean }): Algebra<Rounding, null> {
  const needExact = (...values: readonly Rounding[]): void => {
    if (values.includes('rounded')) seen.single = false;
  };
  const join = (...values: readonly Rounding[]): Rounding => (values.includes('rounded') ? 'rounded' : 'exact');
  const rounds = (a: Rounding, b: Rounding): Rounding => (needExact(a, b), 'rounded');
  const compare = (a: Rounding, b: Rounding): null => (needExact(a, b), null);
  const whole = (a: Rounding): Rounding => (needExact(a), a);
  const floats = (a: Rounding, b: Rounding): Rounding => ((seen.integer = false), rounds(a, b));
  const wide = (): Rounding => ((seen.single = seen.integer = false), 'rounded');
  const onlyScalar = (): Rounding => ((seen.vector = seen.single = seen.integer = false), 'rounded');
  const onlyIntegers = (): Rounding => ((seen.single = false), (seen.vector = false), 'rounded');
  const algebra: Algebra<Rounding, null> = {
    constant: (value) => {
      if (!Object.is(Math.fround(value), value)) seen.single = false;
      if (!Object.is(value | 0, value)) seen.integer = false;
      return 'exact';
    },
    add: rounds,
    sub: rounds,
    mul: rounds,
    div: floats,
    neg: (a) => a,
    abs: (a) => a,
    sqrt: (a) => floats(a, a),
    floor: whole,
    ceil: whole,
    trunc: whole,
    nearest: whole,
    min: join,
    max: join,
    copySign: (a, sign) => ((seen.integer = false), join(a, sign)),
    lt: compare,
    le: compare,
    gt: compare,
    ge: compare,
    eq: compare,
    ne: compare,
    and: () => null,
    or: () => null,
    not: () => null,
    select: (_, a, b) => join(a, b),
    floorDivide: onlyScalar,
    remainder: onlyScalar,
    shiftLeft: onlyScalar,
    shiftRight: onlyScalar,
    bitAnd: onlyIntegers,
    bitOr: onlyIntegers,
    bitXor: onlyIntegers,
    bitNot: onlyIntegers,
    powerOfTwo: wide,
    exponent: wide,
    mantissa: wide,
    highHalf: wide,
    lookup: wide,
    rare: (_, usual, otherwise) => {
      const other = otherwise();
      return usual.map((value, i) => join(value, other[i]!));
    },
    single: () => ((seen.integer = false), 'exact'),
    call: (scalar: Scalar, a, b) => (b === undefined ? scalar.body(algebra, a) : scalar.body(algebra, a, b)),
  };
  return algebra;
}
