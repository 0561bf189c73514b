// What a term is at points, enclosed at high precision: literals are exact there, and equality is of real numbers.
import { balls, nearestOf } from '../../../kernels/readings/ball.ts';
import { toNumber } from '../../../kernels/readings/big.ts';
import type { Algebra, Scalar } from '../../kit.ts';
import { elementFunctionOf } from '../../kit.ts';
import { FormulaError } from '../errors.ts';
import { type LiteralReading, scalarOf } from '../lower/body.ts';
import { symbolsOf, type Term, type Terms } from '../term.ts';

const CHUNK = 48n;

/** A whole number of any size. */
function wholeIn<T, M>(m: Algebra<T, M>, value: bigint): T {
  if (value < 0n) return m.neg(wholeIn(m, -value));
  const low = m.constant(Number(BigInt.asUintN(Number(CHUNK), value)));
  const high = value >> CHUNK;
  return high === 0n ? low : m.add(m.mul(wholeIn(m, high), m.constant(2 ** Number(CHUNK))), low);
}

function scalarNamed(name: string): Scalar {
  const found = elementFunctionOf(name);
  if (found?.returns === 'value') return found;
  throw new FormulaError('name', `formula: ${name} is no elementwise op here; load symbolic-sheet/ops.`, { name });
}

const exact: LiteralReading = (m, { name, value }) => {
  if (value !== undefined) {
    const above = wholeIn(m, value.numerator);
    return value.denominator === 1n ? above : m.div(above, wholeIn(m, value.denominator));
  }
  return name === 'pi'
    ? m.mul(m.constant(4), m.call(scalarNamed('atan'), m.constant(1)))
    : m.call(scalarNamed('exp'), m.constant(1));
};

/** The function that a term is, with exact literals. */
export const exactScalarOf = (root: Term, symbols: readonly string[]): Scalar =>
  scalarOf(root, symbols, 'formula', exact);

const BITS = 256;

/** The float64 nearest to what a term without symbols is; NaN where it has no value, undefined where it is not told. */
export function exactNumber(root: Term, bits = BITS): number | undefined {
  const m = balls(bits);
  return nearestOf(exactScalarOf(root, []).body(m));
}

/** Whether a term is 0 at a point, to 128 bits; undefined where it is not defined there, or that is not told. */
function vanishes(root: Term, symbols: readonly string[], x: readonly number[]): boolean | undefined {
  const m = balls(BITS);
  const value = exactScalarOf(root, symbols).body(m, ...x.map((operand) => m.constant(operand)));
  if (value.nan) return undefined;
  const [low, high] = [toNumber(value.low, 'down'), toNumber(value.high, 'up')];
  if (!Number.isFinite(low) || !Number.isFinite(high) || low > high) return undefined;
  if (low > 0 || high < 0) return false;
  return Math.max(-low, high) < 2 ** -128 ? true : undefined;
}

/** Points in several ranges, always the same ones: x of −4 … 4, 0 … 1, 1 … 9. */
function* pointsOf(count: number): Iterable<number[]> {
  const ranges = [
    [-4, 4],
    [0, 1],
    [1, 9],
  ] as const;
  for (let i = 1; ; i++) {
    const [low, high] = ranges[i % 3]!;
    yield Array.from({ length: count }, (_, k) => {
      const part = (i * (0.6180339887498949 + k * 0.1428571) + k * 0.37) % 1;
      return Math.round((low + (high - low) * part) * 1024) / 1024;
    });
  }
}

const WANTED = 16;
const MOST_TRIED = 96;

/**
 * Whether two terms are equal at 16 points where the first is defined: `true` where they are at all, a point where they
 * are not, undefined where too few points tell.
 */
export function agreement(terms: Terms, a: Term, b: Term): true | readonly number[] | undefined {
  const difference = terms.call('subtract', [a, b]);
  const symbols = symbolsOf(difference);
  let agreed = 0;
  let tried = 0;
  for (const x of pointsOf(symbols.length)) {
    const found = vanishes(difference, symbols, x);
    if (found === false) return x;
    if (found === true && ++agreed >= (symbols.length === 0 ? 1 : WANTED)) return true;
    if (++tried >= MOST_TRIED) return undefined;
  }
  return undefined;
}
