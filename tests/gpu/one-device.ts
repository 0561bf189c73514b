// One device of the software GPU for all that a process opens: a shader that one sheet, or one file of tests, has
// compiled is compiled for the next.
import { adapterSource, type GpuFinding } from '../../src/host/gpu-adapter.ts';
import { findGpu } from '../../src/host/node/gpu.ts';
import { useSwiftShader } from './swiftshader.ts';

/** Where the library keeps the GPU that it asks for adapters. */
const KEPT: unique symbol = Symbol.for('symbolic-sheet.dawn') as never;
const kept = globalThis as { [KEPT]?: GPU };

let ownGpu: Promise<GPU> | undefined;
let opened: Promise<GPUDevice> | undefined;

/** Sheets that are opened from now on in this process have the same device, which none of them destroys. */
export async function useOneDevice(): Promise<void> {
  await (ownGpu ??= share());
}

/** Where a test finds a device of its own, which it may lose. */
export async function ownDevices(): Promise<GpuFinding> {
  return adapterSource(await (ownGpu ??= share()), 'there is the software GPU');
}

async function share(): Promise<GPU> {
  useSwiftShader();
  const found = await findGpu();
  const gpu = kept[KEPT];
  if (!found.found || gpu === undefined) throw new Error('no WebGPU adapter, not even SwiftShader');
  kept[KEPT] = {
    requestAdapter: async (options: GPURequestAdapterOptions) => sharing(await gpu.requestAdapter(options)),
  } as unknown as GPU;
  return gpu;
}

/** An adapter that gives the one device. */
const sharing = (adapter: GPUAdapter | null): GPUAdapter | null =>
  adapter &&
  new Proxy(adapter, {
    get(own, name) {
      if (name === 'requestDevice')
        return (wanted: GPUDeviceDescriptor) => (opened ??= own.requestDevice(wanted).then(lasting));
      const value: unknown = Reflect.get(own, name, own);
      return typeof value === 'function' ? (value.bind(own) as unknown) : value;
    },
  });

/** Dawn finds what it has compiled for as long as somebody holds it. */
function lasting(device: GPUDevice): GPUDevice {
  const compiled: GPUComputePipeline[] = [];
  const hold = (pipeline: GPUComputePipeline): GPUComputePipeline => {
    compiled.push(pipeline);
    return pipeline;
  };
  const [now, later] = [device.createComputePipeline.bind(device), device.createComputePipelineAsync.bind(device)];
  return Object.assign(device, {
    createComputePipeline: (wanted: GPUComputePipelineDescriptor) => hold(now(wanted)),
    createComputePipelineAsync: async (wanted: GPUComputePipelineDescriptor) => hold(await later(wanted)),
    destroy: () => undefined,
  });
}
