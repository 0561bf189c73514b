// Points at which expressions are tried: always the same ones for an expression.
import { balls, nearestOf } from '../../../kernels/readings/ball.ts';
import { words } from '../../../kernels/readings/words.ts';
import { type Expression, Evaluation, coreText } from './expression.ts';
import type { Condition } from './fpcore.ts';

/** A point, and the correctly rounded value there. */
export interface Point {
  readonly x: readonly number[];
  readonly value: number;
}

const view = new DataView(new ArrayBuffer(8));

/** A float64 from 64 random bits: as many of each exponent. */
function anyNumber(high: number, low: number): number {
  view.setUint32(0, high);
  view.setUint32(4, low);
  return view.getFloat64(0);
}

/** Of the size of everyday numbers. */
const everyday = (high: number, low: number): number => ((high >>> 0) / 2 ** 32 + (low >>> 0) / 2 ** 64 - 0.5) * 8;

/** Bits of the text of an expression, for streams of its own (FNV-1a). */
function seedOf(expression: Expression): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const letter of coreText(expression))
    hash = BigInt.asUintN(64, (hash ^ BigInt(letter.codePointAt(0)!)) * 0x100000001b3n);
  return hash;
}

interface PointOptions {
  readonly symbols: readonly string[];
  readonly where?: Condition | undefined;
  readonly count: number;
  /** Streams of points have nothing to do with each other. */
  readonly stream: number;
  /** Numbers of all exponents, or those around 1. */
  readonly size: 'any' | 'everyday';
}

const MOST_TRIES = 40;

/** Up to so many points where the condition holds and the expression has a finite value that can be told. */
export function pointsOf(expression: Expression, { symbols, where, count, stream, size }: PointOptions): Point[] {
  const program = new Evaluation(expression, symbols);
  const found: Point[] = [];
  const width = symbols.length * 2;
  const drawn = words(seedOf(expression), stream, count * MOST_TRIES * width);
  for (let at = 0; found.length < count && at + width <= drawn.length; at += width) {
    const x = symbols.map((_, i) => {
      const [high, low] = [drawn[at + 2 * i]!, drawn[at + 2 * i + 1]!];
      return size === 'any' ? anyNumber(high, low) : everyday(high, low);
    });
    if (!x.every(Number.isFinite)) continue;
    const value = valueAt(program, x, where);
    if (value !== undefined && Number.isFinite(value)) found.push({ x, value });
  }
  return found;
}

/** In bits; the last one is enough for the square of the largest number to be told from what is one away. */
const PRECISIONS = [128, 512, 2304];

/** The correctly rounded value; undefined where the condition does not hold, or it cannot be told. */
function valueAt(program: Evaluation, x: readonly number[], where?: Condition): number | undefined {
  for (const bits of PRECISIONS) {
    const m = balls(bits);
    const operands = x.map((value) => m.constant(value));
    const holds = where?.(m, operands) ?? 'yes';
    if (holds === 'no') return undefined;
    const value = holds === 'yes' ? nearestOf(program.run(m, operands)) : undefined;
    if (value !== undefined) return value;
  }
  return undefined;
}

/** log₂ of one more than the number of float64 numbers between two: 0 of equal ones, 64 of NaN. */
export function bitsOff(got: number, wanted: number): number {
  if (got === wanted) return 0;
  if (got !== got) return 64;
  view.setFloat64(0, Math.abs(got));
  const [high, low] = [view.getUint32(0), view.getUint32(4)];
  view.setFloat64(0, Math.abs(wanted));
  const isAcross = got < 0 !== wanted < 0;
  const [more, rest] = [view.getUint32(0), view.getUint32(4)];
  const gap = isAcross ? (high + more) * 2 ** 32 + (low + rest) : (high - more) * 2 ** 32 + (low - rest);
  return Math.log2(Math.abs(gap) + 1);
}
