import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Scalar } from '../../kernels/scalar/algebra.ts';
import { floatAlgebra } from '../../kernels/scalar/js-algebra.ts';
import * as libm from '../../kernels/scalar/libm.ts';
import * as math from '../../kernels/scalar/math.ts';
import * as oracle from './oracle.ts';
import { div, fixed, mul, one, type Fixed } from './oracle.ts';

const apply = (fn: Scalar, ...x: number[]): number => fn.body(floatAlgebra, ...x);

interface Case {
  readonly fn: Scalar;
  readonly exact: (x: Fixed) => Fixed;
  readonly ulps: number;
  readonly low: number;
  readonly high: number;
}

const sinh = (x: Fixed): Fixed => (oracle.exp(x) - oracle.exp(-x)) / 2n;
const cosh = (x: Fixed): Fixed => (oracle.exp(x) + oracle.exp(-x)) / 2n;
const asin = (x: Fixed): Fixed => oracle.atan(div(x, oracle.sqrt(one - mul(x, x))));

const cases: readonly Case[] = [
  { fn: math.exp, exact: oracle.exp, ulps: 1, low: -740, high: 709 },
  { fn: math.exp2, exact: (x) => oracle.exp(mul(x, oracle.LN2)), ulps: 1, low: -1073, high: 1023 },
  { fn: math.expm1, exact: (x) => oracle.exp(x) - one, ulps: 1, low: -40, high: 700 },
  { fn: math.expm1, exact: (x) => oracle.exp(x) - one, ulps: 1, low: -1, high: 1 },
  { fn: math.log, exact: oracle.log, ulps: 1, low: 1e-300, high: 10 },
  { fn: math.log, exact: oracle.log, ulps: 1, low: 1, high: 1e300 },
  { fn: math.log1p, exact: (x) => oracle.log(one + x), ulps: 1, low: -0.999, high: 5 },
  { fn: math.log2, exact: (x) => div(oracle.log(x), oracle.LN2), ulps: 1, low: 1e-5, high: 10 },
  { fn: math.log10, exact: (x) => div(oracle.log(x), oracle.log(10n * one)), ulps: 1, low: 1e-5, high: 20 },
  { fn: math.sin, exact: (x) => oracle.sinCos(x).sin, ulps: 1, low: -20, high: 20 },
  { fn: math.sin, exact: (x) => oracle.sinCos(x).sin, ulps: 1, low: 1e6, high: 1e15 },
  { fn: math.cos, exact: (x) => oracle.sinCos(x).cos, ulps: 1, low: -20, high: 20 },
  { fn: math.cos, exact: (x) => oracle.sinCos(x).cos, ulps: 1, low: -1e15, high: 1e15 },
  { fn: math.tan, exact: (x) => div(oracle.sinCos(x).sin, oracle.sinCos(x).cos), ulps: 2, low: -10, high: 10 },
  { fn: math.sinh, exact: sinh, ulps: 2, low: -710.4, high: 710.4 },
  { fn: math.cosh, exact: cosh, ulps: 2, low: -5, high: 5 },
  { fn: math.tanh, exact: (x) => div(sinh(x), cosh(x)), ulps: 2, low: -5, high: 20 },
  { fn: math.sigmoid, exact: (x) => div(one, one + oracle.exp(-x)), ulps: 2, low: -30, high: 30 },
  { fn: math.softplus, exact: (x) => oracle.log(one + oracle.exp(x)), ulps: 2, low: -30, high: 30 },
  { fn: libm.atan, exact: oracle.atan, ulps: 1, low: -4, high: 4 },
  { fn: libm.asin, exact: asin, ulps: 1, low: -0.999, high: 0.999 },
  { fn: libm.acos, exact: (x) => oracle.PI / 2n - asin(x), ulps: 1, low: -0.999, high: 0.999 },
  { fn: libm.asinh, exact: (x) => oracle.log(x + oracle.sqrt(mul(x, x) + one)), ulps: 2, low: 0, high: 30 },
  { fn: libm.acosh, exact: (x) => oracle.log(x + oracle.sqrt(mul(x, x) - one)), ulps: 2, low: 1.0001, high: 1e9 },
  { fn: libm.atanh, exact: (x) => oracle.log(div(one + x, one - x)) / 2n, ulps: 2, low: -0.99, high: 0.99 },
  { fn: libm.cbrt, exact: oracle.cbrt, ulps: 1, low: 1e-9, high: 1e9 },
  { fn: libm.erf, exact: oracle.erf, ulps: 1, low: -5, high: 5 },
  { fn: libm.erfc, exact: (x) => one - oracle.erf(x), ulps: 2.5, low: -5, high: 9 },
];

describe('accuracy against a fixed-point oracle', () => {
  test.each(
    cases.map(
      (c) =>
        [`${c.fn.name} on [${c.low}, ${c.high}] is within ${c.ulps} ulp and rounds correctly to float32`, c] as const,
    ),
  )('%s', (_, c) => {
    let wrongSingles = 0;
    fc.assert(
      fc.property(
        fc.double({ min: c.low, max: c.high, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (raw, share) => {
          const x = c.low + (c.high - c.low) * share || raw;
          const y = apply(c.fn, x);
          const exact = c.exact(fixed(x));
          expect(oracle.ulps(y, exact)).toBeLessThanOrEqual(c.ulps);
          // The float32 nearest to the exact value: no other float32 is closer.
          const single = fixed(Math.fround(y));
          const distance = single > exact ? single - exact : exact - single;
          const spacing = fixed(2 ** Math.max(-149, Math.floor(Math.log2(Math.abs(y) || 1)) - 23));
          if (Math.abs(y) < 3e38 && 2n * distance > spacing + (spacing >> 20n)) wrongSingles++;
        },
      ),
      { seed: 20250101, numRuns: 60 },
    );
    expect(wrongSingles).toBe(0);
  });

  test('sine and cosine hold for the largest floats and next to multiples of pi/2', () => {
    const hard = [
      1e22,
      2 ** 200 * 1.234567,
      Math.PI,
      Math.PI / 2,
      (3 * Math.PI) / 2,
      355,
      52707178,
      6381956970095103 * 2 ** 10,
      1e300 / 2 ** 600,
    ];
    for (const x of hard) {
      const exact = oracle.sinCos(fixed(x));
      expect(oracle.ulps(apply(math.sin, x), exact.sin), `sin ${x}`).toBeLessThanOrEqual(1);
      expect(oracle.ulps(apply(math.cos, x), exact.cos), `cos ${x}`).toBeLessThanOrEqual(1);
    }
    // The float64 nearest to a multiple of pi/2 (Muller, Elementary Functions): 6381956970095103 * 2^797, cosine about
    // 4.69e-19.
    expect(apply(math.cos, 6381956970095103 * 2 ** 797)).toBe(-4.687165924254628e-19);
  });

  test('pow is within one ulp', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
        fc.double({ min: -40, max: 40, noNaN: true }),
        (x, y) => {
          const exact = oracle.exp(mul(fixed(y), oracle.log(fixed(x))));
          expect(oracle.ulps(apply(libm.pow, x, y), exact)).toBeLessThanOrEqual(1);
        },
      ),
      { seed: 7, numRuns: 150 },
    );
  });
});

describe('special values', () => {
  const table: readonly (readonly [Scalar, readonly (readonly [number, number])[]])[] = [
    [
      math.exp,
      [
        [0, 1],
        [-0, 1],
        [Infinity, Infinity],
        [-Infinity, 0],
        [NaN, NaN],
        [710, Infinity],
        [-746, 0],
        [-745, 5e-324],
        [709.782712893384, 1.7976931348622732e308],
      ],
    ],
    [
      math.exp2,
      [
        [10, 1024],
        [-1074, 5e-324],
        [1024, Infinity],
        [-1100, 0],
        [-Infinity, 0],
        [Infinity, Infinity],
      ],
    ],
    [
      math.expm1,
      [
        [0, 0],
        [-0, -0],
        [5e-324, 5e-324],
        [-Infinity, -1],
        [Infinity, Infinity],
        [-800, -1],
        [NaN, NaN],
      ],
    ],
    [
      math.log,
      [
        [1, 0],
        [0, -Infinity],
        [-0, -Infinity],
        [-1, NaN],
        [Infinity, Infinity],
        [5e-324, -744.4400719213812],
        [NaN, NaN],
        [-Infinity, NaN],
      ],
    ],
    [
      math.log1p,
      [
        [0, 0],
        [-0, -0],
        [-1, -Infinity],
        [-2, NaN],
        [Infinity, Infinity],
        [1e-320, 1e-320],
      ],
    ],
    [
      math.log2,
      [
        [8, 3],
        [2 ** -1074, -1074],
        [2 ** 1023, 1023],
        [0, -Infinity],
        [-1, NaN],
      ],
    ],
    [
      math.log10,
      [
        [1000, 3],
        [1, 0],
        [1e22, 22],
        [0, -Infinity],
        [-1, NaN],
      ],
    ],
    [
      math.sin,
      [
        [0, 0],
        [-0, -0],
        [Infinity, NaN],
        [-Infinity, NaN],
        [NaN, NaN],
        [5e-324, 5e-324],
      ],
    ],
    [
      math.cos,
      [
        [0, 1],
        [-0, 1],
        [Infinity, NaN],
        [NaN, NaN],
      ],
    ],
    [
      math.tan,
      [
        [0, 0],
        [-0, -0],
        [Infinity, NaN],
        [5e-324, 5e-324],
      ],
    ],
    [
      math.sinh,
      [
        [0, 0],
        [-0, -0],
        [Infinity, Infinity],
        [-Infinity, -Infinity],
        [711, Infinity],
        [5e-324, 5e-324],
      ],
    ],
    [
      math.cosh,
      [
        [0, 1],
        [Infinity, Infinity],
        [-Infinity, Infinity],
        [711, Infinity],
        [NaN, NaN],
      ],
    ],
    [
      math.tanh,
      [
        [0, 0],
        [-0, -0],
        [Infinity, 1],
        [-Infinity, -1],
        [30, 1],
        [5e-324, 5e-324],
        [NaN, NaN],
      ],
    ],
    [
      math.sigmoid,
      [
        [0, 0.5],
        [Infinity, 1],
        [-Infinity, 0],
        [NaN, NaN],
      ],
    ],
    [
      libm.atan,
      [
        [0, 0],
        [-0, -0],
        [Infinity, Math.PI / 2],
        [-Infinity, -Math.PI / 2],
        [1, Math.PI / 4],
        [NaN, NaN],
      ],
    ],
    [
      libm.asin,
      [
        [0, 0],
        [-0, -0],
        [1, Math.PI / 2],
        [-1, -Math.PI / 2],
        [1.5, NaN],
      ],
    ],
    [
      libm.acos,
      [
        [1, 0],
        [-1, Math.PI],
        [0, Math.PI / 2],
        [-1.5, NaN],
      ],
    ],
    [
      libm.asinh,
      [
        [0, 0],
        [-0, -0],
        [Infinity, Infinity],
        [-Infinity, -Infinity],
      ],
    ],
    [
      libm.acosh,
      [
        [1, 0],
        [0.5, NaN],
        [-5, NaN],
        [Infinity, Infinity],
      ],
    ],
    [
      libm.atanh,
      [
        [0, 0],
        [-0, -0],
        [1, Infinity],
        [-1, -Infinity],
        [2, NaN],
      ],
    ],
    [
      libm.cbrt,
      [
        [27, 3],
        [-8, -2],
        [0, 0],
        [-0, -0],
        [Infinity, Infinity],
        [5e-324, Math.cbrt(5e-324)],
        [NaN, NaN],
      ],
    ],
    [
      libm.erf,
      [
        [0, 0],
        [-0, -0],
        [Infinity, 1],
        [-Infinity, -1],
        [NaN, NaN],
      ],
    ],
    [
      libm.erfc,
      [
        [0, 1],
        [Infinity, 0],
        [-Infinity, 2],
        [30, 0],
        [NaN, NaN],
      ],
    ],
    [
      libm.gelu,
      [
        [0, 0],
        [-0, -0],
        [Infinity, Infinity],
        [-Infinity, -0],
        [NaN, NaN],
      ],
    ],
  ];
  test.each(table.map(([fn, rows]) => [fn.name, fn, rows] as const))('%s', (_, fn, rows) => {
    for (const [x, y] of rows)
      expect(Object.is(apply(fn, x), y), `${fn.name}(${x}) = ${apply(fn, x)}, expected ${y}`).toBe(true);
  });

  // From 300-bit arithmetic; relative errors in units of the last place of a float64.
  test.each([
    [libm.gelu, -1.5, -0.1002108019032871, 5],
    [libm.gelu, -5, -1.4332578593959695e-6, 5],
    [libm.gelu, -6, -5.9195258702261885e-9, 5],
    [libm.gelu, -8, -4.976768459417427e-15, 5],
    [libm.gelu, -10, -7.619853024160526e-23, 5],
    [libm.gelu, -20, -5.507248237212468e-88, 5],
    [libm.gelu, -37.5, -1.7270073785932332e-306, 5],
    [math.silu, -100, -3.720075976020836e-42, 3],
    [math.silu, -700, -6.90177358063184e-302, 3],
    [math.silu, -712.5, -2.6179811343073812e-307, 3],
  ] as const)('%o keeps its digits in the left tail, at %d', (fn, x, wanted, ulps) => {
    expect(Math.abs(apply(fn, x) / wanted - 1)).toBeLessThan(ulps * 2 ** -52);
  });

  test('silu and gelu are rounded once where they are subnormal', () => {
    expect(apply(math.silu, -745)).toBe(-2.105e-321);
    expect(apply(libm.gelu, -38.4)).toBe(-2.535e-321);
    expect([apply(math.silu, -800), apply(libm.gelu, -45)]).toEqual([-0, -0]);
    for (const x of [-1000, -1e30, -Number.MAX_VALUE, -Infinity])
      expect([apply(math.silu, x), apply(libm.gelu, x)]).toEqual([-0, -0]);
    expect([
      apply(math.silu, Infinity),
      apply(libm.gelu, Infinity),
      apply(math.silu, NaN),
      apply(libm.gelu, NaN),
    ]).toEqual([Infinity, Infinity, NaN, NaN]);
  });

  test('pow follows IEEE 754 where JavaScript does too, and gives 1 for pow(1, y)', () => {
    const edges = [0, -0, 1, -1, Infinity, -Infinity, NaN, 2, -2, 0.5, -0.5, 3, -3, 1e300, 5e-324, 2 ** 53, -1e300];
    for (const x of edges) {
      for (const y of edges) {
        const differs = x === 1 || (x === -1 && Math.abs(y) === Infinity);
        const expected = differs ? 1 : x ** y;
        const got = apply(libm.pow, x, y);
        expect(
          Object.is(got, expected) || Math.abs(got - expected) <= 4e-16 * Math.abs(expected),
          `${x} ** ${y}: ${got}`,
        ).toBe(true);
      }
    }
  });

  test('atan2 knows the quadrants, signed zeros and infinities', () => {
    const edges = [0, -0, 1, -1, Infinity, -Infinity, NaN, 1e-300, -1e300];
    for (const y of edges) {
      for (const x of edges) {
        const got = apply(libm.atan2, y, x);
        const expected = Math.atan2(y, x);
        expect(
          Object.is(got, expected) || Math.abs(got - expected) <= 4e-16 * Math.abs(expected),
          `atan2(${y}, ${x}): ${got}`,
        ).toBe(true);
      }
    }
  });
});
