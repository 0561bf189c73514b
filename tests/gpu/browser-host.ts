// What a page has in the place of Node's GPU and host.
import type { GpuFinding } from '../../src/host/gpu-adapter.ts';
import { adapterSource } from '../../src/host/gpu-adapter.ts';

export { browserHost as nodeHost } from '../../src/host/browser/host.ts';

/** A page has its own devices: each file of tests opens them anew. */
export const useOneDevice = async (): Promise<void> => {};
export const ownDevices = (): Promise<GpuFinding> => findGpu();

export const findGpu = (): Promise<GpuFinding> => adapterSource(navigator.gpu, 'start Chromium with WebGPU');
