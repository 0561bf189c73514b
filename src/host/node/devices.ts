// The devices of a Node process, in the order in which ties are broken.
import type { Device, DeviceReport } from '../../core/device/device.ts';
import type { Host } from '../../core/env.ts';
import type { FindDevices } from '../../core/sheet/open.ts';
import type { Settings } from '../../core/engine/settings.ts';
import type { Memory } from '../../core/tensor/block.ts';
import type { Blas, BlasAbsent } from '../../core/device/blas/types.ts';
import { nodeThreads } from './threads.ts';
import type { SharedTensorflowDevice } from '../../core/device/tensorflow/shared.ts';
import type { TensorflowDevice } from '../../core/device/tensorflow/device.ts';
import type { WebgpuDevice } from '../../core/device/webgpu/device.ts';
import { deviceIn, Finding, type Found } from '../finding.ts';
import { openWasm, type Remedies } from '../wasm-opening.ts';

const REMEDIES: Remedies = {
  allow: 'run node without --jitless, and let the program keep globalThis.WebAssembly',
  recent: 'use Node 20.19 or later',
};

const SOUGHT = ['wasm', 'blas', 'webgpu', 'tensorflow'];

/** Finds the devices of this machine. Their code is loaded here, so that importing the library stays quick. */
export const nodeDevices: FindDevices = async (settings, host) => {
  const { JsDevice } = await import('../../core/device/js/device.ts');
  const js = new JsDevice(nodeThreads());
  const isWanted = (name: string): boolean => settings.devices === undefined || settings.devices.includes(name);
  const finding = new Finding(SOUGHT, isWanted);
  finding.add(js);
  const { wasm, refusal } = isWanted('wasm') ? await openWasm(js, settings, nodeThreads, REMEDIES) : {};
  finding.addWasm(wasm ?? refusal);
  if (isWanted('blas')) finding.add(await systemBlas());
  const gpu = isWanted('webgpu') ? nodeGpu(settings, host, finding.memory) : undefined;
  const tf = isWanted('tensorflow') ? openTf(settings, wasm ?? js, gpu) : undefined;
  const [ofGpu, ofTf] = await Promise.allSettled([gpu, tf]);
  if (ofGpu.status === 'fulfilled') finding.addGpu(ofGpu.value);
  if (ofTf.status === 'fulfilled') finding.addTensorflow(ofTf.value);
  for (const outcome of [ofGpu, ofTf]) {
    if (outcome.status === 'fulfilled') continue;
    finding.close();
    throw outcome.reason;
  }
  return finding;
};

async function nodeGpu(settings: Settings, host: Host, memory: Memory | undefined): Promise<Found<WebgpuDevice>> {
  const [{ openGpu }, { findGpu }] = await Promise.all([import('../gpu-adapter.ts'), import('./gpu.ts')]);
  return openGpu(findGpu, settings, host, memory);
}

/**
 * The TensorFlow.js that was passed, else one that is installed where the options name it, for loading it takes a
 * second.
 */
async function openTf(
  { tf, devices, device }: Settings,
  fallback: Device,
  gpu: Promise<Found<WebgpuDevice>> | undefined,
): Promise<Found<TensorflowDevice | SharedTensorflowDevice>> {
  const { findTensorflow, TENSORFLOW_PACKAGES } = await import('./tensorflow.ts');
  if (tf === undefined && device !== 'tensorflow' && devices?.includes('tensorflow') !== true) {
    return absentTf(
      'not looked for, since loading it takes a second; pass yours, open({ tf }), or name it, open({ device: ' +
        `'tensorflow' }), to use what is installed of ${TENSORFLOW_PACKAGES.join(', ')}`,
    );
  }
  const { openTensorflowBeside } = await import('../../core/device/tensorflow/shared.ts');
  if (tf !== undefined) return openTensorflowBeside(deviceIn(await gpu), tf, fallback);
  const search = await findTensorflow();
  if (!search.found) return absentTf(search.reason);
  try {
    return await openTensorflowBeside(deviceIn(await gpu), search.tf, fallback);
  } catch (error) {
    return absentTf(error instanceof Error ? error.message : String(error));
  }
}

const absentTf = (detail: string): DeviceReport => ({
  name: 'tensorflow',
  found: false,
  detail: detail.replace(/\.$/, ''),
});

let opened: Promise<Blas | BlasAbsent> | undefined;

/** Opened once a process: the probe takes tens of milliseconds, and koffi libraries cannot be closed safely. */
async function systemBlas(): Promise<Found<Device>> {
  opened ??= import('./blas.ts').then(({ openBlas }) => openBlas());
  const blas = await opened;
  if (!blas.found) return { name: 'blas', found: false, detail: blas.reason };
  const { BlasDevice } = await import('../../core/device/blas/device.ts');
  return new BlasDevice(blas);
}
