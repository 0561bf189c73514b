// Exponentials, logarithms and hyperbolic functions as bodies over the algebra: the bits of specification sqs-num/1.
// Minimax coefficients are those published with fdlibm (Sun Microsystems, 1993; e_exp.c, e_log.c); the forms are our
// own: branch-free, no FMA, every operation rounded once, in float64.
import { scalar, type Algebra, type Scalar } from './algebra.ts';

export { cos, sin, tan } from './trigonometry.ts';

/** a + b as an unevaluated sum of two floats, |b| below half an ulp of a. */
export interface Pair<T> {
  readonly high: T;
  readonly low: T;
}

/** e^x. Worst error seen 0.85 ulp in float64. */
export const exp: Scalar = scalar('exp', 1, (m, x) => exponential(m, x, 0));

/** e^x - 1 without cancellation near 0. */
export const expm1: Scalar = scalar('expm1', 1, (m, x) => {
  const tiny = m.lt(m.abs(x), m.constant(2 ** -54));
  return m.select(tiny, x, m.mul(m.constant(2), halfExpm1(m, x)));
});

/** 2^x; exact for integers. */
export const exp2: Scalar = scalar('exp2', 1, (m, x) => {
  const k = m.nearest(x);
  const fraction = m.sub(x, k);
  const high = m.highHalf(fraction);
  // x ln 2 as head + tail: fraction = high + (fraction - high), ln 2 = LN2_26 + LN2_REST, products of the heads exact.
  const head = m.mul(high, m.constant(LN2_26));
  const tail = m.add(m.mul(m.sub(fraction, high), m.constant(Math.LN2)), m.mul(high, m.constant(LN2_REST)));
  const y = m.add(m.constant(1), m.add(head, m.add(tail, expm1Tail(m, m.add(head, tail)))));
  const [result] = m.rare(m.gt(m.abs(x), m.constant(1021)), [m.mul(y, m.powerOfTwo(k))], () => {
    const tooSmall = m.lt(x, m.constant(-1080));
    return [
      m.select(
        m.ge(x, m.constant(1024)),
        m.constant(Infinity),
        m.select(tooSmall, m.constant(0), scaleByPowerOfTwo(m, y, k)),
      ),
    ];
  });
  return result!;
});

/** Natural logarithm; log(0) = -Infinity, NaN below. */
export const log: Scalar = scalar('log', 1, (m, x) => {
  return overLogDomain(m, x, ({ k, f }) => logOf(m, k, f));
});

/** log(1 + x) without loss near 0. */
export const log1p: Scalar = scalar('log1p', 1, (m, x) => {
  const one = m.constant(1);
  const u = m.add(one, x);
  const rest = m.sub(u, one);
  const lost = m.add(m.sub(one, m.sub(u, rest)), m.sub(x, rest)); // u + lost = 1 + x exactly (Knuth's TwoSum)
  const y = overLogDomain(m, u, ({ k, f }) => logOf(m, k, f, m.div(lost, u)));
  return m.select(m.lt(m.abs(x), m.constant(2 ** -54)), x, y);
});

/** Base-2 logarithm; exact for powers of two. */
export const log2: Scalar = scalar('log2', 1, (m, x) => {
  return overLogDomain(m, x, ({ k, f }) => {
    const ln = lnOfFraction(m, f);
    const head = m.mul(ln.high, m.constant(INVLN2_HIGH));
    const tail = m.add(m.mul(m.add(ln.low, ln.high), m.constant(INVLN2_LOW)), m.mul(ln.low, m.constant(INVLN2_HIGH)));
    return sumOf(m, k, head, tail);
  });
});

/** Base-10 logarithm. */
export const log10: Scalar = scalar('log10', 1, (m, x) => {
  return overLogDomain(m, x, ({ k, f }) => {
    const ln = lnOfFraction(m, f);
    const head = m.mul(ln.high, m.constant(INVLN10_HIGH));
    const tail = m.add(m.mul(m.add(ln.low, ln.high), m.constant(INVLN10_LOW)), m.mul(ln.low, m.constant(INVLN10_HIGH)));
    return sumOf(m, m.mul(k, m.constant(LOG10_2_HIGH)), head, m.add(m.mul(k, m.constant(LOG10_2_LOW)), tail));
  });
});

/** Hyperbolic sine. */
export const sinh: Scalar = scalar('sinh', 1, (m, x) => {
  const half = halfExpm1(m, m.abs(x));
  const y = m.add(half, m.div(half, m.add(m.mul(m.constant(2), half), m.constant(1))));
  const small = m.lt(m.abs(x), m.constant(2 ** -28));
  const magnitude = m.select(m.eq(half, m.constant(Infinity)), half, y);
  return m.select(small, x, m.copySign(magnitude, x));
});

/** Hyperbolic cosine. */
export const cosh: Scalar = scalar('cosh', 1, (m, x) => {
  const half = exponential(m, m.abs(x), -1);
  return m.add(half, m.div(m.constant(0.25), half));
});

/** Hyperbolic tangent. */
export const tanh: Scalar = scalar('tanh', 1, (m, x) => {
  const magnitude = m.abs(x);
  const half = halfExpm1(m, m.mul(m.constant(2), magnitude)); // (e^2|x| - 1) / 2
  const sum = m.add(half, m.constant(1));
  const error = m.add(m.sub(m.constant(1), sum), half); // of the sum, exact for half <= 1; beyond it does not matter
  const lost = m.select(m.lt(half, m.constant(1)), error, m.constant(0));
  const quotient = m.div(half, sum);
  const y = m.sub(quotient, m.mul(m.mul(quotient, lost), m.sub(m.constant(1), quotient)));
  const saturated = m.select(m.gt(magnitude, m.constant(22)), m.constant(1), y);
  return m.select(m.lt(magnitude, m.constant(2 ** -28)), x, m.copySign(saturated, x));
});

/** Logistic function 1 / (1 + e^-x), without overflow on either side. */
export const sigmoid: Scalar = scalar('sigmoid', 1, (m, x) => {
  const e = m.call(exp, m.neg(m.abs(x)));
  const one = m.constant(1);
  return m.div(m.select(m.ge(x, m.constant(0)), one, e), m.add(one, e));
});

/**
 * x * sigmoid(x); where e^x is subnormal, or nearly, the product x e^x is rounded once. At -infinity its limit, -0,
 * which a product with 0 would not give.
 */
export const silu: Scalar = scalar('silu', 1, (m, x) => {
  const deep = m.lt(x, m.constant(-700));
  const plain = m.mul(x, m.call(sigmoid, x));
  const [y] = m.rare(deep, [plain], () => [
    m.select(deep, m.mul(m.mul(m.max(x, m.constant(-1000)), exponential(m, x, 64)), m.constant(2 ** -64)), plain),
  ]);
  return y!;
});

/** log(1 + e^x), without overflow. */
export const softplus: Scalar = scalar('softplus', 1, (m, x) =>
  m.add(m.max(x, m.constant(0)), m.call(log1p, m.call(exp, m.neg(m.abs(x))))),
);

/** Polynomial by Horner's rule, highest coefficient first. */
export function polynomial<T, M>(m: Algebra<T, M>, x: T, coefficients: readonly number[]): T {
  let sum = m.constant(coefficients[0]!);
  for (let i = 1; i < coefficients.length; i++) sum = m.add(m.mul(sum, x), m.constant(coefficients[i]!));
  return sum;
}

/**
 * y * 2^k for integer-valued k in [-2044, 2046], rounded once where the result is subnormal (if y is within [1/2, 2]).
 */
export function scaleByPowerOfTwo<T, M>(m: Algebra<T, M>, y: T, k: T): T {
  const first = m.floor(m.mul(k, m.constant(0.5)));
  return m.mul(m.mul(y, m.powerOfTwo(first)), m.powerOfTwo(m.sub(k, first)));
}

/** e^x * 2^shift, right also where e^x alone would overflow. */
export function exponential<T, M>(m: Algebra<T, M>, x: T, shift: number): T {
  const { k, high, tail } = reduceForExp(m, x);
  const y = m.add(m.constant(1), m.add(high, tail));
  const power = shift === 0 ? k : m.add(k, m.constant(shift));
  const extreme = m.gt(m.abs(x), m.constant(708));
  const [result] = m.rare(extreme, [m.mul(y, m.powerOfTwo(power))], () => {
    const inRange = scaleByPowerOfTwo(m, y, power);
    const big = m.gt(x, m.constant(709.79 - shift * Math.LN2));
    const small = m.lt(x, m.constant(-745.2 - shift * Math.LN2));
    return [m.select(big, m.constant(Infinity), m.select(small, m.constant(0), inRange))];
  });
  return result!;
}

/** log(f + 1) + correction + k ln 2, for f + 1 in [sqrt(1/2), sqrt(2)]. */
function logOf<T, M>(m: Algebra<T, M>, k: T, f: T, correction?: T): T {
  const { halfSquare, tail } = logTail(m, f);
  const rest = m.mul(k, m.constant(LN2_LOW));
  const low = m.add(tail, correction === undefined ? rest : m.add(rest, correction));
  return m.sub(m.mul(k, m.constant(LN2_HIGH)), m.sub(m.sub(halfSquare, low), f));
}

const LN2_HIGH = 6.9314718036912381649e-1; // 33 bits, so that k * LN2_HIGH is exact
const LN2_LOW = 1.90821492927058770002e-10;
const LN2_26 = 0.6931471675634384; // 26 bits
const LN2_REST = 1.2996506893889889e-8;
const INVLN2_HIGH = 1.4426950216293335; // 26 bits
const INVLN2_LOW = 1.9259629911266175e-8;
const INVLN10_HIGH = 0.4342944771051407; // 26 bits
const INVLN10_LOW = 4.798111141615973e-9;
const LOG10_2_HIGH = 0.30102999566395283; // 42 bits
const LOG10_2_LOW = 2.8363394551044964e-14;

// fdlibm e_exp.c: r - r^2 (P1 + …) approximates r coth(r/2)-like term 2 - ..., error below 2^-59 on |r| <= ln(2)/2.
const EXP_P = [
  4.13813679705723846039e-8, -1.6533902205465251539e-6, 6.61375632143793436117e-5, -2.77777777770155933842e-3,
  1.66666666666666019037e-1,
];
// fdlibm e_log.c: log(1+f) = f - f^2/2 + s (f^2/2 + R(s^2)), s = f / (2 + f).
const LOG_R = [
  1.479819860511658591e-1, 1.531383769920937332e-1, 1.818357216161805012e-1, 2.222219843214978396e-1,
  2.857142874366239149e-1, 3.999999999940941908e-1, 6.66666666666673513e-1,
];

/** x = k ln 2 + r with e^r - 1 = high + tail, |tail| < 0.07. */
function reduceForExp<T, M>(m: Algebra<T, M>, x: T): { k: T; high: T; tail: T } {
  const k = m.nearest(m.mul(x, m.constant(Math.LOG2E)));
  const high = m.sub(x, m.mul(k, m.constant(LN2_HIGH)));
  const low = m.mul(k, m.constant(LN2_LOW));
  return { k, high, tail: m.sub(expm1Tail(m, m.sub(high, low)), low) };
}

/** e^r - 1 - r for |r| <= 0.35. */
function expm1Tail<T, M>(m: Algebra<T, M>, r: T): T {
  const square = m.mul(r, r);
  const c = m.sub(r, m.mul(square, polynomial(m, square, EXP_P)));
  return m.div(m.mul(r, c), m.sub(m.constant(2), c));
}

/** (e^x - 1) / 2; the half keeps it finite as long as sinh is. Loses the last bits of subnormal x. */
function halfExpm1<T, M>(m: Algebra<T, M>, x: T): T {
  const { k, high, tail } = reduceForExp(m, x);
  const scale = m.powerOfTwo(m.sub(k, m.constant(3))); // 2^k / 8: 2^k / 2 overflows before the result does
  const offset = m.sub(scale, m.constant(0.125));
  const head = m.mul(scale, high);
  const sum = m.add(offset, head);
  const lost = m.sub(head, m.sub(sum, offset)); // FastTwoSum: |offset| >= |head| or offset = 0
  const y = m.add(sum, m.add(lost, m.mul(scale, tail)));
  const big = m.gt(x, m.constant(710.5));
  return m.select(
    big,
    m.constant(Infinity),
    m.select(m.lt(x, m.constant(-50)), m.constant(-0.5), m.mul(y, m.constant(4))),
  );
}

interface LogSplit<T> {
  readonly k: T;
  readonly f: T;
}

/** x = 2^k (1 + f), 1 + f in [sqrt(1/2), sqrt(2)), for positive normal x. */
function splitForLog<T, M>(m: Algebra<T, M>, x: T): LogSplit<T> {
  const mantissa = m.mantissa(x);
  const upper = m.gt(mantissa, m.constant(Math.SQRT2));
  const k = m.add(m.exponent(x), m.select(upper, m.constant(1), m.constant(0)));
  return { k, f: m.sub(m.select(upper, m.mul(mantissa, m.constant(0.5)), mantissa), m.constant(1)) };
}

/** A logarithm on positive normal x by `formula`; subnormals, zero, negatives, Infinity and NaN on the rare path. */
function overLogDomain<T, M>(m: Algebra<T, M>, x: T, formula: (split: LogSplit<T>) => T): T {
  const normal = m.and(m.ge(x, m.constant(2 ** -1022)), m.lt(x, m.constant(Infinity)));
  const [result] = m.rare(m.not(normal), [formula(splitForLog(m, x))], () => {
    const { k, f } = splitForLog(m, m.mul(x, m.constant(2 ** 54)));
    const subnormal = formula({ k: m.sub(k, m.constant(54)), f });
    const zero = m.constant(0);
    const atEdge = m.select(m.eq(x, zero), m.constant(-Infinity), m.constant(NaN));
    return [m.select(m.gt(x, zero), m.select(m.eq(x, m.constant(Infinity)), x, subnormal), atEdge)];
  });
  return result!;
}

/** f^2/2 and log(1 + f) - f + f^2/2. */
function logTail<T, M>(m: Algebra<T, M>, f: T): { halfSquare: T; tail: T } {
  const s = m.div(f, m.add(m.constant(2), f));
  const z = m.mul(s, s);
  const halfSquare = m.mul(m.mul(m.constant(0.5), f), f);
  return { halfSquare, tail: m.mul(s, m.add(halfSquare, m.mul(z, polynomial(m, z, LOG_R)))) };
}

/** log(1 + f) as a pair whose high part has 26 bits. */
function lnOfFraction<T, M>(m: Algebra<T, M>, f: T): Pair<T> {
  const { halfSquare, tail } = logTail(m, f);
  const high = m.highHalf(m.sub(f, halfSquare));
  return { high, low: m.add(m.sub(m.sub(f, high), halfSquare), tail) };
}

/** a + (b + c) with a = 0 or |a| >= |b|, rounded nearly once. */
function sumOf<T, M>(m: Algebra<T, M>, a: T, b: T, c: T): T {
  const sum = m.add(a, b);
  return m.add(sum, m.add(c, m.add(m.sub(a, sum), b)));
}
