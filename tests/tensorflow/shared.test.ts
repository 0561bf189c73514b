// TensorFlow.js on the sheet's own GPU device: what it computes stays there, what it leaves behind is nothing, and what
// is lost is computed again.
import type * as Tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { SymbolicSheet, type Tensor } from '../../src/index.ts';
import { OPS } from '../../src/core/ops/index.ts';
import { elementsRead, NAME, noise, openShared, type SharedSheet, SIDE, square, tf, turn } from './shared-sheet.ts';
import { errorIn, referenceOf, tasksOf } from './tasks.ts';

/** The ops that were computed, and where. */
const places = ({ log }: SharedSheet): string[] =>
  log.flatMap((line) => /^#\d+ (\S+) computed on (\w+) in /.exec(line)?.slice(1).join(' on ') ?? []);

async function expectClose(found: Tensor, wanted: Tensor): Promise<void> {
  const [x, y] = [await found.data(), await wanted.data()] as [Float32Array, Float32Array];
  const largest = y.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30);
  expect(x.length).toBe(y.length);
  expect(x.reduce((worst, value, i) => Math.max(worst, Math.abs(value - y[i]!)), 0) / largest).toBeLessThan(1e-5);
}

describe('tf and the GPU kernels in turn', () => {
  it('pass results on where they lie, and one readback brings the elements', async () => {
    const opened = await openShared();
    const { sheet, onTf, onGpu } = opened;
    const [x, y] = [sheet.tensor(square(1), [SIDE, SIDE]), sheet.tensor(square(2), [SIDE, SIDE])];
    const shifted = onGpu.subtract(x, 0.1);
    await onGpu.compute(shifted);
    const product = onTf.matmul(shifted, y);
    await onTf.compute(product);
    const positive = onGpu.relu(product);
    await onGpu.compute(positive);
    const result = onTf.matmul(positive, positive, { transposeB: true });
    await onTf.compute(result);
    expect(elementsRead(opened)).toBe(0);
    expect(places(opened)).toEqual([
      'subtract on webgpu',
      'matmul on tensorflow',
      'relu on webgpu',
      'matmul on tensorflow',
    ]);
    const js = sheet.with({ device: 'js', cache: 'off' });
    const reference = js.relu(js.matmul(js.subtract(x, 0.1), y));
    await expectClose(result, js.matmul(reference, reference, { transposeB: true }));
    expect(elementsRead(opened)).toBe(1);
  });

  it('share a fused product: tf multiplies, a kernel does the rest', async () => {
    const opened = await openShared();
    const { sheet, onTf } = opened;
    const [x, y] = [sheet.tensor(noise(256 * 8), [256, 8]), sheet.tensor(noise(8 * 128, 3), [8, 128])];
    const result = onTf.matmul(x, y).subtract(0.05).relu();
    await onTf.compute(result);
    expect(places(opened)).toEqual(['relu on tensorflow']);
    expect(elementsRead(opened)).toBe(0);
    await expectClose(result, sheet.with({ device: 'js', cache: 'off' }).matmul(x, y).subtract(0.05).relu());
  });
});

describe('tf on the device of the sheet', () => {
  it.each(['matmul', 'outer'])('computes %s within the bound, and leaves no tensor behind', async (name) => {
    const { device } = await openShared();
    const before = tf.memory().numTensors;
    // Shaders may flush subnormals, and then infinity times one is NaN.
    const tasks = tasksOf(OPS.get(name)!, 'float32', 12).filter(
      (task) =>
        device.supports(task, 'free') === true &&
        task.operands.every(({ array }) => (array as Float32Array).every((x) => x === 0 || Math.abs(x) >= 2 ** -126)),
    );
    expect(tasks.length).toBeGreaterThan(3);
    for (const task of tasks) {
      const out = device.memory!.take(task.type);
      await device.run(task, out, 'free');
      await out.bring();
      expect(
        errorIn(task, out.array, referenceOf(task)),
        task.operands.map(({ type }) => `[${type.shape.join()}]`).join(' · '),
      ).toBeLessThanOrEqual(task.row.bound);
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  it('leaves nothing behind over 200 products', async () => {
    const { sheet, device, watch } = await openShared();
    const onTf = sheet.with({ device: 'tensorflow', cache: 'off' });
    const before = tf.memory().numTensors;
    // Moves rows down by one, without rounding.
    const shift = sheet.tensor(
      new Float32Array(SIDE * SIDE).map((_, i) => (i % SIDE === (Math.floor(i / SIDE) + SIDE - 1) % SIDE ? 1 : 0)),
      [SIDE, SIDE],
    );
    let [product, bytes]: [Tensor, number] = [sheet.tensor(square(4), [SIDE, SIDE]), 0];
    for (let i = 0; i < 200; i++) {
      const next = onTf.matmul(shift, product);
      await onTf.compute(next);
      product.dispose();
      product = next;
      if (i === 100) bytes = watch.bytes;
    }
    const from = SIDE * (SIDE - (200 % SIDE));
    expect(await product.data()).toEqual(Float32Array.of(...square(4).slice(from), ...square(4).slice(0, from)));
    expect(watch.bytes).toBeLessThanOrEqual(bytes);
    expect(tf.memory().numTensors).toBe(before);
    expect(tf.findBackend(NAME).memory()).toMatchObject({ numBytesInGPU: 0 });
    device.memory?.trim?.();
    expect(watch.bytes).toBeLessThan(bytes);
    expect(await onTf.matmul(shift, product).data()).not.toEqual(await product.data());
  });

  it('keeps the backend that is set, and one that is starting', async () => {
    const { sheet, onTf } = await openShared();
    const x = sheet.tensor(square(5), [SIDE, SIDE]);
    await onTf.matmul(x, x).data();
    expect(tf.getBackend()).toBe('webgpu');
    let start = (_backend: Tf.KernelBackend): void => {};
    tf.registerBackend('slow', () => new Promise((resolve) => (start = resolve)));
    const setting = tf.setBackend('slow');
    await onTf.matmul(x, x, { transposeA: true }).data();
    start(tf.findBackend('webgpu'));
    expect([await setting, tf.getBackend()]).toEqual([true, 'slow']);
    await tf.setBackend('webgpu');
  });

  it('takes tensors of the sheet and gives tensors to it by their buffers', async () => {
    const opened = await openShared();
    const { sheet, onGpu } = opened;
    const x = onGpu.add(sheet.tensor(square(6), [SIDE, SIDE]), 1);
    await tf.setBackend(NAME);
    const entered = tf.tensor({ buffer: await x.gpuBuffer(), zeroCopy: true }, [SIDE, SIDE]);
    const doubled = tf.add(entered, entered);
    const { buffer, tensorRef } = doubled.dataToGPU();
    await tf.setBackend('webgpu');
    const result = onGpu.multiply(sheet.tensor(buffer!, [SIDE, SIDE]), 0.5);
    await onGpu.compute(result);
    expect(elementsRead(opened)).toBe(0);
    expect(await result.data()).toEqual(await x.data());
    tf.dispose([entered, doubled, tensorRef]);
  });

  it('computes elsewhere what tf fails on, and says so', async () => {
    const { sheet, onTf, device } = await openShared();
    tf.unregisterKernel('BatchMatMul', NAME);
    const x = sheet.tensor(square(7), [SIDE, SIDE]);
    const product = onTf.matmul(x, x);
    await expectClose(product, sheet.with({ device: 'js', cache: 'off' }).matmul(x, x));
    expect(product.explain().toString()).toContain('tensorflow refused');
    expect(device.detail).toMatch(/; not matmul: .*BatchMatMul.* not registered/);
    expect(device.supports(tasksOf(OPS.get('matmul')!, 'float32', 1)[0]!, 'free')).toMatch(/not registered/);
  });
});

describe('a GPU that goes away under tf', () => {
  async function expectRight({ sheet, onTf }: SharedSheet, seed: number): Promise<void> {
    const x = sheet.tensor(square(seed), [SIDE, SIDE]);
    await expectClose(onTf.matmul(x, x), sheet.with({ device: 'js', cache: 'off' }).matmul(x, x));
  }

  it('takes results along, which are computed again, and tf goes on on the next device', async () => {
    const opened = await openShared();
    const { sheet, onTf, watch } = opened;
    const x = sheet.tensor(square(8), [SIDE, SIDE]);
    const lost = onTf.matmul(x, x);
    await onTf.compute(lost);
    watch.devices[0]!.destroy();
    await turn();
    await turn();
    await expectClose(lost, sheet.with({ device: 'js', cache: 'off' }).matmul(x, x));
    expect(watch.devices.length).toBe(2);
    opened.log.length = 0;
    await expectRight(opened, 9);
    expect(places(opened)).toContain('matmul on tensorflow');
    expect(watch.warnings.length).toBe(1);
  });

  it('is caught when it drops commands of tf without a word', async () => {
    const opened = await openShared();
    const { watch } = opened;
    const { queue } = watch.devices[0]!;
    const submit = queue.submit.bind(queue);
    queue.submit = (commands) => ([...commands].length > 1 ? undefined : submit(commands));
    await expectRight(opened, 10);
    expect(watch.warnings).toEqual([expect.stringContaining('dropped commands')]);
  });
});

describe('opening', () => {
  it('a sheet with a GPU and a tf on its webgpu backend puts one on the other, and takes it off again', async () => {
    const sheet = await SymbolicSheet.open({ tf, devices: ['webgpu', 'tensorflow', 'js'] });
    const detail = (name: string): string | undefined => sheet.devices().find((device) => device.name === name)?.detail;
    expect(detail('tensorflow')).toBe(`TensorFlow.js ${tf.version_core}, backend ${NAME} on the sheet's GPU device`);
    const other = await openShared();
    await tf.setBackend(NAME);
    expect(other.device.detail).toContain(`${NAME}-2 on the sheet's GPU device`);
    await sheet.close();
    expect([tf.getBackend(), tf.findBackendFactory(NAME), tf.getKernelsForBackend(NAME)]).toEqual(['webgpu', null, []]);
    expect(tf.getKernelsForBackend('webgpu').length).toBeGreaterThan(100);
  });

  it('leaves tf on its own device where its backend cannot be put on another, and says why', async () => {
    const { gpu } = navigator as { gpu: GPU };
    Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });
    const { sheet, onTf, device } = await openShared();
    Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
    expect(device.detail).toBe(
      `TensorFlow.js ${tf.version_core}, backend webgpu, not on the sheet's GPU device: WebGPU is not supported ` +
        'on this device',
    );
    const x = sheet.tensor(square(11), [SIDE, SIDE]);
    await expectClose(onTf.matmul(x, x), sheet.with({ device: 'js', cache: 'off' }).matmul(x, x));
  });

  it('leaves it there where its products are wrong on the device, which goes on unharmed', async () => {
    const theirs = tf.getKernel('BatchMatMul', 'webgpu');
    const broken: Tf.KernelConfig = {
      ...theirs,
      kernelFunc: (args) => {
        const product = theirs.kernelFunc(args) as Tf.TensorInfo;
        const { device } = args.backend as unknown as { device: GPUDevice };
        if (device !== (tf.findBackend('webgpu') as unknown as { device: GPUDevice }).device)
          device.createBuffer({ size: 16, usage: 0x3 }); // two usages that exclude each other
        return product;
      },
    };
    tf.unregisterKernel('BatchMatMul', 'webgpu');
    tf.registerKernel(broken);
    const { onGpu, sheet, device, watch } = await openShared();
    tf.unregisterKernel('BatchMatMul', 'webgpu');
    tf.registerKernel(theirs);
    expect(device.detail).toMatch(/backend webgpu, not on the sheet's GPU device: \S+/);
    await onGpu.add(sheet.tensor(square(12), [SIDE, SIDE]), 1).data();
    expect([watch.warnings, watch.devices.length]).toEqual([[], 1]);
  });
});
