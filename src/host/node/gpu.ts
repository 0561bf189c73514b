// WebGPU in Node: the `webgpu` package (Dawn), an optional peer that a program installs where it wants a GPU.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { adapterSource, type GpuFinding } from '../gpu-adapter.ts';
import { importPackage, isInstalled } from './packages.ts';

interface DawnModule {
  create(options: readonly string[]): GPU;
}

/** Dawn crashes when what `create` made is collected, even while its devices live: kept for as long as the process. */
const KEPT = Symbol.for('symbolic-sheet.dawn');

/**
 * Kernels write workgroup memory before they read it; zeroing it first makes their compilation ten times slower. Matrix
 * units are offered only beside what Dawn calls unsafe, of which nothing else is asked for. Times are wanted finer than
 * 0.1 ms.
 */
const TOGGLES = [
  'enable-dawn-features=disable_workgroup_init,allow_unsafe_apis',
  'disable-dawn-features=timestamp_quantization',
];

/** Opens the adapter that Dawn prefers. */
export async function findGpu(): Promise<GpuFinding> {
  const missing = missingParts(isInstalled('webgpu'), mayHaveVulkan());
  if (missing !== undefined) return { found: false, reason: missing };
  const dawn = await loadDawn();
  if (typeof dawn === 'string') return { found: false, reason: dawn };
  const kept = globalThis as { [KEPT]?: GPU };
  kept[KEPT] ??= dawn.create(TOGGLES);
  return adapterSource(
    kept[KEPT],
    'install a driver for Vulkan (Linux), Metal is part of macOS, Direct3D 12 of Windows',
  );
}

/** What a GPU needs and is not there, all of it at once; undefined where nothing is missing. */
export function missingParts(hasPackage: boolean, hasLoader: boolean): string | undefined {
  const parts = [
    ...(hasPackage ? [] : [{ what: 'the package "webgpu" is not installed', step: 'run npm install webgpu' }]),
    ...(hasLoader
      ? []
      : [
          {
            what: 'there is no Vulkan loader (libvulkan.so.1)',
            step: 'install it and the driver of the GPU (Debian, Ubuntu: libvulkan1)',
          },
        ]),
  ];
  return parts.length === 0
    ? undefined
    : `${parts.map(({ what }) => what).join(', and ')}; ${parts.map(({ step }) => step).join(', and ')}`;
}

async function loadDawn(): Promise<DawnModule | string> {
  try {
    return (await importPackage('webgpu')) as DawnModule;
  } catch (error) {
    return `the package "webgpu" does not load: ${String(error)}; reinstall it`;
  }
}

const LIBRARY_FOLDERS = [
  '/lib',
  '/usr/lib',
  '/lib64',
  '/usr/lib64',
  '/usr/local/lib',
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib/aarch64-linux-gnu',
  '/run/opengl-driver/lib',
];

/** Dawn complains on stderr where Linux has no Vulkan; it is not asked then. */
function mayHaveVulkan(): boolean {
  const { platform, env } = process;
  if (platform !== 'linux' || env['VK_ICD_FILENAMES'] !== undefined || env['VK_DRIVER_FILES'] !== undefined)
    return true;
  const named = (env['LD_LIBRARY_PATH'] ?? '').split(':').filter((folder) => folder !== '');
  return [...named, ...LIBRARY_FOLDERS].some((folder) => existsSync(join(folder, 'libvulkan.so.1')));
}
