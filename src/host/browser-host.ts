// The browser host: no files, no environment, no threads of its own; BLAKE3 in WASM.
import type { Host } from '../env.ts';
import type { FindDevices } from '../sheet/open.ts';

let opened: Promise<Host> | undefined;

/** The host of this page or worker. */
export function browserHost(): Promise<Host> {
  opened ??= openHost();
  return opened;
}

async function openHost(): Promise<Host> {
  const { openPortableDigest } = await import('./portable-digest.ts');
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

/** WASM where it is allowed, JavaScript always. The kernels are a chunk of their own. */
export const browserDevices: FindDevices = async (settings) => {
  const { JsDevice } = await import('../backend/js.ts');
  const js = new JsDevice();
  try {
    const { WasmDevice } = await import('../backend/wasm.ts');
    const wasm = new WasmDevice(js, { threads: 1, roomBytes: settings.budgetBytes });
    return { devices: [js, wasm], memory: wasm.memory };
  } catch (error) {
    return { devices: [js], absent: [{ name: 'wasm', found: false, detail: `WebAssembly refused: ${String(error)}; allow 'wasm-unsafe-eval' in the content security policy.` }] };
  }
};
