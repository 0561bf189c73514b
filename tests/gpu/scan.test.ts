// Scans in WGSL against reductions of every prefix in JavaScript: rows that fit a workgroup, and longer ones.
import { describe, expect, test } from 'vitest';
import type { ElementArray } from '../../kernels/js/map.ts';
import { planScan, type ScanProblem } from '../../kernels/wgsl/move/scan.ts';
import { arrayClass, epsilonsOff, product, randomFrom, resultOf } from './along-axes.ts';
import { testGpu } from './run-plan.ts';

const COMBINE = {
  sum: (a: number, b: number) => a + b,
  prod: (a: number, b: number) => a * b,
  min: Math.min,
  max: Math.max,
};

async function scanned(problem: ScanProblem, array: ElementArray): Promise<number[]> {
  const plan = planScan(problem, (await testGpu()).limits);
  if (plan === undefined) throw new RangeError('no plan');
  return resultOf(plan, [array], problem.out, array.length);
}

/** Floats in float64; integers wrapped at every step. */
function scannedOnJs({ reduction, shape, out }: ScanProblem, array: ElementArray): number[] {
  const count = shape.at(-1) ?? 1;
  const [single, combine] = [new (arrayClass(out))(1), COMBINE[reduction]];
  const stored = (x: number): number => (out === 'float32' ? x : ((single[0] = x), single[0]));
  let running = 0;
  return Array.from(array as Float32Array, (x, i) => (running = i % count === 0 ? x : stored(combine(running, x))));
}

describe('a scan', () => {
  const random = randomFrom(23);

  test.each([[[1]], [[]], [[3, 5]], [[2, 300]], [[3, 2048]], [[2, 2049]], [[70000]]])(
    'of %j gives the sums of prefixes, each rounded once',
    async (shape) => {
      const array = Float32Array.from(
        { length: product(shape) },
        () => (random() - 0.5) * 10 ** Math.floor(random() * 6),
      );
      const problem = { reduction: 'sum', dtype: 'float32', shape, out: 'float32' } as const;
      const wanted = scannedOnJs(problem, array);
      const off = (await scanned(problem, array)).map((x, i) => epsilonsOff(x, wanted[i]!));
      expect(Math.max(...off)).toBeLessThan(1);
    },
  );

  test('of integers wraps, and finds the extreme so far', async () => {
    for (const reduction of ['sum', 'max'] as const) {
      const problem = { reduction, dtype: 'int32', shape: [3, 5000], out: 'int32' } as const;
      const array = Int32Array.from({ length: 15000 }, () => (random() - 0.5) * 2 ** 32);
      expect(await scanned(problem, array)).toEqual(scannedOnJs(problem, array));
    }
    const counts = { reduction: 'sum', dtype: 'bool', shape: [2, 99], out: 'int32' } as const;
    const flags = Uint8Array.from({ length: 198 }, () => Math.round(random()));
    expect(await scanned(counts, flags)).toEqual(scannedOnJs(counts, flags));
  });

  test('keeps NaN and infinities from where they are', async () => {
    const array = Float32Array.of(1, Infinity, 2, -Infinity, 3, 1, 2, NaN, 3, 4, 3e38, 3e38, -3e38, -3e38, 1);
    const [inf, nan] = [Infinity, NaN];
    expect(await scanned({ reduction: 'sum', dtype: 'float32', shape: [3, 5], out: 'float32' }, array)).toEqual([
      1,
      inf,
      inf,
      nan,
      nan,
      1,
      3,
      nan,
      nan,
      nan,
      Math.fround(3e38),
      inf,
      Math.fround(3e38),
      0,
      1,
    ]);
  });

  test('is one launch where rows fit a workgroup, else three, and not for packed results', async () => {
    const { limits } = await testGpu();
    const launches = (shape: readonly number[], out: ScanProblem['out']): number | undefined =>
      planScan({ reduction: 'sum', dtype: out, shape, out }, limits)?.launches.length;
    expect(launches([7, 2048], 'float32')).toBe(1);
    expect(launches([7, 2049], 'float32')).toBe(3);
    expect(launches([7, 10], 'int8')).toBeUndefined();
  });
});
