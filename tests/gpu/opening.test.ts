// Opening a sheet with a GPU, and what becomes of it where that fails.
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { WebgpuDevice } from '../../src/backend/webgpu/device.ts';
import { SymbolicSheet } from '../../src/index.ts';
import { useSwiftShader } from './swiftshader.ts';

describe('a sheet that does not open', () => {
  beforeAll(useSwiftShader);

  it('because of the tf it was given leaves no GPU device open', async () => {
    const close = vi.spyOn(WebgpuDevice.prototype, 'close');
    const broken = { ready: () => Promise.reject(new Error('no backend')), getBackend: () => 'cpu' };
    await expect(SymbolicSheet.open({ devices: ['webgpu', 'js'], tf: broken as never })).rejects.toMatchObject({ code: expect.any(String), message: expect.stringMatching(/\.$/) });
    expect(close).toHaveBeenCalledTimes(1);
    close.mockRestore();
  });
});
