// The browser host: no files, no environment, threads where the page may share memory; BLAKE3 in WASM, or JavaScript.
import type { Device, DeviceReport } from '../../core/device/device.ts';
import type { Host, Notes } from '../../core/env.ts';
import type { FindDevices } from '../../core/sheet/open.ts';
import type { Settings } from '../../core/sheet/options.ts';
import { pageCores } from './cores.ts';
import { type Remedies, openWasm } from '../wasm-opening.ts';

let opened: Promise<Host> | undefined;

/** The host of this page or worker. */
export function browserHost(): Promise<Host> {
  opened ??= openHost().catch((error: unknown) => {
    // What did not load may load the next time.
    opened = undefined;
    throw error;
  });
  return opened;
}

async function openHost(): Promise<Host> {
  const { openPortableDigest } = await import('../portable-digest.ts');
  return {
    name: 'browser',
    clock: () => performance.now() * 1e6,
    digest: await openPortableDigest(),
    files: undefined,
    notes: browserNotes(),
    settings: { off: false, folder: undefined, devices: undefined, report: false, log: false },
    cores: pageCores(),
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

const REMEDIES: Remedies = { allow: "allow 'wasm-unsafe-eval' for scripts in the content security policy of the page", recent: 'use a recent browser' };

/** A GPU and WASM where they are allowed, JavaScript always. The kernels are chunks of their own. */
export const browserDevices: FindDevices = async (settings, host) => {
  const [{ JsDevice }, { pageTurns }] = await Promise.all([import('../../core/device/js/device.ts'), import('./threads.ts')]);
  const js = new JsDevice(pageTurns);
  const devices: Device[] = [js];
  const absent: DeviceReport[] = [];
  const isWanted = (name: string): boolean => settings.devices === undefined || settings.devices.includes(name);
  const { wasm, refusal } = isWanted('wasm') ? await openWasm(js, settings, async () => (await import('./threads.ts')).browserThreads(settings.threads), REMEDIES) : {};
  if (wasm !== undefined) devices.push(wasm);
  if (refusal !== undefined) absent.push(refusal);
  const gpu = isWanted('webgpu') ? await pageGpu(settings, host) : undefined;
  if (gpu !== undefined && 'found' in gpu) absent.push(gpu);
  else if (gpu !== undefined) devices.push(gpu);
  if (settings.tf === undefined && isWanted('tensorflow')) absent.push({ name: 'tensorflow', found: false, detail: 'none was passed, and a page has no packages to look for; pass yours, open({ tf })' });
  if (settings.tf !== undefined && isWanted('tensorflow')) {
    const { openTensorflowBeside } = await import('../../core/device/tensorflow/shared.ts');
    const tf = openTensorflowBeside(gpu, settings.tf, wasm ?? js).catch((error: unknown) => {
      for (const device of devices) device.close();
      throw error;
    });
    devices.push(await tf);
  }
  return { devices, absent, leftOut: ['wasm', 'webgpu', 'tensorflow'].filter((name) => !isWanted(name)), ...(wasm !== undefined && { memory: wasm.memory }) };
};

/** The page's GPU. */
async function pageGpu(settings: Settings, host: Host): Promise<Device | DeviceReport> {
  const { adapterSource, openGpu } = await import('../gpu-adapter.ts');
  const { gpu } = ((globalThis as { readonly navigator?: Navigator }).navigator ?? {}) as { readonly gpu?: GPU };
  const reason = 'this browser has no WebGPU here; use a recent one, on a secure page (https or localhost)';
  return openGpu(async () => (gpu === undefined ? { found: false, reason } : adapterSource(gpu, 'allow hardware acceleration in the browser')), settings, host);
}
