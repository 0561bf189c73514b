// Exactly rounded sums against sums of integers without bounds, in JavaScript and in WebAssembly.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CellMemory, TILE_CELLS } from '../../kernels/cells/cell-memory.ts';
import { ExactSum } from '../../kernels/cells/exact-sum.ts';
import { exactSumOf } from '../atomsheet/exact.ts';

const numbers = fc.array(
  fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.double({ min: -1, max: 1, noNaN: true }),
    fc.constantFrom(
      5e-324,
      -5e-324,
      2.2250738585072014e-308,
      1.7976931348623157e308,
      -1.7976931348623157e308,
      -0,
      1e16,
    ),
    fc.constantFrom(2 ** 53, 1, 2 ** -53, -(2 ** 53), 2 ** 969, 2 ** 970, 2 ** -1074 * 3),
  ),
  { maxLength: 40 },
);

const plainSum = (values: readonly number[]): number => {
  const sum = new ExactSum();
  for (const value of values) sum.add(value);
  return sum.value();
};

const kernelSum = (memory: CellMemory, values: readonly number[]): number => {
  const start = memory.reserve()! * TILE_CELLS;
  memory.values.set(values, start);
  const sum = new ExactSum();
  memory.addTo(sum, start, start + values.length);
  memory.release(start / TILE_CELLS);
  return sum.value();
};

describe('an exact sum', () => {
  const memory = new CellMemory();

  it('is the nearest number to the sum of integers without bounds, by either kernel and in any order', () => {
    fc.assert(
      fc.property(numbers, (values) => {
        const wanted = exactSumOf(values);
        expect(plainSum(values)).toBe(wanted);
        expect(kernelSum(memory, values)).toBe(wanted);
        expect(plainSum(values.toReversed())).toBe(wanted);
      }),
      { numRuns: 400 },
    );
  });

  it('is the same after numbers were added and taken out again', () => {
    fc.assert(
      fc.property(numbers, numbers, (kept, gone) => {
        const sum = new ExactSum();
        for (const value of [...gone, ...kept, Infinity, NaN]) sum.add(value);
        for (const value of [NaN, Infinity, ...gone]) sum.subtract(value);
        expect(sum.value()).toBe(exactSumOf(kept));
      }),
      { numRuns: 100 },
    );
  });

  it('is infinite or no number by what is in it', () => {
    for (const values of [
      [Infinity, 1],
      [-Infinity, 1e308],
      [Infinity, -Infinity],
      [NaN, 1],
    ]) {
      const wanted = values[0]! + values[1]!;
      expect([plainSum(values), kernelSum(memory, values)]).toEqual([wanted, wanted]);
    }
  });

  it('carries in time: two million numbers of one size', () => {
    const sum = new ExactSum();
    const value = 1 - 2 ** -53;
    for (let i = 0; i < 2 ** 21; i++) sum.add(value);
    expect(sum.value()).toBe(2 ** 21 - 2 ** -32);
    const values = new Array<number>(TILE_CELLS).fill(value);
    expect(kernelSum(memory, values)).toBe(exactSumOf(values));
  });
});
