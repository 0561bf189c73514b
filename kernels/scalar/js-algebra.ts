// The algebra on plain JavaScript values: float64 numbers, wrapped integers, wrapped bigints. The reference semantics.
import type { Algebra, Scalar } from './algebra.ts';

type Numbers = Algebra<number, boolean>;
type BigInts = Algebra<bigint, boolean>;

const word = new Float64Array(1);
const halves = new Uint32Array(word.buffer); // little-endian: [low, high]

/** Float64 arithmetic on numbers; float32 operands are widened first and rounded once on store. */
export const floatAlgebra: Numbers = {
  constant: (value) => value,
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  neg: (a) => -a,
  abs: Math.abs,
  sqrt: Math.sqrt,
  floor: Math.floor,
  ceil: Math.ceil,
  trunc: Math.trunc,
  nearest: roundTiesToEven,
  min: (a, b) => Math.min(a, b),
  max: (a, b) => Math.max(a, b),
  copySign: (a, sign) => (sign < 0 || Object.is(sign, -0) ? -Math.abs(a) : Math.abs(a)),
  ...comparisons<number>(),
  floorDivide: floorDivideFloat,
  remainder: remainderFloat,
  bitAnd: undefinedForFloats,
  bitOr: undefinedForFloats,
  bitXor: undefinedForFloats,
  bitNot: undefinedForFloats,
  shiftLeft: undefinedForFloats,
  shiftRight: undefinedForFloats,
  powerOfTwo: (k) => {
    halves[0] = 0;
    halves[1] = (k + 1023) << 20;
    return word[0]!;
  },
  exponent: (x) => {
    word[0] = x;
    return ((halves[1]! >>> 20) & 0x7ff) - 1023;
  },
  mantissa: (x) => {
    word[0] = x;
    halves[1] = (halves[1]! & 0x000fffff) | 0x3ff00000;
    return word[0]!;
  },
  highHalf: (x) => {
    word[0] = x;
    halves[0] = halves[0]! & 0xf8000000;
    return word[0]!;
  },
  lookup: (table, index) => table[index > 0 ? Math.min(Math.trunc(index), table.length - 1) : 0]!,
  single: (a) => (a === a ? Math.fround(a) : NaN),
  call: (scalar: Scalar, a: number, b?: number) =>
    b === undefined ? scalar.body(floatAlgebra, a) : scalar.body(floatAlgebra, a, b),
};

/** Integers held in numbers, wrapped after every operation. */
export const int32Algebra: Numbers = numberIntegers((x) => x | 0, 32, Math.imul);
export const uint32Algebra: Numbers = numberIntegers(
  (x) => x >>> 0,
  32,
  (a, b) => Math.imul(a, b) >>> 0,
);
export const int16Algebra: Numbers = numberIntegers((x) => (x << 16) >> 16, 16);
export const uint16Algebra: Numbers = numberIntegers((x) => x & 0xffff, 16);
export const int8Algebra: Numbers = numberIntegers((x) => (x << 24) >> 24, 8);
export const uint8Algebra: Numbers = numberIntegers((x) => x & 0xff, 8);
/** 64-bit integers held in bigints, wrapped after every operation. */
export const int64Algebra: BigInts = bigIntegers((x) => BigInt.asIntN(64, x));
export const uint64Algebra: BigInts = bigIntegers((x) => BigInt.asUintN(64, x));

/** The parts that depend on the host's comparison operators alone. */
function comparisons<T>() {
  return {
    lt: (a: T, b: T) => a < b,
    le: (a: T, b: T) => a <= b,
    gt: (a: T, b: T) => a > b,
    ge: (a: T, b: T) => a >= b,
    eq: (a: T, b: T) => a === b,
    ne: (a: T, b: T) => a !== b,
    and: (a: boolean, b: boolean) => a && b,
    or: (a: boolean, b: boolean) => a || b,
    not: (a: boolean) => !a,
    select: (mask: boolean, a: T, b: T) => (mask ? a : b),
    rare: (mask: boolean, usual: readonly T[], otherwise: () => readonly T[]) => (mask ? otherwise() : usual),
  };
}

function numberIntegers(
  wrap: (x: number) => number,
  bits: number,
  mul = (a: number, b: number) => wrap(a * b),
): Numbers {
  const identity = (a: number) => a;
  const floorDivide = (a: number, b: number) => (b === 0 ? 0 : wrap(Math.floor(a / b)));
  const inRange = (count: number) => count >= 0 && count < bits;
  const algebra: Numbers = {
    constant: wrap,
    add: (a, b) => wrap(a + b),
    sub: (a, b) => wrap(a - b),
    mul,
    div: floorDivide,
    neg: (a) => wrap(-a),
    abs: (a) => wrap(Math.abs(a)),
    floor: identity,
    ceil: identity,
    trunc: identity,
    nearest: identity,
    min: (a, b) => (a < b ? a : b),
    max: (a, b) => (a > b ? a : b),
    copySign: (a, sign) => wrap(sign < 0 ? -Math.abs(a) : Math.abs(a)),
    ...comparisons<number>(),
    floorDivide,
    remainder: (a, b) => (b === 0 ? 0 : wrap(a - b * Math.floor(a / b))),
    bitAnd: (a, b) => wrap(a & b),
    bitOr: (a, b) => wrap(a | b),
    bitXor: (a, b) => wrap(a ^ b),
    bitNot: (a) => wrap(~a),
    shiftLeft: (a, count) => (inRange(count) ? wrap(a << count) : 0),
    shiftRight: (a, count) => (inRange(count) ? wrap(a >= 0 ? a >>> count : a >> count) : a < 0 ? -1 : 0),
    lookup: (table, index) => wrap(table[Math.max(0, Math.min(index, table.length - 1))]!),
    call: (scalar, a, b) => (b === undefined ? scalar.body(algebra, a) : scalar.body(algebra, a, b)),
    ...floatOnly<number>(),
  };
  return algebra;
}

function bigIntegers(wrap: (x: bigint) => bigint): BigInts {
  const identity = (a: bigint) => a;
  const magnitude = (a: bigint) => (a < 0n ? -a : a);
  const floorDivide = (a: bigint, b: bigint) => (b === 0n ? 0n : wrap((a - floorModulo(a, b)) / b));
  const inRange = (count: bigint) => count >= 0n && count < 64n;
  const algebra: BigInts = {
    constant: (value) => wrap(BigInt(value)),
    add: (a, b) => wrap(a + b),
    sub: (a, b) => wrap(a - b),
    mul: (a, b) => wrap(a * b),
    div: floorDivide,
    neg: (a) => wrap(-a),
    abs: (a) => wrap(magnitude(a)),
    floor: identity,
    ceil: identity,
    trunc: identity,
    nearest: identity,
    min: (a, b) => (a < b ? a : b),
    max: (a, b) => (a > b ? a : b),
    copySign: (a, sign) => wrap(sign < 0n ? -magnitude(a) : magnitude(a)),
    ...comparisons<bigint>(),
    floorDivide,
    remainder: (a, b) => (b === 0n ? 0n : floorModulo(a, b)),
    bitAnd: (a, b) => wrap(a & b),
    bitOr: (a, b) => wrap(a | b),
    bitXor: (a, b) => wrap(a ^ b),
    bitNot: (a) => wrap(~a),
    shiftLeft: (a, count) => (inRange(count) ? wrap(a << count) : 0n),
    shiftRight: (a, count) => (inRange(count) ? a >> count : a < 0n ? -1n : 0n),
    lookup: (table, index) => wrap(BigInt(table[Math.max(0, Math.min(Number(index), table.length - 1))]!)),
    call: (scalar, a, b) => (b === undefined ? scalar.body(algebra, a) : scalar.body(algebra, a, b)),
    ...floatOnly<bigint>(),
  };
  return algebra;
}

function floorModulo(a: bigint, b: bigint): bigint {
  const r = a % b;
  return r !== 0n && r < 0n !== b < 0n ? r + b : r;
}

function floatOnly<T>() {
  const refuse = (): T => {
    throw new TypeError('this operation is not defined for integers: convert the operand to a float dtype first');
  };
  return { sqrt: refuse, powerOfTwo: refuse, exponent: refuse, mantissa: refuse, highHalf: refuse, single: refuse };
}

function undefinedForFloats(): never {
  throw new TypeError('bitwise operations are not defined for floats: convert the operand to an integer dtype first');
}

// Adding and subtracting 1.5 * 2^52 (or 2^52 by sign) rounds to an integer in the default rounding mode.
function roundTiesToEven(x: number): number {
  const magnitude = Math.abs(x);
  if (!(magnitude < 4503599627370496)) return x;
  const rounded = magnitude + 4503599627370496 - 4503599627370496;
  return x < 0 || Object.is(x, -0) ? -rounded : rounded;
}

// Python's float % : fmod moved to the sign of the divisor (CPython, NumPy); JavaScript's % is an exact fmod.
function remainderFloat(a: number, b: number): number {
  const r = a % b;
  if (r === 0) return b < 0 ? -0 : 0;
  return r < 0 !== b < 0 && r === r ? r + b : r;
}

function floorDivideFloat(a: number, b: number): number {
  if (b === 0) return a / b;
  const fmod = a % b;
  const quotient = (a - fmod) / b - (fmod !== 0 && fmod < 0 !== b < 0 ? 1 : 0);
  if (quotient === 0) return floatAlgebra.copySign(0, a / b);
  const floored = Math.floor(quotient);
  return quotient - floored > 0.5 ? floored + 1 : floored;
}
