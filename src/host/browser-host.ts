// The browser host: no files, no environment, threads where the page may share memory; BLAKE3 in WASM.
import type { Device, DeviceReport } from '../backend/device.ts';
import type { JsDevice } from '../backend/js.ts';
import type { WasmDevice } from '../backend/wasm.ts';
import type { Digest, Host, Notes } from '../env.ts';
import { UnavailableError } from '../errors.ts';
import type { FindDevices } from '../sheet/open.ts';
import type { Settings } from '../sheet/options.ts';

let opened: Promise<Host> | undefined;

/** The host of this page or worker. Rejects with an UnavailableError where WebAssembly is forbidden. */
export function browserHost(): Promise<Host> {
  opened ??= openHost().catch((error: unknown) => {
    // What did not load may load the next time.
    opened = undefined;
    throw error;
  });
  return opened;
}

async function openHost(): Promise<Host> {
  return {
    name: 'browser',
    clock: () => performance.now() * 1e6,
    digest: await openDigest(),
    files: undefined,
    notes: browserNotes(),
    settings: { off: false, folder: undefined, devices: undefined, report: false, log: false },
    cores: navigator.hardwareConcurrency,
    warn: (line) => console.warn(`symbolic-sheet: ${line}`),
    onExit: () => () => {},
  };
}

/** Notes beside the page's other ones; none where storage is forbidden or full. */
function browserNotes(): Notes {
  const attempt = <R>(use: (storage: Storage) => R): R | undefined => {
    try {
      return use(localStorage);
    } catch {
      return undefined;
    }
  };
  return {
    get: (key) => attempt((storage) => storage.getItem(`symbolic-sheet ${key}`)) ?? undefined,
    set: (key, value) => attempt((storage) => storage.setItem(`symbolic-sheet ${key}`, value)),
  };
}

/** Content ids need BLAKE3, which is WebAssembly here. */
async function openDigest(): Promise<Digest> {
  const { openPortableDigest } = await import('./portable-digest.ts');
  try {
    return await openPortableDigest();
  } catch (error) {
    throw new UnavailableError(`open: content ids need WebAssembly, which does not run here (${String(error)}); allow 'wasm-unsafe-eval' for scripts in the page's content security policy.`, { reason: String(error) });
  }
}

/** A GPU and WASM where they are allowed, JavaScript always. The kernels are chunks of their own. */
export const browserDevices: FindDevices = async (settings, host) => {
  const { JsDevice } = await import('../backend/js.ts');
  const devices: Device[] = [new JsDevice()];
  const absent: DeviceReport[] = [];
  const { wasm, refusal } = await openWasm(devices[0] as JsDevice, settings);
  if (wasm !== undefined) devices.push(wasm);
  else absent.push({ name: 'wasm', found: false, detail: refusal });
  const isWanted = (name: string): boolean => settings.devices === undefined || settings.devices.includes(name);
  const gpu = isWanted('webgpu') ? await pageGpu(settings, host) : undefined;
  if (gpu !== undefined && 'found' in gpu) absent.push(gpu);
  else if (gpu !== undefined) devices.push(gpu);
  if (settings.tf === undefined && isWanted('tensorflow')) absent.push({ name: 'tensorflow', found: false, detail: 'none was passed, and a page has no packages to look for; pass yours, open({ tf })' });
  if (settings.tf !== undefined && isWanted('tensorflow')) {
    const { openTensorflowBeside } = await import('../backend/tensorflow/shared.ts');
    const tf = openTensorflowBeside(gpu, settings.tf, wasm ?? devices[0] as JsDevice).catch((error: unknown) => {
      for (const device of devices) device.close();
      throw error;
    });
    devices.push(await tf);
  }
  return { devices, absent, leftOut: ['webgpu', 'tensorflow'].filter((name) => !isWanted(name)), ...(wasm !== undefined && { memory: wasm.memory }) };
};

/** A function that makes a vector. Kernels are compiled when they are first used: too late to find out. */
const VECTOR_MODULE = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11);

async function openWasm(js: JsDevice, settings: Settings): Promise<{ wasm: WasmDevice | undefined; refusal: string }> {
  if (!WebAssembly.validate(VECTOR_MODULE)) return { wasm: undefined, refusal: 'WebAssembly has no SIMD here; use a recent browser' };
  try {
    const [{ WasmDevice }, { browserThreads }] = await Promise.all([import('../backend/wasm.ts'), import('./browser-threads.ts')]);
    return { wasm: new WasmDevice(js, { threads: settings.threads, host: await browserThreads(settings.threads), roomBytes: settings.budgetBytes }), refusal: '' };
  } catch (error) {
    return { wasm: undefined, refusal: `WebAssembly refused: ${String(error)}; where memory is short, open({ budgetBytes }) with less` };
  }
}

/** The page's GPU. */
async function pageGpu(settings: Settings, host: Host): Promise<Device | DeviceReport> {
  const { adapterSource, openGpu } = await import('./gpu-adapter.ts');
  const { gpu } = navigator as { readonly gpu?: GPU };
  const reason = 'this browser has no WebGPU here; use a recent one, on a secure page (https or localhost)';
  return openGpu(async () => (gpu === undefined ? { found: false, reason } : adapterSource(gpu, 'allow hardware acceleration in the browser')), settings, host);
}
