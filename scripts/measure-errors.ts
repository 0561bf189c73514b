// Writes docs/format/numerics-measured.md: how far every row was from its stored answer (tests/oracle) on JavaScript
// and on WebAssembly, by dtype: npx tsx scripts/measure-errors.ts. It takes some minutes.
import { writeFileSync } from 'node:fs';
import { OPS } from '../src/core/ops/index.ts';
import '../src/core/ops/library.ts';
import { type DType, DTYPES, numbersOf, type TypedArray } from '../src/core/tensor/dtype.ts';
import { SheetError, SymbolicSheet, type Tensor } from '../src/index.ts';
import { unitOf } from '../tests/oracle/bounds.ts';
import { type Answer, ask, type OracleCase, readAnswers, readIndex } from '../tests/oracle/stored.ts';

const FLOATS = ['float64', 'float32', 'float16'] as const;
const DEVICES = ['js', 'wasm'] as const;
/** Factorisations and products are measured against the largest element of the result. */
const BY_LARGEST = new Set(['contract', 'linalg', 'steps']);

/** The worst of an op and a dtype. */
interface Measured {
  worst: number;
  elements: number;
}

const sheet = await SymbolicSheet.open({ class: 'exact', cache: 'off', devices: ['js', 'wasm'], store: 'memory' });

async function resultOf(
  op: string,
  each: OracleCase,
  device: 'js' | 'wasm',
): Promise<readonly [DType, TypedArray] | undefined> {
  try {
    const result = ask<Tensor>(sheet.with({ device }), op, each);
    return [result.dtype, (await result.data()) as TypedArray];
  } catch (error) {
    if (error instanceof SheetError) return undefined;
    throw error;
  }
}

/** The largest distance from an answer in units in the last place; infinite where only one of them is a number. */
function worstOf(got: TypedArray, { array, dtype }: Answer, byLargest: boolean): number {
  const [numbers, wanted] = [numbersOf(got, dtype), numbersOf(array, dtype)] as [Float64Array, Float64Array];
  const largest = byLargest
    ? wanted.reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 0)
    : 0;
  let worst = 0;
  wanted.forEach((want, i) => {
    if (Object.is(want, numbers[i]!)) return;
    const off = Math.abs(numbers[i]! - want) / unitOf(dtype, byLargest ? largest : want);
    worst = Math.max(worst, Number.isNaN(off) ? Infinity : off);
  });
  return worst;
}

const isSame = (a: TypedArray, b: TypedArray): boolean =>
  Buffer.compare(
    Buffer.from(a.buffer, a.byteOffset, a.byteLength),
    Buffer.from(b.buffer, b.byteOffset, b.byteLength),
  ) === 0;

interface OpMeasured {
  readonly byDType: Map<DType, Measured>;
  different: number;
  calls: number;
}

async function measure(op: string, cases: readonly OracleCase[]): Promise<OpMeasured> {
  const measured: OpMeasured = { byDType: new Map(), different: 0, calls: 0 };
  const byLargest = BY_LARGEST.has(OPS.get(op)!.kernel.skeleton);
  for (const each of cases) {
    if (each.answer === undefined) continue;
    const [js, wasm] = await Promise.all(DEVICES.map((device) => resultOf(op, each, device)));
    if (js === undefined || wasm === undefined || js[0] !== each.answer.dtype) continue;
    measured.calls++;
    if (!isSame(js[1], wasm[1])) measured.different++;
    const found = measured.byDType.get(js[0]) ?? { worst: 0, elements: 0 };
    found.elements += js[1].length;
    found.worst = Math.max(found.worst, worstOf(js[1], each.answer, byLargest));
    measured.byDType.set(js[0], found);
  }
  return measured;
}

const digits = (x: number): string =>
  x === 0 ? '0' : x < 10 ? x.toFixed(2) : x < 1e6 ? x.toFixed(0) : x.toExponential(1);

const rows: string[] = [];
const exact: string[] = [];
let total = 0;
let differing = 0;
for (const { op, cases } of readAnswers()) {
  const { byDType, different, calls } = await measure(op, cases);
  const elements = [...byDType.values()].reduce((sum, each) => sum + each.elements, 0);
  total += elements;
  differing += different;
  if ([...byDType.values()].every(({ worst }) => worst === 0)) {
    exact.push(`\`${op}\``);
    continue;
  }
  const cells = FLOATS.map((dtype) => {
    const found = byDType.get(dtype);
    return found === undefined ? '' : digits(found.worst);
  });
  const others = [...byDType].filter(([dtype]) => DTYPES[dtype].kind !== 'float');
  const whole = others.length === 0 ? '' : digits(Math.max(...others.map(([, { worst }]) => worst)));
  const [unit, same] = [
    BY_LARGEST.has(OPS.get(op)!.kernel.skeleton) ? 'largest' : 'own',
    different === 0 ? 'the same bits' : `${different} of ${calls} calls differ`,
  ];
  rows.push(`| \`${op}\` | ${elements} | ${[...cells, whole].join(' | ')} | ${unit} | ${same} |`);
}
await sheet.close();

const page = `<!-- Written by scripts/measure-errors.ts from the stored answers. Do not edit. -->
<!-- answers: ${readIndex('answers').sha256} -->
# Measured errors

How far the results of every row were from answers that were computed elsewhere: by NumPy in 80-bit floats, by mpmath in
200 bits, rounded once to the dtype of the result; ${total} elements of ${readIndex('answers').cases} calls, special
values among them. Numbers are the worst of an op and a dtype, in units in the last place: of the answer itself
("own"), or of the largest element of the result for products and factorisations ("largest"). As answers are
rounded themselves, what is half a unit off may count as one. Sums that cancel have few digits left of their own,
whoever computes them. What is documented, and held by tests, is in [numerics](numerics.md)
and [functions](numerics-elementwise.md). Of all calls ${differing} had other bits on WebAssembly than on JavaScript.

Exact in every dtype that was asked: ${exact.join(', ')}.

| op | elements | float64 | float32 | float16 | integers, bool | unit | WebAssembly |
|---|---|---|---|---|---|---|---|
${rows.join('\n')}
`;
writeFileSync(new URL('../docs/format/numerics-measured.md', import.meta.url), page);
