// The harness of the benches: what it measures, and that a bench cannot pass with counters that contradict its
// scenario.
import { SymbolicSheet } from 'symbolic-sheet';
import { describe, expect, test } from 'vitest';
import { contradictions, noCounts } from '../../bench/measure/counts.ts';
import { type Contender, quantile, race } from '../../bench/measure/harness.ts';
import { Check, elementsError, productError, rowSumsError } from '../../bench/measure/oracle.ts';
import { Supply, workOf } from '../../bench/contenders/overhead-work.ts';
import { accountOf, commitOf } from '../../bench/report/report.ts';
import { distinctCopies, drawFrom, floats } from '../../bench/measure/seed.ts';

const PACE = { rounds: 3, roundMs: 1, maxCalls: 8 };

describe('race', () => {
  test('runs every contender in every round, prepared for as many calls as it is asked for', async () => {
    const prepared: number[] = [];
    const ran: number[] = [];
    const contender: Contender = {
      name: 'a',
      prepare: (calls) => void prepared.push(calls),
      run: (calls) => void ran.push(calls),
    };
    const { a } = await race([contender], PACE);
    expect(ran).toEqual(prepared);
    expect(a?.rounds).toBe(3);
    expect(ran.slice(-3)).toEqual([8, 8, 8]);
  });

  test('takes turns in another order every round', async () => {
    const order: string[] = [];
    const named = (name: string): Contender => ({ name, run: () => void order.push(name), maxRounds: 3, maxCalls: 1 });
    await race([named('a'), named('b')], PACE);
    expect(order.slice(-6)).toEqual(['a', 'b', 'b', 'a', 'a', 'b']);
  });

  test('reports a sheet that hits where its scenario says it computes', async () => {
    const sheet = await SymbolicSheet.open();
    const x = sheet.tensor(floats(4096, 1), [64, 64]);
    const contender: Contender = {
      name: 'uncached',
      sheet,
      scenario: (calls) => ({ kernelCalls: calls, hits: 0 }),
      run: async (calls) => {
        for (let i = 0; i < calls; i++) await sheet.compute(x.matmul(x));
      },
    };
    const { uncached } = await race([contender], PACE);
    expect(uncached?.contradictions.join()).toMatch(/uncached: (kernelCalls is 0|hits is \d+, expected 0)/);
    expect(accountOf({ uncached: uncached! }).faults).toEqual(uncached?.contradictions);
    await sheet.close();
  });
});

describe('counts', () => {
  test('are held against numbers and ranges', () => {
    const counts = { ...noCounts(), hits: 7, misses: 2 };
    expect(contradictions(counts, 9, () => ({ hits: 7, misses: [0, 2] }))).toEqual([]);
    expect(contradictions(counts, 9, (calls) => ({ hits: calls, misses: [3, 4] }))).toEqual([
      'hits is 7, expected 9 in 9 calls',
      'misses is 2, expected 3 to 4 in 9 calls',
    ]);
  });
});

describe('quantile', () => {
  test('lies between samples linearly', () => {
    expect(quantile([3, 1, 2], 0.5)).toBe(2);
    expect(quantile([0, 10], 0.9)).toBeCloseTo(9);
    expect(quantile([], 0.5)).toBeNaN();
  });
});

describe('oracles', () => {
  test('accept a float32 product and refuse one with a single wrong element', () => {
    const shape = { m: 17, n: 13, k: 29 };
    const [a, b] = [floats(17 * 29, 1), floats(29 * 13, 2)];
    const c = Float32Array.from({ length: 17 * 13 }, (_, at) => {
      let sum = 0;
      for (let p = 0; p < 29; p++) sum += a[Math.floor(at / 13) * 29 + p]! * b[p * 13 + (at % 13)]!;
      return sum;
    });
    expect(productError(a, b, c, shape)).toBeLessThan(1);
    c[100]! += 0.01;
    expect(productError(a, b, c, shape)).toBeGreaterThan(1);
  });

  test('refuse a sum that lost an element, and an element that is one unit off', () => {
    const x = floats(64, 3);
    const sums = Float32Array.of(
      x.slice(0, 32).reduce((s, v) => s + v, 0),
      x.slice(32, 63).reduce((s, v) => s + v, 0),
    );
    expect(rowSumsError(x, sums, 32)).toBeGreaterThan(1);
    expect(elementsError(Float32Array.of(1 + 2 ** -23), () => 1)).toBeGreaterThan(1);
    expect(elementsError(Float32Array.of(1), () => 1)).toBe(0);
  });

  test('a check that fails throws and names what is wrong', () => {
    expect(() => new Check().hold('the sum', 1.5)).toThrow(/the sum is wrong/);
    expect(() => new Check().hold('the sum', Number.NaN)).toThrow(/the sum is wrong/);
  });
});

describe('seeded data', () => {
  test('is the same in every run and lies in [−1, 1)', () => {
    expect(floats(100, 5)).toEqual(floats(100, 5));
    expect(floats(100, 5)).not.toEqual(floats(100, 6));
    const draw = drawFrom(9);
    const draws = Array.from({ length: 10_000 }, draw);
    expect(Math.min(...draws)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...draws)).toBeLessThan(1);
    expect(draws.reduce((sum, x) => sum + x, 0) / draws.length).toBeCloseTo(0.5, 1);
  });

  test('distinct copies differ within and between lanes', () => {
    const [a, b] = [distinctCopies(floats(4, 1), 0), distinctCopies(floats(4, 1), 1)];
    const firsts = [...Array.from({ length: 50 }, () => a()[0]), ...Array.from({ length: 50 }, () => b()[0])];
    expect(new Set(firsts).size).toBe(100);
  });

  test('a supply repeats exactly the share of calls it is asked for', () => {
    for (const reuse of [0, 0.2, 0.8, 1]) {
      const supply = new Supply(workOf('add', 800), reuse, 0, 4);
      const plan = supply.plan(50);
      expect(plan.filter((at) => at >= 0).length).toBe(50 * reuse);
      expect(supply.repeats).toBe(50 * reuse);
    }
  });
});

test('the commit is read from the files of the repository', () => {
  const commit = commitOf();
  expect(commit === null || /^[0-9a-f]{40}$/.test(commit)).toBe(true);
});
