// A sheet with a watched GPU and TensorFlow.js on the same device, for tests.
import type * as Tf from '@tensorflow/tfjs-core';
import process from 'node:process';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { Device } from '../../src/core/device/device.ts';
import { JsDevice } from '../../src/core/device/js/device.ts';
import { openTensorflowBeside } from '../../src/core/device/tensorflow/shared.ts';
import { nodeHost } from '../../src/host/node/host.ts';
import { SymbolicSheet } from '../../src/index.ts';
import { openSheet } from '../../src/core/sheet/open.ts';
import type { OpenOptions } from '../../src/core/sheet/open-options.ts';
import { openWatched, type Watch } from '../gpu/watched-gpu.ts';
import { useSwiftShader } from '../gpu/swiftshader.ts';

/** tf's backend on the sheet's device. */
export const NAME = 'symbolic-sheet-webgpu';
export const SIDE = 32;
/** The largest readback that is only of proofs and times. */
const PROOF_BYTES = 1024;
export const noise = (count: number, seed = 1): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(i * 12.9898 + seed) / 2);
export const square = (seed: number): Float32Array => noise(SIDE * SIDE, seed);
export const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

export let tf: typeof Tf;
const unhandled: unknown[] = [];
const take = (reason: unknown): void => void unhandled.push(reason);

/** What a program does that computes with tf's WebGPU backend in Node. */
beforeAll(async () => {
  process.on('unhandledRejection', take);
  useSwiftShader();
  const { create, globals } = await import('webgpu');
  const gpu = create(['enable-dawn-features=disable_workgroup_init']);
  Object.assign(globalThis, globals, { tensorflowGpuKeptAlive: gpu });
  Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
  tf = await import('@tensorflow/tfjs-core');
  await import('@tensorflow/tfjs-backend-webgpu');
  await tf.setBackend('webgpu');
});
afterAll(() => {
  process.off('unhandledRejection', take);
  expect(unhandled).toEqual([]);
});

export interface SharedSheet {
  readonly sheet: SymbolicSheet;
  readonly onTf: ReturnType<SymbolicSheet['with']>;
  readonly onGpu: ReturnType<SymbolicSheet['with']>;
  readonly device: Device;
  readonly watch: Watch;
  /** What the sheet says of every call, as SYMBOLIC_SHEET_LOG=1 has it. */
  readonly log: string[];
}

const closing: SymbolicSheet[] = [];
afterEach(async () => {
  for (const sheet of closing.splice(0)) await sheet.close();
});

/** A sheet with a watched GPU, and tf beside it. */
export async function openShared(options: OpenOptions = {}): Promise<SharedSheet> {
  const { sheet: owner, device: gpu, watch } = await openWatched(options);
  const js = new JsDevice();
  const device = await openTensorflowBeside(gpu, tf, js);
  const log: string[] = [];
  const host = await nodeHost();
  const sheet = await openSheet(
    SymbolicSheet,
    { ...host, settings: { ...host.settings, log: true }, warn: (line) => void log.push(line) },
    {},
    async () => ({ devices: [js, gpu, device] }),
  );
  closing.push(sheet, owner);
  watch.readbacks.length = 0;
  return {
    sheet,
    onTf: sheet.with({ device: 'tensorflow' }),
    onGpu: sheet.with({ device: 'webgpu' }),
    device,
    watch,
    log,
  };
}

/** Readbacks that were not only of proofs and times. */
export const elementsRead = ({ watch }: SharedSheet): number =>
  watch.readbacks.filter((size) => size > PROOF_BYTES).length;
