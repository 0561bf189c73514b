// The devices of a Node process, in the order in which ties are broken.
import type { Device, DeviceReport } from '../backend/device.ts';
import type { FindDevices } from '../sheet/open.ts';
import type { Blas, BlasAbsent } from './blas-types.ts';
import { nodeThreads } from './node-threads.ts';

/** Finds the devices of this machine. Their code is loaded here, so that importing the library stays quick. */
export const nodeDevices: FindDevices = async (settings) => {
  const { JsDevice } = await import('../backend/js.ts');
  const js = new JsDevice();
  const { WasmDevice } = await import('../backend/wasm.ts');
  const wasm = new WasmDevice(js, { threads: settings.threads, host: nodeThreads(), roomBytes: settings.budgetBytes });
  const devices: Device[] = [js, wasm];
  const wanted = settings.devices === undefined || settings.devices.includes('blas');
  const blas = wanted ? await systemBlas() : undefined;
  if (blas?.found === true) {
    const { BlasDevice } = await import('./blas-device.ts');
    devices.push(new BlasDevice(blas));
  }
  return { devices, memory: wasm.memory, absent: blas?.found === false ? [absentBlas(blas)] : [] };
};

let opened: Promise<Blas | BlasAbsent> | undefined;

/** Opened once a process: the probe takes tens of milliseconds, and koffi libraries cannot be closed safely. */
function systemBlas(): Promise<Blas | BlasAbsent> {
  opened ??= import('./node-blas.ts').then(({ openBlas }) => openBlas());
  return opened;
}

const absentBlas = ({ reason }: BlasAbsent): DeviceReport => ({ name: 'blas', found: false, detail: reason });
