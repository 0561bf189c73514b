// WebGPU in Node: the `webgpu` package (Dawn), an optional peer that a program installs where it wants a GPU.
import type { GpuSource } from '../backend/webgpu/device.ts';
import { adapterSource } from './gpu-adapter.ts';

/** What was found, or why there is nothing and what to do. */
export type GpuFinding = { readonly found: true; readonly source: GpuSource } | { readonly found: false; readonly reason: string };

interface DawnModule {
  create(options: readonly string[]): GPU;
}

/** Dawn crashes when what `create` made is collected, even while its devices live: kept for as long as the process. */
const KEPT = Symbol.for('symbolic-sheet.dawn');

/** Kernels write workgroup memory before they read it; zeroing it first makes their compilation ten times slower. */
const TOGGLES = 'enable-dawn-features=disable_workgroup_init';

/** Opens the adapter that Dawn prefers. */
export async function findGpu(): Promise<GpuFinding> {
  const dawn = await loadDawn();
  if (typeof dawn === 'string') return { found: false, reason: dawn };
  const kept = globalThis as { [KEPT]?: GPU };
  kept[KEPT] ??= dawn.create([TOGGLES]);
  return adapterSource(kept[KEPT], 'install a driver for Vulkan (Linux), Metal is part of macOS, Direct3D 12 of Windows');
}

async function loadDawn(): Promise<DawnModule | string> {
  const name = 'webgpu';
  try {
    return await import(name) as DawnModule;
  } catch (error) {
    const missing = (error as { code?: string }).code === 'ERR_MODULE_NOT_FOUND';
    return missing ? 'the package "webgpu" is not installed; run npm install webgpu to compute on a GPU' : `the package "webgpu" does not load: ${String(error)}; reinstall it`;
  }
}
