// Random numbers in WGSL against those in JavaScript, from the same seeds.
import { describe, expect, test } from 'vitest';
import { normal, uniform } from '../../kernels/js/random.ts';
import { integers } from '../../kernels/js/random-integers.ts';
import { plainSkeletons } from '../../kernels/skeletons.ts';
import { type GpuDistribution, planRandom } from '../../kernels/wgsl/random.ts';
import { epsilonsOff, resultOf } from './along-axes.ts';
import { testGpu } from './run-plan.ts';

const SEEDS = [0n, 1n, 0xffffffffn, 0x123456789abcdef0n, 2n ** 64n - 1n];

async function drawn(draw: GpuDistribution, seed: bigint, count: number): Promise<number[]> {
  const plan = planRandom(draw, seed, count, (await testGpu()).limits);
  if (plan === undefined) throw new RangeError('no plan');
  return resultOf(plan, [], draw.distribution === 'integers' ? 'int32' : 'float32', count);
}

describe('random numbers', () => {
  test.each([1, 3, 4, 1001])('%i uniform ones have the bits of the CPU for every seed', async (count) => {
    for (const seed of SEEDS) {
      const wanted = new Float32Array(count);
      uniform(plainSkeletons, { seed }, wanted);
      expect(await drawn({ distribution: 'uniform' }, seed, count)).toEqual([...wanted]);
    }
  });

  test.each([
    [0, 1],
    [0, 10],
    [-7, 1000003],
    [-(2 ** 31), 2 ** 31],
    [-5, 2 ** 31],
    [2 ** 31 - 2, 2 ** 31],
  ])('integers of [%i, %i) are those of the CPU', async (low, high) => {
    for (const seed of SEEDS) {
      const wanted = new Int32Array(1003);
      integers(plainSkeletons, { seed }, low, high, wanted);
      expect(await drawn({ distribution: 'integers', low, high }, seed, 1003)).toEqual([...wanted]);
    }
  });

  test('normal ones are within three epsilons of the CPU, however small', async () => {
    for (const seed of SEEDS) {
      const wanted = new Float64Array(20001);
      normal(plainSkeletons, { seed }, wanted);
      const got = await drawn({ distribution: 'normal' }, seed, wanted.length);
      expect(Math.max(...got.map((x, i) => epsilonsOff(x, wanted[i]!)))).toBeLessThan(3);
    }
  });

  test('also where one row of workgroups is not enough', async () => {
    const [count, seed] = [65536 * 256 + 5, 42n];
    const gpu = await testGpu();
    const plan = planRandom({ distribution: 'uniform' }, seed, count, gpu.limits);
    expect(plan?.launches[0]?.workgroups[1]).toBe(2);
    const got = new Float32Array(
      await gpu.run(plan as NonNullable<typeof plan>, [], Math.ceil(count / 4) * 16),
      0,
      count,
    );
    for (const first of [0, 2 ** 23, count - 1000]) {
      const wanted = new Float32Array(1000);
      uniform(plainSkeletons, { seed }, wanted, first);
      expect(got.subarray(first, first + 1000)).toEqual(wanted);
    }
  });
});
