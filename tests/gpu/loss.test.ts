// A GPU that goes away: at every point where the library waits for it, by refusing or dropping commands, for want of memory. Never a wrong result.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SymbolicSheet } from '../../src/index.ts';
import type { Entrance } from '../ops/samples.ts';
import { openWatched, type WatchedSheet } from './watched-gpu.ts';

const SIDE = 8;
const ELEMENTS = Float32Array.from({ length: SIDE * SIDE }, (_, i) => Math.sin(i) / 2);
const CHAIN = 1;

const unhandled: unknown[] = [];
const take = (reason: unknown): void => void unhandled.push(reason);
beforeAll(() => void process.on('unhandledRejection', take));
afterAll(() => void process.off('unhandledRejection', take));
beforeEach(() => void (unhandled.length = 0));

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

/** Computes, waits, reads, uploads, makes content ids: all elements read, one list. */
async function program(sheet: Entrance & Pick<SymbolicSheet, 'compute'>): Promise<number[]> {
  const read: number[] = [];
  for (let i = 0; i < CHAIN; i++) {
    const x = sheet.tensor(ELEMENTS.map((value) => value + i), [SIDE, SIDE]);
    const product = x.matmul(x);
    await sheet.compute(product);
    const scaled = product.multiply(0.25);
    const [sums, elements] = await Promise.all([scaled.sum({ axis: 0 }).data(), scaled.data()]);
    read.push(...(sums as Float32Array), ...(elements as Float32Array));
    await product.fingerprint();
  }
  return read;
}

let expected: readonly number[];
beforeAll(async () => {
  await using sheet = await SymbolicSheet.open({ devices: ['js'] });
  expected = await program(sheet);
});

function expectRight(read: readonly number[]): void {
  expect(read.length).toBe(expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  expect(Math.max(...read.map((x, i) => Math.abs(x - (expected[i] as number)))) / largest).toBeLessThan(1e-5);
}

/** What a loss must come to: right values, one line for people, nothing left over. */
async function expectRecovery({ sheet, gpu, watch, device }: WatchedSheet, losses = 1): Promise<void> {
  expectRight(await program(gpu));
  await turn();
  expect(watch.warnings.length, watch.warnings.join('\n')).toBe(losses);
  expect(watch.warnings[0]).toMatch(/^WebGPU: .*It is opened again; until then other devices compute, results are not affected\.$/);
  expect(sheet.core.counters.failures).toBe(0);
  expect(device.sharing.device, 'it is open again').toBe(watch.devices.at(-1));
  expect(watch.devices.length).toBe(losses + 1);
  await sheet.close();
  await turn();
  expect(unhandled).toEqual([]);
}

describe('a device that is lost', () => {
  it('at whatever point somebody waits for it is opened again, and every result is right', async () => {
    const kinds = new Set<string>();
    let waits = 0;
    let opened = await openWatched({}, { digests: 'device' });
    opened.watch.onWait = () => void waits++;
    expectRight(await program(opened.gpu));
    await opened.sheet.close();
    expect(waits).toBeGreaterThan(15);
    for (let at = 1; at <= waits; at++) {
      opened = await openWatched({}, { digests: 'device' });
      const { watch } = opened;
      let count = 0;
      watch.onWait = (what) => {
        if (++count !== at) return;
        kinds.add(what.replace(/\d+/, 'some'));
        (watch.devices[0] as GPUDevice).destroy();
      };
      await expectRecovery(opened);
    }
    expect([...kinds].sort()).toEqual(['after compiling', 'after errors', 'after reading some bytes', 'before compiling', 'before errors', 'before reading some bytes']);
  });

  it('between two demands takes nothing along that cannot be computed again', async () => {
    const { sheet, gpu, watch } = await openWatched();
    const x = gpu.tensor(ELEMENTS, [SIDE, SIDE]);
    const product = x.matmul(x);
    const doubled = product.multiply(2);
    await gpu.compute(product, doubled);
    const before = sheet.core.counters.kernelCalls;
    (watch.devices[0] as GPUDevice).destroy();
    await turn();
    const [p, d] = [await product.data(), await doubled.data()];
    expect([...d]).toEqual(Array.from(p as Float32Array, (value) => 2 * value));
    expect(sheet.core.counters.kernelCalls).toBeGreaterThan(before);
    // On the device that was opened again.
    await turn();
    const again = gpu.add(x, 1);
    await again.data();
    expect(again.explain().toString()).not.toContain('not on webgpu');
    await sheet.close();
  });

  it('again and again is left alone after a few times, with a reason', async () => {
    const { sheet, gpu, watch } = await openWatched({ cache: 'off' });
    for (let i = 0; i < 4; i++) {
      (watch.devices.at(-1) as GPUDevice).destroy();
      await turn();
      await turn();
      expectRight(await program(gpu));
    }
    expect(watch.devices.length).toBe(4);
    expect(watch.warnings.at(-1)).toMatch(/It happened too often: from now on other devices compute/);
    expect(sheet.devices().find(({ name }) => name === 'webgpu')?.detail).toContain('not in use');
    expect(() => sheet.gpuDevice()).toThrow(expect.objectContaining({ code: 'UNAVAILABLE' }));
    await sheet.close();
  });

  it('and cannot be opened again leaves the work to the others', async () => {
    const { sheet, gpu, watch } = await openWatched();
    watch.onReopen = () => {
      throw new TypeError('no GPU answers any more');
    };
    (watch.devices[0] as GPUDevice).destroy();
    await turn();
    expectRight(await program(gpu));
    expect(sheet.devices().find(({ name }) => name === 'webgpu')?.detail).toContain('no GPU answers any more');
    await sheet.close();
    expect(unhandled).toEqual([]);
  });
});

describe('a device that refuses', () => {
  it('a command of anybody on it is not trusted any further', async () => {
    const opened = await openWatched();
    opened.sheet.gpuDevice().createBuffer({ size: 16, usage: 0x3 }); // two usages that exclude each other
    await turn();
    await expectRecovery(opened);
  });

  it.each([1, 2, 3, 4, 5, 6])('is caught when it drops submission %i without a word', async (at) => {
    const opened = await openWatched({}, { digests: 'device' });
    let count = 0;
    opened.watch.drops = () => ++count === at;
    await expectRecovery(opened);
    expect(opened.watch.warnings[0]).toContain('dropped commands');
  });

  it('for want of memory goes on with half the budget', async () => {
    const opened = await openWatched({ gpuBudgetBytes: 1 << 24 });
    const error = Object.assign(new (class GPUOutOfMemoryError extends Error {})('no memory'), {});
    opened.watch.devices[0]?.dispatchEvent(Object.assign(new Event('uncapturederror'), { error }));
    await turn();
    expect(opened.device.deviceMemory.budgetBytes).toBe(1 << 23);
    await expectRecovery(opened);
    expect(opened.watch.warnings[0]).toContain('no memory left');
  });
});

describe('a process', () => {
  it('whose GPU is lost, and which never closes its sheet, ends by itself', async () => {
    const run = promisify(execFile);
    const { stdout, stderr } = await run(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'losing-process.ts')], { timeout: 60_000 });
    expect(stdout.trim()).toBe('4 4 | 4 4');
    expect(stderr).toMatch(/symbolic-sheet: WebGPU: the device was lost/);
  });
});
