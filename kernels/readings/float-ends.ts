// Ends of intervals that are float64 numbers: results are moved to a neighbour where they are not exact, and functions
// by more than their bodies are off (docs/format/numerics-elementwise.md).
import { floatAlgebra } from '../scalar/js-algebra.ts';
import type { Ends, Side } from './ends.ts';
import { FUNCTIONS_BY_NAME, type UnaryName } from './functions.ts';

const FUNCTION_ULPS = 3;
/** Where bodies are off by more. */
const MORE_ULPS: Partial<Record<UnaryName, number>> = { silu: 4, gelu: 6, erfc: 4, tan: 4, acosh: 4, sigmoid: 4 };

const word = new Float64Array(1);
const bits = new BigInt64Array(word.buffer);

/** The next float64 on a side; infinities stay. */
export function neighbour(x: number, side: Side): number {
  if (x === (side === 'up' ? Infinity : -Infinity) || x !== x) return x;
  if (x === 0) return side === 'up' ? Number.MIN_VALUE : -Number.MIN_VALUE;
  word[0] = x;
  bits[0]! += x > 0 === (side === 'up') ? 1n : -1n;
  return word[0];
}

function moved(x: number, side: Side, ulps: number): number {
  let end = x;
  for (let i = 0; i < ulps; i++) end = neighbour(end, side);
  return end;
}

/** A nearest result moved to the side where what it lacks is; undefined where that is not known, NaN where no value. */
function towards(result: number, lacking: number | undefined, side: Side): number | undefined {
  if (result !== result) return undefined;
  if (lacking === undefined) return neighbour(result, side);
  return side === 'up'
    ? lacking > 0
      ? neighbour(result, side)
      : result
    : lacking < 0
      ? neighbour(result, side)
      : result;
}

const SAFE_LEAST = 2 ** -900;
const SAFE_MOST = 2 ** 900;
const isSafe = (x: number): boolean => {
  const t = Math.abs(x);
  return t > SAFE_LEAST && t < SAFE_MOST;
};

/** a b − product, exact of numbers that are neither too large nor too small (Dekker 1971). */
function lackingOfProduct(a: number, b: number, product: number): number {
  const [p, q] = [a * 134217729, b * 134217729];
  const [high, other] = [p - (p - a), q - (q - b)];
  const [low, rest] = [a - high, b - other];
  return low * rest - (product - high * other - low * other - high * rest);
}

function lackingOfSum(a: number, b: number, sum: number): number | undefined {
  if (!Number.isFinite(sum)) return Number.isFinite(a) && Number.isFinite(b) ? undefined : 0;
  const part = sum - a;
  return a - (sum - part) + (b - part);
}

/** Ends that are float64 numbers. */
export const floatEnds: Ends<number> = {
  infinity: Infinity,
  from: (value) => value,
  toNumber: (a) => a,
  compare: (a, b) => (a === b ? (a === 0 ? Number(Object.is(b, -0)) - Number(Object.is(a, -0)) : 0) : a < b ? -1 : 1),
  sign: (a) => Math.sign(a),
  isFinite: Number.isFinite,
  add: (a, b, side) => towards(a + b, lackingOfSum(a, b, a + b), side),
  mul: (a, b, side) => {
    const product = a * b;
    if (a === 0 || b === 0 || Math.abs(a) === Infinity || Math.abs(b) === Infinity) return towards(product, 0, side);
    const known = isSafe(a) && isSafe(b) && isSafe(product);
    return towards(product, known ? lackingOfProduct(a, b, product) : undefined, side);
  },
  div: (a, b, side) => {
    const quotient = a / b;
    if (a === 0 || b === 0 || Math.abs(a) === Infinity || Math.abs(b) === Infinity) return towards(quotient, 0, side);
    if (!(isSafe(a) && isSafe(b) && isSafe(quotient))) return towards(quotient, undefined, side);
    const product = quotient * b;
    const rest = a - product - lackingOfProduct(quotient, b, product);
    return towards(quotient, b < 0 ? -rest : rest, side);
  },
  sqrt: (a, side) => {
    const root = Math.sqrt(a);
    if (a === 0 || a === Infinity) return root;
    const square = root * root;
    const lacking = isSafe(a) ? a - square - lackingOfProduct(root, root, square) : undefined;
    return towards(root, lacking, side)!;
  },
  neg: (a) => -a,
  round: (a, how) => (how === 'floor' ? Math.floor(a) : how === 'ceil' ? Math.ceil(a) : floatAlgebra.nearest(a)),
  function: (name, a) => {
    const value = FUNCTIONS_BY_NAME[name].body(floatAlgebra, a);
    const ulps = MORE_ULPS[name] ?? FUNCTION_ULPS;
    return [moved(value, 'down', ulps), moved(value, 'up', ulps)];
  },
  power: (a, b) => {
    const value = FUNCTIONS_BY_NAME.pow.body(floatAlgebra, a, b);
    const isExact = a === 1 || b === 0 || a === 0 || a === Infinity || Math.abs(b) === Infinity || b === 1;
    return isExact ? [value, value] : [moved(value, 'down', 3), moved(value, 'up', 3)];
  },
  angle: (a, b) => {
    const value = FUNCTIONS_BY_NAME.atan2.body(floatAlgebra, a, b);
    return [moved(value, 'down', FUNCTION_ULPS), moved(value, 'up', FUNCTION_ULPS)];
  },
  quarterTurns: (angle) => {
    const turns = angle * (2 / Math.PI);
    const slack = Math.abs(turns) * 2 ** -51;
    return [BigInt(Math.floor(turns - slack)), BigInt(Math.floor(turns + slack))];
  },
};
