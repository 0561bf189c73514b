// What a call takes and what it says of the rest: lists of typed arrays, options where they stand, attributes of any
// realm, tensors as numbers.
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SheetError, SourceError, SymbolicSheet } from '../../src/index.ts';
import { decodeNpy } from '../../src/index.ts';

let sheet: SymbolicSheet;
beforeAll(async () => {
  sheet = await SymbolicSheet.open({ devices: ['js'], budgetBytes: 1 << 24 });
});
afterAll(() => sheet.close());

it('a list of typed arrays, of any depth, is a tensor of their dtype; mixed ones are promoted', async () => {
  const rows = sheet.tensor([new Float32Array([1, 2]), new Float32Array([3, 4])]);
  expect([rows.dtype, await rows.toArray()]).toEqual([
    'float32',
    [
      [1, 2],
      [3, 4],
    ],
  ]);
  const deep = sheet.tensor([[Float64Array.of(1.1)], [Float64Array.of(2.2)]]);
  expect([deep.dtype, deep.shape, await deep.toArray()]).toEqual(['float64', [2, 1, 1], [[[1.1]], [[2.2]]]]);
  const long = sheet.tensor([BigInt64Array.of(9007199254740993n), Int32Array.of(2)]);
  expect([long.dtype, await long.toArray()]).toEqual(['int64', [[9007199254740993n], [2n]]]);
  expect(await sheet.tensor([Uint8Array.of(1, 2), [3, 4]]).toArray()).toEqual([
    [1, 2],
    [3, 4],
  ]);
  expect(() => sheet.tensor([Float32Array.of(1, 2), Float32Array.of(1)])).toThrow(/not rectangular/);
  expect(() => sheet.tensor([1, Float32Array.of(1)])).toThrow(/not rectangular/);
});

it('options of tensor may stand second; a tensor is refused with what to do', () => {
  expect(sheet.tensor([1, 2], { dtype: 'int32' }).dtype).toBe('int32');
  expect(sheet.tensor([1, 2], [2, 1], { dtype: 'uint8' })).toMatchObject({ dtype: 'uint8', shape: [2, 1] });
  expect(() => sheet.tensor(sheet.tensor([1]))).toThrow(/this is a tensor of this sheet already; use it as it is/);
});

it('attributes and arrays of another realm, or without a prototype, are taken as any others', async () => {
  const x = sheet.tensor([
    [1, 2],
    [3, 4],
  ]);
  expect(await x.sum(Object.assign(Object.create(null), { axis: 0 })).toArray()).toEqual([4, 6]);
  expect(await x.sum(runInNewContext('({ axis: 1 })')).toArray()).toEqual([3, 7]);
  expect(
    await sheet.tensor(runInNewContext('new Float32Array([1, 2])'), undefined, { own: true }).add(1).toArray(),
  ).toEqual([2, 3]);
});

it('numbers given one by one where a list is meant are answered with the list', () => {
  const x = sheet.tensor([1, 2, 3, 4]) as unknown as Record<string, (...args: unknown[]) => unknown>;
  expect(() => x['reshape']?.(4, 1)).toThrow('pass one list: [4, 1]');
  expect(() => (sheet as unknown as typeof x)['zeros']?.(2, 3)).toThrow('pass one list: [2, 3]');
});

it('a tensor is no number for the operators of JavaScript, and is text in a template', () => {
  const x = sheet.tensor([3]).sum() as unknown as number;
  for (const use of [() => x > 3, () => +x, () => x + 1, () => x * 2]) expect(use).toThrow(SourceError);
  expect(() => x > 3).toThrow(/x\.greater\(y\)/);
  expect(`${x}`).toContain('Tensor float32 scalar');
});

it('disposing of a result that is its operand leaves the elements to both', async () => {
  const x = sheet.tensor([
    [1, 2],
    [3, 4],
  ]);
  for (const same of [x.reshape([2, 2]), x.astype('float32'), x.squeeze(), x.permuteDims([0, 1])]) {
    same.dispose();
    same.dispose();
    expect(await same.toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
  }
  expect(await x.toArray()).toEqual([
    [1, 2],
    [3, 4],
  ]);
  x.dispose();
  await expect(x.data()).rejects.toMatchObject({ code: 'CLOSED' });
});

it('what is said of empty things says so', async () => {
  expect(() => sheet.tensor(3).sum({ axis: 0 })).toThrow(/rank 0 has no axes/);
  expect(() => sheet.tensor(3).softmax()).toThrow(/rank 0 has no axes/);
  await expect(sheet.zeros([0]).take([0]).data()).rejects.toThrow(/the axis has length 0/);
  expect(() => sheet.randomUniform([2], { seed: -1 })).toThrow('give a non-negative integer: equal seeds');
  expect(() => decodeNpy(Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59))).toThrow(/it ends inside the header/);
  expect(() => sheet.tensor([], [1])).toThrow(SheetError);
});
