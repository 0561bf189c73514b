// The browser host: no files, no environment, no threads of its own; BLAKE3 in WASM.
import { JsDevice } from '../backend/js.ts';
import { WasmDevice } from '../backend/wasm.ts';
import type { Host } from '../env.ts';
import type { FindDevices } from '../sheet/open.ts';
import { openPortableDigest } from './portable-digest.ts';

let opened: Promise<Host> | undefined;

/** The host of this page or worker. */
export function browserHost(): Promise<Host> {
  opened ??= openHost();
  return opened;
}

async function openHost(): Promise<Host> {
  return {
    name: 'browser',
    clock: () => performance.now() * 1e6,
    digest: await openPortableDigest(),
    files: undefined,
    settings: { off: false, folder: undefined, devices: undefined, report: false, log: false },
    cores: navigator.hardwareConcurrency,
    warn: (line) => console.warn(`symbolic-sheet: ${line}`),
    onExit: () => () => {},
  };
}

/** WASM where it is allowed, JavaScript always. */
export const browserDevices: FindDevices = async (settings) => {
  const js = new JsDevice();
  try {
    const wasm = new WasmDevice(js, { threads: 1, roomBytes: settings.budgetBytes });
    return { devices: [js, wasm], memory: wasm.memory };
  } catch (error) {
    return { devices: [js], absent: [{ name: 'wasm', found: false, detail: `WebAssembly refused: ${String(error)}; allow 'wasm-unsafe-eval' in the content security policy.` }] };
  }
};
