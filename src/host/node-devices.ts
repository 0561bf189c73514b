// The devices of a Node process, in the order in which ties are broken.
import { JsDevice } from '../backend/js.ts';
import { WasmDevice } from '../backend/wasm.ts';
import type { FindDevices } from '../sheet/open.ts';
import { nodeThreads } from './node-threads.ts';

/** Finds the devices of this machine. */
export const nodeDevices: FindDevices = async (settings) => {
  const js = new JsDevice();
  const wasm = new WasmDevice(js, { threads: settings.threads, host: nodeThreads(), roomBytes: settings.budgetBytes });
  return { devices: [js, wasm], memory: wasm.memory };
};
