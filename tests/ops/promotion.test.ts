// Type promotion as the Python array API standard has it, plain numbers beside tensors, and integers that wrap.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SymbolicSheet } from '../../src/index.ts';
import { OPS } from '../../src/core/ops/index.ts';
import { APART, PROMOTIONS } from './promotion-table.ts';

describe('promotion', () => {
  let sheet: SymbolicSheet;
  beforeAll(async () => {
    sheet = await SymbolicSheet.open({ class: 'exact', budgetBytes: 1 << 24 });
  });
  afterAll(() => sheet.close());

  it.each(PROMOTIONS)('of %s and %s is %s', (a, b, common) => {
    const [x, y] = [sheet.ones([2], { dtype: a }), sheet.ones([2], { dtype: b })];
    expect(sheet.concat([x, y]).dtype).toBe(common);
    for (const row of OPS.values()) {
      if (
        row.promotion !== 'common' ||
        row.result !== 'promoted' ||
        row.variadic ||
        row.operands.length !== 2 ||
        row.operands.some(({ kind }) => kind !== 'numeric')
      )
        continue;
      if (a === 'bool' || b === 'bool') continue;
      expect(sheet.call(row, undefined, [x, y]), row.name).toMatchObject({ dtype: common });
    }
    expect(sheet.equal(x, y).dtype).toBe('bool');
  });

  it.each(APART)('of %s and %s there is none: a call says so, by its op', (a, b) => {
    const [x, y] = [sheet.ones([2], { dtype: a }), sheet.ones([2], { dtype: b })];
    expect(() => x.add(y)).toThrow(`add: ${a} and ${b} have no common dtype`);
    expect(() => sheet.concat([y, x])).toThrow(/^concat: .* cast one first, for example with x\.astype\('int/);
    expect(x.add(y.astype('float64')).dtype).toBe('float64');
  });

  it('refuses two bools where numbers are asked for', () => {
    const x = sheet.ones([2], { dtype: 'bool' });
    expect(() => x.add(x)).toThrow(/add: x is bool/);
  });

  it.each([
    ['float32', 1e-3, 'float32'],
    ['float32', 1, 'float32'],
    ['float32', 2n, 'float32'],
    ['float64', 0.1, 'float64'],
    ['int32', 0.5, 'float32'],
    ['int32', 2, 'int32'],
    ['int64', 3, 'int64'],
    ['int64', 3n, 'int64'],
    ['uint8', 1, 'uint8'],
    ['int8', 0.25, 'float32'],
  ] as const)('of a %s tensor and the plain %s is %s', (dtype, literal, wanted) => {
    const x = sheet.ones([2], { dtype });
    expect(x.add(literal).dtype).toBe(wanted);
    expect(sheet.add(literal, x).dtype).toBe(wanted);
  });

  it('refuses a plain boolean beside numbers, as the standard does', () => {
    expect(() => sheet.ones([2]).add(true)).toThrow(/add: y is bool/);
  });

  it('gives a plain number the value it has in the dtype it takes', async () => {
    expect([...(await sheet.ones([1]).add(1e-3).data())]).toEqual([Math.fround(1 + Math.fround(1e-3))]);
    expect([...(await sheet.ones([1], { dtype: 'float64' }).add(1e-3).data())]).toEqual([1.001]);
    expect([...(await sheet.tensor(Int32Array.of(7)).add(0.5).data())]).toEqual([7.5]);
  });

  it('casts integers to float32 where an op divides', () => {
    for (const dtype of ['int32', 'int64', 'uint8'] as const)
      expect(sheet.ones([1], { dtype }).divide(2).dtype).toBe('float32');
    expect(sheet.ones([1], { dtype: 'int32' }).divide(sheet.ones([1], { dtype: 'float64' })).dtype).toBe('float64');
  });
});

describe('integers', () => {
  let sheet: SymbolicSheet;
  beforeAll(async () => {
    sheet = await SymbolicSheet.open({ budgetBytes: 1 << 24 });
  });
  afterAll(() => sheet.close());

  const least = -(2 ** 31);

  it('wrap in int32', async () => {
    const x = sheet.tensor(Int32Array.of(2 ** 31 - 1, least, 65536));
    expect([...(await x.add(1).data())]).toEqual([least, least + 1, 65537]);
    expect([...(await x.multiply(x).data())]).toEqual([1, 0, 0]);
    expect([...(await x.negative().data())]).toEqual([-(2 ** 31 - 1), least, -65536]);
    expect([...(await x.abs().data())]).toEqual([2 ** 31 - 1, least, 65536]);
    expect(await x.take(Int32Array.of(0, 0)).sum().item()).toBe(-2);
  });

  it('wrap in uint8 and uint32', async () => {
    expect([
      ...(await sheet
        .tensor(Uint8Array.of(255, 0, 200))
        .add(sheet.tensor(Uint8Array.of(1, 255, 100)))
        .data()),
    ]).toEqual([0, 255, 44]);
    expect([...(await sheet.tensor(Uint8Array.of(0)).subtract(1).data())]).toEqual([255]);
    expect([
      ...(await sheet
        .tensor(Uint32Array.of(2 ** 32 - 1))
        .add(2)
        .data()),
    ]).toEqual([1]);
  });

  it('are bigints in int64, all 64 bits of them', async () => {
    const x = sheet.tensor(BigInt64Array.of(2n ** 63n - 1n, 2n ** 53n + 1n, -5n));
    expect([...(await x.add(1).data())]).toEqual([-(2n ** 63n), 2n ** 53n + 2n, -4n]);
    expect([...(await x.floorDivide(2).data())]).toEqual([2n ** 62n - 1n, 2n ** 52n, -3n]);
    expect([...(await x.remainder(3).data())]).toEqual([(2n ** 63n - 1n) % 3n, (2n ** 53n + 1n) % 3n, 1n]);
    expect(await x.slice([1], [2]).sum().item()).toBe(2n ** 53n + 1n);
  });

  it('are rounded once from int64 to float32, on the way to a float too', async () => {
    const halfway = 2n ** 53n + 2n ** 29n + 1n; // rounds up; by way of float64 it would be a tie and round down
    expect([...(await sheet.tensor(BigInt64Array.of(halfway, -halfway)).astype('float32').data())]).toEqual([
      2 ** 53 + 2 ** 30,
      -(2 ** 53 + 2 ** 30),
    ]);
    expect([
      ...(await sheet
        .tensor(BigInt64Array.of(halfway))
        .add(sheet.zeros([1]))
        .data()),
    ]).toEqual([2 ** 53 + 2 ** 30]);
  });

  it('divided by zero give zero', async () => {
    const x = sheet.tensor(Int32Array.of(7, -7, 0));
    expect([...(await x.floorDivide(0).data()), ...(await x.remainder(0).data())]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

describe('truth', () => {
  it('is that of every element, also where its low byte is zero', async () => {
    const sheet = await SymbolicSheet.open({ budgetBytes: 1 << 24 });
    for (const x of [
      sheet.tensor(Int32Array.of(256, 65536)),
      sheet.tensor(BigInt64Array.of(2n ** 32n, 256n)),
      sheet.tensor(Float32Array.of(NaN, 1e-45)),
    ]) {
      expect([await x.all().item(), await x.any().item()], x.dtype).toEqual([true, true]);
    }
    await sheet.close();
  });

  it('counts: sums and means of bool are int32 and float32, and logic keeps bool', async () => {
    const sheet = await SymbolicSheet.open({ budgetBytes: 1 << 24 });
    const x = sheet.tensor([true, false, true, true]);
    expect([x.sum().dtype, await x.sum().item(), x.mean().dtype, await x.mean().item()]).toEqual([
      'int32',
      3,
      'float32',
      0.75,
    ]);
    const y = sheet.tensor([true, true, false, true]);
    expect(await x.logicalAnd(y).toArray()).toEqual([true, false, false, true]);
    expect(await x.logicalXor(y).toArray()).toEqual([false, true, true, false]);
    expect(await x.logicalNot().logicalOr(y).toArray()).toEqual([true, true, false, true]);
    await sheet.close();
  });
});
