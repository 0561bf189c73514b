// Loops that only await are given turns of the event loop and keep little; sheets that nobody closed end their threads.
import { describe, expect, it, vi } from 'vitest';
import { JsDevice } from '../../src/core/device/js/device.ts';
import { WasmDevice } from '../../src/core/device/wasm/device.ts';
import { nodeThreads } from '../../src/host/node/threads.ts';
import { SymbolicSheet } from '../../src/index.ts';
import { heapMemory, valueOf } from '../../src/core/tensor/block.ts';
import { tensorType } from '../../src/core/tensor/type.ts';
import { opNamed } from '../../src/core/ops/index.ts';
import { boundLineage } from '../../src/core/engine/relief.ts';
import type { Spawn } from '../../kernels/wasm/team/team.ts';
import { partsOf } from '../parts.ts';
import { LOOPS, openLoop } from '../soak/steps.ts';
import { collected } from './fixtures/collected.ts';

const MIB = 2 ** 20;

/** Steps of a loop; the soak takes ten million of each, in a process with a small heap. */
const STEPS = 3000;
/** Answers between two turns of the event loop. */
const TURN_ANSWERS = 1000;
/** The table is swept, and kept results let go, at a few thousand nodes instead of 65,536. */
const NODES = 2048;
const NODE_BYTES = 80;
/** What one chain keeps of its past. */
const CHAIN_NODES = 4096;

describe('a loop that takes no turn of the event loop by itself', () => {
  it.each(LOOPS.filter((kind) => kind !== 'sheets'))(
    '%s: is given a turn for every thousand answers, and the table holds no more than it may',
    async (kind) => {
      const isLineage = kind === 'lineage';
      const { sheet, step } = await openLoop(kind, NODES * NODE_BYTES);
      const { table } = partsOf(sheet);
      table.sweepWhenFull = () => table.size >= NODES && (table.sweep(), true);
      let turns = 0;
      let counting = setImmediate(function count() {
        turns++;
        counting = setImmediate(count);
      });
      let most = 0;
      for (let i = 0; i < (isLineage ? 3 : 1) * STEPS; i++) {
        await step(i);
        most = Math.max(most, table.size);
      }
      clearImmediate(counting);
      if (!isLineage) expect(turns).toBe(STEPS / TURN_ANSWERS);
      expect(most).toBeLessThan(1.1 * (isLineage ? CHAIN_NODES : NODES));
      await sheet.close();
    },
  );
});

/** Multiplies on two threads of a device that is not closed; nothing of it is left on the stack. */
async function computeAndForget(spawn: Spawn): Promise<void> {
  const device = new WasmDevice(new JsDevice(), { threads: 2, host: { ...nodeThreads(), spawn }, roomBytes: MIB });
  const type = tensorType('float32', [600, 600]);
  const operand = valueOf(type, device.linearMemory.take(type));
  await device.run(
    {
      row: opNamed('matmul'),
      attrs: { transposeA: false, transposeB: false, precision: 'float32' },
      operands: [operand, operand],
      type,
      numerics: 'exact',
    },
    heapMemory.take(type),
    'free',
  );
}

describe('a sheet that nobody closed', () => {
  it('has its threads ended when it is collected', async () => {
    let [started, ended] = [0, 0];
    const real = nodeThreads().spawn as Spawn;
    await computeAndForget((source, payload, events) => {
      started++;
      return real(source, payload, {
        ...events,
        exit: () => {
          ended++;
          events.exit();
        },
      });
    });
    expect(started).toBeGreaterThan(0);
    await collected(() => ended === started);
    expect(ended).toBe(started);
  });

  it('is refused thousands of threads, in words', async () => {
    await expect(SymbolicSheet.open({ threads: 2000 })).rejects.toMatchObject({
      code: 'ATTRIBUTE',
      message: expect.stringContaining('256'),
    });
  });
});

describe('limits of memory', () => {
  it('say LIMIT at the call, and how many bytes, where no array of the engine can hold a result', async () => {
    // As in Node 20, whatever runs this test.
    const engine = ArrayBuffer;
    vi.stubGlobal('ArrayBuffer', function asked(length: number, { maxByteLength = length } = {}): ArrayBuffer {
      if (maxByteLength > 2 ** 32) throw new RangeError('Invalid array buffer max length');
      return new engine(length);
    });
    try {
      await using sheet = await SymbolicSheet.open({ devices: ['js'] });
      const half = sheet.zeros([2 ** 31, 1], { dtype: 'uint8' });
      const calls: readonly [() => unknown, number][] = [
        [() => sheet.zeros([2 ** 31]), 2 ** 33],
        [() => sheet.zeros([2 ** 30 + 1], { dtype: 'float64' }), 2 ** 33 + 8],
        [() => half.astype('float32'), 2 ** 33],
        [() => half.astype('int32').sum(), 2 ** 33],
        [() => sheet.ones([2 ** 16, 1]).add(sheet.ones([2 ** 15])), 2 ** 33],
      ];
      for (const [call, sizeBytes] of calls)
        expect(call).toThrow(
          expect.objectContaining({
            code: 'LIMIT',
            message: expect.stringContaining(`takes ${sizeBytes} bytes, more than one array can hold`),
            details: expect.objectContaining({ sizeBytes }),
          }),
        );
      expect(sheet.zeros([2 ** 30]).size).toBe(2 ** 30);
      expect(process.memoryUsage().rss).toBeLessThan(2 ** 31);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it('count what kept results were made from: half of them go where that is more than a quarter of the budget', () => {
    const entries = [1, 2, 3, 4].map((node) => ({
      node,
      costNs: node,
      score: 0.5,
      hits: 0,
      touched: 0,
      value: { block: { sizeBytes: 1 } },
    }));
    const dropped: number[] = [];
    const store = { entries: () => entries as never, delete: (node: number) => dropped.push(node) > 0 };
    boundLineage({ store, table: { size: 1000 }, settings: { budgetBytes: 4 * MIB } });
    expect(dropped).toEqual([]);
    boundLineage({ store, table: { size: 100_000 }, settings: { budgetBytes: 4 * MIB } });
    expect(dropped).toEqual([1, 2]);
    // What was asked for lately and often stays, though it cost least: the order is that of the budget.
    Object.assign(entries[0] as object, { hits: 1000, touched: 1 });
    boundLineage({ store, table: { size: 100_000 }, settings: { budgetBytes: 4 * MIB } });
    expect(dropped.slice(2)).toEqual([2, 3]);
  });
});
