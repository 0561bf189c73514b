// Draws of further distributions: moments, and how well they fit, with fixed seeds; the same bits on every device.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SymbolicSheet, type Tensor } from '../../src/index.ts';

let sheet: SymbolicSheet;
beforeAll(async () => {
  sheet = await SymbolicSheet.open({ devices: ['js', 'wasm'], store: 'memory' });
});
afterAll(() => sheet.close());

const N = 20_000;
const numbers = async (x: Tensor): Promise<number[]> => Array.from((await x.data()) as Float64Array, Number);

/** The largest distance of the distribution of draws from a cumulative one (Kolmogorov and Smirnov), times √n. */
function distance(draws: readonly number[], cumulative: (x: number) => number): number {
  const sorted = [...draws].sort((a, b) => a - b);
  const gaps = sorted.map((x, i) =>
    Math.max(Math.abs(cumulative(x) - i / sorted.length), Math.abs(cumulative(x) - (i + 1) / sorted.length)),
  );
  return Math.max(...gaps) * Math.sqrt(sorted.length);
}

/** χ² of counts against probabilities. */
function chiSquare(draws: readonly number[], p: readonly number[]): number {
  const counts = p.map((_, i) => draws.filter((draw) => draw === i).length);
  return counts.reduce((sum, count, i) => sum + (count - draws.length * p[i]!) ** 2 / (draws.length * p[i]!), 0);
}

/** One in ten thousand is above it. */
const LARGEST_DISTANCE = 2.23;

describe('draws', () => {
  it.each([
    ['random_exponential', { scale: 2 }, (x: number) => 1 - Math.exp(-x / 2)],
    [
      'random_laplace',
      { location: 1, scale: 3 },
      (x: number) => (x < 1 ? Math.exp((x - 1) / 3) / 2 : 1 - Math.exp((1 - x) / 3) / 2),
    ],
    ['random_gamma', { alpha: 1, scale: 2 }, (x: number) => 1 - Math.exp(-x / 2)],
    ['random_gamma', { alpha: 2 }, (x: number) => 1 - Math.exp(-x) * (1 + x)],
    ['random_beta', { a: 2, b: 1 }, (x: number) => x * x],
    ['random_beta', { a: 0.5, b: 0.5 }, (x: number) => (2 / Math.PI) * Math.asin(Math.sqrt(x))],
    ['random_beta', { a: 0.25, b: 1 }, (x: number) => x ** 0.25],
    ['random_gumbel', { location: -1, scale: 2 }, (x: number) => Math.exp(-Math.exp(-(x + 1) / 2))],
  ] as const)('of %s fit their distribution in both dtypes', async (name, parameters, cumulative) => {
    for (const dtype of ['float32', 'float64'] as const) {
      const draws = await numbers(sheet.execute(name, [N], { ...parameters, seed: 3, dtype }));
      expect(distance(draws, cumulative)).toBeLessThan(LARGEST_DISTANCE);
      expect(draws.every(Number.isFinite)).toBe(true);
    }
  });

  it('of counts fit their distribution, the same on every device, and refuse what is none', async () => {
    const factorial = (k: number): number => (k < 2 ? 1 : k * factorial(k - 1));
    const poisson = Array.from({ length: 13 }, (_, k) => (Math.exp(-3.5) * 3.5 ** k) / factorial(k));
    const ways = (n: number, k: number): number => factorial(n) / (factorial(k) * factorial(n - k));
    const binomial = Array.from({ length: 8 }, (_, k) => ways(7, k) * 0.3 ** k * 0.7 ** (7 - k));
    // Twelve and seven degrees of freedom: one in ten thousand is above 39.1 and 29.9.
    expect(chiSquare(await numbers(sheet.randomPoisson([N], { lam: 3.5, seed: 6 })), poisson)).toBeLessThan(39.1);
    expect(chiSquare(await numbers(sheet.randomBinomial([N], { n: 7, p: 0.3, seed: 6 })), binomial)).toBeLessThan(29.9);
    for (const [drawn, mean, deviation] of [
      [sheet.randomPoisson([N], { lam: 1e6, seed: 7 }), 1e6, 1e3],
      [sheet.randomBinomial([N], { n: 40_000, p: 0.9, seed: 8 }), 36_000, 60],
    ] as const) {
      const z = (await numbers(drawn)).map((x) => (x - mean) / deviation);
      expect(Math.abs(z.reduce((sum, x) => sum + x, 0)) / Math.sqrt(N)).toBeLessThan(3.9);
      expect(Math.abs(z.reduce((sum, x) => sum + x * x, 0) / N - 1)).toBeLessThan(0.04);
    }
    const [js, wasm] = (['js', 'wasm'] as const).map((device) =>
      numbers(sheet.with({ device }).randomPoisson([99], { lam: 20, seed: 1 })),
    );
    expect(await js).toEqual(await wasm);
    expect(await numbers(sheet.randomPoisson([2], { lam: 0, seed: 1 }))).toEqual([0, 0]);
    expect(await numbers(sheet.randomBinomial([2], { n: 5, p: 1, seed: 1 }))).toEqual([5, 5]);
    expect(() => sheet.randomPoisson([1], { lam: -1, seed: 1 })).toThrow('lam is -1; give 0 to');
    expect(() => sheet.randomBinomial([1], { n: 1, p: 1.5, seed: 1 })).toThrow('p is 1.5; give 0 to 1');
  });

  it('of gamma numbers need positive shapes, and have their moments for small ones', async () => {
    expect(() => sheet.randomGamma([1], { alpha: 0, seed: 1 })).toThrow('random_gamma: alpha is 0; give more than 0.');
    expect(() => sheet.randomBeta([1], { a: 1, b: -1, seed: 1 })).toThrow('random_beta: b is -1');
    const draws = await numbers(sheet.randomGamma([N], { alpha: 0.3, seed: 9, dtype: 'float64' }));
    const mean = draws.reduce((sum, x) => sum + x, 0) / N;
    expect(Math.abs(mean - 0.3)).toBeLessThan(3.9 * Math.sqrt(0.3 / N));
    expect(draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / N).toBeCloseTo(0.3, 1);
  });

  it('of categories and weighted choices are as probable as they should be', async () => {
    const p = [0.1, 0.2, 0.3, 0.4];
    // Three degrees of freedom: one in ten thousand is above 21.1.
    const rows = sheet.tensor([p, [...p].reverse()], { dtype: 'float64' }).log();
    const drawn = sheet.randomCategorical(rows, { count: N, seed: 4 });
    expect(drawn.shape).toEqual([N, 2]);
    expect(chiSquare(await numbers(drawn.slice(null, [null, 1]).squeeze()), p)).toBeLessThan(21.1);
    const weights = sheet.tensor(p).multiply(7);
    const chosen = sheet.randomChoiceWeighted(sheet.arange(4), weights, { count: N, seed: 5 });
    expect(chiSquare(await numbers(chosen), p)).toBeLessThan(21.1);
    expect(
      chiSquare(await numbers(sheet.randomChoice(sheet.arange(4), { count: N, seed: 5 })), [0.25, 0.25, 0.25, 0.25]),
    ).toBeLessThan(21.1);
    const heads = await numbers(sheet.randomBernoulli([N], { p: 0.3, seed: 6 }));
    expect(chiSquare(heads, [0.7, 0.3])).toBeLessThan(15.1);
  });

  it('without replacement are different, and the first is as probable as its weight', async () => {
    const chosen = await numbers(sheet.randomChoice(sheet.arange(50), { count: 50, replace: false, seed: 1 }));
    expect([...chosen].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    const weights = sheet.tensor([0, 1, 0, 2, 3]);
    const few = await numbers(
      sheet.randomChoiceWeighted(sheet.arange(5), weights, { count: 3, replace: false, seed: 2 }),
    );
    expect(new Set(few)).toEqual(new Set([1, 3, 4]));
    const shuffled = sheet.randomShuffle(sheet.arange(6).reshape([2, 3]), { axis: 1, seed: 9 });
    expect((await numbers(shuffled.sum({ axis: 1 }))).join()).toBe('3,12');
  });

  it('are the same for a seed on every device', async () => {
    const calls = (on: SymbolicSheet): Tensor[] => [
      on.randomExponential([1000], { seed: 1 }),
      on.randomGumbel([1000], { seed: 1, dtype: 'float64' }),
      on.randomCategorical(on.zeros([3, 4]), { count: 100, seed: 1 }),
    ];
    const [js, wasm] = [sheet.with({ device: 'js' }), sheet.with({ device: 'wasm', cache: 'off' })] as SymbolicSheet[];
    const [a, b] = [calls(js!), calls(wasm!)];
    for (const [i, tensor] of a.entries()) expect(await numbers(tensor)).toEqual(await numbers(b[i]!));
  });

  it('that cannot be are refused', () => {
    expect(() => sheet.randomBernoulli([1], { p: 2, seed: 0 })).toThrow('p is 2; give 0 to 1');
    expect(() => sheet.randomChoice(sheet.arange(3), { count: 4, replace: false, seed: 0 })).toThrow('4 of 3 slices');
    expect(() => sheet.randomChoiceWeighted(sheet.arange(3), [1, 2], { count: 1, seed: 0 })).toThrow('for each of 3');
  });
});
