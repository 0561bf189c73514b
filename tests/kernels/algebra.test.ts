import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  floatAlgebra as f,
  int32Algebra,
  int64Algebra,
  int8Algebra,
  uint32Algebra,
  uint64Algebra,
  uint8Algebra,
} from '../../kernels/scalar/js-algebra.ts';
import { exp } from '../../kernels/scalar/math.ts';
import { predicate, scalar } from '../../kernels/scalar/algebra.ts';
import { profileOf } from '../../kernels/wasm/code/profile.ts';

const runs = { seed: 41, numRuns: 500 };

describe('float algebra', () => {
  test('powerOfTwo, exponent and mantissa take a normal float apart and put it together', () => {
    fc.assert(
      fc.property(fc.double({ min: 2 ** -1022, noNaN: true, noDefaultInfinity: true }), (x) => {
        const [e, significand] = [f.exponent(x), f.mantissa(x)];
        expect(significand >= 1 && significand < 2).toBe(true);
        expect(significand * f.powerOfTwo(Math.max(-1022, e))).toBe(x);
      }),
      runs,
    );
  });

  test('highHalf leaves a head whose square is exact and a tail that restores the value', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e150, max: 1e150, noNaN: true }).filter((x) => Math.abs(x) > 1e-150),
        (x) => {
          const head = f.highHalf(x);
          expect(head + (x - head)).toBe(x);
          expect(Math.abs(x - head) <= Math.abs(x) * 2 ** -25).toBe(true);
          const whole = BigInt(f.mantissa(Math.abs(head)) * 2 ** 25);
          expect(Number(whole * whole)).toBe(Number(whole) ** 2);
        },
      ),
      runs,
    );
  });

  test('nearest takes ties to even and keeps the sign of zero', () => {
    for (const [x, y] of [
      [0.5, 0],
      [1.5, 2],
      [2.5, 2],
      [-0.5, -0],
      [-1.5, -2],
      [4503599627370495.5, 4503599627370496],
      [-0, -0],
      [1e300, 1e300],
      [0.49999999999999994, 0],
    ] as const) {
      expect(Object.is(f.nearest(x), y), `${x}`).toBe(true);
    }
    expect(f.nearest(NaN)).toBeNaN();
  });

  test('min and max order -0 below 0 and propagate NaN', () => {
    expect(Object.is(f.min(0, -0), -0)).toBe(true);
    expect(Object.is(f.max(-0, 0), 0)).toBe(true);
    expect(f.min(NaN, 1)).toBeNaN();
    expect(f.max(1, NaN)).toBeNaN();
  });

  test('floorDivide and remainder follow Python', () => {
    const rows = [
      [7, 3, 2, 1],
      [-7, 3, -3, 2],
      [7, -3, -3, -2],
      [-7, -3, 2, -1],
      [5.5, 2, 2, 1.5],
      [-1, Infinity, -1, Infinity],
      [1, Infinity, 0, 1],
      [-0, 3, -0, 0],
      [6, -3, -2, -0],
    ] as const;
    for (const [a, b, quotient, rest] of rows) {
      expect(Object.is(f.floorDivide(a, b), quotient), `${a} // ${b} = ${f.floorDivide(a, b)}`).toBe(true);
      expect(Object.is(f.remainder(a, b), rest), `${a} % ${b} = ${f.remainder(a, b)}`).toBe(true);
    }
    expect(f.remainder(1, 0)).toBeNaN();
    expect(f.floorDivide(1, 0)).toBe(Infinity);
  });

  test('lookup clamps its index and reads entry 0 for NaN', () => {
    expect([-5, 0, 1.9, 2, 99, NaN].map((i) => f.lookup([10, 20, 30], i))).toEqual([10, 10, 20, 30, 30, 10]);
  });
});

describe('integer algebras', () => {
  const widths = [
    [int8Algebra, 8, true],
    [uint8Algebra, 8, false],
    [int32Algebra, 32, true],
    [uint32Algebra, 32, false],
  ] as const;
  test("wrap as two's complement of their width", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
        fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
        (rawA, rawB) => {
          for (const [m, bits, signed] of widths) {
            const wrap = (x: bigint) => Number(signed ? BigInt.asIntN(bits, x) : BigInt.asUintN(bits, x));
            const [a, b] = [m.constant(rawA), m.constant(rawB)];
            expect(m.add(a, b)).toBe(wrap(BigInt(a) + BigInt(b)));
            expect(m.sub(a, b)).toBe(wrap(BigInt(a) - BigInt(b)));
            expect(m.mul(a, b)).toBe(wrap(BigInt(a) * BigInt(b)));
            expect(m.bitXor(a, b)).toBe(wrap(BigInt(a) ^ BigInt(b)));
            if (b !== 0) expect(m.add(m.mul(m.floorDivide(a, b), b), m.remainder(a, b))).toBe(a);
          }
        },
      ),
      runs,
    );
  });

  test('64-bit integers wrap, divide downwards and shift', () => {
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), (a, b) => {
        expect(int64Algebra.mul(a, b)).toBe(BigInt.asIntN(64, a * b));
        expect(uint64Algebra.add(BigInt.asUintN(64, a), BigInt.asUintN(64, b))).toBe(BigInt.asUintN(64, a + b));
        if (b !== 0n) {
          const rest = int64Algebra.remainder(a, b);
          expect(rest === 0n || rest < 0n === b < 0n).toBe(true);
          expect(int64Algebra.add(int64Algebra.mul(int64Algebra.floorDivide(a, b), b), rest)).toBe(a);
        }
      }),
      runs,
    );
    expect(int64Algebra.shiftRight(-8n, 70n)).toBe(-1n);
    expect(int64Algebra.shiftLeft(1n, 63n)).toBe(-(2n ** 63n));
    expect(int32Algebra.floorDivide(5, 0)).toBe(0);
  });

  test('refuse operations that only floats have', () => {
    expect(() => int32Algebra.sqrt(4)).toThrow(TypeError);
    expect(() => f.bitAnd(1, 2)).toThrow(TypeError);
  });
});

describe('profile of a body', () => {
  const single = (name: string, body: Parameters<typeof scalar>[2], arity = 2) =>
    profileOf(scalar(name, arity, body)).single;
  test('one rounding at the end may run in float32', () => {
    expect(single('add', (m, a, b) => m.add(a, b))).toBe(true);
    expect(single('relu of a sum', (m, a, b) => m.max(m.add(a, b), m.constant(0)))).toBe(true);
    expect(single('where', (m, a, b) => m.select(m.lt(a, b), m.neg(a), m.floor(b)))).toBe(true);
    expect(profileOf(predicate('isnan', 1, (m, a) => m.ne(a, a))).single).toBe(true);
  });

  test('two roundings, a rounded comparison or an inexact constant need float64', () => {
    expect(single('fma', (m, a, b) => m.add(m.mul(a, b), a))).toBe(false);
    expect(single('floor of quotient', (m, a, b) => m.floor(m.div(a, b)))).toBe(false);
    expect(single('tenth', (m, a) => m.mul(a, m.constant(0.1)), 1)).toBe(false);
    expect(single('sum below', (m, a, b) => m.select(m.lt(m.add(a, b), a), a, b))).toBe(false);
    expect(profileOf(exp).single).toBe(false);
  });

  test('remainder has no vector form', () => {
    expect(profileOf(scalar('remainder', 2, (m, a, b) => m.remainder(a, b))).vector).toBe(false);
    expect(profileOf(exp).vector).toBe(true);
  });
});
