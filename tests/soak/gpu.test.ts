// Long loops on a GPU: its memory, the process and the table stay where they are over a hundred thousand results.
import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/index.ts';
import { openWatched } from '../gpu/watched-gpu.ts';
import { untilShareEnds } from './time.ts';

const OPERATIONS = 100_000;
const BUDGET_BYTES = 1 << 22;
const COUNT = 4096;
const BATCH = 10;
const MEGABYTE = 2 ** 20;

describe('a hundred thousand results on a GPU', () => {
  it('stay within its budget, leak nothing and are right', { timeout: 3_600_000 }, async () => {
    const { sheet, gpu, device, watch } = await openWatched({
      gpuBudgetBytes: BUDGET_BYTES,
      budgetBytes: 64 * MEGABYTE,
      trace: { maxEvents: 20_000, digests: 'none' },
    });
    const x = gpu.tensor(Float32Array.from({ length: COUNT }, (_, i) => i));
    const isOver = untilShareEnds();
    let settledBytes = Infinity;
    let asked: Tensor[] = [];
    for (let i = 0; i < OPERATIONS && !isOver(); i++) {
      const y = x.multiply(i % 1000).add(i);
      asked.push(y);
      if (asked.length === BATCH) {
        await gpu.compute(...asked);
        asked = [];
      }
      if (i % 1000 === 999) {
        expect(((await y.data()) as Float32Array)[2]).toBe(2 * 999 + i);
        expect(watch.bytes).toBeLessThanOrEqual(BUDGET_BYTES + MEGABYTE);
        watch.readbacks.length = 0;
        // Collected handles are told to the registry between tasks only.
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (i === OPERATIONS / 4) settledBytes = process.memoryUsage().rss;
    }
    expect(watch.mostBytes).toBeLessThanOrEqual(BUDGET_BYTES + MEGABYTE);
    expect(device.memory.gpu.demotions).toBeGreaterThan(0);
    expect(process.memoryUsage().rss - settledBytes).toBeLessThan(128 * MEGABYTE);
    expect(watch.warnings).toEqual([]);
    await sheet.close();
  });
});
