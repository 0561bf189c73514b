// The small algebra in which every elementwise op is written once; each device interprets it in its own way.

/**
 * The arithmetic a body may use. `T` is a value (a number, a WASM vector, WGSL text), `M` a mask.
 * Floats follow IEEE 754-2019, round to nearest even; integers wrap. A body must be total: no operation traps.
 */
export interface Algebra<T, M> {
  /** A literal. For integer algebras it must be an integer of the dtype. */
  constant(value: number): T;

  add(a: T, b: T): T;
  sub(a: T, b: T): T;
  mul(a: T, b: T): T;
  /** Floats: IEEE division. Integers: `floorDivide`. */
  div(a: T, b: T): T;
  neg(a: T): T;
  abs(a: T): T;
  sqrt(a: T): T;

  floor(a: T): T;
  ceil(a: T): T;
  trunc(a: T): T;
  /** Nearest integer, ties to even. */
  nearest(a: T): T;
  /** IEEE 754-2019 minimum / maximum: NaN propagates, -0 < +0. */
  min(a: T, b: T): T;
  max(a: T, b: T): T;
  /** The magnitude of `a` with the sign bit of `sign`. */
  copySign(a: T, sign: T): T;

  lt(a: T, b: T): M;
  le(a: T, b: T): M;
  gt(a: T, b: T): M;
  ge(a: T, b: T): M;
  eq(a: T, b: T): M;
  ne(a: T, b: T): M;
  and(a: M, b: M): M;
  or(a: M, b: M): M;
  not(a: M): M;
  select(mask: M, whenTrue: T, whenFalse: T): T;

  /** Python (and NumPy) a // b. Integers: b = 0 gives 0. Scalar devices only. */
  floorDivide(a: T, b: T): T;
  /** Python (and NumPy) a % b: the sign of b, also of a zero. Integers: b = 0 gives 0. Scalar devices only. */
  remainder(a: T, b: T): T;
  /** Bitwise operations, defined for integers. Shift counts outside [0, bits) give 0 (or the sign, to the right). */
  bitAnd(a: T, b: T): T;
  bitOr(a: T, b: T): T;
  bitXor(a: T, b: T): T;
  bitNot(a: T): T;
  shiftLeft(a: T, count: T): T;
  shiftRight(a: T, count: T): T;

  /** 2^k for an integer-valued k in [-1022, 1023]; anything elsewhere. Float64 only. */
  powerOfTwo(k: T): T;
  /** floor(log2 x) of a positive normal float64; anything elsewhere. */
  exponent(x: T): T;
  /** x / 2^exponent(x), in [1, 2), of a positive normal float64; anything elsewhere. */
  mantissa(x: T): T;
  /** x with the low 27 bits of its float64 significand cleared: the high half of a Dekker split. */
  highHalf(x: T): T;
  /** table[index] for an integer-valued index, clamped to the table (NaN reads entry 0). */
  lookup(table: readonly number[], index: T): T;
  /**
   * `usual` where the mask is off, `otherwise()` where it is on; devices may skip `otherwise` when no lane needs it.
   */
  rare(mask: M, usual: readonly T[], otherwise: () => readonly T[]): readonly T[];
  /**
   * The value as a float32 element that was written and is read again: rounded to nearest even, NaN canonical. Floats
   * only.
   */
  single(a: T): T;
  /** Applies a named scalar function: inlined by devices that spell it out, a built-in where a device has one. */
  call(scalar: Scalar, a: T, b?: T): T;
}

/** A value-returning body: one formula for every device. */
export type Body = <T, M>(m: Algebra<T, M>, ...x: T[]) => T;
/** A mask-returning body; the mask is stored as uint8 0 or 1. */
export type PredicateBody = <T, M>(m: Algebra<T, M>, ...x: T[]) => M;

/** A named elementwise function; devices cache what they compile by this object's identity, so make it once. */
export interface Scalar {
  readonly name: string;
  readonly arity: number;
  readonly returns: 'value';
  readonly body: Body;
}

/** A named elementwise test (comparison, logical op, isnan). */
interface Predicate {
  readonly name: string;
  readonly arity: number;
  readonly returns: 'mask';
  readonly body: PredicateBody;
}

/** What a map can apply. */
export type ElementFunction = Scalar | Predicate;

/** Names a value body. */
export function scalar(name: string, arity: number, body: Body): Scalar {
  return { name, arity, returns: 'value', body };
}

/** Names a mask body. */
export function predicate(name: string, arity: number, body: PredicateBody): Predicate {
  return { name, arity, returns: 'mask', body };
}
