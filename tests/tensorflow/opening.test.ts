// Opening a TensorFlow.js: without a backend, with one that is wrong, that can only be awaited, or that fails in a
// call; and finding one that is installed.
import * as tf from '@tensorflow/tfjs-core';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import util from 'node:util';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DeviceReport } from '../../src/core/device/device.ts';
import { openTensorflow } from '../../src/core/device/tensorflow/device.ts';
import { AttributeError, UnavailableError } from '../../src/core/errors.ts';
import { findTensorflow } from '../../src/host/node/tensorflow.ts';
import { type OpenOptions, SymbolicSheet } from '../../src/index.ts';
import type { TensorflowModule } from '../../src/core/ops/mapping/tensorflow-module.ts';
import { OPS } from '../../src/core/ops/index.ts';
import { blankFor, errorIn, referenceOf, taskOf, tasksOf } from './tasks.ts';

const refusal = (opening: Promise<unknown>): Promise<unknown> =>
  opening.then(
    () => 'opened',
    (error: unknown) => error,
  );

describe('without a backend', () => {
  it('says which to import', async () => {
    expect(await refusal(openTensorflow(tf))).toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/no backend that starts .*tfjs-backend-wasm .*setBackend/),
    });
  });
});

describe('with a backend', () => {
  /** The cpu backend under another name: what nobody knows is treated as a GPU. */
  function again(
    name: string,
    changed: (kernel: tf.KernelConfig) => tf.KernelConfig | undefined = (kernel) => kernel,
  ): void {
    tf.registerBackend(name, tf.findBackendFactory('cpu')!);
    for (const kernel of tf.getKernelsForBackend('cpu')) {
      const own = changed(kernel);
      if (own !== undefined) tf.registerKernel({ ...own, backendName: name });
    }
  }

  beforeAll(async () => {
    await import('@tensorflow/tfjs-backend-cpu');
    await tf.setBackend('cpu');
  });
  afterEach(() => tf.setBackend('cpu'));

  it('takes the module, also as the default of a namespace, and says what it is', async () => {
    expect((await openTensorflow(tf)).detail).toBe(`TensorFlow.js ${tf.version_core}, backend cpu`);
    expect((await openTensorflow({ default: tf } as unknown as TensorflowModule)).name).toBe('tensorflow');
    for (const other of [{}, null, 'tf', { default: {} }])
      expect(await refusal(openTensorflow(other as TensorflowModule))).toBeInstanceOf(AttributeError);
  });

  it('refuses one whose products have fewer bits than float32, or none', async () => {
    again('half', (kernel) =>
      kernel.kernelName !== 'BatchMatMul'
        ? kernel
        : {
            ...kernel,
            kernelFunc: (args) => {
              const product = kernel.kernelFunc(args) as tf.TensorInfo;
              const values = tf.engine().backend.readSync(product.dataId) as Float32Array;
              values.forEach(
                (x, i) => (values[i] = new Uint32Array(Float32Array.of(x).buffer)[0]! & 0x3ff ? x - (x % 8192) : x),
              );
              return product;
            },
          },
    );
    again('idle', (kernel) => (kernel.kernelName === 'BatchMatMul' ? undefined : kernel));
    await tf.setBackend('half');
    expect(await refusal(openTensorflow(tf))).toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/does not multiply in float32.*NVIDIA_TF32_OVERRIDE/),
    });
    await tf.setBackend('idle');
    expect(await refusal(openTensorflow(tf))).toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/cannot multiply .*BatchMatMul/),
    });
  });

  it('awaits the results of an unknown one, offers it products only, and refuses to compute at once', async () => {
    again('elsewhere');
    await tf.setBackend('elsewhere');
    const device = await openTensorflow(tf);
    const before = tf.memory().numTensors;
    for (const task of tasksOf(OPS.get('matmul')!, 'float32', 6)) {
      const out = blankFor(task);
      const running = device.run(task, out, 'free');
      expect(running).toBeInstanceOf(Promise);
      await running;
      expect(errorIn(task, out.array, referenceOf(task))).toBeLessThanOrEqual(task.row.bound);
      expect(() => device.run(task, out, 'now')).toThrow(UnavailableError);
      expect(() => device.run(task, out, 'now')).toThrow(
        /backend elsewhere can only be awaited; use await x\.data\(\)/,
      );
    }
    expect(tf.memory().numTensors).toBe(before);
    expect(
      ['softmax', 'max', 'add'].map(
        (name) => device.supports(tasksOf(OPS.get(name)!, 'float32', 1)[0]!, 'free') === true,
      ),
    ).toEqual([false, false, false]);
    await tf.setBackend('cpu');
    expect(device.supports(tasksOf(OPS.get('max')!, 'float32', 1)[0]!, 'free')).toBe(true);
  });

  it('computes elsewhere what tf fails on, and leaves it there from then on', async () => {
    again('tensorflow', (kernel) => (kernel.kernelName === 'Softmax' ? undefined : kernel));
    await tf.setBackend('tensorflow');
    const device = await openTensorflow(tf);
    const [task] = tasksOf(OPS.get('softmax')!, 'float32', 1);
    expect(device.supports(task!, 'now')).toBe(true);
    const before = tf.memory().numTensors;
    const out = blankFor(task!);
    void device.run(task!, out, 'now');
    expect(out.array).toEqual(referenceOf(task!));
    expect(device.supports(task!, 'now')).toMatch(/not registered/);
    expect(device.detail).toMatch(/; not softmax: .*Softmax.* not registered/);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('reads operands in shared memory, and nothing of a block that is recycled later', async () => {
    const device = await openTensorflow(tf);
    const shared = new Float32Array(new SharedArrayBuffer(16));
    shared.set([1, 2, 3, 4]);
    const task = taskOf(OPS.get('matmul')!, [
      { dtype: 'float32', shape: [2, 2], array: shared },
      { dtype: 'float32', shape: [2, 2], array: shared },
    ])!;
    const out = blankFor(task);
    void device.run(task, out, 'now');
    shared.fill(0);
    expect([...(out.array as Float32Array)]).toEqual([7, 10, 15, 22]);
  });
});

describe('finding one that is installed', () => {
  const home = process.cwd();
  const folder = mkdtempSync(join(tmpdir(), 'tensorflow-'));
  const install = (name: string, source: string): void => {
    mkdirSync(join(folder, 'node_modules', name), { recursive: true });
    writeFileSync(join(folder, 'node_modules', name, 'index.js'), source);
  };
  afterEach(() => {
    process.chdir(home);
    rmSync(folder, { recursive: true, force: true });
  });

  it('says what to install where there is none', async () => {
    expect(await findTensorflow(['@tensorflow/not-here'])).toEqual({
      found: false,
      reason:
        '@tensorflow/not-here is not installed; npm install @tensorflow/not-here, or pass the tf you have: ' +
        'open({ tf }).',
    });
  });

  it('finds the first that is there', async () => {
    const search = await findTensorflow(['@tensorflow/not-here', '@tensorflow/tfjs-core']);
    if (!search.found) return expect.fail(search.reason);
    expect([search.name, search.tf.version_core]).toEqual(['@tensorflow/tfjs-core', tf.version_core]);
  });

  it('finds a backend for tfjs-core, and says what one for WebGPU wants in Node', async () => {
    const search = await findTensorflow(['@tensorflow/tfjs-backend-webgpu', '@tensorflow/tfjs-backend-wasm']);
    expect(search).toMatchObject({
      found: true,
      name: '@tensorflow/tfjs-backend-wasm',
      tf: { version_core: tf.version_core },
    });
    expect(await findTensorflow(['@tensorflow/tfjs-backend-webgpu'])).toEqual({
      found: false,
      reason:
        '@tensorflow/tfjs-backend-webgpu is installed, but needs navigator.gpu: set it as docs/tensorflow.md says',
    });
    expect(await findTensorflow(['@tensorflow/tfjs-backend-not-here'])).toMatchObject({
      reason: expect.stringContaining('npm install @tensorflow/tfjs-core @tensorflow/tfjs-backend-not-here'),
    });
  });

  it('is done where a sheet names the device, in whichever option; devices() says what is looked for', async () => {
    const tensorflowOf = async (options: OpenOptions): Promise<DeviceReport | undefined> => {
      await using sheet = await SymbolicSheet.open(options);
      return sheet.devices().find(({ name }) => name === 'tensorflow');
    };
    expect(await tensorflowOf({})).toMatchObject({
      found: false,
      detail: expect.stringMatching(
        new RegExp(
          /not looked for, .* open\(\{ device: 'tensorflow' \}\), .*tfjs-node-gpu, .*tfjs-node, /.source +
            /.*tfjs-backend-webgpu, .*tfjs-backend-wasm$/.source,
        ),
      ),
    });
    for (const options of [{ device: 'tensorflow' }, { devices: ['js', 'tensorflow'] }])
      expect(await tensorflowOf(options)).toMatchObject({
        found: true,
        detail: expect.stringContaining(`TensorFlow.js ${tf.version_core}`),
      });
  });

  it('looks in the folder of the program, and says why what it found there does not load', async () => {
    install('broken-tf', "throw new Error('libtensorflow.so.2: cannot open shared object file')");
    install(
      'whole-tf',
      "module.exports = { version_core: '4.22.0', util: require('util').isArray([]) && " +
        "!require('util').isNullOrUndefined(0) }",
    );
    process.chdir(folder);
    expect(await findTensorflow(['broken-tf'])).toMatchObject({
      found: false,
      reason: expect.stringMatching(
        /broken-tf is installed but does not load \(libtensorflow\.so\.2: cannot open.*npm rebuild broken-tf/,
      ),
    });
    const old = util as { isArray?: unknown; isNullOrUndefined?: unknown };
    const kept = { isArray: old.isArray, isNullOrUndefined: old.isNullOrUndefined };
    delete old.isArray;
    delete old.isNullOrUndefined;
    const search = await findTensorflow(['broken-tf', 'whole-tf']);
    Object.assign(old, kept);
    expect(search).toMatchObject({ found: true, name: 'whole-tf', tf: { version_core: '4.22.0', util: true } });
  });
});
