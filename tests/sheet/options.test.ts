// What opens a sheet and makes a tensor: options are checked by name and value, and types say what run time gives.
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { type OpenOptions, SymbolicSheet, type Tensor } from '../../src/index.ts';
import { refusal } from './fixtures/refusal.ts';

let sheet: SymbolicSheet;
beforeAll(async () => {
  sheet = await SymbolicSheet.open({ devices: ['js'] });
});
afterAll(() => sheet.close());

describe('options', () => {
  it('are not taken by a constructor: a sheet is opened', async () => {
    expect(await refusal(() => new (SymbolicSheet as unknown as new (options?: object) => unknown)({}))).toMatchObject({
      code: 'ATTRIBUTE',
      message: expect.stringContaining('SymbolicSheet.open('),
    });
  });

  const cases: readonly (readonly [options: unknown, text: string])[] = [
    [null, 'open: its options are null; give an object of class, '],
    ['exact', 'open: its options are "exact"'],
    [{ devices: 'js' }, 'open: devices is "js"; use a list of at least one name'],
    [{ devices: [] }, 'open: devices is an empty list; use a list'],
    [{ device: 3 }, 'open: device is 3; use the name'],
    [{ eager: 'yes' }, 'open: eager is "yes"; use true or false.'],
    [{ threads: 0 }, 'open: threads is 0; use an integer from 1 to 256; more than there are cores gain nothing.'],
    [{ threads: 2000 }, 'open: threads is 2000; use an integer from 1 to 256; more than there are cores gain nothing.'],
    [{ tf: 3 }, 'open: tf is 3; use the module itself'],
    [{ trace: 'x.json' }, 'open: trace is "x.json"; use an object'],
    [
      { trace: { fil: 'x' } },
      'open: trace: there is no option "fil"; did you mean file? Known are file, digests, maxEvents.',
    ],
    [{ trace: { digests: 'x' } }, 'open: trace: digests is "x"; use one of affordable, '],
    [{ budget: 1 }, 'open: there is no option "budget"; known are class, '],
    [{ signal: {} }, 'there is no option "signal"'],
    [
      { trace: { file: '/none/such/x.sqs' } },
      'The trace /none/such/x.sqs cannot be written (ENOENT: no such file or directory',
    ],
  ];

  it.each(cases)('%j are refused when the sheet is opened', async (options, text) => {
    expect((await refusal(() => SymbolicSheet.open(options as OpenOptions))).message).toContain(text);
  });

  it('of a view are refused alike', async () => {
    expect((await refusal(() => sheet.with(undefined as never))).message).toBe(
      'with: its options are undefined; give an object of class, cache, device, precision, signal.',
    );
    expect((await refusal(() => sheet.with({ devise: 'js' } as never))).message).toContain(
      'there is no option "devise"; did you mean device?',
    );
  });
});

describe('values of a tensor', () => {
  it('are indices where indices are taken: plain numbers count as int32 there, others as what they are', async () => {
    const a = sheet.tensor([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    expect(await a.take([2, 0, -1]).toArray()).toEqual([
      [5, 6],
      [1, 2],
      [5, 6],
    ]);
    expect(await a.take(1).toArray()).toEqual([3, 4]);
    expect(await a.take([0n]).toArray()).toEqual([[1, 2]]);
    expect((await a.take([]).data()).length).toBe(0);
    expect(await sheet.oneHot([0, 1], 2).toArray()).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(await sheet.execute('one_hot', [[1]], 2).toArray()).toEqual([[[0, 1]]]);
    expect((await refusal(() => a.take([0.5]))).message).toContain('take: element 0 is 0.5, which int32 does not hold');
    expect((await refusal(() => a.take(new Float32Array(1)))).code).toBe('DTYPE');
  });

  it('of a range with one bound begin at 0, and are the same question', async () => {
    expect(await sheet.arange(4).toArray()).toEqual([0, 1, 2, 3]);
    expect(await sheet.execute('arange', 4, { dtype: 'int32' } as never).toArray()).toEqual([0, 1, 2, 3]);
    expect(sheet.arange(4).toString()).toBe(sheet.arange(0, 4).toString());
    expect(await sheet.arange(3, 1, -1).toArray()).toEqual([3, 2]);
  });

  it('give it the dtype that it has in its type', async () => {
    const of = [
      sheet.tensor(new Float64Array(1)),
      sheet.tensor(new Float32Array(1), [1]),
      sheet.tensor(new BigInt64Array(1)),
      sheet.tensor(new Int32Array(1)),
      sheet.tensor(new Uint32Array(1)),
      sheet.tensor(new Uint8Array(1)),
      sheet.tensor(new Uint8ClampedArray(1)),
      sheet.tensor(new Int8Array(1)),
      sheet.tensor(1),
      sheet.tensor([]),
      sheet.tensor([[1, 2]]),
      sheet.tensor([true]),
      sheet.tensor([[1n]]),
      sheet.tensor([1, 2], [2], { dtype: 'int32' }),
      sheet.tensor(new Uint16Array(1), undefined, { dtype: 'float16' }),
    ] as const;
    expectTypeOf(of).toEqualTypeOf<
      readonly [
        Tensor<'float64'>,
        Tensor<'float32'>,
        Tensor<'int64'>,
        Tensor<'int32'>,
        Tensor<'uint32'>,
        Tensor<'uint8'>,
        Tensor<'uint8'>,
        Tensor<'int8'>,
        Tensor<'float32'>,
        Tensor<'float32'>,
        Tensor<'float32'>,
        Tensor<'bool'>,
        Tensor<'int64'>,
        Tensor<'int32'>,
        Tensor<'float16'>,
      ]
    >();
    expect(of.map(({ dtype }) => dtype)).toEqual([
      'float64',
      'float32',
      'int64',
      'int32',
      'uint32',
      'uint8',
      'uint8',
      'int8',
      'float32',
      'float32',
      'float32',
      'bool',
      'int64',
      'int32',
      'float16',
    ]);
    expectTypeOf(sheet.tensor({ data: [1], shape: [1] })).toEqualTypeOf<Tensor>();
    expectTypeOf(sheet.tensor([1, 2] as readonly unknown[])).toEqualTypeOf<Tensor>();
    expectTypeOf(await sheet.tensor([1, 2]).add(1).sum().item()).toEqualTypeOf<number>();
    expectTypeOf(await sheet.tensor(new Float32Array(3), [3]).multiply(2).data()).toEqualTypeOf<Float32Array>();
  });
});
