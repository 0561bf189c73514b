// Tensors of TensorFlow.js on the sheet's own GPU device, in and out of a sheet: copied there, and never read on the
// way.
import type * as Tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/index.ts';
import { elementsRead, NAME, noise, openShared, SIDE, square, tf, turn } from './shared-sheet.ts';

/** Elements that fill no vectors, and a readback that is not only of proofs. */
const ODD = 301;

describe('a tensor of tf on the device of the sheet', () => {
  // By itself it computes on few elements in RAM.
  beforeAll(() => tf.env().set('WEBGPU_CPU_FORWARD', false));
  afterAll(() => tf.env().set('WEBGPU_CPU_FORWARD', true));

  /** Calls with tf set to the backend on the sheet's device. */
  async function onSharedBackend<T>(call: () => T | Promise<T>): Promise<T> {
    await tf.setBackend(NAME);
    try {
      return await call();
    } finally {
      await tf.setBackend('webgpu');
    }
  }
  const doubled = (array: Float32Array): number[] => Array.from(array, (v) => 2 * v);

  it('enters as it is when it is passed, by a copy on the GPU, as a tensor and as an operand', async () => {
    const opened = await openShared();
    const { sheet, onGpu } = opened;
    const before = tf.memory().numTensors;
    const [entered, sum] = await onSharedBackend(() => {
      const given = tf.tensor(square(13), [SIDE, SIDE]);
      const twice = tf.add(given, given);
      const made = [sheet.tensor(twice, [SIDE * SIDE]), onGpu.add(twice, twice)] as const;
      // What is disposed of is written over.
      twice.dispose();
      tf.dispose([tf.mul(given, 7), given]);
      return made;
    });
    await onGpu.compute(entered, sum);
    expect([elementsRead(opened), tf.memory().numTensors, entered.shape]).toEqual([0, before, [SIDE * SIDE]]);
    expect([...((await entered.data()) as Float32Array)]).toEqual(doubled(square(13)));
    expect([...((await sum.data()) as Float32Array)]).toEqual(doubled(square(13)).map((v) => 2 * v));
    expect(await entered.fingerprint()).toBe(await sheet.tensor(Float32Array.from(doubled(square(13)))).fingerprint());
  });

  it('of integers serves as indices too, and one that was read is taken from RAM', async () => {
    const { sheet, onGpu } = await openShared();
    await onSharedBackend(async () => {
      const picks = tf.add(tf.tensor([1, 0], [2], 'int32'), tf.scalar(1, 'int32'));
      const picked = onGpu.take(sheet.tensor([10, 20, 30]), picks, { axis: 0 });
      expect(await picked.toArray()).toEqual([30, 20]);
      expect([...(await picks.data())]).toEqual([2, 1]);
      expect(await sheet.tensor(picks).toArray()).toEqual([2, 1]);
      expect(() => sheet.tensor(tf.square(tf.tensor([1, 2])), [3])).toThrow(expect.objectContaining({ code: 'SHAPE' }));
      expect(() => sheet.tensor(tf.square(tf.tensor([1, 2])), [2], { dtype: 'int32' })).toThrow(
        expect.objectContaining({ code: 'DTYPE' }),
      );
    });
  });

  it('lies there as a result does: large ones too, within the budget, readable after close', async () => {
    const opened = await openShared();
    const { sheet, watch } = opened;
    const large = noise(600 * 600, 14);
    const [entered, small] = await onSharedBackend(
      () =>
        [tf.mul(tf.tensor(large), 2), tf.mul(tf.tensor(square(15)), 2)].map((t) => sheet.tensor(t)) as [Tensor, Tensor],
    );
    expect([...((await entered.data()) as Float32Array)]).toEqual(doubled(large));
    await sheet.close();
    expect([...((await small.data()) as Float32Array)]).toEqual(doubled(square(15)));
    expect(watch.warnings).toEqual([]);
  });

  it('is not lost where many enter at once that have no room together', async () => {
    const { sheet } = await openShared({ gpuBudgetBytes: 1 << 20 });
    const given = await onSharedBackend(() =>
      [1, 2, 3, 4, 5].map((factor) => tf.mul(tf.tensor(noise(90_000)), factor)),
    );
    const entered = given.map((each) => sheet.tensor(each));
    for (const [i, each] of entered.entries())
      expect(((await each.data()) as Float32Array)[7]).toBe(Math.fround(noise(8)[7]! * (i + 1)));
    tf.dispose(given);
  });

  it('that never fits is refused at once, and one that went with its device when it is used', async () => {
    const { sheet, onGpu, watch } = await openShared({ gpuBudgetBytes: 1 << 20 });
    const [large, small] = (await onSharedBackend(() => [
      tf.mul(tf.tensor(noise(600 * 600)), 2),
      tf.mul(tf.tensor(square(20)), 2),
    ])) as [Tf.Tensor, Tf.Tensor];
    expect(() => sheet.tensor(large)).toThrow(
      expect.objectContaining({
        code: 'LIMIT',
        message: expect.stringMatching(/budget of 1048576;.*read its elements first, and pass those\.$/),
      }),
    );
    const entered = sheet.tensor(small);
    await onGpu.compute(onGpu.add(entered, 1));
    watch.devices[0]!.destroy();
    await turn();
    await turn();
    await expect(entered.add(2).data()).rejects.toMatchObject({
      code: 'SOURCE',
      message: expect.stringContaining('device that was lost; make it again'),
    });
    expect(() => sheet.tensor(small)).toThrow(
      expect.objectContaining({ code: 'SOURCE', message: expect.stringContaining('await t.data()') }),
    );
  });

  it(
    'for which there is no memory, or whose buffer is gone, is a typed error when it is used, and the device goes ' +
      'on',
    async () => {
      const { sheet, onGpu, watch } = await openShared();
      await onSharedBackend(async () => {
        const given = tf.mul(tf.tensor(noise(600 * 600)), 2);
        watch.hasMemory = () => false;
        const without = sheet.tensor(given);
        watch.hasMemory = () => true;
        await expect(without.data()).rejects.toMatchObject({
          code: 'LIMIT',
          message: expect.stringContaining('read its elements first'),
        });
        await expect(onGpu.add(without, 1).data()).rejects.toMatchObject({ code: 'LIMIT' });
        const small = tf.mul(tf.tensor(square(16)), 2);
        await sheet.tensor(small).data();
        (tf.findBackend(NAME) as unknown as { tensorMap: { get(id: object): { resource: GPUBuffer } } }).tensorMap
          .get(small.dataId)
          .resource.destroy();
        await expect(sheet.tensor(small).data()).rejects.toMatchObject({
          code: 'SOURCE',
          message: expect.stringMatching(/did not copy .*destroyed/),
        });
      });
      expect([watch.warnings, watch.devices.length]).toEqual([[], 1]);
      expect((await onGpu.add(square(17), 1).data())[0]).toBe(Math.fround(square(17)[0]! + 1));
    },
  );

  it(
    'is taken from any backend over the device, and from none over another: that is an error that says what to do, ' +
      'and prints nothing',
    async () => {
      const { sheet, onGpu } = await openShared();
      const theirs = tf.backend() as unknown as {
        constructor: new (device: GPUDevice, adapter: unknown) => Tf.KernelBackend;
        adapterInfo: unknown;
      };
      tf.registerBackend('mine', () => new theirs.constructor(sheet.gpuDevice(), theirs.adapterInfo), 0);
      tf.copyRegisteredKernels('webgpu', 'mine');
      const lines: unknown[] = [];
      const { warn } = console;
      console.warn = (...line) => void lines.push(line);
      try {
        await tf.setBackend('mine');
        expect(await onGpu.add(tf.mul(tf.tensor([1, 2]), 2), 1).toArray()).toEqual([3, 5]);
        const flags = tf.greater(tf.tensor([1, 2]), 1);
        expect(() => sheet.tensor(flags)).toThrow(
          expect.objectContaining({
            code: 'SOURCE',
            message: expect.stringMatching(
              /pass its elements: sheet\.tensor\(await t\.data\(\), t\.shape, \{ dtype: 'bool' \}\)\.$/,
            ),
          }),
        );
        expect(() =>
          sheet.tensor(tf.cast(tf.add(tf.tensor([1], [1], 'int32'), tf.scalar(1, 'int32')), 'float32')),
        ).toThrow(expect.objectContaining({ code: 'SOURCE' }));
        expect(await sheet.tensor(tf.cast(flags, 'int32')).astype('bool').toArray()).toEqual([false, true]);
        expect(await sheet.tensor(await flags.data(), flags.shape, { dtype: 'bool' }).toArray()).toEqual([false, true]);
        await tf.setBackend('webgpu');
        const elsewhere = tf.mul(tf.tensor([1, 2]), 2);
        expect(() => onGpu.add(elsewhere, 1)).toThrow(
          expect.objectContaining({
            code: 'SOURCE',
            message: expect.stringMatching(
              new RegExp(
                /^add: this tf tensor cannot be read at once .*on a GPU.*pass its elements: /.source +
                  /sheet\.tensor\(await t\.data\(\), t\.shape\)\.$/.source,
              ),
            ),
          }),
        );
        expect(await sheet.tensor(await elsewhere.data(), elsewhere.shape).toArray()).toEqual([2, 4]);
      } finally {
        console.warn = warn;
        await tf.setBackend('webgpu');
        for (const { kernelName } of tf.getKernelsForBackend('mine')) tf.unregisterKernel(kernelName, 'mine');
        tf.removeBackend('mine');
      }
      expect(lines).toEqual([]);
    },
  );

  it("is what a result on the GPU becomes, by a copy there that is tf's own", async () => {
    const opened = await openShared();
    const { sheet, onGpu } = opened;
    const before = tf.memory().numTensors;
    const x = onGpu.add(sheet.tensor(noise(ODD, 18), [ODD]), 1);
    const wanted = Array.from(noise(ODD, 18), (v) => Math.fround(v + 1));
    await onSharedBackend(async () => {
      const left = await x.as(tf);
      const whole = await onGpu.add(new Int32Array(ODD), 1).as(tf);
      expect(elementsRead(opened)).toBe(0);
      x.dispose();
      await onGpu.compute(onGpu.add(sheet.tensor(noise(ODD, 19)), 3));
      expect([left.shape, left.dtype, [...(await left.data())]]).toEqual([[ODD], 'float32', wanted]);
      expect([whole.dtype, [...(await whole.data())].length, [...(await tf.add(left, left).data())]]).toEqual([
        'int32',
        ODD,
        wanted.map((v) => 2 * v),
      ]);
      expect((await onGpu.greater(sheet.tensor([1, 2]), 1).as(tf)).dtype).toBe('bool');
      tf.dispose([left, whole]);
    });
    expect(tf.memory().numTensors).toBe(before + 2);
    opened.watch.readbacks.length = 0;
    const elsewhere = await onGpu.add(sheet.tensor(noise(ODD, 18), [ODD]), 1).as(tf);
    expect([...(await elsewhere.data())]).toEqual(wanted);
    tf.dispose(elsewhere);
  });
});
