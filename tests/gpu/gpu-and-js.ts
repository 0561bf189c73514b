// One sheet that computes on the GPU and on its JavaScript reference, to hold one against the other.
import { SymbolicSheet } from '../../src/index.ts';
import type { Entrance } from '../ops/samples.ts';
import { useOneDevice } from './one-device.ts';

/** A sheet that reuses nothing, with a view of each device. */
export async function openGpuAndJs(): Promise<{
  readonly sheet: SymbolicSheet;
  readonly gpu: Entrance;
  readonly js: Entrance;
}> {
  await useOneDevice();
  const sheet = await SymbolicSheet.open({ devices: ['webgpu', 'wasm', 'js'], cache: 'off', budgetBytes: 1 << 26 });
  return { sheet, gpu: sheet.with({ device: 'webgpu' }), js: sheet.with({ device: 'js' }) };
}
