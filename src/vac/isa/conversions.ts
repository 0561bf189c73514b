// Conversions between types of values.
import { type Evaluate, numericRow, type VacRow, trapWith, type VacType, type VacValue } from './row.ts';

type IntegerType = 'i32' | 'i64';

/** Least and most of what a conversion gives, both inside. */
const RANGES: Readonly<Record<string, readonly [bigint, bigint]>> = {
  i32s: [-(2n ** 31n), 2n ** 31n - 1n],
  i32u: [0n, 2n ** 32n - 1n],
  i64s: [-(2n ** 63n), 2n ** 63n - 1n],
  i64u: [0n, 2n ** 64n - 1n],
};

const wrapped = (to: IntegerType, value: bigint): VacValue =>
  to === 'i32' ? Number(BigInt.asIntN(32, value)) : BigInt.asIntN(64, value);

function truncated(to: IntegerType, sign: string): Evaluate {
  const [least, most] = RANGES[to + sign]!;
  return (a) => {
    const value = Number(a);
    if (Number.isNaN(value)) trapWith('invalid conversion to integer');
    if (!Number.isFinite(value)) trapWith('integer overflow');
    const integer = BigInt(Math.trunc(value));
    return integer < least || integer > most ? trapWith('integer overflow') : wrapped(to, integer);
  };
}

function saturated(to: IntegerType, sign: string): Evaluate {
  const [least, most] = RANGES[to + sign]!;
  return (a) => {
    const value = Number(a);
    if (Number.isNaN(value)) return wrapped(to, 0n);
    if (!Number.isFinite(value)) return wrapped(to, value < 0 ? least : most);
    const integer = BigInt(Math.trunc(value));
    return wrapped(to, integer < least ? least : integer > most ? most : integer);
  };
}

/** An integer as a float of 24 bits, rounded once: beyond 53 bits what is lost first is kept as one odd bit. */
function roundedTo32(value: bigint): number {
  const size = value < 0n ? -value : value;
  if (size < 2n ** 53n) return Math.fround(Number(value));
  const kept = (size >> 11n) | (size & 0x7ffn ? 1n : 0n);
  const rounded = Math.fround(Number(kept) * 2048);
  return value < 0n ? -rounded : rounded;
}

const asInteger = (from: IntegerType, sign: string, a: VacValue): bigint =>
  sign === 's' ? BigInt(a) : BigInt.asUintN(from === 'i32' ? 32 : 64, BigInt(a));

const TRUNCATING = ['invalid conversion to integer', 'integer overflow'] as const;

/** `to.stem_from_sign`: the name, WebAssembly's byte, the operand and the result. */
function integerRows(): VacRow[] {
  const rows: VacRow[] = [];
  for (const [to, first] of [
    ['i32', 0xa8],
    ['i64', 0xae],
  ] as const)
    for (const [at, [from, sign]] of CASES.entries()) {
      const signature = [[from], to] as const;
      const suffix = `${from}_${sign}`;
      rows.push(
        numericRow(signature, `${to}.trunc_${suffix}`, first + at, 'a towards 0', truncated(to, sign), {
          traps: TRUNCATING,
        }),
        numericRow(
          signature,
          `${to}.trunc_sat_${suffix}`,
          [0xfc, (to === 'i32' ? 0 : 4) + at],
          'a towards 0, the nearest there is, 0 for NaN',
          saturated(to, sign),
        ),
      );
    }
  return rows;
}

const CASES = [
  ['f32', 's'],
  ['f32', 'u'],
  ['f64', 's'],
  ['f64', 'u'],
] as const;

function floatRows(): VacRow[] {
  const cases = [
    ['i32', 's'],
    ['i32', 'u'],
    ['i64', 's'],
    ['i64', 'u'],
  ] as const;
  return (
    [
      ['f32', 0xb2, roundedTo32],
      ['f64', 0xb7, Number],
    ] as const
  ).flatMap(([to, first, rounded]) =>
    cases.map(([from, sign], at) =>
      numericRow([[from], to], `${to}.convert_${from}_${sign}`, first + at, 'the nearest float', (a) =>
        rounded(asInteger(from, sign, a)),
      ),
    ),
  );
}

const same: Evaluate = (a) => a;

function reinterpretation(to: VacType, from: VacType, code: number): VacRow {
  return numericRow([[from], to], `${to}.reinterpret_${from}`, code, 'the same bits', same, { asBits: true });
}

/** All conversions. */
export const CONVERSION_ROWS: readonly VacRow[] = [
  numericRow([['i64'], 'i32'], 'i32.wrap_i64', 0xa7, 'the low 32 bits', (a) => Number(BigInt.asIntN(32, a as bigint))),
  ...integerRows(),
  numericRow([['i32'], 'i64'], 'i64.extend_i32_s', 0xac, 'a, with its sign', (a) => BigInt(a)),
  numericRow([['i32'], 'i64'], 'i64.extend_i32_u', 0xad, 'a, unsigned', (a) => BigInt(Number(a) >>> 0)),
  ...floatRows(),
  numericRow([['f64'], 'f32'], 'f32.demote_f64', 0xb6, 'the nearest float', (a) => Math.fround(Number(a))),
  numericRow([['f32'], 'f64'], 'f64.promote_f32', 0xbb, 'a', (a) => Number(a)),
  reinterpretation('i32', 'f32', 0xbc),
  reinterpretation('i64', 'f64', 0xbd),
  reinterpretation('f32', 'i32', 0xbe),
  reinterpretation('f64', 'i64', 0xbf),
];
