// References of the elementwise ops: a function of float64 numbers, one of bigints, or one of either, with its
// accuracy.
import { common } from './promotion-table.ts';
import {
  at,
  build,
  converted,
  isFloatName,
  type Name,
  type Ref,
  type Reference,
  type Scalar,
  stored,
  stretched,
} from './reference.ts';

type Numbers = (x: number, y: number, z: number) => Scalar;
type Integers = (x: bigint, y: bigint, z: bigint) => Scalar;

interface Element {
  readonly float?: Numbers;
  readonly integer?: Integers;
  /** Units in the last place of the result; 0 = exactly this value. */
  readonly ulps?: number;
  /** Absolute error in machine epsilons of the result, by what it scales with. */
  readonly scale?: (x: number, y: number) => number;
  readonly result?: 'bool' | 'float';
}

const magnitude = (x: bigint): bigint => (x < 0n ? -x : x);

function floorQuotient(a: bigint, b: bigint): bigint {
  if (b === 0n) return 0n;
  const q = a / b;
  return q * b !== a && a < 0n !== b < 0n ? q - 1n : q;
}

/** A finite float64 as numerator over 2^1074. */
function rational(x: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, Math.abs(x));
  const bits = view.getBigUint64(0);
  const [field, fraction] = [bits >> 52n, bits & 0xfffffffffffffn];
  const value = field === 0n ? fraction : (fraction | (1n << 52n)) << (field - 1n);
  return x < 0 ? -value : value;
}

/** A numerator over 2^1074 as the nearest float64. */
function float(value: bigint): number {
  const length = magnitude(value).toString(2).length;
  if (length <= 53) return Number(value) * 2 ** -537 * 2 ** -537;
  const drop = BigInt(length - 60 > 0 ? length - 60 : 0);
  // A sticky bit keeps ties right.
  const kept = (magnitude(value) >> drop) | (magnitude(value) & ((1n << drop) - 1n) ? 1n : 0n);
  const scaled =
    Number(kept) *
    2 ** (Number(drop) - 1074 > -500 ? Number(drop) - 1074 : -500) *
    (Number(drop) - 1074 > -500 ? 1 : 2 ** (Number(drop) - 574));
  return value < 0n ? -scaled : scaled;
}

function floorDivide(a: number, b: number): number {
  if (b === 0 || Number.isNaN(a) || Number.isNaN(b)) return a / b;
  if (!Number.isFinite(a)) return NaN;
  if (!Number.isFinite(b)) return a !== 0 && a < 0 !== b < 0 ? -1 : a / b;
  const quotient = Number(floorQuotient(rational(a), rational(b)));
  return quotient === 0 ? 0 * Math.sign(a / b) || (Object.is(a / b, -0) || a / b < 0 ? -0 : 0) : quotient;
}

function remainder(a: number, b: number): number {
  if (b === 0 || Number.isNaN(b) || !Number.isFinite(a)) return NaN;
  if (!Number.isFinite(b)) return a === 0 ? (b < 0 ? -0 : 0) : a < 0 === b < 0 ? a : b;
  const [n, d] = [rational(a), rational(b)];
  const rest = n - d * floorQuotient(n, d);
  return rest === 0n ? (b < 0 ? -0 : 0) : float(rest);
}

function nearestEven(x: number): number {
  const low = Math.floor(x);
  const rest = x - low;
  const rounded = rest < 0.5 || (rest === 0.5 && low % 2 === 0) ? low : low + 1;
  return Number.isFinite(x) ? (rounded === 0 ? (x < 0 || Object.is(x, -0) ? -0 : 0) : rounded) : x;
}

/** erf by its series of positive terms, e^(−x²)·Σ 2ⁿ x^(2n+1) / (2n+1)!!. */
function erf(x: number): number {
  if (Number.isNaN(x) || x === 0) return x;
  if (Math.abs(x) > 6.5) return Math.sign(x);
  let [term, sum] = [x, x];
  for (let n = 1; Math.abs(term) > Math.abs(sum) * 1e-18; n++) sum += term *= (2 * x * x) / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

function sinc(x: number): number {
  const [whole, away] = [Math.round(x), x - Math.round(x)];
  if (x === 0) return 1;
  return 0 + ((whole % 2 === 0 ? 1 : -1) * Math.sin(Math.PI * away)) / (Math.PI * x);
}

/** By subtraction's cousin: remainders until there is none. */
function divisor(a: bigint, b: bigint): bigint {
  return b === 0n ? magnitude(a) : divisor(b, a % b);
}

function pow(x: number, y: number): number {
  if (x === 1 || y === 0) return 1;
  return x === -1 && !Number.isFinite(y) && !Number.isNaN(y) ? 1 : Math.pow(x, y);
}

/** log Γ of x > 0 by Lanczos' approximation (g = 7, nine terms). */
function logGamma(x: number): number {
  const sum = [
    676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
    -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
  ].reduce((total, c, i) => total + c / (x + i), 0.9999999999998099);
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(x + 6.5) - (x + 6.5) + Math.log(sum);
}

/** Γ by its logarithm, reflected below 0. */
function gammaOf(x: number): number {
  if (x === 0) return 1 / x;
  if (x < 0) return Number.isInteger(x) ? NaN : Math.PI / (Math.sin(Math.PI * (x % 2)) * gammaOf(1 - x));
  return x > 172 ? Infinity : x < 1e-8 ? 1 / x : Math.exp(logGamma(x));
}

function logGammaOf(x: number): number {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? NaN : Infinity;
  if (x > 0) return x < 1e-8 ? -Math.log(x) : logGamma(x);
  return Number.isInteger(x) ? Infinity : Math.log(Math.abs(Math.PI / Math.sin(Math.PI * (x % 2)))) - logGamma(1 - x);
}

/** By the recurrence up to 20 and the asymptotic series there. */
function digammaOf(x: number): number {
  if (x === 0 || x === -Infinity) return x === 0 ? -1 / x : NaN;
  if (x < 0) return Number.isInteger(x) ? NaN : digammaOf(1 - x) - Math.PI / Math.tan(Math.PI * (x % 1));
  if (x < 20) return digammaOf(x + 1) - 1 / x;
  const z = 1 / (x * x);
  return Math.log(x) - 0.5 / x - z * (1 / 12 - z * (1 / 120 - z * (1 / 252 - z * (1 / 240 - z / 132))));
}

/** By bisection of erf. */
function erfInverse(x: number): number {
  if (!(Math.abs(x) < 1) || x === 0) return Math.abs(x) === 1 ? x * Infinity : x === 0 ? x : NaN;
  let [low, high] = [0, 6.5];
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    if (erf(middle) < Math.abs(x)) low = middle;
    else high = middle;
  }
  return Math.sign(x) * low;
}

/** By its series of positive terms. */
function besselOfOrder0(x: number): number {
  if (!(Math.abs(x) < 720)) return Number.isNaN(x) ? NaN : Infinity;
  let [term, sum] = [1, 1];
  for (let k = 1; term > sum * 1e-18; k++) sum += term *= (x * x) / (4 * k * k);
  return sum;
}

const logistic = (x: number): number => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));
const compare = (test: (x: number | bigint, y: number | bigint) => boolean): Element => ({
  float: test,
  integer: test,
  result: 'bool',
});
const logic = (test: (x: boolean, y: boolean) => boolean): Element => ({
  float: (x, y) => test(x !== 0, y !== 0),
  result: 'bool',
});
/** Bits of integers; those of bool are one, and are seen as numbers. */
const whole = (integer: Integers): Element => ({ integer, float: (x, y) => Number(integer(BigInt(x), BigInt(y), 0n)) });
const fn = (float: Numbers, ulps = 4): Element => ({ float, ulps });
const same = (x: bigint): bigint => x;

/**
 * By op name. Where `where` is concerned only x and y decide the dtype; it is with the selections in
 * reference-shapes.ts.
 */
const ELEMENTS: Readonly<Record<string, Element>> = {
  add: { float: (x, y) => x + y, integer: (x, y) => x + y },
  subtract: { float: (x, y) => x - y, integer: (x, y) => x - y },
  multiply: { float: (x, y) => x * y, integer: (x, y) => x * y },
  divide: { float: (x, y) => x / y, result: 'float' },
  floor_divide: { float: floorDivide, integer: floorQuotient, ulps: 1 },
  remainder: { float: remainder, integer: (x, y) => (y === 0n ? 0n : x - y * floorQuotient(x, y)), ulps: 1 },
  negative: { float: (x) => -x, integer: (x) => -x },
  abs: { float: (x) => Math.abs(x), integer: (x) => magnitude(x) },
  sign: { float: (x) => Math.sign(x), integer: (x) => (x > 0n ? 1n : x < 0n ? -1n : 0n) },
  square: { float: (x) => x * x, integer: (x) => x * x },
  sqrt: { float: (x) => Math.sqrt(x) },
  reciprocal: { float: (x) => 1 / x },
  maximum: { float: (x, y) => Math.max(x, y), integer: (x, y) => (x > y ? x : y) },
  minimum: { float: (x, y) => Math.min(x, y), integer: (x, y) => (x < y ? x : y) },
  clip: {
    float: (x, low, high) => Math.min(Math.max(x, low), high),
    integer: (x, low, high) => ((x < low ? low : x) > high ? high : x < low ? low : x),
  },
  floor: { float: (x) => Math.floor(x), integer: same },
  ceil: { float: (x) => Math.ceil(x), integer: same },
  trunc: { float: (x) => Math.trunc(x), integer: same },
  round: { float: nearestEven, integer: same },
  equal: compare((x, y) => x === y),
  not_equal: compare((x, y) => x !== y),
  less: compare((x, y) => x < y),
  less_equal: compare((x, y) => x <= y),
  greater: compare((x, y) => x > y),
  greater_equal: compare((x, y) => x >= y),
  isnan: { float: (x) => Number.isNaN(x), integer: () => false, result: 'bool' },
  isinf: { float: (x) => x === Infinity || x === -Infinity, result: 'bool' },
  isfinite: { float: (x) => Number.isFinite(x), result: 'bool' },
  logical_and: logic((x, y) => x && y),
  logical_or: logic((x, y) => x || y),
  logical_xor: logic((x, y) => x !== y),
  logical_not: logic((x) => !x),
  bitwise_and: whole((x, y) => x & y),
  bitwise_or: whole((x, y) => x | y),
  bitwise_xor: whole((x, y) => x ^ y),
  exp: fn(Math.exp),
  exp2: fn((x) => 2 ** x),
  cbrt: fn(Math.cbrt),
  expm1: fn(Math.expm1),
  log: fn(Math.log),
  log1p: fn(Math.log1p),
  log2: fn(Math.log2),
  log10: fn(Math.log10),
  sin: fn(Math.sin),
  cos: fn(Math.cos),
  tan: fn(Math.tan),
  asin: fn(Math.asin),
  acos: fn(Math.acos),
  atan: fn(Math.atan),
  atan2: fn(Math.atan2),
  sinh: fn(Math.sinh),
  cosh: fn(Math.cosh),
  tanh: fn(Math.tanh),
  asinh: fn(Math.asinh),
  acosh: fn(Math.acosh),
  atanh: fn(Math.atanh),
  hypot: fn((x, y) => Math.hypot(x, y)),
  pow: fn(pow),
  logaddexp: {
    float: (x, y) => (x === y ? x + Math.LN2 : Math.max(x, y) + Math.log1p(Math.exp(-Math.abs(x - y)))),
    ulps: 4,
    scale: () => 4,
  },
  erf: fn(erf, 64),
  erfc: { float: (x) => 1 - erf(x), ulps: 64, scale: () => 16 },
  sinc: { float: sinc, ulps: 16, scale: (x) => (Number.isFinite(x) ? 16 : 0) },
  gamma: { float: gammaOf, ulps: 1e4, scale: (x) => (x < -20 ? 1e-3 : 0) },
  lgamma: { float: logGammaOf, ulps: 1e4, scale: (x) => (Number.isFinite(x) ? 1e3 * Math.max(1, Math.abs(x)) : 0) },
  digamma: { float: digammaOf, ulps: 1e4, scale: (x) => (Number.isFinite(x) ? 1e4 * Math.max(1, Math.abs(x)) : 0) },
  erfinv: { float: erfInverse, ulps: 64, scale: (x) => (Math.abs(x) > 0.9 && Math.abs(x) < 1 ? Infinity : 8) },
  i0: { float: besselOfOrder0, ulps: 1e4 },
  logit: { float: (x) => Math.log(x / (1 - x)), ulps: 8, scale: () => 8 },
  log_sigmoid: { float: (x) => 0 + Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x))), ulps: 8 },
  copysign: { float: (x, y) => (y < 0 || Object.is(y, -0) ? -Math.abs(x) : Math.abs(x)) },
  signbit: { float: (x) => x < 0 || Object.is(x, -0), result: 'bool' },
  positive: { float: (x) => x, integer: same },
  fmod: { float: (x, y) => x % y, integer: (x, y) => (y === 0n ? 0n : x % y) },
  fmax: {
    float: (x, y) => (Number.isNaN(x) ? y : Number.isNaN(y) ? x : Math.max(x, y)),
    integer: (x, y) => (x > y ? x : y),
  },
  fmin: {
    float: (x, y) => (Number.isNaN(x) ? y : Number.isNaN(y) ? x : Math.min(x, y)),
    integer: (x, y) => (x < y ? x : y),
  },
  heaviside: { float: (x, y) => (x < 0 ? 0 : x > 0 ? 1 : x === 0 ? y : NaN) },
  deg2rad: { float: (x) => x * (Math.PI / 180) },
  rad2deg: { float: (x) => x * (180 / Math.PI) },
  bitwise_left_shift: { integer: (x, count) => (count >= 0n && count < 64n ? x << count : 0n) },
  bitwise_right_shift: { integer: (x, count) => x >> (count >= 0n && count < 64n ? count : 64n) },
  gcd: { integer: divisor },
  lcm: { integer: (x, y) => (x === 0n || y === 0n ? 0n : magnitude(x * y) / divisor(x, y)) },
  relu: { float: (x) => Math.max(x, 0), integer: (x) => (x > 0n ? x : 0n) },
  leaky_relu: { float: (x, slope) => (x > 0 ? x : slope * x) },
  elu: fn((x, alpha) => (x > 0 ? x : alpha * Math.expm1(x))),
  sigmoid: fn(logistic, 8),
  silu: {
    float: (x) => (x === -Infinity ? -0 : x * logistic(x)),
    ulps: 8,
    scale: (x) => (Number.isFinite(x) ? Math.abs(x) : 0),
  },
  softplus: { float: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), ulps: 8 },
  gelu: {
    float: (x) => (x === -Infinity ? -0 : 0.5 * x * (1 + erf(x * Math.SQRT1_2))),
    ulps: 64,
    scale: (x) => (Number.isFinite(x) ? 16 * Math.abs(x) : 0),
  },
};

const EPSILON = { float32: 2 ** -23, float64: 2 ** -52 } as const;

/** An operand element in the dtype the op computes in. */
function operandIn(dtype: Name, own: Name, value: Scalar): Scalar {
  return own === dtype ? value : converted(value, dtype);
}

const elementReference =
  (element: Element): Reference =>
  (operands) => {
    const joined = common(operands.map((operand) => operand.dtype));
    const dtype = element.result === 'float' && !isFloatName(joined) ? 'float32' : joined;
    const result = element.result === 'bool' ? 'bool' : dtype;
    const shape = stretched(operands.map((operand) => operand.shape));
    const numbers = isFloatName(dtype) || dtype === 'bool';
    const apply = (numbers ? element.float : element.integer) as (...x: readonly Scalar[]) => Scalar;
    const argumentsAt = (index: readonly number[]): Scalar[] =>
      operands.map((operand) => {
        const value = operandIn(dtype, operand.dtype, at(operand, index));
        return typeof value === 'boolean' ? Number(value) : value;
      });
    const out = build(result, shape, (index) => stored(result, apply(...argumentsAt(index))));
    if (!isFloatName(result)) return out;
    const { scale, ulps = 0 } = element;
    const slack =
      scale &&
      (build(
        result,
        shape,
        (index) => scale(...(argumentsAt(index) as [number, number])) * EPSILON[result as 'float32'],
      ).values as number[]);
    return { ...out, ulps: result === 'float32' ? Math.ceil(ulps / 4) : ulps, ...(slack && { slack }) };
  };

/** References by op name. */
export const ELEMENTWISE: Readonly<Record<string, Reference>> = Object.fromEntries(
  Object.entries(ELEMENTS).map(([name, element]) => [name, elementReference(element)]),
);

/** The float of a dtype next to x in the direction of y. */
function neighbour(x: number, y: number, dtype: Name): number {
  if (Number.isNaN(x) || Number.isNaN(y)) return NaN;
  if (x === y || x === 0) return x === y ? y : Math.sign(y) * (dtype === 'float32' ? 2 ** -149 : 2 ** -1074);
  const view = new DataView(new ArrayBuffer(8));
  const step = x < y === x > 0 ? 1 : -1;
  if (dtype === 'float32') {
    view.setFloat32(0, x);
    view.setUint32(0, view.getUint32(0) + step);
    return view.getFloat32(0);
  }
  view.setFloat64(0, x);
  view.setBigUint64(0, view.getBigUint64(0) + BigInt(step));
  return view.getFloat64(0);
}

/** Of two floats in their common dtype. */
export const nextafter: Reference = (operands) => {
  const [x, y] = operands as [Ref, Ref];
  const dtype = common([x.dtype, y.dtype]);
  return build(dtype, stretched([x.shape, y.shape]), (index) =>
    neighbour(
      operandIn(dtype, x.dtype, at(x, index)) as number,
      operandIn(dtype, y.dtype, at(y, index)) as number,
      dtype,
    ),
  );
};

/** `where`: the condition is bool; x and y are joined. */
export const where: Reference = (operands) => {
  const [condition, x, y] = operands as [Ref, Ref, Ref];
  const dtype = common([x.dtype, y.dtype]);
  return build(dtype, stretched([condition.shape, x.shape, y.shape]), (index) => {
    const chosen = at(condition, index) === true ? x : y;
    return operandIn(dtype, chosen.dtype, at(chosen, index));
  });
};
