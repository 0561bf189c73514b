// Sheets on a real WebGPU device whose calls are counted, and may be made to fail, from outside.
import { openWebgpu, type WebgpuDevice, type WebgpuOptions } from '../../src/backend/webgpu/device.ts';
import type { GpuSource } from '../../src/backend/webgpu/source.ts';
import { JsDevice } from '../../src/backend/js.ts';
import { WasmDevice } from '../../src/backend/wasm.ts';
import type { Host } from '../../src/env.ts';
import { findGpu } from '../../src/host/node-gpu.ts';
import { nodeHost } from '../../src/host/node-host.ts';
import { SymbolicSheet } from '../../src/index.ts';
import { openSheet } from '../../src/sheet/open.ts';
import type { OpenOptions } from '../../src/sheet/options.ts';
import { useSwiftShader } from './swiftshader.ts';

const MAP_READ = 1;

/** What happened on the devices of a sheet. */
export interface Watch {
  /** Devices in the order of their opening; the last one is in use. */
  readonly devices: GPUDevice[];
  readonly warnings: string[];
  /** Sizes of buffers that were mapped for reading. */
  readonly readbacks: number[];
  created: number;
  destroyed: number;
  /** Bytes of buffers on the devices, staging left out, and the most there ever were. */
  bytes: number;
  mostBytes: number;
  /** Called before and after every wait for a device. */
  onWait: (what: string) => void;
  /** Called before a submission; true drops it. */
  drops: () => boolean;
  /** Called instead of opening a further device. */
  onReopen: () => void;
}

/** A sheet with what happens on its GPU. */
export interface WatchedSheet {
  readonly sheet: SymbolicSheet;
  /** The sheet's view that computes on the GPU. */
  readonly gpu: ReturnType<SymbolicSheet['with']>;
  readonly device: WebgpuDevice;
  readonly watch: Watch;
}

/** Opens a sheet whose GPU is watched. `gpuBudgetBytes` as in `open`. */
export async function openWatched(options: OpenOptions = {}, own: Partial<WebgpuOptions> = {}): Promise<WatchedSheet> {
  const watch: Watch = { devices: [], warnings: [], readbacks: [], created: 0, destroyed: 0, bytes: 0, mostBytes: 0, onWait: () => {}, drops: () => false, onReopen: () => {} };
  const host: Host = { ...(await nodeHost()), warn: (line) => void watch.warnings.push(line) };
  const source = await watchedSource(watch);
  let device: WebgpuDevice | undefined;
  const sheet = await openSheet(SymbolicSheet, host, options, async (settings) => {
    const js = new JsDevice();
    const wasm = new WasmDevice(js, { threads: 1, roomBytes: 1 << 26 });
    device = await openWebgpu(source, { budgetBytes: settings.gpuBudgetBytes, clock: host.clock, digest: host.digest, hostMemory: wasm.memory, warn: (line) => host.warn(line), ...own });
    return { devices: [js, wasm, device], memory: wasm.memory };
  });
  // The probe at opening does not count.
  watch.readbacks.length = 0;
  watch.mostBytes = watch.bytes;
  return { sheet, gpu: sheet.with({ device: 'webgpu' }), device: device as WebgpuDevice, watch };
}

async function watchedSource(watch: Watch): Promise<GpuSource> {
  useSwiftShader();
  const found = await findGpu();
  if (!found.found) throw new Error(found.reason);
  return {
    ...found.source,
    async open() {
      if (watch.devices.length > 0) watch.onReopen();
      const device = await found.source.open();
      watch.devices.push(watched(device, watch));
      return device;
    },
  };
}

/** Methods of the device are replaced on the object itself. */
function watched(device: GPUDevice, watch: Watch): GPUDevice {
  const waiting = <A extends unknown[], R>(what: string, call: (...args: A) => Promise<R>): ((...args: A) => Promise<R>) => async (...args) => {
    watch.onWait(`before ${what}`);
    const result = await call(...args);
    watch.onWait(`after ${what}`);
    return result;
  };
  const createBuffer = device.createBuffer.bind(device);
  const submit = device.queue.submit.bind(device.queue);
  const queue = device.queue;
  queue.submit = (commands) => (watch.drops() ? undefined : submit(commands));
  return Object.assign(device, {
    createBuffer(descriptor: GPUBufferDescriptor): GPUBuffer {
      const buffer = createBuffer(descriptor);
      const staging = (descriptor.usage & MAP_READ) !== 0;
      const destroy = buffer.destroy.bind(buffer);
      const mapAsync = waiting(`reading ${descriptor.size} bytes`, buffer.mapAsync.bind(buffer));
      watch.created++;
      if (!staging) watch.mostBytes = Math.max(watch.mostBytes, (watch.bytes += descriptor.size));
      return Object.assign(buffer, {
        destroy(): undefined {
          watch.destroyed++;
          if (!staging) watch.bytes -= descriptor.size;
          return destroy();
        },
        mapAsync(mode: number): Promise<undefined> {
          watch.readbacks.push(descriptor.size);
          return mapAsync(mode);
        },
      });
    },
    createComputePipelineAsync: waiting('compiling', device.createComputePipelineAsync.bind(device)),
    popErrorScope: waiting('errors', device.popErrorScope.bind(device)),
  });
}
