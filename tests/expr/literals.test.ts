// Plain numbers beside tensors: compared by value, bounding nothing outside the range, refused where they would be
// stored and do not fit.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DTypeError, SymbolicSheet, type Tensor } from '../../src/index.ts';
import { type DType, DTYPES, dtypeOfArray, type TypedArray } from '../../src/core/tensor/dtype.ts';

const INTEGERS: readonly TypedArray[] = [
  Int8Array.of(-128, -1, 0, 1, 5, 127),
  Uint8Array.of(0, 1, 15, 200, 255),
  Int32Array.of(-(2 ** 31), -1, 0, 7, 16777217, 2 ** 31 - 1),
  Uint32Array.of(0, 1, 16777217, 2 ** 32 - 1),
  BigInt64Array.of(-(2n ** 63n), -9007199254740993n, -1n, 0n, 3n, 9007199254740992n, 9007199254740993n, 2n ** 63n - 1n),
];
const NUMBERS: readonly (number | bigint)[] = [
  -1,
  0,
  -0,
  1,
  5,
  15,
  255,
  256,
  271,
  300,
  -129,
  128,
  127.5,
  -0.5,
  0.5,
  2.5,
  16777216.5,
  2147483646.5,
  255.5,
  -128.5,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  2 ** 63,
  -(2 ** 63),
  2 ** 64,
  -(2 ** 80),
  1e300,
  NaN,
  Infinity,
  -Infinity,
  9007199254740993n,
  -9007199254740993n,
  2n ** 63n - 1n,
  2n ** 63n,
  -(2n ** 63n) - 1n,
  2n ** 70n,
  7n,
  10n ** 400n,
  -(10n ** 400n),
];
type Value = number | bigint;
/* oxlint-disable-next-line eqeqeq -- numbers and bigints compare by value */
const same = (x: Value, y: Value): boolean => x == y;
const COMPARISONS: Readonly<Record<string, (x: Value, y: Value) => boolean>> = {
  equal: same,
  notEqual: (x, y) => !same(x, y),
  less: (x, y) => x < y,
  lessEqual: (x, y) => x <= y,
  greater: (x, y) => x > y,
  greaterEqual: (x, y) => x >= y,
};

let sheet: SymbolicSheet;
beforeAll(async () => {
  sheet = await SymbolicSheet.open({ devices: ['wasm', 'js'], budgetBytes: 1 << 24 });
});
afterAll(() => sheet.close());

type Method = (...args: readonly unknown[]) => Tensor;
const call = (target: unknown, name: string, ...args: readonly unknown[]): Tensor =>
  (target as Record<string, Method>)[name]!.apply(target, args as unknown[]);
const elements = async (tensor: Tensor): Promise<Value[]> => Array.from((await tensor.data()) as Iterable<Value>);

describe('a comparison with a plain number', () => {
  it.each(INTEGERS.map((array) => [dtypeOfArray(array) as DType, array] as const))(
    'answers by value beside %s, on either side',
    async (_dtype, array) => {
      const x = sheet.tensor(array);
      for (const [name, holds] of Object.entries(COMPARISONS)) {
        for (const literal of NUMBERS) {
          const found = [await call(x, name, literal).toArray(), await call(sheet, name, literal, x).toArray()];
          expect(found, `${name} ${literal}`).toEqual([
            Array.from(array as Iterable<Value>, (element) => holds(element, literal)),
            Array.from(array as Iterable<Value>, (element) => holds(literal, element)),
          ]);
        }
      }
    },
  );

  it('answers by value beside bool', async () => {
    const x = sheet.tensor([false, true]);
    for (const [name, holds] of Object.entries(COMPARISONS)) {
      for (const literal of [...NUMBERS, 1.00000001, 2])
        expect(await call(x, name, literal).toArray(), `${name} ${literal}`).toEqual([
          holds(0, literal),
          holds(1, literal),
        ]);
    }
  });

  it.each(['float16', 'float32', 'float64'] as const)('beyond the largest %s answers by value', async (dtype) => {
    const array = [-Infinity, -1, 0, 1, 60000, Infinity];
    const x = sheet.tensor(array).astype(dtype);
    for (const [name, holds] of Object.entries(COMPARISONS)) {
      for (const literal of dtype === 'float64'
        ? [10n ** 400n, -(10n ** 400n)]
        : [1e300, -1e300, 2n ** 200n, Infinity, -Infinity, NaN]) {
        expect(await call(x, name, literal).toArray(), `${name} ${literal}`).toEqual(
          array.map((element) => holds(element, literal)),
        );
        expect(await call(sheet, name, literal, x).toArray(), `${literal} ${name}`).toEqual(
          array.map((element) => holds(literal, element)),
        );
      }
    }
  });

  it('rounds a number within the range of a float to it, as NumPy does, and a bigint not at all', async () => {
    const x = sheet.tensor(Float32Array.of(0.1));
    expect(await x.equal(0.1).toArray()).toEqual([true]);
    const [low, high] = [2 ** 53, 2 ** 53 + 2];
    const y = sheet.tensor(Float64Array.of(low, high));
    const between = 9007199254740993n;
    for (const [name, holds] of Object.entries(COMPARISONS))
      expect(await call(y, name, between).toArray(), name).toEqual([holds(low, between), holds(high, between)]);
  });
});

describe('a bound', () => {
  it('outside the range of the dtype binds nothing', async () => {
    for (const array of INTEGERS) {
      const x = sheet.tensor(array);
      const as = [...(array as Iterable<Value>)];
      for (const [low, high] of [
        [-(2n ** 70n), 2n ** 70n],
        [-Infinity, Infinity],
        [-1e30, 1e30],
      ] as const) {
        for (const bounded of [
          x.clip(low, high),
          x.maximum(low),
          x.minimum(high),
          sheet.maximum(low, x),
          sheet.minimum(high, x),
        ]) {
          expect(await elements(bounded)).toEqual(as);
          expect(bounded.dtype).toBe(x.dtype);
        }
      }
    }
    const x = sheet.tensor(Uint8Array.of(15, 200, 255));
    expect(await elements(x.clip(-5, 300))).toEqual([15, 200, 255]);
    expect(await elements(x.clip(20, 300))).toEqual([20, 200, 255]);
    expect(await elements(x.clip(300, 40))).toEqual([40, 40, 40]);
    expect(await elements(x.clip(300, sheet.tensor(Uint8Array.of(9))))).toEqual([9, 9, 9]);
    expect(await elements(sheet.tensor(Int8Array.of(-5, 5)).clip(0, 255))).toEqual([0, 5]);
  });

  it('that every result would have to be, and cannot, is refused', () => {
    const x = sheet.tensor(Uint8Array.of(15, 200, 255));
    for (const refused of [
      () => x.maximum(300),
      () => x.minimum(-1),
      () => sheet.maximum(300, x),
      () => x.clip(300, 400),
      () => x.clip(-9, -1),
      () => x.maximum(Infinity),
    ])
      expect(refused).toThrow(DTypeError);
    expect(() => x.maximum(300)).toThrow(
      "maximum: 300 is outside uint8, which holds 0 to 255; cast the tensor first: x.astype('int32').",
    );
  });
});

describe('a plain number that is stored', () => {
  it('and is no element of the dtype is refused with its range and the way out', () => {
    const [a, b, c, d] = [
      sheet.tensor(Uint8Array.of(1)),
      sheet.tensor(Int32Array.of(1)),
      sheet.tensor(Int8Array.of(1)),
      sheet.tensor(BigInt64Array.of(1n)),
    ];
    const calls: readonly [() => unknown, RegExp][] = [
      [
        () => a.add(300),
        /add: 300 is outside uint8, which holds 0 to 255; cast the tensor first: x\.astype\('int32'\)/,
      ],
      [() => a.subtract(-1), /subtract: −1 is outside uint8/],
      [() => sheet.multiply(256, a), /multiply: 256/],
      [() => b.add(2 ** 31), /add: 2147483648 is outside int32.*astype\('int64'\)/],
      [() => b.add(2n ** 40n), /add: 1099511627776 is outside int32/],
      [() => b.floorDivide(-(2 ** 31) - 1), /floor_divide/],
      [() => sheet.where(sheet.tensor([true]), c, 200), /where: 200 is outside int8, which holds −128 to 127/],
      [
        () => sheet.concat([c, [1]]).dtype === 'int8' || sheet.stack([sheet.tensor(1).astype('int8'), 128]),
        /stack: 128/,
      ],
      [() => d.add(2n ** 63n), /add: 9223372036854775808 is outside int64.*astype\('uint64'\)/],
      [() => d.add(2 ** 63), /outside int64/],
      [() => a.bitwiseAnd(256), /bitwise_and/],
      [() => a.remainder(-3), /remainder/],
      [() => sheet.full([2], 300, { dtype: 'uint8' }), /full: 300 is outside uint8.*use dtype 'int32'/],
      [() => sheet.full([1], 3e9, { dtype: 'int32' }), /full: 3000000000 is outside int32/],
      [() => sheet.fullLike(a, -1), /full_like: −1 is outside uint8/],
      [() => sheet.full([], 2 ** 63, { dtype: 'int64' }), /full: 9223372036854775808 is outside int64/],
      [() => sheet.tensor([300], [1], { dtype: 'uint8' }), /300/],
      [() => sheet.tensor(Float64Array.of(1)).add(9007199254740993n), /more digits than float64/],
    ];
    for (const [refused, message] of calls) {
      expect(refused).toThrow(DTypeError);
      expect(refused).toThrow(message);
    }
  });

  it('and fits is what it says, to the last digit beside int64', async () => {
    const x = sheet.tensor(BigInt64Array.of(1n, -3n));
    expect(await elements(x.add(2n ** 60n))).toEqual([2n ** 60n + 1n, 2n ** 60n - 3n]);
    expect(await elements(x.add(9007199254740993n))).toEqual([9007199254740994n, 9007199254740990n]);
    expect(await elements(sheet.full([2], 9007199254740993n, { dtype: 'int64' }))).toEqual([
      9007199254740993n,
      9007199254740993n,
    ]);
    expect(await elements(sheet.fullLike(x, -(2n ** 63n)))).toEqual([-(2n ** 63n), -(2n ** 63n)]);
    expect(String(x.add(9007199254740993n))).toContain('9007199254740993n');
    expect(await elements(sheet.tensor(Uint8Array.of(15)).divide(300))).toEqual([Math.fround(0.05)]);
    expect(await elements(sheet.tensor(Float32Array.of(1)).add(1e300))).toEqual([Infinity]);
  });

  it('means the same whatever was asked before', async () => {
    const x = sheet.tensor(BigInt64Array.of(9007199254740993n));
    for (const before of [2 ** 53, 9007199254740992n, 9007199254740994n]) await x.add(before).data();
    expect([await x.equal(9007199254740993n).toArray(), await x.subtract(9007199254740993n).toArray()]).toEqual([
      [true],
      [0n],
    ]);
    expect([await x.equal(2 ** 53).toArray(), await x.equal(9007199254740994n).toArray()]).toEqual([[false], [false]]);
    const y = sheet.tensor(Float32Array.of(0));
    expect([1 / Number((await elements(y.multiply(0)))[0]), 1 / Number((await elements(y.multiply(-0)))[0])]).toEqual([
      Infinity,
      -Infinity,
    ]);
  });

  it('is the number that tensors meet at, not at the first of them', async () => {
    const [narrow, wide] = [sheet.tensor(Uint8Array.of(1, 2)), sheet.tensor(Int32Array.of(400, 500))];
    expect(await elements(narrow.clip(300, wide))).toEqual([300, 300]);
    expect(await elements(sheet.concat([sheet.tensor([1]), sheet.tensor(Float64Array.of(2))]))).toEqual([1, 2]);
    expect(
      await elements(
        sheet.stack([sheet.tensor(Float32Array.of(1)).sum(), 0.1, sheet.tensor(Float64Array.of(2)).sum()]),
      ),
    ).toEqual([1, 0.1, 2]);
  });
});

describe('a scalar made by full', () => {
  it.each([
    ['int32', 2.7, 'float32', 2],
    ['float32', 0.1, 'float64', Math.fround(0.1)],
    ['float16', 0.1, 'float32', 0.0999755859375],
    ['int8', -2.9, 'float64', -2],
    ['bool', 5, 'float32', 1],
    ['uint8', 200.9, 'int32', 200],
  ] as const)('in %s from %s is promoted to %s as its element', async (dtype, value, wider, wanted) => {
    const zero = sheet.zeros([1], { dtype: wider });
    const scalar = sheet.full([], value, { dtype });
    const added = dtype === 'bool' ? sheet.where(sheet.tensor([true]), scalar, zero) : scalar.add(zero);
    expect([added.dtype, await elements(added)]).toEqual([wider, [wanted]]);
    expect(await elements(scalar.astype(wider))).toEqual([wanted]);
    expect(DTYPES[wider].name).toBe(added.dtype);
  });
});
