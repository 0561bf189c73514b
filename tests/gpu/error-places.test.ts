// An error of a read from a GPU names the line of the program whose call it was, and the functions that read it.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SymbolicSheet, type SheetError, type Tensor } from '../../src/index.ts';
import { USAGE } from '../../src/core/device/webgpu/memory/buffers.ts';
import type { Sheet } from '../../src/core/sheet/sheet.ts';
import { useOneDevice } from './one-device.ts';

let sheet: SymbolicSheet;
beforeAll(async () => {
  await useOneDevice();
  sheet = await SymbolicSheet.open({ devices: ['webgpu', 'js'], device: 'webgpu', policy: { finite: 'deny' } });
});
afterAll(() => sheet.close());

const lineOf = (marker: Error): string => /error-places\.test\.ts:(\d+)/.exec(marker.stack as string)?.[0] as string;

/** A tensor that cannot be read, and the line that made it. */
type Failing = (on: Sheet) => { readonly x: Tensor; readonly line: string };

/** Operands that lie on the GPU. */
function onGpu(on: Sheet, values: readonly number[], shape: readonly number[]): Tensor {
  const array = new Float32Array(Math.ceil(values.length / 4) * 4);
  array.set(values);
  const usage = USAGE.STORAGE | USAGE.COPY_SRC | USAGE.COPY_DST;
  const buffer = on.gpuDevice().createBuffer({ size: array.byteLength, usage });
  on.gpuDevice().queue.writeBuffer(buffer, 0, array);
  return on.tensor(buffer, shape);
}

const FAILING: Readonly<Record<string, Failing>> = {
  'a law on what the GPU gave': (on) => {
    const [x, here] = [onGpu(on, [0, 1], [2]).log(), new Error('here')];
    return { x, line: lineOf(here) };
  },
  'a law on a large result': (on) => {
    const [x, here] = [on.zeros([40_000]).reciprocal(), new Error('here')];
    return { x, line: lineOf(here) };
  },
  'a system that has no solution, which is not computed there': (on) => {
    const [x, here] = [on.solve(onGpu(on, [1, 1, 1, 1], [2, 2]), onGpu(on, [1, 2], [2])), new Error('here')];
    return { x, line: lineOf(here) };
  },
};

const READS: Readonly<Record<string, (x: Tensor) => Promise<unknown>>> = {
  data: (x) => x.data(),
  'what is made from it': (x) => x.add(1).exp().data(),
  compute: (x) => sheet.compute(x),
  fingerprint: (x) => x.fingerprint(),
  gpuBuffer: (x) => x.gpuBuffer(),
};

async function reading(read: () => Promise<unknown>): Promise<SheetError> {
  try {
    await read();
  } catch (error) {
    return error as SheetError;
  }
  throw new TypeError('nothing failed');
}

it.each(Object.keys(FAILING).flatMap((what) => Object.keys(READS).map((by) => [what, by] as const)))(
  'names the call: %s, by %s',
  async (what, by) => {
    for (const view of [sheet, sheet.with({ cache: 'off' })]) {
      const { x, line } = FAILING[what]!(view);
      const error = await reading(() => READS[by]!(x));
      expect(error.message).toContain(`It was called at ${line}.`);
      expect(String(error.details['calledAt'])).toContain(line);
      expect(error.stack?.startsWith(`${error.name}: ${error.message}\n    at `)).toBe(true);
      expect(error.stack).toContain('reading');
      expect(error.stack).not.toContain('/src/');
    }
  },
);
