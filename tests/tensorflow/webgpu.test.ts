// Products by TensorFlow.js on WebGPU: its real backend on Dawn, on a software adapter where there is no GPU.
import type * as Tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTensorflow, type TensorflowDevice } from '../../src/core/device/tensorflow/device.ts';
import { SourceError } from '../../src/core/errors.ts';
import { OPS } from '../../src/core/ops/index.ts';
import { exportAs } from '../../src/core/tensor/export.ts';
import { readForeign } from '../../src/core/tensor/foreign.ts';
import { useSwiftShader } from '../gpu/swiftshader.ts';
import { blankFor, errorIn, referenceOf, taskOf, tasksOf } from './tasks.ts';

/** The backend reads these as globals; Dawn crashes when what `create` made is collected. */
async function provideGpu(): Promise<void> {
  useSwiftShader();
  const { create, globals } = await import('webgpu');
  const gpu = create(['enable-dawn-features=disable_workgroup_init']);
  Object.assign(globalThis, globals, { tensorflowGpuKeptAlive: gpu });
  Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
}

describe('on backend webgpu', () => {
  let tf: typeof Tf;
  let device: TensorflowDevice;
  beforeAll(async () => {
    await provideGpu();
    tf = await import('@tensorflow/tfjs-core');
    await import('@tensorflow/tfjs-backend-webgpu');
    await tf.setBackend('webgpu');
    device = await openTensorflow(tf);
  });
  afterAll(() => tf.removeBackend('webgpu'));

  it('products stay within the bound, batches, vectors and transposes too, and leave no tensor behind', async () => {
    const before = tf.memory().numTensors;
    // Shaders may flush subnormals, and then infinity times one is NaN.
    const tasks = tasksOf(OPS.get('matmul')!, 'float32', 24).filter(
      (task) =>
        device.supports(task, 'free') === true &&
        task.operands.every(({ array }) => (array as Float32Array).every((x) => x === 0 || Math.abs(x) >= 2 ** -126)),
    );
    expect(tasks.length).toBeGreaterThan(10);
    for (const task of tasks) {
      const out = blankFor(task);
      await device.run(task, out, 'free');
      expect(
        errorIn(task, out.array, referenceOf(task)),
        task.operands.map(({ type }) => `[${type.shape.join()}]`).join(' · '),
      ).toBeLessThanOrEqual(task.row.bound);
    }
    expect(tf.memory().numTensors).toBe(before);
    expect(device.detail).toBe(`TensorFlow.js ${tf.version_core}, backend webgpu`);
  });

  it('products of long rows give the same bits again, which its own MatMulSplitK does not promise', async () => {
    const wave = (shape: [number, number]) => ({
      dtype: 'float32' as const,
      shape,
      array: new Float32Array(shape[0] * shape[1]).map((_, i) => Math.sin(i)),
    });
    const task = taskOf(OPS.get('matmul')!, [wave([16, 2500]), wave([2500, 16])])!;
    const [first, second] = [blankFor(task), blankFor(task)];
    await device.run(task, first, 'free');
    await device.run(task, second, 'free');
    expect(errorIn(task, first.array, referenceOf(task))).toBeLessThanOrEqual(task.row.bound);
    expect(second.array).toEqual(first.array);
  });

  it('tensors enter by an awaited copy, as the error says, and leave as any others', async () => {
    const given = exportAs(tf, { dtype: 'float32', shape: [2, 2], array: Float32Array.of(1, 2, 3, 4), fresh: true });
    const product = tf.matMul(given, given);
    expect(() => readForeign(product, 'tensor')).toThrow(SourceError);
    expect(() => readForeign(product, 'tensor')).toThrow('pass its elements: sheet.tensor(await t.data(), t.shape).');
    expect(readForeign({ data: await product.data(), shape: product.shape }, 'tensor')).toMatchObject({
      shape: [2, 2],
      array: Float32Array.of(7, 10, 15, 22),
    });
    tf.dispose([given, product]);
  });

  it('other rows are left elsewhere, and nothing is computed at once', () => {
    expect(
      ['softmax', 'max', 'exp', 'less'].map(
        (name) => device.supports(tasksOf(OPS.get(name)!, 'float32', 1)[0]!, 'free') === true,
      ),
    ).toEqual([false, false, false, false]);
    const [task] = tasksOf(OPS.get('matmul')!, 'float32', 1);
    expect(() => device.run(task!, blankFor(task!), 'now')).toThrow(/backend webgpu can only be awaited/);
  });
});
