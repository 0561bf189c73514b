// Floating-point arithmetic of IEEE 754. A NaN that arithmetic gives is the canonical one, whatever the machine; signs
// and payloads pass through moves, abs, neg and copysign, which are on bits.
import { type Evaluate, numericRow, type VacRow, type VacType } from './row.ts';

type OfFloats = (a: number, b: number) => number | boolean;
type Line = readonly [string, number, string, OfFloats];

/** To the nearest integer, halves to the even one, with the sign of zero kept. */
function nearestEven(a: number): number {
  if (!Number.isFinite(a) || a === 0) return a;
  const below = Math.floor(a);
  const rest = a - below;
  const rounded = rest < 0.5 || (rest === 0.5 && below % 2 === 0) ? below : below + 1;
  return rounded === 0 && a < 0 ? -0 : rounded;
}

const COMPARE: readonly Line[] = [
  ['eq', 0, 'a = b', (a, b) => a === b],
  ['ne', 1, 'a ≠ b', (a, b) => a !== b],
  ['lt', 2, 'a < b', (a, b) => a < b],
  ['gt', 3, 'a > b', (a, b) => a > b],
  ['le', 4, 'a ≤ b', (a, b) => a <= b],
  ['ge', 5, 'a ≥ b', (a, b) => a >= b],
];
const UNARY: readonly Line[] = [
  ['ceil', 2, 'the next integer above', Math.ceil],
  ['floor', 3, 'the next integer below', Math.floor],
  ['trunc', 4, 'the next integer towards 0', Math.trunc],
  ['nearest', 5, 'the nearest integer, halves to the even one', nearestEven],
  ['sqrt', 6, 'the square root', Math.sqrt],
];
const BINARY: readonly Line[] = [
  ['add', 7, 'a + b', (a, b) => a + b],
  ['sub', 8, 'a − b', (a, b) => a - b],
  ['mul', 9, 'a · b', (a, b) => a * b],
  ['div', 10, 'a / b', (a, b) => a / b],
  ['min', 11, 'the smaller, −0 below 0, NaN where either is', Math.min],
  ['max', 12, 'the larger, 0 above −0, NaN where either is', Math.max],
];

/** First codes of comparisons and of arithmetic. */
const CODES = { f32: [0x5b, 0x8b], f64: [0x61, 0x99] } as const;
const ROUND = { f32: Math.fround, f64: (a: number): number => a } as const;

function rowsOf(type: 'f32' | 'f64'): VacRow[] {
  const [comparisons, arithmetic] = CODES[type];
  const round = ROUND[type];
  const row = (lines: readonly Line[], operands: number, first: number, result: VacType, evaluated: EvaluatedAs) =>
    lines.map(([name, code, summary, f]) =>
      numericRow(
        [Array.from({ length: operands }, () => type), result],
        `${type}.${name}`,
        first + code,
        summary,
        evaluated(f),
      ),
    );
  return [
    ...row(COMPARE, 2, comparisons, 'i32', (f) => (a, b) => Number(f(Number(a), Number(b)))),
    ...signRows(type, arithmetic),
    ...row(UNARY, 1, arithmetic, type, (f) => (a) => round(Number(f(Number(a), 0)))),
    ...row(BINARY, 2, arithmetic, type, (f) => (a, b) => round(Number(f(Number(a), Number(b))))),
  ];
}

type EvaluatedAs = (f: OfFloats) => Evaluate;

function signRows(type: 'f32' | 'f64', first: number): VacRow[] {
  const sign = type === 'f32' ? 31n : 63n;
  const mask = 1n << sign;
  const width = Number(sign) + 1;
  const bits = (f: (a: bigint, b: bigint) => bigint): Evaluate => {
    const wrapped = (value: bigint): bigint => BigInt.asIntN(width, value);
    return type === 'f32'
      ? (a, b) => Number(wrapped(f(BigInt.asUintN(32, BigInt(a)), BigInt.asUintN(32, BigInt(b)))))
      : (a, b) => wrapped(f(BigInt.asUintN(64, BigInt(a)), BigInt.asUintN(64, BigInt(b))));
  };
  const one = (name: string, code: number, summary: string, operands: number, f: (a: bigint, b: bigint) => bigint) =>
    numericRow(
      [Array.from({ length: operands }, () => type), type],
      `${type}.${name}`,
      first + code,
      summary,
      bits(f),
      { asBits: true },
    );
  return [
    one('abs', 0, 'a without its sign', 1, (a) => a & ~mask),
    one('neg', 1, 'a with the other sign', 1, (a) => a ^ mask),
    one('copysign', 13, 'a with the sign of b', 2, (a, b) => (a & ~mask) | (b & mask)),
  ];
}

/** Both widths. */
export const FLOAT_ROWS: readonly VacRow[] = [...rowsOf('f32'), ...rowsOf('f64')];
