// The browser host: no files, no environment, threads where the page may share memory; BLAKE3 in WASM, or JavaScript.
import type { TeamHost } from '../../../kernels/wasm/team/team.ts';
import type { Device } from '../../core/device/device.ts';
import type { SharedTensorflowDevice } from '../../core/device/tensorflow/shared.ts';
import type { TensorflowDevice } from '../../core/device/tensorflow/device.ts';
import type { WebgpuDevice } from '../../core/device/webgpu/device.ts';
import type { Host, Notes } from '../../core/env.ts';
import type { FindDevices } from '../../core/sheet/open.ts';
import type { Settings } from '../../core/engine/settings.ts';
import type { TensorflowModule } from '../../core/ops/mapping/tensorflow-module.ts';
import { deviceIn, Finding, type Found } from '../finding.ts';
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
    settings: { off: false, store: 'off', folder: undefined, devices: undefined, report: false, log: false },
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

const REMEDIES: Remedies = {
  allow: "allow 'wasm-unsafe-eval' for scripts in the content security policy of the page",
  recent: 'use a recent browser',
};

const SOUGHT = ['wasm', 'webgpu', 'tensorflow'];
const NO_TF = 'none was passed, and a page has no packages to look for; pass yours, open({ tf })';

/** A GPU and WASM where they are allowed, JavaScript always. The kernels are chunks of their own. */
export const browserDevices: FindDevices = async (settings, host) => {
  const [{ JsDevice }, { pageTurns }] = await Promise.all([
    import('../../core/device/js/device.ts'),
    import('./threads.ts'),
  ]);
  const js = new JsDevice(pageTurns);
  const isWanted = (name: string): boolean => settings.devices === undefined || settings.devices.includes(name);
  const finding = new Finding(SOUGHT, isWanted);
  finding.add(js);
  const findThreads = async (): Promise<TeamHost> => (await import('./threads.ts')).browserThreads(settings.threads);
  const { wasm, refusal } = isWanted('wasm') ? await openWasm(js, settings, findThreads, REMEDIES) : {};
  finding.addWasm(wasm ?? refusal);
  const gpu = isWanted('webgpu') ? await pageGpu(settings, host) : undefined;
  finding.addGpu(gpu);
  if (isWanted('tensorflow'))
    finding.addTensorflow(
      await pageTf(settings.tf, deviceIn(gpu), wasm ?? js).catch((error: unknown) => {
        finding.close();
        throw error;
      }),
    );
  return finding;
};

/** The TensorFlow.js that was passed. */
async function pageTf(
  tf: TensorflowModule | undefined,
  gpu: WebgpuDevice | undefined,
  fallback: Device,
): Promise<Found<TensorflowDevice | SharedTensorflowDevice>> {
  if (tf === undefined) return { name: 'tensorflow', found: false, detail: NO_TF };
  const { openTensorflowBeside } = await import('../../core/device/tensorflow/shared.ts');
  return openTensorflowBeside(gpu, tf, fallback);
}

/** The page's GPU. */
async function pageGpu(settings: Settings, host: Host): Promise<Found<WebgpuDevice>> {
  const { adapterSource, openGpu } = await import('../gpu-adapter.ts');
  const { gpu } = ((globalThis as { readonly navigator?: Navigator }).navigator ?? {}) as { readonly gpu?: GPU };
  const reason = 'this browser has no WebGPU here; use a recent one, on a secure page (https or localhost)';
  return openGpu(
    async () =>
      gpu === undefined ? { found: false, reason } : adapterSource(gpu, 'allow hardware acceleration in the browser'),
    settings,
    host,
  );
}
