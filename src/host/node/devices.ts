// The devices of a Node process, in the order in which ties are broken.
import type { Device, DeviceReport } from '../../core/device/device.ts';
import type { Host } from '../../core/env.ts';
import type { FindDevices } from '../../core/sheet/open.ts';
import type { Settings } from '../../core/sheet/options.ts';
import type { Memory } from '../../core/tensor/block.ts';
import type { Blas, BlasAbsent } from '../../core/device/blas/types.ts';
import { nodeThreads } from './threads.ts';
import { openWasm, type Remedies } from '../wasm-opening.ts';

const REMEDIES: Remedies = { allow: 'run node without --jitless, and let the program keep globalThis.WebAssembly', recent: 'use Node 20.19 or later' };

/** Finds the devices of this machine. Their code is loaded here, so that importing the library stays quick. */
export const nodeDevices: FindDevices = async (settings, host) => {
  const { JsDevice } = await import('../../core/device/js/device.ts');
  const js = new JsDevice(nodeThreads());
  const devices: Device[] = [js];
  const absent: DeviceReport[] = [];
  const isWanted = (name: string): boolean => settings.devices === undefined || settings.devices.includes(name);
  const { wasm, refusal } = isWanted('wasm') ? await openWasm(js, settings, nodeThreads, REMEDIES) : {};
  if (wasm !== undefined) devices.push(wasm);
  if (refusal !== undefined) absent.push(refusal);
  const blas = isWanted('blas') ? await systemBlas() : undefined;
  if (blas?.found === true) {
    const { BlasDevice } = await import('../../core/device/blas/device.ts');
    devices.push(new BlasDevice(blas));
  } else if (blas !== undefined) {
    absent.push(absentBlas(blas));
  }
  const gpu = isWanted('webgpu') ? nodeGpu(settings, host, wasm?.memory) : undefined;
  const tf = isWanted('tensorflow') ? openTf(settings, wasm ?? js, gpu) : undefined;
  const others = [gpu, tf].filter((other) => other !== undefined);
  const outcomes = await Promise.allSettled(others);
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') continue;
    if ('found' in outcome.value) absent.push(outcome.value);
    else devices.push(outcome.value);
  }
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) {
    for (const device of devices) device.close();
    throw failed.reason;
  }
  return { devices, ...(wasm !== undefined && { memory: wasm.memory }), absent, leftOut: ['wasm', 'blas', 'webgpu', 'tensorflow'].filter((name) => !isWanted(name)) };
};

async function nodeGpu(settings: Settings, host: Host, memory: Memory | undefined): Promise<Device | DeviceReport> {
  const [{ openGpu }, { findGpu }] = await Promise.all([import('../gpu-adapter.ts'), import('./gpu.ts')]);
  return openGpu(findGpu, settings, host, memory);
}

/** The TensorFlow.js that was passed, else one that is installed where the options name it, for loading it takes a second. */
async function openTf({ tf, devices, device }: Settings, fallback: Device, gpu: Promise<Device | DeviceReport> | undefined): Promise<Device | DeviceReport> {
  const { findTensorflow, TENSORFLOW_PACKAGES } = await import('./tensorflow.ts');
  if (tf === undefined && device !== 'tensorflow' && devices?.includes('tensorflow') !== true) {
    return absentTf(`not looked for, since loading it takes a second; pass yours, open({ tf }), or name it, open({ device: 'tensorflow' }), to use what is installed of ${TENSORFLOW_PACKAGES.join(', ')}`);
  }
  const { openTensorflowBeside } = await import('../../core/device/tensorflow/shared.ts');
  if (tf !== undefined) return openTensorflowBeside(await gpu, tf, fallback);
  const search = await findTensorflow();
  if (!search.found) return absentTf(search.reason);
  try {
    return await openTensorflowBeside(await gpu, search.tf, fallback);
  } catch (error) {
    return absentTf(error instanceof Error ? error.message : String(error));
  }
}

const absentTf = (detail: string): DeviceReport => ({ name: 'tensorflow', found: false, detail: detail.replace(/\.$/, '') });

let opened: Promise<Blas | BlasAbsent> | undefined;

/** Opened once a process: the probe takes tens of milliseconds, and koffi libraries cannot be closed safely. */
function systemBlas(): Promise<Blas | BlasAbsent> {
  opened ??= import('./blas.ts').then(({ openBlas }) => openBlas());
  return opened;
}

const absentBlas = ({ reason }: BlasAbsent): DeviceReport => ({ name: 'blas', found: false, detail: reason });
