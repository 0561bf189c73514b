// Opening a sheet with a GPU and closing it: what becomes of the device, and of what lies there.
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { JsDevice } from '../../src/core/device/js/device.ts';
import { WebgpuDevice } from '../../src/core/device/webgpu/device.ts';
import { devicesCommand } from '../../src/cli/devices-command.ts';
import { missingParts } from '../../src/host/node/gpu.ts';
import { nodeHost } from '../../src/host/node/host.ts';
import { SymbolicSheet } from '../../src/index.ts';
import { type Machine, openSheet } from '../../src/core/sheet/open.ts';
import type { OpenOptions } from '../../src/core/sheet/open-options.ts';
import { useSwiftShader } from './swiftshader.ts';
import { openWatched } from './watched-gpu.ts';

const SIDE = 8;
const ELEMENTS = Float32Array.from({ length: SIDE * SIDE }, (_, i) => Math.sin(i) / 2);

describe('a sheet that does not open', () => {
  beforeAll(useSwiftShader);

  it('because of the tf it was given leaves no GPU device open', async () => {
    const close = vi.spyOn(WebgpuDevice.prototype, 'close');
    const broken = { ready: () => Promise.reject(new Error('no backend')), getBackend: () => 'cpu' };
    await expect(
      SymbolicSheet.open({ devices: ['webgpu', 'tensorflow', 'js'], tf: broken as never }),
    ).rejects.toMatchObject({ code: expect.any(String), message: expect.stringMatching(/\.$/) });
    expect(close).toHaveBeenCalledTimes(1);
    close.mockRestore();
  });

  it('for whatever reason leaves no device open', async () => {
    const close = vi.spyOn(WebgpuDevice.prototype, 'close');
    const wrong: readonly OpenOptions[] = [
      { devices: ['webgpu', 'abacus'] },
      { devices: ['webgpu', 'js'], device: 'abacus' },
      { devices: ['webgpu', 'js'], trace: { file: '/nowhere/to/be/found.sqs' } },
    ];
    for (const [i, options] of wrong.entries()) {
      await expect(SymbolicSheet.open(options)).rejects.toThrow();
      expect(close).toHaveBeenCalledTimes(i + 1);
    }
    close.mockRestore();
  });
});

describe('a device that the options leave out', () => {
  it('is neither started nor able to keep a sheet from opening', async () => {
    const tf = { ready: vi.fn(() => Promise.reject(new Error('no backend'))), getBackend: () => 'cpu' };
    await using sheet = await SymbolicSheet.open({ devices: ['js'], tf: tf as never });
    expect(tf.ready).not.toHaveBeenCalled();
    expect(sheet.devices().find(({ name }) => name === 'tensorflow')).toMatchObject({
      found: false,
      detail: expect.stringContaining('switched off'),
    });
  });

  it('and was found all the same is closed with the sheet', async () => {
    const closed: string[] = [];
    const host = await nodeHost();
    const find = async (): Promise<Machine> => ({
      devices: [
        new JsDevice(),
        Object.assign(new JsDevice(), { name: 'other', close: () => void closed.push('other') }),
      ],
    });
    const sheet = await openSheet(SymbolicSheet, host, { devices: ['js'] }, find);
    expect(sheet.devices().map(({ name, found }) => [name, found])).toEqual([
      ['js', true],
      ['other', false],
    ]);
    await sheet.close();
    expect(closed).toEqual(['other']);
  });
});

describe('a sheet that is closed', () => {
  it('leaves what handles hold readable, wherever it was, and no device that computes', async () => {
    const { sheet, gpu, watch } = await openWatched();
    const x = gpu.tensor(ELEMENTS, [SIDE, SIDE]);
    const held = [await x.matmul(x), await x.exp(), await x.matmul(x).astype('float16')];
    await gpu.compute(...held);
    const before = watch.readbacks.length;
    const closing = sheet.close();
    expect(() => sheet.tensor([1])).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    await Promise.all([closing, sheet.close()]);
    expect(watch.readbacks.length).toBeGreaterThan(before);
    const [product, exp] = await Promise.all(held.map((handle) => handle.data()));
    await using js = await SymbolicSheet.open({ devices: ['js'] });
    const y = js.tensor(ELEMENTS, [SIDE, SIDE]);
    for (const [got, wanted] of [
      [product, y.matmul(y)],
      [exp, y.exp()],
    ] as const) {
      const elements = (await wanted.data()) as Float32Array;
      (got as Float32Array).forEach((value, i) => expect(value).toBeCloseTo(elements[i]!, 4));
    }
    expect((await held[2]?.data())?.length).toBe(SIDE * SIDE);
    await expect(watch.devices[0]?.lost).resolves.toMatchObject({ reason: 'destroyed' });
  });

  it('closes though its GPU is lost meanwhile', async () => {
    const { sheet, gpu, watch } = await openWatched();
    const product = gpu.tensor(ELEMENTS, [SIDE, SIDE]).exp();
    await gpu.compute(product);
    watch.onWait = () => watch.devices[0]!.destroy();
    await sheet.close();
    await expect(product.data()).rejects.toMatchObject({ code: 'CLOSED' });
    for (const device of watch.devices) await expect(device.lost).resolves.toMatchObject({ reason: 'destroyed' });
  });
});

describe('a GPU', () => {
  beforeAll(useSwiftShader);

  it('is listed with what it offers', async () => {
    const { text, exitCode } = await devicesCommand();
    expect(exitCode).toBe(0);
    expect(text).toMatch(/^✓ webgpu +\S.* · half precision [✓–], subgroups [✓–], timestamps [✓–]$/m);
  });

  it('that lacks two things is said to lack both, with a step for each', () => {
    expect(missingParts(true, true)).toBeUndefined();
    expect(missingParts(false, true)).toBe('the package "webgpu" is not installed; run npm install webgpu');
    expect(missingParts(false, false)).toMatch(
      new RegExp(
        /^the package "webgpu" is not installed, and there is no Vulkan loader \(libvulkan\.so\.1\); /.source +
          /run npm install webgpu, and install it and the driver/.source,
      ),
    );
  });
});
