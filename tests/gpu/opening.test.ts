// Opening a sheet with a GPU, and what becomes of it where that fails.
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { JsDevice } from '../../src/backend/js.ts';
import { WebgpuDevice } from '../../src/backend/webgpu/device.ts';
import { devicesCommand } from '../../src/cli/devices-command.ts';
import { missingParts } from '../../src/host/node-gpu.ts';
import { nodeHost } from '../../src/host/node-host.ts';
import { SymbolicSheet } from '../../src/index.ts';
import { type Machine, openSheet } from '../../src/sheet/open.ts';
import type { OpenOptions } from '../../src/sheet/options.ts';
import { useSwiftShader } from './swiftshader.ts';

describe('a sheet that does not open', () => {
  beforeAll(useSwiftShader);

  it('because of the tf it was given leaves no GPU device open', async () => {
    const close = vi.spyOn(WebgpuDevice.prototype, 'close');
    const broken = { ready: () => Promise.reject(new Error('no backend')), getBackend: () => 'cpu' };
    await expect(SymbolicSheet.open({ devices: ['webgpu', 'tensorflow', 'js'], tf: broken as never })).rejects.toMatchObject({ code: expect.any(String), message: expect.stringMatching(/\.$/) });
    expect(close).toHaveBeenCalledTimes(1);
    close.mockRestore();
  });

  it('for whatever reason leaves no device open', async () => {
    const close = vi.spyOn(WebgpuDevice.prototype, 'close');
    const wrong: readonly OpenOptions[] = [{ devices: ['webgpu', 'abacus'] }, { devices: ['webgpu', 'js'], device: 'abacus' }, { devices: ['webgpu', 'js'], trace: { file: '/nowhere/to/be/found.sqs' } }];
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
    expect(sheet.devices().find(({ name }) => name === 'tensorflow')).toMatchObject({ found: false, detail: expect.stringContaining('switched off') });
  });

  it('and was found all the same is closed with the sheet', async () => {
    const closed: string[] = [];
    const host = await nodeHost();
    const find = async (): Promise<Machine> => ({ devices: [new JsDevice(), Object.assign(new JsDevice(), { name: 'other', close: () => void closed.push('other') })] });
    const sheet = await openSheet(SymbolicSheet, host, { devices: ['js'] }, find);
    expect(sheet.devices().map(({ name, found }) => [name, found])).toEqual([['js', true], ['other', false]]);
    await sheet.close();
    expect(closed).toEqual(['other']);
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
    expect(missingParts(false, false)).toMatch(/^the package "webgpu" is not installed, and there is no Vulkan loader \(libvulkan\.so\.1\); run npm install webgpu, and install it and the driver/);
  });
});
