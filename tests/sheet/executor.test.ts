// Executors pass one suite: a sheet, whatever device it computes on, and an interpreter that keeps nothing.
import { describe, expect, it } from 'vitest';
import type { Executor } from '../../src/core/executor.ts';
import { SUM } from '../../src/core/ops/named.ts';
import { sheetExecutor } from '../../src/core/sheet/executor.ts';
import type { Tensor } from '../../src/core/handle/tensor.ts';
import { type OpenOptions, SymbolicSheet } from '../../src/index.ts';
import { conforms } from '../device/conforms.ts';
import { executorConformance } from '../../src/testing/executor.ts';

const open = (options: OpenOptions) => async (): Promise<Executor<Tensor>> =>
  sheetExecutor(await SymbolicSheet.open(options));

const EXECUTORS: Readonly<Record<string, OpenOptions>> = {
  'a sheet on js': { devices: ['js'] },
  'a sheet on wasm': { devices: ['wasm', 'js'] },
  'a sheet that reuses nothing': { devices: ['js'], cache: 'off' },
  'a sheet that computes at once': { devices: ['js'], eager: true },
};

describe.each(Object.entries(EXECUTORS))('%s as an executor', (_, options) => {
  conforms(executorConformance(open(options)));
});

describe('the suite of executors', () => {
  const broken: Readonly<Record<string, (executor: Executor<Tensor>) => Partial<Executor<Tensor>>>> = {
    'that forgets attributes': (executor) => ({
      call: (op, operands, attrs, numerics) =>
        executor.call(op, operands, op === SUM.name ? { ...attrs, axis: [1] } : attrs, numerics),
    }),
    'that computes another op': (executor) => ({
      call: (op, operands, attrs, numerics) => executor.call(op === 'add' ? 'subtract' : op, operands, attrs, numerics),
    }),
    'that reads something else': () => ({ read: async (_, use) => use(new Float32Array(4)) }),
    'that says another type': (executor) => ({ typeOf: (handle) => ({ ...executor.typeOf(handle), shape: [4] }) }),
    'that throws what is no error of ours': (executor) => ({
      call: (...args) => {
        try {
          return executor.call(...args);
        } catch {
          throw new TypeError('no');
        }
      },
    }),
  };

  it.each(Object.entries(broken))('notices one %s', async (_, breaking) => {
    const cases = executorConformance(async () => {
      const executor = await open({ devices: ['js'] })();
      return { ...executor, ...breaking(executor) };
    });
    const failed = await Promise.all(
      cases.map(({ run }) =>
        run().then(
          () => false,
          () => true,
        ),
      ),
    );
    expect(failed).toContain(true);
  });
});
