// Integer arithmetic: i32 as JavaScript's 32-bit operators compute it, i64 by bigint.
import { type Evaluate, numericRow, type VacRow, trapWith, type VacType, type VacValue } from './row.ts';

type Of32 = (a: number, b: number) => number | boolean;
type Of64 = (a: bigint, b: bigint) => bigint | boolean;

const in32 =
  (f: Of32): Evaluate =>
  (a, b) =>
    Number(f(a as number, b as number)) | 0;
const in64 =
  (f: Of64): Evaluate =>
  (a, b) =>
    BigInt.asIntN(64, BigInt(f(a as bigint, b as bigint)));
const tested64 =
  (f: Of64): Evaluate =>
  (a, b) =>
    Number(f(a as bigint, b as bigint));

const unsigned = (a: bigint): bigint => BigInt.asUintN(64, a);
const rotated = (a: bigint, by: bigint): bigint => (unsigned(a) << by) | (unsigned(a) >> (64n - by));
const shift = (by: bigint): bigint => by & 63n;

/** Leading zeros of 64 bits. */
const leading64 = (a: bigint): number => (a < 0n ? 0 : a === 0n ? 64 : 64 - a.toString(2).length);

function trailing64(a: bigint): number {
  const low = Number(BigInt.asUintN(32, a));
  return low !== 0 ? trailing32(low) : 32 + trailing32(Number(BigInt.asUintN(32, a >> 32n)));
}

const trailing32 = (a: number): number => (a === 0 ? 32 : 31 - Math.clz32(a & -a));

function ones32(value: number): number {
  let bits = value - ((value >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

const ones64 = (a: bigint): number =>
  ones32(Number(BigInt.asUintN(32, a))) + ones32(Number(BigInt.asUintN(32, a >> 32n)));

/** The quotient or remainder of a divisor that is not 0, or the trap. */
const divided = <T extends VacValue>(b: T, value: () => T): T =>
  Number(b) === 0 ? trapWith('integer divide by zero') : value();

type Line<F> = readonly [string, number, string, F];

const COMPARE_32: readonly Line<Of32>[] = [
  ['eqz', 0x45, 'a = 0', (a) => a === 0],
  ['eq', 0x46, 'a = b', (a, b) => a === b],
  ['ne', 0x47, 'a ≠ b', (a, b) => a !== b],
  ['lt_s', 0x48, 'a < b, signed', (a, b) => a < b],
  ['lt_u', 0x49, 'a < b, unsigned', (a, b) => a >>> 0 < b >>> 0],
  ['gt_s', 0x4a, 'a > b, signed', (a, b) => a > b],
  ['gt_u', 0x4b, 'a > b, unsigned', (a, b) => a >>> 0 > b >>> 0],
  ['le_s', 0x4c, 'a ≤ b, signed', (a, b) => a <= b],
  ['le_u', 0x4d, 'a ≤ b, unsigned', (a, b) => a >>> 0 <= b >>> 0],
  ['ge_s', 0x4e, 'a ≥ b, signed', (a, b) => a >= b],
  ['ge_u', 0x4f, 'a ≥ b, unsigned', (a, b) => a >>> 0 >= b >>> 0],
];
const COMPARE_64: readonly Line<Of64>[] = [
  ['eqz', 0x50, 'a = 0', (a) => a === 0n],
  ['eq', 0x51, 'a = b', (a, b) => a === b],
  ['ne', 0x52, 'a ≠ b', (a, b) => a !== b],
  ['lt_s', 0x53, 'a < b, signed', (a, b) => a < b],
  ['lt_u', 0x54, 'a < b, unsigned', (a, b) => unsigned(a) < unsigned(b)],
  ['gt_s', 0x55, 'a > b, signed', (a, b) => a > b],
  ['gt_u', 0x56, 'a > b, unsigned', (a, b) => unsigned(a) > unsigned(b)],
  ['le_s', 0x57, 'a ≤ b, signed', (a, b) => a <= b],
  ['le_u', 0x58, 'a ≤ b, unsigned', (a, b) => unsigned(a) <= unsigned(b)],
  ['ge_s', 0x59, 'a ≥ b, signed', (a, b) => a >= b],
  ['ge_u', 0x5a, 'a ≥ b, unsigned', (a, b) => unsigned(a) >= unsigned(b)],
];
const UNARY_32: readonly Line<Of32>[] = [
  ['clz', 0x67, 'leading zero bits', (a) => Math.clz32(a)],
  ['ctz', 0x68, 'trailing zero bits', trailing32],
  ['popcnt', 0x69, 'bits that are set', ones32],
  ['extend8_s', 0xc0, 'the sign of the low 8 bits extended', (a) => (a << 24) >> 24],
  ['extend16_s', 0xc1, 'the sign of the low 16 bits extended', (a) => (a << 16) >> 16],
];
const UNARY_64: readonly Line<Of64>[] = [
  ['clz', 0x79, 'leading zero bits', (a) => BigInt(leading64(a))],
  ['ctz', 0x7a, 'trailing zero bits', (a) => BigInt(trailing64(a))],
  ['popcnt', 0x7b, 'bits that are set', (a) => BigInt(ones64(a))],
  ['extend8_s', 0xc2, 'the sign of the low 8 bits extended', (a) => BigInt.asIntN(8, a)],
  ['extend16_s', 0xc3, 'the sign of the low 16 bits extended', (a) => BigInt.asIntN(16, a)],
  ['extend32_s', 0xc4, 'the sign of the low 32 bits extended', (a) => BigInt.asIntN(32, a)],
];
const BINARY_32: readonly Line<Of32>[] = [
  ['add', 0x6a, 'a + b, wrapped', (a, b) => a + b],
  ['sub', 0x6b, 'a − b, wrapped', (a, b) => a - b],
  ['mul', 0x6c, 'a · b, wrapped', Math.imul],
  ['div_s', 0x6d, 'a / b towards 0, signed', (a, b) => divided(b, () => quotient32(a, b))],
  ['div_u', 0x6e, 'a / b towards 0, unsigned', (a, b) => divided(b, () => Math.floor((a >>> 0) / (b >>> 0)))],
  ['rem_s', 0x6f, 'the remainder, of the sign of a', (a, b) => divided(b, () => a % b)],
  ['rem_u', 0x70, 'the remainder, unsigned', (a, b) => divided(b, () => (a >>> 0) % (b >>> 0))],
  ['and', 0x71, 'bits of both', (a, b) => a & b],
  ['or', 0x72, 'bits of either', (a, b) => a | b],
  ['xor', 0x73, 'bits of one', (a, b) => a ^ b],
  ['shl', 0x74, 'a shifted left by b modulo 32', (a, b) => a << b],
  ['shr_s', 0x75, 'a shifted right by b modulo 32, with its sign', (a, b) => a >> b],
  ['shr_u', 0x76, 'a shifted right by b modulo 32, with zeros', (a, b) => a >>> b],
  ['rotl', 0x77, 'a rotated left by b', (a, b) => (a << b) | (a >>> (32 - b))],
  ['rotr', 0x78, 'a rotated right by b', (a, b) => (a >>> b) | (a << (32 - b))],
];
const BINARY_64: readonly Line<Of64>[] = [
  ['add', 0x7c, 'a + b, wrapped', (a, b) => a + b],
  ['sub', 0x7d, 'a − b, wrapped', (a, b) => a - b],
  ['mul', 0x7e, 'a · b, wrapped', (a, b) => a * b],
  ['div_s', 0x7f, 'a / b towards 0, signed', (a, b) => divided(b, () => quotient64(a, b))],
  ['div_u', 0x80, 'a / b towards 0, unsigned', (a, b) => divided(b, () => unsigned(a) / unsigned(b))],
  ['rem_s', 0x81, 'the remainder, of the sign of a', (a, b) => divided(b, () => a % b)],
  ['rem_u', 0x82, 'the remainder, unsigned', (a, b) => divided(b, () => unsigned(a) % unsigned(b))],
  ['and', 0x83, 'bits of both', (a, b) => a & b],
  ['or', 0x84, 'bits of either', (a, b) => a | b],
  ['xor', 0x85, 'bits of one', (a, b) => a ^ b],
  ['shl', 0x86, 'a shifted left by b modulo 64', (a, b) => a << shift(b)],
  ['shr_s', 0x87, 'a shifted right by b modulo 64, with its sign', (a, b) => a >> shift(b)],
  ['shr_u', 0x88, 'a shifted right by b modulo 64, with zeros', (a, b) => unsigned(a) >> shift(b)],
  ['rotl', 0x89, 'a rotated left by b', (a, b) => rotated(a, shift(b))],
  ['rotr', 0x8a, 'a rotated right by b', (a, b) => rotated(a, 64n - shift(b))],
];

const quotient32 = (a: number, b: number): number =>
  a === -2147483648 && b === -1 ? trapWith('integer overflow') : a / b;

const quotient64 = (a: bigint, b: bigint): bigint =>
  a === -(2n ** 63n) && b === -1n ? trapWith('integer overflow') : a / b;

const TRAPPING = /^(div|rem)_/;

function rowsOf<F>(
  lines: readonly Line<F>[],
  type: VacType,
  operands: number,
  result: VacType,
  evaluated: (f: F) => Evaluate,
): VacRow[] {
  return lines.map(([name, wasm, summary, f]) => {
    const params = Array.from({ length: name === 'eqz' ? 1 : operands }, () => type);
    const traps = !TRAPPING.test(name)
      ? []
      : name === 'div_s'
        ? (['integer divide by zero', 'integer overflow'] as const)
        : (['integer divide by zero'] as const);
    return numericRow([params, result], `${type}.${name}`, wasm, summary, evaluated(f), { traps });
  });
}

/** Comparisons, bits, arithmetic. */
export const INTEGER_ROWS: readonly VacRow[] = [
  ...rowsOf(COMPARE_32, 'i32', 2, 'i32', in32),
  ...rowsOf(COMPARE_64, 'i64', 2, 'i32', tested64),
  ...rowsOf(UNARY_32, 'i32', 1, 'i32', in32),
  ...rowsOf(BINARY_32, 'i32', 2, 'i32', in32),
  ...rowsOf(UNARY_64, 'i64', 1, 'i64', in64),
  ...rowsOf(BINARY_64, 'i64', 2, 'i64', in64),
];
