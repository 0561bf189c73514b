// Every row on a GPU, by the suite that devices pass: within the row's bound of the JavaScript reference, special
// values included, or with a reason.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LOST_ON_CPU } from './along-axes.ts';
import { leftToCpu, uncovered } from './coverage.ts';
import type { SymbolicSheet } from '../../src/index.ts';
import type { Task } from '../../src/core/device/device.ts';
import { type WebgpuDevice, openWebgpu } from '../../src/core/device/webgpu/device.ts';
import { OPS } from '../../src/core/ops/index.ts';
import type { DType, TypedArray } from '../../src/core/tensor/dtype.ts';
import { findGpu } from '../../src/host/node/gpu.ts';
import { nodeHost } from '../../src/host/node/host.ts';
import { errorIn } from '../../src/testing/closeness.ts';
import { deviceConformance } from '../../src/testing/device.ts';
import { conforms } from '../device/conforms.ts';
import { extent, some } from '../run/extent.ts';
import { openGpuAndJs } from './gpu-and-js.ts';
import { ownDevices, useOneDevice } from './one-device.ts';

const GPU_DTYPES: readonly DType[] = ['float32', 'int32', 'uint32', 'uint8', 'int8', 'bool'];
const UNCOVERED = uncovered(OPS.values());
const ON_CPU = leftToCpu(UNCOVERED);

/**
 * Floats and bools, and of the integers every second one in the sample: what a row leaves out, those beside it take.
 * Each is a shader of its own, and those of a skeleton differ in how elements are read and written alone.
 */
const tried = new Map(
  [...OPS.values()].map(({ name }, place): [string, readonly DType[]] => [
    name,
    ['float32', 'bool', ...some(GPU_DTYPES.slice(1, -1), 2, place)],
  ]),
);

const opened: GPUDevice[] = [];
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The first is the one of all tests; one that is to be lost is another. */
async function openGpu(): Promise<WebgpuDevice> {
  await useOneDevice();
  const found = await (opened.length === 0 ? findGpu() : ownDevices());
  if (!found.found) throw new Error(found.reason);
  const { clock, digest } = await nodeHost();
  let count = 0;
  const source = {
    ...found.source,
    open: async () => {
      // Time for somebody to see that it is lost.
      if (count++ > 0) await pause(200);
      const device = await found.source.open();
      opened.push(device);
      return device;
    },
  };
  return openWebgpu(source, { budgetBytes: 1 << 26, clock, digest, warn: () => {} });
}

/** Near 0, the reference may have lost what a GPU keeps. */
function errorOnGpu(task: Task, got: TypedArray, wanted: TypedArray): number {
  const lost = LOST_ON_CPU[task.row.name];
  if (lost === undefined) return errorIn(task, got, wanted);
  return errorIn(
    task,
    got,
    wanted.map((x, i) => (Math.abs(Number(x) - Number(got[i])) <= lost ? got[i] : x) as never) as TypedArray,
  );
}

describe('the WebGPU device', () =>
  conforms(
    deviceConformance(openGpu, {
      computes: ({ name }) => !ON_CPU.has(name),
      dtypes: GPU_DTYPES,
      tasksPerDType: extent(4, 6),
      leavesOut: ({ row, operands: [first] }) =>
        first !== undefined && tried.get(row.name)?.includes(first.type.dtype) === false,
      flushesSubnormals: true,
      errorIn: errorOnGpu,
      lose: async (device) => {
        opened.at(-1)?.destroy();
        while ((device as WebgpuDevice).memory.loss === undefined) await pause(5);
      },
    }),
  ));

describe('a row', () => {
  let sheet: SymbolicSheet;

  beforeAll(async () => {
    ({ sheet } = await openGpuAndJs());
  });
  afterAll(() => sheet.close());

  it('that has no kernel is on the list, and no other', () => {
    expect(UNCOVERED.map(({ row, dtypes }) => `${row.name}: ${dtypes.join()}`)).toEqual([
      'matmul: int32,uint32,uint8,int8',
      'outer: int32,uint32,uint8,int8',
      'cholesky: float32',
      'solve: float32',
      'solve_triangular: float32',
      'linspace: float32',
      'cbrt: float32',
      'gamma: float32',
      'lgamma: float32',
      'digamma: float32',
      'nextafter: float32',
      'gcd: int32,uint32,uint8,int8',
      'lcm: int32,uint32,uint8,int8',
      'bitwise_count: int32,uint32,uint8,int8',
      'fft: float32',
      'ifft: float32',
      'rfft: float32',
      'irfft: float32',
      'fftfreq: float32',
      'rfftfreq: float32',
      'random_permutation: float32',
      'pad: float32,int32,uint32,uint8,int8,bool',
      'fold_windows: float32',
      'max_pool: float32,int32,uint32,uint8,int8',
      'argmax_pool: float32,int32,uint32,uint8,int8',
      'sum_pool: float32',
      'average_pool: float32',
      'scatter: float32,int32,uint32,uint8,int8,bool',
      'resize: float32',
      'sort: float32,int32,uint32,uint8,int8,bool',
      'argsort: float32,int32,uint32,uint8,int8,bool',
      'searchsorted: float32,int32,uint32,uint8,int8,bool',
      'cumulative_sum: uint8,int8',
      'cumulative_prod: uint8,int8',
      'cumulative_min: uint8,int8',
      'cumulative_max: uint8,int8',
      'roll: float32,int32,uint32,uint8,int8,bool',
      'take_along_axis: float32,int32,uint32,uint8,int8,bool',
      'segment_sum: float32,int32,uint32,uint8,int8,bool',
      'bincount: int32,uint32,uint8,int8',
      'qr_packed: float32',
      'eigh_packed: float32',
      'eigvalsh: float32',
      'svd_packed: float32',
      'svdvals: float32',
      'lu_packed: float32',
      'det: float32',
      'expm: float32',
      'eig_packed: float32',
      'eigvals_packed: float32',
      'first_nonzero: float32,int32,uint32,uint8,int8,bool',
    ]);
  });

  it('says why an op that was sent to the GPU was not computed there', async () => {
    const view = sheet.with({ device: 'webgpu' });
    const reasonOf = async (tensor: ReturnType<typeof view.add>): Promise<string> => {
      await tensor.data();
      return tensor.explain().ops.at(-1)?.reason ?? '';
    };
    expect(await reasonOf(view.add(Float64Array.of(1, 2), 1))).toContain('not on webgpu: it does not compute float64');
    expect(await reasonOf(view.linspace(0, 1, 5))).toContain('not on webgpu: it has no kernel');
    expect(
      await reasonOf(view.take(Float32Array.of(1, 2, 3), view.argmax(Float32Array.of(1, 2, 3), { axis: 0 }))),
    ).toContain('no kernel');
    expect(await reasonOf(sheet.with({ device: 'webgpu', class: 'exact' }).add(Float32Array.of(1, 2), 1))).toContain(
      'class exact',
    );
    expect(await reasonOf(view.add(Float32Array.of(1, 2), 1))).not.toContain('not on webgpu');
  });
});
