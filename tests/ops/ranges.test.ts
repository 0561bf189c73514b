// arange ends before its bound, linspace is even across zero: held against definitions that need no rounding.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SymbolicSheet } from '../../src/index.ts';

let sheet: SymbolicSheet;
beforeAll(async () => {
  sheet = await SymbolicSheet.open({ devices: ['js', 'wasm'], cache: 'off' });
});
afterAll(() => sheet.close());

const numbers = async (x: { data(): Promise<unknown> }): Promise<number[]> =>
  Array.from((await x.data()) as Iterable<number | bigint>, Number);

describe('arange', () => {
  it.each([
    [0.5, 1.1, 0.1, 6],
    [1, 1.3, 0.1, 3],
    [0, 0.3, 0.1, 3],
    [0, 1, 0.1, 10],
    [1, 0, -0.1, 10],
    [1.1, 0.5, -0.1, 6],
    [0, 0.7, 0.1, 7],
    [2, 2, 1, 0],
    [3, 2, 1, 0],
    [0, 1e-300, 1e-301, 10],
    [0.1, 0.4, 0.1, 3],
  ])('arange(%d, %d, %d) has %d elements', async (start, stop, step, count) => {
    expect((await numbers(sheet.arange(start, stop, step, { dtype: 'float64' }))).length).toBe(count);
  });

  it.each(['float64', 'float32', 'float16'] as const)(
    'of %s has every start + i · step before stop, and no element at or beyond it',
    async (dtype) => {
      const bound = fc.double({ min: -4, max: 4, noNaN: true });
      const tenths = fc.integer({ min: -40, max: 40 }).map((n) => n / 10);
      const steps = fc.oneof(
        fc.constantFrom(0.1, -0.1, 0.3, 0.7, -0.7, 1 / 3, 1),
        fc.double({ min: 0.01, max: 2, noNaN: true }),
      );
      await fc.assert(
        fc.asyncProperty(fc.oneof(bound, tenths), fc.oneof(bound, tenths), steps, async (start, stop, step) => {
          const got = await numbers(sheet.arange(start, stop, step, { dtype }).astype('float64'));
          const isBefore = (value: number): boolean => (step > 0 ? value < stop : value > stop);
          expect(got.every(isBefore)).toBe(true);
          const wanted: number[] = [];
          for (let i = 0; isBefore(start + i * step); i++) wanted.push(start + i * step);
          const stored = await numbers(sheet.tensor(new Float64Array(wanted)).astype(dtype).astype('float64'));
          expect(got).toEqual(stored.filter(isBefore));
        }),
        { numRuns: 150, seed: 7 },
      );
    },
  );

  it('of integers has as many elements as of floats', async () => {
    expect(await numbers(sheet.arange(0, 1.1, 0.25, { dtype: 'int32' }))).toEqual([0, 0, 0, 0, 1]);
    expect(await numbers(sheet.arange(5, 0, -2, { dtype: 'int64' }))).toEqual([5, 3, 1]);
  });
});

describe('linspace', () => {
  it.each(['int32', 'int64', 'int8'] as const)(
    'of %s rounds down, so that steps are even across zero',
    async (dtype) => {
      expect(await numbers(sheet.linspace(-1, 1, 5, { dtype }))).toEqual([-1, -1, 0, 0, 1]);
      expect(await numbers(sheet.linspace(-2, 2, 8, { dtype }))).toEqual([-2, -2, -1, -1, 0, 0, 1, 2]);
      expect(await numbers(sheet.linspace(-2.5, -0.5, 3, { dtype }))).toEqual([-3, -2, -1]);
      expect(await numbers(sheet.linspace(-0.5, 9, 1, { dtype }))).toEqual([-1]);
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: -60, max: 60 }),
          fc.integer({ min: -60, max: 60 }),
          fc.integer({ min: 2, max: 40 }),
          async (start, stop, count) => {
            const wanted = Array.from({ length: count }, (_, i) =>
              Number(
                BigInt.asIntN(32, floorQuotient(BigInt(start * (count - 1) + i * (stop - start)), BigInt(count - 1))),
              ),
            );
            expect(await numbers(sheet.linspace(start, stop, count, { dtype }))).toEqual(wanted);
          },
        ),
        { numRuns: 80, seed: 7 },
      );
    },
  );

  it('of unsigned integers and floats is as it was', async () => {
    expect(await numbers(sheet.linspace(0, 3, 5, { dtype: 'uint8' }))).toEqual([0, 0, 1, 2, 3]);
    expect(await numbers(sheet.linspace(-1, 1, 5, { dtype: 'float64' }))).toEqual([-1, -0.5, 0, 0.5, 1]);
  });
});

function floorQuotient(x: bigint, y: bigint): bigint {
  const quotient = x / y;
  return x % y < 0n ? quotient - 1n : quotient;
}
