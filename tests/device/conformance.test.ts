// Devices whose results lie in RAM against the suite that every device passes: JavaScript, WebAssembly and BLAS; and
// what the suite notices of a device that breaks its contract.
import { describe, expect, it } from 'vitest';
import type { Task } from '../../src/core/device/device.ts';
import { BlasDevice } from '../../src/core/device/blas/device.ts';
import { JsDevice } from '../../src/core/device/js/device.ts';
import { WasmDevice } from '../../src/core/device/wasm/device.ts';
import type { Block } from '../../src/core/tensor/block.ts';
import { nodeThreads } from '../../src/host/node/threads.ts';
import { deviceConformance } from '../../src/testing/device.ts';
import { AddingDevice } from '../kit/example/device.ts';
import { openAnyBlas } from '../host/any-blas.ts';
import { extent } from '../run/extent.ts';
import { conforms } from './conforms.ts';

const blas = await openAnyBlas();

describe('the JavaScript device', () =>
  conforms(deviceConformance(() => new JsDevice(), { computes: () => true, tasksPerDType: extent(2, 6) })));

describe('the WebAssembly device', () =>
  conforms(
    deviceConformance(() => new WasmDevice(new JsDevice(), { threads: 2, host: nodeThreads(), roomBytes: 1 << 26 }), {
      computes: ({ kernel }) => kernel.skeleton !== 'direct' && kernel.skeleton !== 'steps',
      ram: (device) => (device as WasmDevice).linearMemory,
      tasksPerDType: extent(4, 9),
    }),
  ));

describe.skipIf(!blas.found)(`the BLAS device${blas.found ? '' : `: ${blas.reason}`}`, () => {
  if (!blas.found) return;
  const isTame = ({ operands }: Task): boolean =>
    operands.every(({ array }) =>
      Array.from(array as Iterable<number | bigint>, Number).every((x) => Math.abs(x) < 1e6),
    );
  // Products of huge numbers overflow or not by the order of their terms.
  conforms(
    deviceConformance(() => new BlasDevice(blas), {
      computes: ({ kernel }) => kernel.skeleton === 'contract',
      tasksPerDType: extent(4, 9),
      leavesOut: (task) => !isTame(task),
    }),
  );
});

describe('the suite', () => {
  /** The first failure of a device. */
  async function failureOf(change: Partial<Record<keyof AddingDevice, unknown>>): Promise<unknown> {
    for (const { run, skip } of deviceConformance(() => Object.assign(new AddingDevice(), change), {
      dtypes: ['float32'],
      tasksPerDType: 8,
    })) {
      try {
        if (skip === undefined) await run();
      } catch (error) {
        return error;
      }
    }
    return undefined;
  }

  it('passes what keeps the contract, and notices what does not', async () => {
    expect(await failureOf({})).toBeUndefined();
    expect(await failureOf({ supports: () => '' })).toMatchObject({
      code: 'CONFORMANCE',
      message: expect.stringContaining('is no reason'),
    });
    expect(await failureOf({ supports: () => 'it is tired' })).toMatchObject({
      message: 'adder refuses every task there is.',
    });
    expect(
      await failureOf({ run: (_: unknown, out: Block) => void (out.array as Float32Array).fill(0) }),
    ).toMatchObject({ message: expect.stringContaining('has not the bits') });
    expect(
      await failureOf({ exact: false, run: (_: unknown, out: Block) => void (out.array as Float32Array).fill(0) }),
    ).toMatchObject({ message: expect.stringMatching(/off by .* epsilons/) });
    expect(await failureOf({ estimateNs: () => Number.NaN })).toMatchObject({
      message: expect.stringContaining('positive number'),
    });
    expect(await failureOf({ run: async () => {} })).toMatchObject({ code: 'CONFORMANCE' });
  });
});
