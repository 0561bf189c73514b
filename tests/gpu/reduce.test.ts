// Reductions in WGSL against those in JavaScript: every reduction, dtype and way to divide the work; special values.
import { describe, expect, test } from 'vitest';
import { type ElementFunction, predicate, scalar } from '../../kernels/scalar/algebra.ts';
import { type ElementArray, map } from '../../kernels/js/map.ts';
import { exp } from '../../kernels/scalar/math.ts';
import { type GpuReduction, planReduce } from '../../kernels/wgsl/reduce/reduce.ts';
import type { GpuDType } from '../../kernels/wgsl/text/storage.ts';
import { arrayClass, boundOf, epsilonsOff, product, randomFrom, reduced, reducedOnJs, resultOf } from './along-axes.ts';
import { testGpu } from './run-plan.ts';

const FLOAT: readonly GpuReduction[] = [
  'sum',
  'prod',
  'mean',
  'var',
  'std',
  'norm1',
  'norm2',
  'normInf',
  'min',
  'max',
  'logsumexp',
];
const EXACT: readonly GpuReduction[] = ['argmin', 'argmax', 'any', 'all', 'count'];

const outOf = (reduction: GpuReduction, dtype: GpuDType): GpuDType => {
  if (reduction === 'any' || reduction === 'all') return 'bool';
  if (EXACT.includes(reduction)) return 'int32';
  return dtype !== 'bool' ? dtype : reduction === 'mean' ? 'float32' : 'int32';
};

async function compare(
  reduction: GpuReduction,
  dtype: GpuDType,
  shape: readonly number[],
  axes: readonly number[],
  array: ElementArray,
): Promise<void> {
  const problem = { reduction, operand: { dtype, shape }, axes, out: outOf(reduction, dtype), correction: 0.5 };
  const [got, wanted] = [await reduced(problem, array), reducedOnJs(problem, array)];
  const name = `${reduction} of ${dtype} [${shape.join()}] along [${axes.join()}]`;
  if (problem.out !== 'float32') return expect(got, name).toEqual(wanted);
  const wrong = got
    .map((x, i) => ({ i, got: x, wanted: wanted[i]!, off: epsilonsOff(x, wanted[i]!) }))
    .filter(({ off }) => !(off <= boundOf(reduction)));
  expect(wrong.slice(0, 3), name).toEqual([]);
}

/** Factors whose products stay in range, else terms that cancel. */
function floats(reduction: GpuReduction, count: number, random: () => number): Float32Array {
  const sign = (): number => (random() < 0.5 ? -1 : 1);
  return Float32Array.from({ length: count }, () =>
    reduction === 'prod'
      ? sign() * 2 ** (0.05 * (random() - 0.5))
      : reduction === 'all'
        ? random()
        : sign() * 10 ** (4 * random() - 3),
  );
}

/** Short rows, columns, few long results (a second pass), rows of vectors. */
const DIVISIONS: readonly (readonly [shape: readonly number[], axis: number])[] = [
  [[3, 70], 1],
  [[70, 33], 0],
  [[20003], 0],
  [[5000, 3], 0],
  [[7, 64], 1],
];

describe('float32', () => {
  test.each([...FLOAT, ...EXACT])('%s: short and long, along and across rows', async (reduction) => {
    const random = randomFrom(7);
    for (const [shape, axis] of DIVISIONS)
      await compare(reduction, 'float32', shape, [axis], floats(reduction, product(shape), random));
  });

  const [MAX, TINY] = [3.4028234663852886e38, 2 ** -126];
  const SPECIAL: readonly (readonly number[])[] = [
    [1, NaN, 3, NaN],
    [Infinity, 1, 2, 3],
    [-Infinity, 1, 2, 3],
    [Infinity, -Infinity, 0, 1],
    [NaN, Infinity, -Infinity, 0],
    [0, -0, 0, -0],
    [-0, -0, -0, -0],
    [0, 0, 0, 0],
    [-Infinity, -Infinity, -Infinity, -Infinity],
    [Infinity, Infinity, Infinity, Infinity],
    [0, Infinity, 1, 1],
    [-0, Infinity, -1, 1],
    [2, 2, -2, -2],
    [5, 5, 5, 5],
    [MAX, MAX, -MAX, 1],
    [MAX, MAX, MAX, MAX],
    [MAX, -MAX, 2 ** 90, 1],
    [MAX, 2, 0.25, -0.5],
    [TINY, TINY, TINY, -TINY],
    [1e-30, 2e-30, 3e-30, 4e-30],
    [1e25, -2e25, 1e-25, 0],
    [1e20, 1e20, 1e-20, 1e-20],
    [1e8, 1, -1e8, 1],
    [16777216, 1, 1, -16777216],
    [-1, -2, -3, -4],
    [1e-20, -1e-20, 1e-20, 1],
    [2 ** -40, 2 ** 40, 3, 2 ** -80],
    [1, 1 + 2 ** -23, 1, 1],
    [-100, -200, -1e30, -87],
    [1e30, 1e30, 0, -1e30],
    [2 ** 64, 2 ** 63, -(2 ** 64), 1],
    [3, 3, 3, -0],
  ];

  test.each([...FLOAT, ...EXACT])(
    '%s: NaN, infinities, zeros, the largest and the smallest, in rows and columns',
    async (reduction) => {
      const rows = Float32Array.from(SPECIAL.flat());
      await compare(reduction, 'float32', [SPECIAL.length, 4], [1], rows);
      const columns = Float32Array.from(
        { length: rows.length },
        (_, i) => rows[(i % SPECIAL.length) * 4 + Math.floor(i / SPECIAL.length)]!,
      );
      await compare(reduction, 'float32', [4, SPECIAL.length], [0], columns);
      await compare(
        reduction,
        'float32',
        [SPECIAL.length, 1],
        [1],
        rows.filter((_, i) => i % 4 === 0),
      );
    },
  );

  test('sums and products do not round on the way', async () => {
    const of = (reduction: GpuReduction, ...values: number[]): Promise<number[]> =>
      reduced(
        { reduction, operand: { dtype: 'float32', shape: [1, values.length] }, axes: [1], out: 'float32' },
        Float32Array.from(values),
      );
    expect(await of('sum', 1e8, 1, -1e8, 1)).toEqual([2]);
    expect(await of('sum', MAX, MAX, -MAX)).toEqual([MAX]);
    expect(await of('mean', MAX, MAX, MAX)).toEqual([MAX]);
    expect(await of('mean', 1, 2, 6)).toEqual([3]);
    expect(await of('prod', 1e30, 1e30, 2 ** -60, 2 ** -60, 0)).toEqual([0]);
    expect(await of('prod', 2 ** 100, 2 ** 100, 2 ** -100, 2 ** -101)).toEqual([0.5]);
    expect(await of('norm2', 3 * 2 ** 100, 4 * 2 ** 100)).toEqual([5 * 2 ** 100]);
    expect(await of('norm2', 3 * 2 ** -120, 4 * 2 ** -120)).toEqual([5 * 2 ** -120]);
    expect(await of('std', 1e6 - 0.25, 1e6 + 0.25)).toEqual([0.25]);
    // Squares that are added up at different scales.
    const twelve = (x: number): number[] => new Array<number>(12).fill(x);
    expect(await of('norm2', 2 ** -40, ...twelve(2 ** -41))).toEqual([2 ** -39]);
    expect(await of('norm2', 2 ** 40, ...twelve(2 ** 39))).toEqual([2 ** 41]);
  });
});

describe('integers', () => {
  test.each(['int32', 'uint32', 'int8', 'uint8', 'bool'] as const)(
    '%s: sums and products wrap, the rest is exact',
    async (dtype) => {
      const random = randomFrom(11);
      const [shape, size] = [[23, 21], 23 * 21];
      const array = new (arrayClass(dtype))(
        Array.from({ length: size }, () =>
          dtype === 'bool' ? Number(random() < 0.9) : random() < 0.1 ? 0 : Math.floor((random() - 0.5) * 2 ** 33),
        ),
      );
      // As the rows take them: no order and no product of bool, no mean of the others.
      const reductions: readonly GpuReduction[] =
        dtype === 'bool' ? ['sum', 'mean', ...EXACT] : ['sum', 'prod', 'min', 'max', ...EXACT];
      for (const reduction of reductions) {
        for (const axis of [0, 1]) await compare(reduction, dtype, shape, [axis], array);
      }
    },
  );

  test('bytes are packed also where a result has chunks, and read as vectors', async () => {
    const random = randomFrom(3);
    const bytes = Uint8Array.from({ length: 5 * 9000 }, () => random() * 256);
    for (const [shape, axis] of [
      [[5, 9000], 1],
      [[9000, 5], 0],
    ] as const)
      await compare('sum', 'uint8', shape, [axis], bytes);
    await compare('max', 'int8', [5, 9000], [1], new Int8Array(bytes.buffer));
    await compare(
      'mean',
      'bool',
      [44999],
      [0],
      bytes.subarray(0, 44999).map((x) => x & 1),
    );
  });
});

describe('axes', () => {
  const CASES: readonly (readonly [shape: readonly number[], axes: readonly number[]])[] = [
    [[], []],
    [[1], [0]],
    [[6], []],
    [[4, 6, 5], [1]],
    [
      [4, 6, 5],
      [0, 2],
    ],
    [
      [4, 6, 5],
      [0, 1, 2],
    ],
    [
      [3, 4, 5, 6],
      [1, 3],
    ],
    [
      [3, 4, 5, 6],
      [0, 2],
    ],
    [
      [3, 4, 5, 8],
      [1, 3],
    ],
    [
      [2, 1, 3, 1, 4],
      [1, 2],
    ],
    [
      [2, 3, 2, 3, 2, 3, 2],
      [1, 3, 5],
    ],
    [
      [2, 3, 2, 3, 2, 3, 2],
      [0, 2, 4, 6],
    ],
    [
      [600, 2, 40],
      [0, 2],
    ],
    [[300, 90], [1]],
  ];
  test.each(CASES)('%j along %j, with positions in row-major order', async (shape, axes) => {
    const array = Float32Array.from({ length: product(shape) }, (_, i) => Math.round(Math.sin(i) * 30));
    await compare('sum', 'float32', shape, axes, array);
    await compare('argmax', 'float32', shape, axes, array);
  });

  test('of a strided operand', async () => {
    const array = Float32Array.from({ length: 6 * 8 * 10 }, (_, i) => Math.sin(i));
    // This is [8, 60] of [60, 8].
    const moved = Float32Array.from({ length: array.length }, (_, i) => array[Math.floor(i / 60) + 8 * (i % 60)]!);
    for (const axes of [[0], [1], [0, 2], [2]]) {
      const problem = {
        reduction: 'sum',
        operand: { dtype: 'float32', shape: [8, 6, 10], strides: [1, 80, 8] },
        axes,
        out: 'float32',
      } as const;
      const wanted = reducedOnJs(problem, moved);
      (await reduced(problem, array)).forEach((x, i) => expect(epsilonsOff(x, wanted[i]!)).toBeLessThan(4));
    }
  });

  test('of rows that are longer than their vectors', async () => {
    const padded = Float32Array.from({ length: 5 * 64 }, (_, i) => Math.sin(i));
    const inside = Float32Array.from(
      { length: 5 * 3 * 6 },
      (_, i) => padded[Math.floor(i / 18) * 64 + (Math.floor(i / 6) % 3) * 16 + (i % 6)]!,
    );
    for (const axes of [[1, 2], [0, 1, 2], [2]]) {
      const problem = {
        reduction: 'argmax',
        operand: { dtype: 'float32', shape: [5, 3, 6], strides: [64, 16, 1] },
        axes,
        out: 'int32',
      } as const;
      expect(await reduced(problem, padded)).toEqual(reducedOnJs(problem, inside));
    }
  });

  test('gives the same bits every time, however long', async () => {
    const array = Float32Array.from({ length: 70001 }, (_, i) => Math.sin(i) * 10 ** (i % 5));
    const problem = {
      reduction: 'sum',
      operand: { dtype: 'float32', shape: [70001] },
      axes: [0],
      out: 'float32',
    } as const;
    expect(await reduced(problem, array)).toEqual(await reduced(problem, array));
    expect(planReduce(problem, (await testGpu()).limits)?.launches.length).toBe(2);
  });
});

describe('a prologue', () => {
  const weighted = scalar('weighted', 3, (m, x, y, scale) => m.mul(m.sub(m.call(exp, x), y), scale));
  const greater = predicate('greater', 2, (m, x, y) => m.gt(x, y));
  const random = randomFrom(19);

  async function fused(
    reduction: GpuReduction,
    fn: ElementFunction,
    shape: readonly number[],
    axes: readonly number[],
    arrays: readonly ElementArray[],
    dtype: GpuDType,
    out: GpuDType,
  ): Promise<[got: number[], wanted: number[]]> {
    const operand = fn.returns === 'mask' ? 'bool' : dtype;
    const problem = { reduction, operand: { dtype: operand, shape }, axes, out } as const;
    const prologue = { fn, operands: arrays.map((array) => ({ dtype, shape: array.length === 1 ? [] : shape })) };
    const plan = planReduce({ ...problem, prologue }, (await testGpu()).limits);
    const mapped = new (arrayClass(operand))(product(shape));
    map(
      fn,
      arrays.map((array) => ({ array, shape: array.length === 1 ? [] : shape })),
      mapped,
      shape,
    );
    const wanted = reducedOnJs(problem, mapped);
    return [await resultOf(plan as NonNullable<typeof plan>, arrays, out, wanted.length), wanted];
  }

  test('is mapped as it is read: one by one, in vectors, in chunks, in two stages', async () => {
    const cases: readonly (readonly [GpuReduction, readonly number[], readonly number[]])[] = [
      ['sum', [3, 70], [1]],
      ['sum', [20003], [0]],
      ['std', [40, 3], [0]],
      ['max', [4, 64], [1]],
    ];
    for (const [reduction, shape, axes] of cases) {
      const arrays = [1, 2].map(() => Float32Array.from({ length: product(shape) }, () => random() * 3));
      const [got, wanted] = await fused(
        reduction,
        weighted,
        shape,
        axes,
        [...arrays, Float32Array.of(0.75)],
        'float32',
        'float32',
      );
      // An epsilon or two of every element, which sums of differences show whole.
      got.forEach((x, i) =>
        expect(Math.abs(x - wanted[i]!) / (product(shape) / got.length + Math.abs(x))).toBeLessThan(2 ** -20),
      );
    }
  });

  test('may be a test, or of integers', async () => {
    const floats32 = [1, 2].map(() => Float32Array.from({ length: 210 }, () => (random() < 0.1 ? NaN : random())));
    const [count, wantedCount] = await fused('sum', greater, [10, 21], [1], floats32, 'float32', 'int32');
    expect(count).toEqual(wantedCount);
    const ints = [1, 2].map(() => Int32Array.from({ length: 4096 }, () => (random() - 0.5) * 2 ** 32));
    const [sums, wantedSums] = await fused(
      'sum',
      scalar('product', 2, (m, x, y) => m.mul(x, y)),
      [4, 1024],
      [1],
      ints,
      'int32',
      'int32',
    );
    expect(sums).toEqual(wantedSums);
    const bytes = [1, 2].map(() => Uint8Array.from({ length: 64 }, () => random() * 256));
    const [any, wantedAny] = await fused('any', greater, [4, 16], [1], bytes, 'uint8', 'bool');
    expect(any).toEqual(wantedAny);
  });

  test('gives elements as if they had been stored', async () => {
    const y = Float32Array.of(1 + 2 ** -12, 1);
    const x = Float32Array.of(1 + 2 ** -12, -Math.fround(y[0]! ** 2));
    const [sum, wanted] = await fused(
      'sum',
      scalar('product', 2, (m, a, b) => m.mul(a, b)),
      [1, 2],
      [1],
      [x, y],
      'float32',
      'float32',
    );
    expect([sum, wanted]).toEqual([[0], [0]]);
  });

  test('is not fused where it has no form or too many operands', async () => {
    const { limits } = await testGpu();
    const operand = { dtype: 'float32', shape: [8] } as const;
    const plan = (fn: ElementFunction, operands: readonly { dtype: GpuDType; shape: readonly number[] }[]): unknown =>
      planReduce({ reduction: 'sum', operand, axes: [0], out: 'float32', prologue: { fn, operands } }, limits);
    const sumOf = (arity: number): ElementFunction =>
      scalar(`sum of ${arity}`, arity, (m, ...x) => x.reduce((a, b) => m.add(a, b)));
    expect(plan(sumOf(6), Array(6).fill(operand))).toBeDefined();
    expect(plan(sumOf(7), Array(7).fill(operand))).toBeUndefined();
    expect(plan(sumOf(2), [operand, { dtype: 'int32', shape: [8] }])).toBeUndefined(); // 24 bits do not hold it
    expect(
      plan(
        scalar('split', 1, (m, x) => m.highHalf(x)),
        [operand],
      ),
    ).toBeUndefined();
  });
});

test('leaves to the CPU what it cannot do', async () => {
  const { limits } = await testGpu();
  const plan = (reduction: GpuReduction, dtype: GpuDType, out: GpuDType, correction = 0): unknown =>
    planReduce({ reduction, operand: { dtype, shape: [4] }, axes: [0], out, correction }, limits);
  expect(plan('var', 'float32', 'float32', 4)).toBeUndefined(); // nothing left to divide by
  expect(plan('mean', 'int32', 'float32')).toBeUndefined();
  expect(plan('sum', 'float32', 'int32')).toBeUndefined();
  expect(
    planReduce(
      { reduction: 'max', operand: { dtype: 'int8', shape: [2 ** 16, 2 ** 16] }, axes: [1], out: 'int8' },
      limits,
    ),
  ).toBeUndefined();
});
