// A sheet that has a TensorFlow device beside its own, and tensors of tf on the wasm backend going in and out.
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JsDevice } from '../../src/core/device/js/device.ts';
import { openTensorflow } from '../../src/core/device/tensorflow/device.ts';
import { nodeHost } from '../../src/host/node/host.ts';
import { SymbolicSheet } from '../../src/index.ts';
import { openSheet } from '../../src/core/sheet/open.ts';

describe('a sheet with tf on wasm', () => {
  let sheet: SymbolicSheet;
  /** What the sheet says of every call, as SYMBOLIC_SHEET_LOG=1 has it. */
  const log: string[] = [];
  beforeAll(async () => {
    await tf.setBackend('wasm');
    const js = new JsDevice();
    const host = await nodeHost();
    sheet = await openSheet(
      SymbolicSheet,
      { ...host, settings: { ...host.settings, log: true }, warn: (line) => void log.push(line) },
      {},
      async () => ({ devices: [js, await openTensorflow(tf, js)] }),
    );
  });
  afterAll(() => sheet.close());

  it('computes on it what a view asks of it, and reuses that', async () => {
    const onTf = sheet.with({ device: 'tensorflow' });
    const [a, b] = [sheet.randomNormal([40, 700], { seed: 1 }), sheet.randomNormal([700, 30], { seed: 2 })];
    const product = onTf.matmul(a, b);
    const [found, wanted] = [
      await product.data(),
      await sheet.with({ device: 'js', cache: 'off' }).matmul(a, b).data(),
    ] as [Float32Array, Float32Array];
    expect(Math.max(...found.map((x, i) => Math.abs(x - wanted[i]!)))).toBeLessThan(64 * 2 ** -23 * 100);
    expect((await onTf.matmul(a, b).data()) as Float32Array).toEqual(found);
    expect(log.filter((line) => line.includes('matmul'))).toEqual([
      expect.stringMatching(/ on tensorflow in /),
      expect.stringMatching(/ on js in /),
      expect.stringMatching(/ hit /),
    ]);
  });

  it('chooses it by itself where it is quickest', async () => {
    const a = sheet.randomNormal([300, 300], { seed: 3 });
    await a.matmul(a, { transposeA: true }).data();
    expect(log.at(-1)).toMatch(/matmul .* on tensorflow in /);
  });

  it('never uses it in class exact', async () => {
    const a = sheet.randomNormal([64, 64], { seed: 4 });
    const exact = sheet.with({ class: 'exact', device: 'tensorflow' });
    const js = sheet.with({ class: 'exact', device: 'js', cache: 'off' });
    expect(await exact.matmul(a, a).fingerprint()).toBe(await js.matmul(a, a).fingerprint());
  });

  it('takes tensors of tf and gives tensors to tf', async () => {
    const given = tf.tensor2d([
      [1.5, -2],
      [3, 4],
    ]);
    const squared = await sheet.tensor(given).square();
    expect([...(await squared.data())]).toEqual([2.25, 4, 9, 16]);
    expect([...(await sheet.tensor(tf.greater(given, 0)).data())]).toEqual([1, 0, 1, 1]);
    const back = await squared.as(tf);
    expect([back.shape, [...tf.add(back, given).dataSync()]]).toEqual([
      [2, 2],
      [3.75, 2, 12, 20],
    ]);
    tf.dispose([given, back]);
  });
});
