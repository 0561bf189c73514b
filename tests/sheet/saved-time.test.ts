// Time that is said to be saved is time that the same program takes without the cache.
import { performance } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import { SymbolicSheet } from '../../src/index.ts';

/** Milliseconds of a thousand equal products, and what was said to be saved. */
async function products(n: number, cache: 'on' | 'off'): Promise<{ ms: number; savedMs: number }> {
  await using sheet = await SymbolicSheet.open({ cache });
  const a = sheet.tensor(new Float32Array(n * n).fill(0.5), [n, n]);
  const start = performance.now();
  for (let i = 0; i < 1000; i++) await a.matmul(a).data();
  return { ms: performance.now() - start, savedMs: sheet.stats().counters.savedNs / 1e6 };
}

describe('time saved', () => {
  it.each([16, 64, 200])('is at most what a thousand products of side %i take without the cache', async (n) => {
    const { savedMs } = await products(n, 'on');
    const { ms } = await products(n, 'off');
    expect(savedMs).toBeGreaterThan(0);
    expect(savedMs).toBeLessThan(1.1 * ms + 20);
  }, 60_000);
});
