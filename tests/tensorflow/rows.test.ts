// Every row that TensorFlow.js computes, on its real cpu and wasm backends, against the reference.
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Task } from '../../src/core/device/device.ts';
import { openTensorflow, type TensorflowDevice } from '../../src/core/device/tensorflow/device.ts';
import { OPS } from '../../src/core/ops/index.ts';
import { TENSORFLOW } from '../../src/core/ops/mapping/tensorflow.ts';
import type { DType } from '../../src/core/tensor/dtype.ts';
import { deviceConformance } from '../../src/testing/device.ts';
import { COMPUTED_DTYPES } from '../../src/testing/samples.ts';
import { conforms } from '../device/conforms.ts';
import { extent } from '../run/extent.ts';
import { blankFor, errorIn, referenceOf, taskOf } from './tasks.ts';

/** Products of huge numbers overflow or not by the order of their terms. */
const isTame = ({ row, operands }: Task): boolean =>
  row.kernel.skeleton !== 'contract' ||
  operands.every(({ array }) =>
    Array.from(array as Iterable<number | bigint>, Number).every((x) => !Number.isFinite(x) || Math.abs(x) <= 1e6),
  );

/** Those it has, and one it refuses. */
const DTYPES = ['float32', 'int32', 'bool', 'float64'] as const;

describe.each(['cpu', 'wasm'])('on backend %s', (backend) => {
  let device: TensorflowDevice;
  let before: number;
  beforeAll(async () => {
    await tf.setBackend(backend);
    device = await openTensorflow(tf);
    before = tf.memory().numTensors;
  });
  afterAll(() => {
    expect(tf.memory().numTensors, 'tensors left behind').toBe(before);
    expect(device.detail, 'no row was refused').toBe(`TensorFlow.js ${tf.version_core}, backend ${backend}`);
  });

  conforms(
    deviceConformance(() => device, {
      computes: ({ name }) => TENSORFLOW.has(name),
      dtypes: extent<readonly DType[]>(DTYPES, COMPUTED_DTYPES),
      tasksPerDType: extent(10, 24),
      leavesOut: (task) => !isTame(task),
      errorIn,
      bound: ({ row }) => TENSORFLOW.get(row.name)!.error,
    }),
  );

  it('leaves products to others where both batches stretch', () => {
    const product = (a: number[], b: number[]): boolean => {
      const [x, y] = [a, b].map((shape) => ({
        dtype: 'float32' as const,
        shape,
        array: new Float32Array(shape.reduce((p, n) => p * n, 1)),
      }));
      return device.supports(taskOf(OPS.get('matmul')!, [x!, y!])!, 'now') === true;
    };
    expect([
      product([2, 1, 3, 5], [4, 5, 2]),
      product([2, 4, 3, 5], [4, 5, 2]),
      product([1, 4, 3, 5], [4, 1, 5, 2]),
    ]).toEqual([false, false, false]);
    expect([product([4, 3, 5], [4, 5, 2]), product([3, 5], [2, 4, 5, 2]), product([1, 4, 3, 5], [4, 5, 2])]).toEqual([
      true,
      true,
      true,
    ]);
  });

  it('leaves dtypes without a counterpart, empty tensors, many axes and the class exact elsewhere', () => {
    const add = OPS.get('add')!;
    const supports = (dtype: 'float64' | 'uint8' | 'int64' | 'float32', shape: number[]): boolean => {
      const array = { float64: Float64Array, uint8: Uint8Array, int64: BigInt64Array, float32: Float32Array }[dtype];
      const operand = { dtype, shape, array: new array(shape.reduce((a, n) => a * n, 1)) };
      return device.supports(taskOf(add, [operand, operand])!, 'now') === true;
    };
    expect([
      supports('float32', [2, 3]),
      supports('float64', [2, 3]),
      supports('uint8', [2]),
      supports('int64', [2]),
      supports('float32', [0, 2]),
      supports('float32', [1, 1, 1, 1, 1, 1, 2]),
    ]).toEqual([true, false, false, false, false, false]);
    expect(device.exact).toBe(false);
  });
});

describe('the table of rows', () => {
  it('has none that could never be offered', () => {
    expect([...TENSORFLOW].filter(([name, { error }]) => error > OPS.get(name)!.bound).map(([name]) => name)).toEqual(
      [],
    );
  });

  it('is what docs/tensorflow.md says', () => {
    const [, table] = readFileSync('docs/tensorflow.md', 'utf8').split(
      '| rows | worst error in ε of float32 | on GPUs |',
    );
    const lines = table!
      .slice(0, table!.indexOf('\n\n'))
      .split('\n')
      .map((line) => line.split('|').slice(1, -1));
    const said = lines.flatMap(([names, , onGpus]) =>
      [...(names ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => [name, onGpus!.trim() === 'yes']),
    );
    expect(Object.fromEntries(said)).toEqual(
      Object.fromEntries([...TENSORFLOW].map(([name, { onShaders }]) => [name, onShaders])),
    );
  });
});

describe('products of long rows', () => {
  const long = (k: number, value: (i: number) => number): ReturnType<typeof taskOf> => {
    const [a, b] = [
      new Float32Array(8 * k).map((_, i) => value(i)),
      new Float32Array(k * 6).map((_, i) => value(i + 1)),
    ];
    return taskOf(OPS.get('matmul')!, [
      { dtype: 'float32', shape: [8, k], array: a },
      { dtype: 'float32', shape: [k, 6], array: b },
    ]);
  };

  it.each(['cpu', 'wasm'])('do not drift on backend %s, even where all terms are equal', async (backend) => {
    await tf.setBackend(backend);
    const device = await openTensorflow(tf);
    for (const task of [long(4096, () => 0.1), long(40_000, () => 0.3), long(5000, (i) => Math.sin(i) + 2)]) {
      const out = blankFor(task!);
      void device.run(task!, out, 'now');
      const [a, b] = task!.operands.map(({ array }) => array as Float32Array) as [Float32Array, Float32Array];
      const k = a.length / 8;
      const exact = Float64Array.from({ length: 48 }, (_, i) => {
        let sum = 0;
        for (let j = 0; j < k; j++) sum += a[Math.floor(i / 6) * k + j]! * b[j * 6 + (i % 6)]!;
        return sum;
      });
      expect(
        Math.max(...exact.map((want, i) => Math.abs((out.array[i] as number) - want) / want)) / 2 ** -23,
      ).toBeLessThanOrEqual(task!.row.bound);
    }
  });

  it('give the same bits again', async () => {
    await tf.setBackend('wasm');
    const device = await openTensorflow(tf);
    const task = long(3000, (i) => Math.cos(i * i))!;
    const [first, second] = [blankFor(task), blankFor(task)];
    void device.run(task, first, 'now');
    void device.run(task, second, 'now');
    expect(second.array).toEqual(first.array);
  });
});

describe('softmax of the longest rows that wasm is given', () => {
  it('keeps its bound where all elements but one are equal', async () => {
    await tf.setBackend('wasm');
    const device = await openTensorflow(tf);
    const row = OPS.get('softmax')!;
    const ofLength = (n: number): ReturnType<typeof taskOf> =>
      taskOf(row, [{ dtype: 'float32', shape: [n], array: new Float32Array(n).fill(-0.7, 1) }]);
    const task = ofLength(64)!;
    const out = blankFor(task);
    void device.run(task, out, 'now');
    expect(errorIn(task, out.array, referenceOf(task))).toBeLessThanOrEqual(row.bound);
    expect([task, ofLength(65)!].map((each) => device.supports(each, 'now') === true)).toEqual([true, false]);
  });
});
