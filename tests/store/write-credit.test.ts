// What writing results may take of a program that never finds one again: one part in a hundred of its time.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WriteCredit, writeNs } from '../../src/core/engine/write-credit.ts';

interface Result {
  readonly sizeBytes: number;
  readonly ownNs: number;
  readonly isDemanded?: boolean;
}

/** Results one after another, each computed when the one before was written; answers what writing took of all. */
function shareOfWriting(results: readonly Result[]): { share: number; written: number } {
  const credit = new WriteCredit();
  let [elapsedNs, spentNs, written] = [0, 0, 0];
  for (const { sizeBytes, ownNs, isDemanded } of results) {
    elapsedNs += ownNs;
    const isDue =
      isDemanded === true
        ? credit.spendDemanded(sizeBytes, ownNs, 0, elapsedNs)
        : credit.spend(sizeBytes, ownNs, elapsedNs);
    if (!isDue) continue;
    spentNs += writeNs(sizeBytes);
    elapsedNs += writeNs(sizeBytes);
    written++;
  }
  return { share: spentNs / elapsedNs, written };
}

describe('results that are offered to stores below RAM', () => {
  it('take at most one part in a hundred of a program, whatever they cost and however large they are', () => {
    const result = fc.record({
      sizeBytes: fc.nat(1e6),
      ownNs: fc.integer({ min: 1e6, max: 2e7 }),
      isDemanded: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(result, { minLength: 2000, maxLength: 3000 }), (results) => {
        expect(shareOfWriting(results).share).toBeLessThanOrEqual(0.0101);
      }),
      { numRuns: 20, seed: 3 },
    );
  });

  it('are all written where each took two hundred times as much to compute, however many they are', () => {
    const results = Array.from({ length: 5000 }, () => ({ sizeBytes: 4096, ownNs: 200 * writeNs(4096) }));
    expect(shareOfWriting(results).written).toBe(5000);
  });

  it('are all written by a short program', () => {
    const results = Array.from({ length: 100 }, () => ({ sizeBytes: 1e5, ownNs: 3e6 }));
    expect(shareOfWriting(results).written).toBe(100);
    expect(shareOfWriting([{ sizeBytes: 1e7, ownNs: 3e8, isDemanded: true }]).written).toBe(1);
  });

  it('take no hundredth of a program of a second, where each costs little for its bytes', () => {
    const results = Array.from({ length: 1000 }, (_, i) => ({ sizeBytes: 262_144, ownNs: 1e6, isDemanded: i % 2 > 0 }));
    const { share, written } = shareOfWriting(results);
    expect(share).toBeLessThan(0.0065);
    expect(written).toBeGreaterThan(10);
  });

  it('that were demanded find time that others have not taken', () => {
    const credit = new WriteCredit();
    for (let i = 0; i < 1000; i++) credit.spend(1e6, 1e6, 1e9);
    expect(credit.spend(1e6, 1e6, 1e9)).toBe(false);
    expect(credit.spendDemanded(4, 1e6, 5000, 1e9)).toBe(true);
  });

  it('are written less where writing takes longer than it should', () => {
    const written = (beyondNs: number): number => {
      const credit = new WriteCredit();
      let count = 0;
      for (let i = 1; i <= 1000; i++)
        if (credit.spendDemanded(262_144, 1e6, 0, i * 1e6)) {
          count++;
          credit.exceed(true, beyondNs);
          credit.exceed(false, 1e9);
        }
      return count;
    };
    expect(written(-1e9)).toBe(written(0));
    expect(written(2 * writeNs(262_144))).toBeLessThanOrEqual(written(0) / 3 + 1);
  });

  it('are written in part by a long program of results at the threshold', () => {
    const results = Array.from({ length: 20_000 }, () => ({ sizeBytes: 262_144, ownNs: 1.8e6 }));
    const { written } = shareOfWriting(results);
    expect(written).toBeGreaterThan(250);
    expect(written).toBeLessThan(5000);
  });
});
