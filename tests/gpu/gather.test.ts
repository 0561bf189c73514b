// Movement and placement on the GPU: windows, transposes, joins, takes and tensors made from places, against plain
// loops.
import { beforeAll, describe, expect, it } from 'vitest';
import { elementCount, rowMajorStrides } from '../../kernels/strides.ts';
import { planDiagonal, planFill, planOneHot, planRange, planTriangle } from '../../kernels/wgsl/move/fill.ts';
import { type GatheredBytes, planGather, type StridedWindow } from '../../kernels/wgsl/move/gather.ts';
import { planJoin, planTake } from '../../kernels/wgsl/move/join.ts';
import type { Plan } from '../../kernels/wgsl/launch.ts';
import { type GpuDType, bufferBytes } from '../../kernels/wgsl/text/storage.ts';
import { copy } from '../../kernels/js/copy.ts';
import { OPS } from '../../src/core/ops/index.ts';
import { arrayOf, elements } from './elements.ts';
import { type TestGpu, testGpu } from './run-plan.ts';

const ARRAYS = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: BigUint64Array } as const;
type Words = Uint8Array | Uint16Array | Uint32Array | BigUint64Array;

let gpu: TestGpu;
beforeAll(async () => {
  gpu = await testGpu();
});

async function onGpu(
  plan: Plan | undefined,
  operands: readonly ArrayBufferView[],
  sizeBytes: number,
): Promise<ArrayBuffer> {
  if (plan === undefined) throw new TypeError('no plan');
  return (await gpu.run(plan, operands, Math.max(16, Math.ceil(sizeBytes / 16) * 16))).slice(0, sizeBytes);
}

/** Elements that tell their place, NaN payloads among the words. */
function numbered(itemBytes: GatheredBytes, count: number): Words {
  const out = new ARRAYS[itemBytes](count);
  for (let i = 0; i < count; i++)
    out[i] = (
      itemBytes === 8
        ? BigInt(i) * 0x1_0000_0003n + 7n
        : itemBytes === 4
          ? 0x7f800000 + i
          : itemBytes === 2
            ? (i * 2731) % 65521
            : (i * 31) % 251
    ) as never;
  return out;
}

describe('a window', () => {
  const of = (shape: readonly number[], axes: readonly number[]): StridedWindow => ({
    shape: axes.map((axis) => shape[axis]!),
    strides: axes.map((axis) => rowMajorStrides(shape)[axis]!),
    offset: 0,
  });
  const WINDOWS: readonly (readonly [string, number, StridedWindow])[] = [
    ['a single element', 9, { shape: [], strides: [], offset: 5 }],
    ['every second element', 40, { shape: [19], strides: [2], offset: 1 }],
    ['a reversed vector', 41, { shape: [41], strides: [-1], offset: 40 }],
    ['a run from an aligned place', 64, { shape: [37], strides: [1], offset: 8 }],
    ['a run from any place', 64, { shape: [37], strides: [1], offset: 9 }],
    ['aligned rows of a matrix', 200, { shape: [4, 8], strides: [20, 1], offset: 4 }],
    ['odd columns of a matrix', 200, { shape: [6, 5], strides: [20, 3], offset: 2 }],
    ['rows in reverse', 96, { shape: [8, 12], strides: [-12, 1], offset: 84 }],
    ['a repeated row', 12, { shape: [5, 12], strides: [0, 1], offset: 0 }],
    ['repeated elements', 12, { shape: [12, 4], strides: [1, 0], offset: 0 }],
    ['one element repeated', 3, { shape: [3, 5], strides: [0, 0], offset: 2 }],
    ['a diagonal', 49, { shape: [7], strides: [8], offset: 0 }],
    ['a small transpose', 15, of([3, 5], [1, 0])],
    ['a transpose through tiles', 45 * 70, of([45, 70], [1, 0])],
    ['a transpose of whole tiles', 64 * 32, of([64, 32], [1, 0])],
    ['a batch of transposes', 3 * 33 * 20, of([3, 33, 20], [0, 2, 1])],
    ['reversed axes', 17 * 5 * 19, of([17, 5, 19], [2, 1, 0])],
    [
      'channels to the end, of a flipped batch',
      2 * 16 * 6 * 7,
      { shape: [2, 6, 7, 16], strides: [-672, 7, 1, 42], offset: 672 },
    ],
    ['four axes in another order', 3 * 4 * 5 * 6, of([3, 4, 5, 6], [2, 0, 3, 1])],
    ['five axes with two batches in a transpose', 2 * 3 * 18 * 2 * 17, of([2, 3, 18, 2, 17], [1, 4, 0, 3, 2])],
  ];

  it.each(WINDOWS)('of %s has the bits of the CPU for elements of 1, 4 and 8 bytes', async (_name, source, window) => {
    for (const itemBytes of [1, 2, 4, 8] as const) {
      const x = numbered(itemBytes, source);
      const wanted = new ARRAYS[itemBytes](elementCount(window.shape));
      copy(
        window.shape,
        { array: x, strides: window.strides, offset: window.offset },
        { array: wanted, strides: rowMajorStrides(window.shape), offset: 0 },
      );
      const got = await onGpu(planGather(window, itemBytes, gpu.limits), [x], wanted.byteLength);
      expect(new ARRAYS[itemBytes](got), `${itemBytes} bytes`).toEqual(wanted);
    }
  });

  it('that is empty or too large for a buffer has no plan', () => {
    expect(planGather({ shape: [0, 3], strides: [3, 1], offset: 0 }, 4, gpu.limits)).toBeUndefined();
    expect(planGather({ shape: [1 << 20, 1 << 10], strides: [1, 0], offset: 0 }, 8, gpu.limits)).toBeUndefined();
  });
});

describe('a join', () => {
  it.each([
    [1, [8, 4]],
    [3, [5, 1, 2]],
    [7, [1, 1]],
    [4, [16, 0, 32]],
    [5, [3, 4, 2, 1, 7, 6, 5, 4, 3]],
  ] as const)('of %i times runs of %j elements lays them side by side', async (outer, runs) => {
    for (const itemBytes of [1, 2, 4, 8] as const) {
      const operands = runs.map((run, k) => numbered(itemBytes, outer * run + k).subarray(k));
      const wanted = Array.from({ length: outer }, (_, i) =>
        runs.flatMap((run, k) => [...(operands[k] as Uint32Array).subarray(i * run, (i + 1) * run)]),
      ).flat();
      const got = await onGpu(planJoin(outer, runs, itemBytes, gpu.limits), operands, wanted.length * itemBytes);
      expect([...new ARRAYS[itemBytes](got)], `${itemBytes} bytes`).toEqual(wanted);
    }
  });
});

describe('taking', () => {
  it.each([
    [1, 9, 1],
    [2, 7, 3],
    [3, 5, 4],
    [2, 3, 8],
  ] as const)('from %i × %i slices of %i elements follows the indices', async (outer, length, inner) => {
    for (const itemBytes of [1, 2, 4, 8] as const) {
      for (const dtype of ['int32', 'uint8', 'int8'] as const) {
        const indices = arrayOf(dtype, 5);
        [0, length - 1, 1, 2, dtype === 'uint8' ? 0 : -2].forEach((index, k) => (indices[k] = index));
        const x = numbered(itemBytes, outer * length * inner);
        const wanted = Array.from({ length: outer * 5 * inner }, (_, i) => {
          const index = indices[Math.floor(i / inner) % 5]!;
          return x[(Math.floor(i / (5 * inner)) * length + (index < 0 ? index + length : index)) * inner + (i % inner)];
        });
        const got = await onGpu(
          planTake({ outer, length, inner, taken: 5 }, itemBytes, dtype, gpu.limits),
          [x, indices],
          wanted.length * itemBytes,
        );
        expect([...new ARRAYS[itemBytes](got)], `${itemBytes} bytes by ${dtype}`).toEqual(wanted);
      }
    }
  });

  it('by indices that are not integers of 32 bits or less has no plan', () => {
    expect(planTake({ outer: 1, length: 3, inner: 1, taken: 2 }, 4, 'int64', gpu.limits)).toBeUndefined();
    expect(planTake({ outer: 1, length: 3, inner: 1, taken: 2 }, 4, 'float32', gpu.limits)).toBeUndefined();
  });
});

describe('tensors made from places', () => {
  const DTYPES = ['float32', 'int32', 'uint32', 'int8', 'uint8', 'bool'] as const;
  const rowOf = (
    name: string,
    operands: readonly { dtype: GpuDType; shape: readonly number[]; array: object }[],
    attrs: object,
    dtype: GpuDType,
    shape: readonly number[],
  ) => {
    const { kernel } = OPS.get(name) as never as {
      kernel: { run: (operands: object[], out: object, attrs: object) => void };
    };
    const array = arrayOf(dtype, elementCount(shape));
    kernel.run(
      operands.map((operand) => ({ type: operand, array: operand.array })),
      { type: { dtype, shape }, array },
      attrs,
    );
    return array;
  };
  const made = async (
    plan: Plan | undefined,
    operands: readonly ArrayBufferView[],
    dtype: GpuDType,
    shape: readonly number[],
  ) =>
    arrayOf(dtype, await onGpu(plan, operands, bufferBytes(dtype, elementCount(shape)))).subarray(
      0,
      elementCount(shape),
    );

  it.each(DTYPES)('of %s: fills, diagonals, triangles, one-hot rows', async (dtype) => {
    const shape = [5, 7];
    const out = { dtype, shape };
    for (const value of [0, 1, 2.75, -3, 300, ...(dtype === 'float32' ? [NaN, Infinity, -0, 1e-45] : [])]) {
      expect(await made(planFill(out, value, gpu.limits), [], dtype, shape), `fill ${value}`).toEqual(
        rowOf('full', [], { value }, dtype, shape),
      );
    }
    const batch = [2, 5, 7];
    const x = elements(dtype, 70);
    for (const k of [0, 2, -3, 9]) {
      expect(await made(planDiagonal(out, k, gpu.limits), [], dtype, shape), `diagonal ${k}`).toEqual(
        rowOf('eye', [], { k }, dtype, shape),
      );
      for (const [side, name] of [
        ['lower', 'tril'],
        ['upper', 'triu'],
      ] as const) {
        expect(
          await made(planTriangle({ dtype, shape: batch }, side, k, gpu.limits), [x], dtype, batch),
          `${name} ${k}`,
        ).toEqual(rowOf(name, [{ dtype, shape: batch, array: x }], { k }, dtype, batch));
      }
    }
    for (const index of ['int32', 'int8', 'uint8'] as const) {
      const indices = arrayOf(index, 6);
      [0, 2, -1, 7, 1, 127].forEach((value, i) => (indices[i] = value));
      const rows = [6, 3];
      expect(await made(planOneHot(index, { dtype, shape: rows }, gpu.limits), [indices], dtype, rows), index).toEqual(
        rowOf('one_hot', [{ dtype: index, shape: [6], array: indices }], { depth: 3 }, dtype, rows),
      );
    }
  });

  it('ranges have the values of the CPU where they are exact, and no plan elsewhere', async () => {
    for (const [dtype, start, step, count] of [
      ['float32', -3, 0.25, 1001],
      ['float32', 1 << 22, 1, 77],
      ['float32', 0, -7, 9],
      ['int32', 2147483640, 3, 21],
      ['uint32', 5, -2, 9],
      ['int8', -100, 7, 50],
      ['uint8', 250, 1, 13],
    ] as const) {
      const wanted = rowOf('arange', [], { start, step }, dtype, [count]);
      expect(
        await made(planRange({ dtype, shape: [count] }, start, step, gpu.limits), [], dtype, [count]),
        `${dtype} ${start} + i · ${step}`,
      ).toEqual(wanted);
    }
    for (const [dtype, start, step, count] of [
      ['float32', 0, 0.1, 10],
      ['float32', 1e9, 0.5, 10],
      ['float32', 0, 1, 2 ** 25],
      ['int32', 0.5, 1, 4],
      ['float32', 2 ** -130, 1, 4],
    ] as const) {
      expect(
        planRange({ dtype, shape: [count] }, start, step, gpu.limits),
        `${dtype} ${start} + i · ${step}`,
      ).toBeUndefined();
    }
  });
});
