// Sheets on a real WebGPU device whose calls are counted, and may be made to fail, from outside.
import { openWebgpu, type WebgpuDevice, type WebgpuOptions } from '../../src/core/device/webgpu/device.ts';
import type { GpuSource } from '../../src/core/device/webgpu/source.ts';
import { JsDevice } from '../../src/core/device/js/device.ts';
import { WasmDevice } from '../../src/core/device/wasm/device.ts';
import type { Host } from '../../src/core/env.ts';
import { findGpu } from '../../src/host/node/gpu.ts';
import { nodeHost } from '../../src/host/node/host.ts';
import { SymbolicSheet } from '../../src/index.ts';
import { openSheet } from '../../src/core/sheet/open.ts';
import type { OpenOptions } from '../../src/core/sheet/open-options.ts';
import { useSwiftShader } from './swiftshader.ts';

const MAP_READ = 1;
/** Usages that exclude each other: a buffer of both is invalid, as one is that there was no memory for. */
const EXCLUSIVE = 0x3;

/** What happened on the devices of a sheet. */
export interface Watch {
  /** Devices in the order of their opening; the last one is in use. */
  readonly devices: GPUDevice[];
  readonly warnings: string[];
  /** Sizes of buffers that were mapped for reading. */
  readonly readbacks: number[];
  created: number;
  /** Bind groups made. */
  groups: number;
  destroyed: number;
  /** Bytes of buffers on the devices, staging left out, and the most there ever were. */
  bytes: number;
  mostBytes: number;
  /** Called before and after every wait for a device. */
  onWait: (what: string) => void;
  /** Called before a submission; true drops it. */
  drops: () => boolean;
  /** Called before a further device is opened. */
  onReopen: () => void | Promise<void>;
  /** Asked before a buffer is made; false: the device has no memory for it. */
  hasMemory: (sizeBytes: number) => boolean;
}

/** Smaller limits than the device has, which it is then held to. */
export type SmallLimits = Pick<GPUSupportedLimits, 'maxBufferSize' | 'maxStorageBufferBindingSize'>;

/** A sheet with what happens on its GPU. */
export interface WatchedSheet {
  readonly sheet: SymbolicSheet;
  /** The sheet's view that computes on the GPU. */
  readonly gpu: ReturnType<SymbolicSheet['with']>;
  readonly device: WebgpuDevice;
  readonly watch: Watch;
}

/** Opens a sheet whose GPU is watched. `gpuBudgetBytes` as in `open`. */
export async function openWatched(
  options: OpenOptions = {},
  own: Partial<WebgpuOptions> = {},
  limits?: SmallLimits,
): Promise<WatchedSheet> {
  const watch: Watch = {
    devices: [],
    warnings: [],
    readbacks: [],
    groups: 0,
    created: 0,
    destroyed: 0,
    bytes: 0,
    mostBytes: 0,
    onWait: () => {},
    drops: () => false,
    onReopen: () => {},
    hasMemory: () => true,
  };
  const host: Host = { ...(await nodeHost()), warn: (line) => void watch.warnings.push(line) };
  const source = await watchedSource(watch, limits);
  let device: WebgpuDevice | undefined;
  const sheet = await openSheet(SymbolicSheet, host, options, async (settings, told) => {
    const js = new JsDevice();
    const wasm = new WasmDevice(js, { threads: 1, roomBytes: 1 << 26 });
    device = await openWebgpu(source, {
      budgetBytes: settings.gpuBudgetBytes,
      clock: host.clock,
      digest: host.digest,
      hostMemory: wasm.linearMemory,
      warn: (line) => host.warn(line),
      changed: (state, detail) => told.deviceChanged?.({ device: 'webgpu', state, detail }),
      ...own,
    });
    return { devices: [js, wasm, device], memory: wasm.linearMemory };
  });
  // The probe at opening does not count.
  watch.readbacks.length = 0;
  watch.mostBytes = watch.bytes;
  return { sheet, gpu: sheet.with({ device: 'webgpu' }), device: device as WebgpuDevice, watch };
}

async function watchedSource(watch: Watch, limits: SmallLimits | undefined): Promise<GpuSource> {
  useSwiftShader();
  const found = await findGpu();
  if (!found.found) throw new Error(found.reason);
  return {
    ...found.source,
    async open() {
      if (watch.devices.length > 0) await watch.onReopen();
      const device = await found.source.open();
      if (limits !== undefined) holdTo(device, limits);
      watch.devices.push(watched(device, watch));
      return device;
    },
  };
}

function holdTo(device: GPUDevice, small: SmallLimits): void {
  const { limits } = device;
  Object.defineProperty(device, 'limits', {
    value: new Proxy(limits, {
      get: (_, name) => Reflect.get(small, name) ?? (Reflect.get(limits, name, limits) as unknown),
    }),
  });
}

/** Methods of the device are replaced on the object itself. */
function watched(device: GPUDevice, watch: Watch): GPUDevice {
  const waiting =
    <A extends unknown[], R>(what: string, call: (...args: A) => Promise<R>): ((...args: A) => Promise<R>) =>
    async (...args) => {
      watch.onWait(`before ${what}`);
      const result = await call(...args);
      watch.onWait(`after ${what}`);
      return result;
    };
  const [createBuffer, createBindGroup] = [device.createBuffer.bind(device), device.createBindGroup.bind(device)];
  const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
  const scopes = scopesOf(device);
  const submit = device.queue.submit.bind(device.queue);
  const queue = device.queue;
  queue.submit = (commands) => (watch.drops() ? undefined : submit(commands));
  return Object.assign(device, {
    createBuffer(descriptor: GPUBufferDescriptor): GPUBuffer {
      if (descriptor.size > maxBufferSize) throw new RangeError(`a buffer of ${descriptor.size} bytes`);
      const staging = (descriptor.usage & MAP_READ) !== 0;
      if (!staging && !watch.hasMemory(descriptor.size))
        return scopes.withoutMemory(() => createBuffer({ ...descriptor, usage: EXCLUSIVE }));
      const buffer = createBuffer(descriptor);
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
    createBindGroup(descriptor: GPUBindGroupDescriptor): GPUBindGroup {
      watch.groups++;
      for (const { resource } of descriptor.entries) {
        const { buffer, size = buffer.size } = resource as GPUBufferBinding;
        if (size > maxStorageBufferBindingSize) throw new RangeError(`a binding of ${size} bytes`);
      }
      return createBindGroup(descriptor);
    },
    createComputePipelineAsync: waiting('compiling', device.createComputePipelineAsync.bind(device)),
    pushErrorScope: (filter: GPUErrorFilter) => scopes.push(filter),
    popErrorScope: waiting('errors', () => scopes.pop()),
  });
}

/** Error scopes of a device, which may be told of a want of memory. */
function scopesOf(device: GPUDevice) {
  const [push, pop] = [device.pushErrorScope.bind(device), device.popErrorScope.bind(device)];
  const open: { readonly filter: GPUErrorFilter; error?: GPUError }[] = [];
  return {
    push(filter: GPUErrorFilter): undefined {
      open.push({ filter });
      push(filter);
    },
    async pop(): Promise<GPUError | null> {
      const scope = open.pop();
      const error = await pop();
      return scope?.error ?? error;
    },
    /** What an implementation does that finds no memory: an invalid buffer, and an error for whoever listens. */
    withoutMemory(makeInvalid: () => GPUBuffer): GPUBuffer {
      push('validation');
      const buffer = makeInvalid();
      void pop();
      const error = noMemory();
      const scope = open.findLast(({ filter }) => filter === 'out-of-memory');
      if (scope === undefined) device.dispatchEvent(Object.assign(new Event('uncapturederror'), { error }));
      else scope.error = error;
      return buffer;
    },
  };
}

/** As a device says that it has no memory left. */
export const noMemory = (): GPUError => new (class GPUOutOfMemoryError extends Error {})('no memory') as GPUError;
