// A WebGPU adapter as a source of devices, the same in Node and in browsers.
import type { GpuSource } from '../core/device/webgpu/source.ts';
import type { DeviceReport } from '../core/device/device.ts';
import type { WebgpuDevice } from '../core/device/webgpu/device.ts';
import type { Host } from '../core/env.ts';
import type { Settings } from '../core/engine/settings.ts';
import type { Memory } from '../core/tensor/block.ts';

/** What was found, or why there is nothing and what to do. */
export type GpuFinding =
  | { readonly found: true; readonly source: GpuSource }
  | { readonly found: false; readonly reason: string };

const WANTED_FEATURES = ['shader-f16', 'subgroups', 'timestamp-query', 'chromium-experimental-subgroup-matrix'];
/**
 * Bytes of parameters that go along with a dispatch, where the implementation has that (it is not in every one yet).
 */
const IMMEDIATE_BYTES = 64;

/**
 * The device of a GPU that a host may find; whatever goes wrong is a reason in the report, never a failure to open a
 * sheet. Values that are read go to `hostMemory`.
 */
export async function openGpu(
  find: () => Promise<GpuFinding>,
  settings: Settings,
  host: Host,
  hostMemory?: Memory,
): Promise<WebgpuDevice | DeviceReport> {
  const absent = (detail: string): DeviceReport => ({ name: 'webgpu', found: false, detail });
  try {
    const gpu = await find();
    if (!gpu.found) return absent(gpu.reason);
    const { openWebgpu } = await import('../core/device/webgpu/device.ts');
    return await openWebgpu(gpu.source, {
      budgetBytes: settings.gpuBudgetBytes,
      clock: host.clock,
      digest: host.digest,
      notes: host.notes,
      ...(hostMemory !== undefined && { hostMemory }),
      warn: (line) => host.warn(line),
      changed: (state, detail) => host.deviceChanged?.({ device: 'webgpu', state, detail }),
    });
  } catch (error) {
    return absent(
      `the GPU does not open: ${String(error)}; update its driver, or leave it out with the devices option`,
    );
  }
}

/** The preferred adapter of a GPU object, or why there is none. */
export async function adapterSource(gpu: GPU, remedy: string): Promise<GpuFinding> {
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) return { found: false, reason: `no GPU answered; ${remedy}` };
  const name = nameOf(adapter);
  return { found: true, source: { adapter: name, software: isSoftware(adapter), open: () => openDevice(gpu, name) } };
}

function nameOf({ info: { vendor, architecture, device, description } }: GPUAdapter): string {
  const names = [vendor, architecture, description === '' ? device : description].filter((name) => name !== '');
  return [...new Set(names)].join(' ');
}

/** An adapter gives one device only, so that a lost one needs another adapter. */
async function openDevice(gpu: GPU, name: string): Promise<GPUDevice> {
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) throw new TypeError('no GPU answers any more');
  // What was measured and chosen holds for the adapter that was found first.
  if (nameOf(adapter) !== name) throw new TypeError(`another GPU answers now: ${nameOf(adapter)}`);
  const {
    maxStorageBufferBindingSize,
    maxBufferSize,
    maxComputeWorkgroupStorageSize,
    maxComputeInvocationsPerWorkgroup,
    maxComputeWorkgroupSizeX,
  } = adapter.limits;
  const limits: Record<string, number> = {
    maxStorageBufferBindingSize,
    maxBufferSize,
    maxComputeWorkgroupStorageSize,
    maxComputeInvocationsPerWorkgroup,
    maxComputeWorkgroupSizeX,
  };
  const immediates = (adapter.limits as { maxImmediateSize?: number }).maxImmediateSize ?? 0;
  if (immediates >= IMMEDIATE_BYTES) limits['maxImmediateSize'] = IMMEDIATE_BYTES;
  const features = WANTED_FEATURES.filter((feature) => adapter.features.has(feature));
  return adapter.requestDevice({ requiredFeatures: features as GPUFeatureName[], requiredLimits: limits });
}

const isSoftware = ({ info }: GPUAdapter): boolean =>
  (info as { isFallbackAdapter?: boolean }).isFallbackAdapter === true ||
  /swiftshader|llvmpipe|lavapipe|software/i.test(
    `${info.vendor} ${info.architecture} ${info.device} ${info.description}`,
  );
