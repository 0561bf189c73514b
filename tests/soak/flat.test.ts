// Long loops: memory stays where it is over millions of operations nobody asks for twice.
import { describe, expect, it } from 'vitest';
import { SymbolicSheet } from '../../src/index.ts';
import { loopSteps, untilShareEnds } from './time.ts';

const BATCH = 100_000;
const SETTLE_BATCHES = 20;
const MEGABYTE = 2 ** 20;

describe('millions of distinct operations', () => {
  it('leave the table, the store and the process flat', async () => {
    const sheet = await SymbolicSheet.open({
      budgetBytes: 64 * MEGABYTE,
      trace: { maxEvents: 20_000, digests: 'none' },
    });
    const x = sheet.tensor(new Float32Array(16).fill(1));
    const isOver = untilShareEnds();
    let settledBytes = Infinity;
    for (let batch = 0; batch * BATCH < loopSteps && !isOver(); batch++) {
      for (let i = 0; i < BATCH; i++) {
        const y = x.add(batch * BATCH + i);
        if (i % 1000 === 0) await y.data();
        else await y;
      }
      // Collected handles are told to the registry between tasks only.
      await new Promise((resolve) => setImmediate(resolve));
      if (batch === SETTLE_BATCHES) settledBytes = process.memoryUsage().rss;
    }
    const { nodes, sizeBytes } = sheet.stats();
    expect(nodes).toBeLessThan(1_000_000);
    expect(sizeBytes).toBeLessThanOrEqual(64 * MEGABYTE);
    expect(process.memoryUsage().rss - settledBytes).toBeLessThan(96 * MEGABYTE);
    await sheet.close();
  });
});
