// The main job on a GPU: the plain program, the same accuracies.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Fit, sweep } from '../../examples/mnist-sweep.ts';
import { readDigits } from '../../examples/lib/mnist.ts';
import { SymbolicSheet, UnavailableError } from '../../src/index.ts';
import { useSwiftShader } from './swiftshader.ts';
import { partsOf } from '../parts.ts';

const GRID = { features: 48, scales: [0.05, 0.1], lambdas: [1e-3, 1e-1], folds: 3 };
const digits = readDigits('train', 240);
let gpu: SymbolicSheet;
let cpu: SymbolicSheet;

beforeAll(async () => {
  useSwiftShader();
  gpu = await SymbolicSheet.open({ device: 'webgpu' });
  cpu = await SymbolicSheet.open({ class: 'exact' });
});
afterAll(() => Promise.all([gpu.close(), cpu.close()]));

const accuracies = (fits: readonly Fit[]): number[] => fits.map(({ accuracy }) => accuracy);

it('gives the accuracies of the CPU on the GPU, and finds all of it again', async () => {
  const [onGpu, onCpu] = [await sweep(gpu, digits, GRID), await sweep(cpu, digits, GRID)];
  // A digit between two classes may fall to the other side.
  accuracies(onCpu).forEach((accuracy, i) =>
    expect(Math.abs(accuracies(onGpu)[i]! - accuracy)).toBeLessThanOrEqual(1 / 80),
  );
  const used = partsOf(gpu)
    .recorder.records()
    .filter((record) => record.kind === 'answer' && record.device === 'webgpu');
  expect(used.length, 'most of it ran on the GPU').toBeGreaterThan(100);
  const before = gpu.stats().counters.flops;
  expect(accuracies(await sweep(gpu, digits, GRID))).toEqual(accuracies(onGpu));
  expect(gpu.stats().counters.flops - before, 'next to nothing was computed again').toBeLessThan(before / 50);
}, 120_000);

it('is refused by name where there is no such device, with what to do', async () => {
  await expect(SymbolicSheet.open({ device: 'abacus' })).rejects.toThrow(UnavailableError);
  await expect(SymbolicSheet.open({ device: 'abacus' })).rejects.toThrow(/Found: js, wasm/);
});
