// Elementary functions in fixed point on bigints, hundreds of bits: the oracle of the kernel accuracy tests.

/** Fractional bits; results as small as 2^-1100 keep 300 significant bits. */
export const PRECISION = 1400;
const P = BigInt(PRECISION);
const ONE = 1n << P;

export type Fixed = bigint;

/** A finite float64, exactly. */
export function fixed(x: number): Fixed {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  const bits = view.getBigUint64(0);
  const field = (bits >> 52n) & 0x7ffn;
  const significand = (bits & 0xfffffffffffffn) | (field === 0n ? 0n : 1n << 52n);
  const shift = (field === 0n ? 1n : field) - 1075n + P;
  const magnitude = shift >= 0n ? significand << shift : significand >> -shift;
  return bits >> 63n ? -magnitude : magnitude;
}

const abs = (x: Fixed): Fixed => (x < 0n ? -x : x);
const bitLength = (x: bigint): number =>
  abs(x).toString(16).length * 4 - Math.clz32(parseInt(abs(x).toString(16)[0]!, 16)) + 28;
export const mul = (a: Fixed, b: Fixed): Fixed => (a * b) >> P;
export const div = (a: Fixed, b: Fixed): Fixed => (a << P) / b;

export function sqrt(x: Fixed): Fixed {
  if (x === 0n) return 0n;
  const n = x << P;
  let root = 1n << BigInt((bitLength(n) / 2 + 1) | 0);
  for (;;) {
    const next = (root + n / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** Rounded to the nearest float64 of about 50 good bits: a starting point. */
function approximate(x: Fixed): number {
  const shift = BigInt(Math.max(0, bitLength(x) - 60));
  return Number(x >> shift) * 2 ** (Number(shift) - PRECISION / 2) * 2 ** (-PRECISION / 2);
}

function series(first: Fixed, next: (term: Fixed, n: bigint) => Fixed): Fixed {
  let [sum, term, n] = [0n, first, 1n];
  while (abs(term) > 1n) {
    sum += term;
    term = next(term, n++);
  }
  return sum;
}

function inverseTangentOfInverse(n: bigint): Fixed {
  let [sum, power, k] = [0n, ONE / n, 1n];
  while (power !== 0n) {
    sum += k % 4n === 1n ? power / k : -(power / k);
    power /= n * n;
    k += 2n;
  }
  return sum;
}

export const PI: Fixed = 4n * (4n * inverseTangentOfInverse(5n) - inverseTangentOfInverse(239n));
export const LN2: Fixed = logOfTwo();

function logOfTwo(): Fixed {
  let [sum, power, k] = [0n, ONE / 3n, 1n];
  while (power !== 0n) {
    sum += power / k;
    power /= 9n;
    k += 2n;
  }
  return 2n * sum;
}

export function exp(x: Fixed): Fixed {
  const k = (x + LN2 / 2n) / LN2 - (x + LN2 / 2n < 0n ? 1n : 0n);
  const r = (x - k * LN2) >> 16n;
  let y = series(ONE, (t, n) => mul(t, r) / n);
  for (let i = 0; i < 16; i++) y = mul(y, y);
  return k >= 0n ? y << k : y >> -k;
}

export function log(x: Fixed): Fixed {
  const k = BigInt(bitLength(x)) - P;
  const m = k >= 0n ? x >> k : x << -k;
  let y = fixed(Math.log(approximate(m)));
  for (let i = 0; i < 4; i++) {
    const e = exp(y);
    y += div(2n * (m - e), m + e);
  }
  return y + k * LN2;
}

export function sinCos(x: Fixed): { sin: Fixed; cos: Fixed } {
  const turns = x / (2n * PI);
  const r = x - turns * 2n * PI;
  const square = mul(r, r);
  return {
    sin: series(r, (t, n) => -mul(t, square) / (2n * n * (2n * n + 1n))),
    cos: series(ONE, (t, n) => -mul(t, square) / (2n * n * (2n * n - 1n))),
  };
}

export function atan(x: Fixed): Fixed {
  let y = fixed(Math.atan(approximate(x)));
  for (let i = 0; i < 5; i++) {
    const { sin, cos } = sinCos(y);
    y -= mul(sin - mul(x, cos), cos);
  }
  return y;
}

export function erf(x: Fixed): Fixed {
  const square = mul(x, x);
  let [sum, power, n] = [0n, x, 0n];
  while (abs(power) > 1n) {
    sum += power / (2n * n + 1n);
    n++;
    power = -mul(power, square) / n;
  }
  return div(2n * sum, sqrt(PI));
}

export function cbrt(x: Fixed): Fixed {
  let y = fixed(Math.cbrt(approximate(x)));
  for (let i = 0; i < 6; i++) y = (2n * y + div(x, mul(y, y))) / 3n;
  return y;
}

/** |computed - exact| in units of the last place of the exact float64. */
export function ulps(computed: number, exact: Fixed): number {
  const exponent = exact === 0n ? -1074 : Math.max(-1074, bitLength(exact) - PRECISION - 53);
  const ulp = 1n << BigInt(exponent + PRECISION);
  return Number((abs(fixed(computed) - exact) * 1000n) / ulp) / 1000;
}

export const one = ONE;
