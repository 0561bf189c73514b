// Softmax and its logarithm in WGSL against those in JavaScript: short, long and strided rows; special values.
import { describe, expect, test } from 'vitest';
import { logSoftmax, softmax } from '../../kernels/rows.ts';
import { type GpuRowTransform, planRows } from '../../kernels/wgsl/reduce/rows.ts';
import { OPS } from '../../src/core/ops/index.ts';
import { epsilonsOff, LOST_ON_CPU, product, randomFrom, resultOf } from './along-axes.ts';
import { testGpu } from './run-plan.ts';

const TRANSFORMS: readonly GpuRowTransform[] = ['softmax', 'log_softmax'];
const BOUND = Math.min(
  ...[...OPS.values()].filter(({ kernel }) => kernel.skeleton === 'rows').map(({ bound }) => bound),
);

async function compare(
  transform: GpuRowTransform,
  shape: readonly number[],
  axis: number,
  array: Float32Array,
): Promise<number> {
  const plan = planRows(transform, shape, axis, (await testGpu()).limits);
  if (plan === undefined) throw new RangeError('no plan');
  const got = await resultOf(plan, [array], 'float32', array.length);
  const wanted = new Float64Array(array.length);
  (transform === 'softmax' ? softmax : logSoftmax)({ array, shape }, axis, wanted);
  const wrong = got
    .map((x, i) => ({ i, got: x, wanted: wanted[i]! }))
    .filter(
      (x) => !(epsilonsOff(x.got, x.wanted) <= BOUND || Math.abs(x.got - x.wanted) <= (LOST_ON_CPU[transform] ?? 0)),
    );
  expect(wrong.slice(0, 3), `${transform} of [${shape.join()}] along ${axis}`).toEqual([]);
  return plan.launches.length;
}

describe.each(TRANSFORMS)('%s', (transform) => {
  const random = randomFrom(5);
  const spread = (count: number, scale: number): Float32Array =>
    Float32Array.from({ length: count }, () => (random() - 0.5) * scale);

  test('is one launch for rows of every length along every axis', async () => {
    const shapes: readonly (readonly [shape: readonly number[], axis: number])[] = [
      [[1], 0],
      [[3, 1], 1],
      [[3, 70], 1],
      [[5, 64], 1],
      [[1030, 8], 1],
      [[5, 7], 0],
      [[4, 6, 5], 1],
      [[2, 3000], 1],
      [[1500, 3], 0],
    ];
    for (const [shape, axis] of shapes)
      expect(await compare(transform, shape, axis, spread(product(shape), 40)), shape.join()).toBe(1);
  });

  test('of few and long rows is divided among workgroups', async () => {
    expect(await compare(transform, [40003], 0, spread(40003, 10))).toBe(5);
    expect(await compare(transform, [2, 40000, 1], 1, spread(80000, 10))).toBe(5);
  });

  test('keeps its precision far from the maximum', async () => {
    await compare(transform, [2, 300], 1, spread(600, 170));
    await compare(
      transform,
      [2, 300],
      1,
      spread(600, 170).map((x) => x + 1e4),
    );
    await compare(transform, [2, 300], 0, spread(600, 1e-3));
  });

  test('of rows with NaN and infinities', async () => {
    const [most, tiny] = [3.4028234663852886e38, 2 ** -126];
    const rows = [
      [1, NaN, 2, 3],
      [Infinity, 1, 2, 3],
      [-Infinity, 1, 2, 3],
      [-Infinity, -Infinity, -Infinity, -Infinity],
      [Infinity, -Infinity, 0, 0],
      [NaN, NaN, NaN, NaN],
      [0, -0, -0, 0],
      [most, -most, 0, most],
      [-most, -most, -most, -most],
      [tiny, -tiny, 0, 1],
      [-1e30, 5, -80, 5 - 87],
      [7, 7, 7, 7],
    ];
    const array = Float32Array.from(rows.flat());
    await compare(transform, [rows.length, 4], 1, array);
    await compare(
      transform,
      [4, rows.length],
      0,
      Float32Array.from(array, (_, i) => array[(i % rows.length) * 4 + Math.floor(i / rows.length)]!),
    );
    const long = spread(40000, 10);
    long[35000] = -Infinity;
    await compare(transform, [40000], 0, long);
    long[123] = NaN;
    await compare(transform, [40000], 0, long);
  });
});
