// Composites of comparisons and bits, as NumPy answers them.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SymbolicSheet, type Tensor } from '../../src/index.ts';

let sheet: SymbolicSheet;
beforeAll(async () => {
  sheet = await SymbolicSheet.open({ devices: ['js'], store: 'memory' });
});
afterAll(() => sheet.close());

const elements = async (x: Tensor): Promise<unknown[]> => Array.from((await x.data()) as Iterable<unknown>);

it('bits are inverted in every dtype of integers, and bools as truth values', async () => {
  const inverted = (values: (number | bigint | boolean)[], dtype: 'int8' | 'uint8' | 'uint32' | 'int64' | 'bool') =>
    elements(sheet.tensor(values as number[], { dtype }).bitwiseInvert());
  expect(await inverted([0, 5, -128], 'int8')).toEqual([-1, -6, 127]);
  expect(await inverted([0, 5, 255], 'uint8')).toEqual([255, 250, 0]);
  expect(await inverted([0, 2 ** 32 - 1], 'uint32')).toEqual([2 ** 32 - 1, 0]);
  expect(await inverted([0n, 2n ** 62n], 'int64')).toEqual([-1n, -(2n ** 62n) - 1n]);
  expect(await inverted([true, false], 'bool')).toEqual([0, 1]);
});

it('numbers stand for NaN and infinities: the largest ones of the dtype, or those given', async () => {
  const x = [NaN, Infinity, -Infinity, 1.5, -0];
  const double = sheet.tensor(x, { dtype: 'float64' });
  expect(await elements(double.nanToNum())).toEqual([0, Number.MAX_VALUE, -Number.MAX_VALUE, 1.5, -0]);
  expect(await elements(double.nanToNum({ nan: 7, posinf: 8, neginf: 9 }))).toEqual([7, 8, 9, 1.5, -0]);
  const single = sheet.tensor(x);
  expect(await elements(single.nanToNum())).toEqual([0, 3.4028234663852886e38, -3.4028234663852886e38, 1.5, -0]);
  expect(await elements(sheet.tensor([1, 2], { dtype: 'int32' }).nanToNum())).toEqual([1, 2]);
});

it('near is what the tolerances allow, relative to the second operand; infinities are near themselves', async () => {
  const x = sheet.tensor([1, 1e10, NaN, Infinity, Infinity, 0, 1, -Infinity], { dtype: 'float64' });
  const y = sheet.tensor([1 + 1e-6, 1.00001e10, NaN, Infinity, -Infinity, 1e-9, Infinity, 5], { dtype: 'float64' });
  expect(await elements(x.isclose(y))).toEqual([1, 1, 0, 1, 0, 1, 0, 0]);
  expect(await elements(x.isclose(y, { equalNan: true, rtol: 1e-7 }))).toEqual([0, 0, 1, 1, 0, 1, 0, 0]);
  expect(await x.allclose(y).item()).toBe(false);
  expect(await x.allclose(x, { equalNan: true }).item()).toBe(true);
  const whole = sheet.tensor([127, -128], { dtype: 'int8' });
  expect(await elements(whole.isclose(sheet.tensor([-127, -128], { dtype: 'int8' })))).toEqual([0, 1]);
  expect(await sheet.tensor([3], { dtype: 'int32' }).isclose(3.00001).item()).toBe(true);
});

it('x log y is 0 where x is, infinite where it is infinite, and no number where one is none', async () => {
  const x = sheet.tensor([0, 0, 0, -0, 2, 2, NaN], { dtype: 'float64' });
  const y = sheet.tensor([0, Infinity, NaN, -1, 0, 1, 2], { dtype: 'float64' });
  expect(await elements(x.xlogy(y))).toEqual([0, 0, NaN, 0, -Infinity, 0, NaN]);
});
