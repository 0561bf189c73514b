// Products whose operands are staged as halves, on adapters with shader-f16: every tile in every form, odd shapes,
// epilogues, what halves cannot hold.
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { drawFrom } from '../../bench/measure/seed.ts';
import { scalar } from '../../kernels/scalar/algebra.ts';
import { contractVariants } from '../../kernels/wgsl/contract/contract.ts';
import type { ContractProblem, ContractVariant } from '../../kernels/wgsl/contract/problem.ts';
import { bufferBytes } from '../../kernels/wgsl/text/storage.ts';
import { type TestGpu, testGpu } from './run-plan.ts';

const LEAST_HALF = 2 ** -24;
const LEAST_NORMAL_HALF = 2 ** -14;

let gpu: TestGpu;
beforeAll(async () => {
  gpu = await testGpu();
});
beforeEach(({ skip }) => skip(!gpu.limits.features.has('shader-f16'), 'the adapter has no shader-f16'));

/** The nearest half, ties to even. */
function halfOf(x: number): number {
  const size = Math.abs(x);
  if (!(size < 65520)) return Number.isNaN(x) ? NaN : Math.sign(x) * Infinity;
  const quantum = Math.max(LEAST_HALF, 2 ** (Math.floor(Math.log2(size)) - 10));
  const units = Math.floor(x / quantum);
  const rest = x / quantum - units;
  return (units + Number(rest > 0.5 || (rest === 0.5 && units % 2 !== 0))) * quantum;
}

/** Numbers of either sign up to 1 that are normal as halves, for those below may become 0, and zeros. */
function normals(length: number, seed: number): Float32Array {
  const random = drawFrom(seed);
  return Float32Array.from({ length }, () => 2 * random() - 1).map((x) =>
    Math.abs(x) < 2 * LEAST_NORMAL_HALF ? 0 : x,
  );
}

/** A product of `batch` compact matrices each. */
function problemOf(
  m: number,
  n: number,
  k: number,
  batch = 1,
  transposeA = false,
  transposeB = false,
): ContractProblem {
  const offsets = (size: number): number[] => Array.from({ length: batch }, (_, i) => i * size);
  return {
    m,
    n,
    k,
    transposeA,
    transposeB,
    lda: transposeA ? m : k,
    ldb: transposeB ? k : n,
    offsetsA: offsets(m * k),
    offsetsB: offsets(k * n),
  };
}

/** The variants in half precision where workgroups have so much memory. */
const halves = (problem: ContractProblem, maxComputeWorkgroupStorageSize: number): ContractVariant[] =>
  contractVariants(problem, { ...gpu.limits, maxComputeWorkgroupStorageSize }, 'f16').filter(({ name }) =>
    name.startsWith('half'),
  );

async function run(
  { plan }: ContractVariant,
  { m, n, offsetsA }: ContractProblem,
  operands: readonly Float32Array[],
): Promise<Float32Array> {
  const count = m * n * offsetsA.length;
  return new Float32Array(await gpu.run(plan, operands, bufferBytes('float32', count)), 0, count);
}

interface Element {
  readonly sum: number;
  /** Of the magnitudes of the products. */
  readonly size: number;
}

/** C of halves in float64. */
function oracle(
  { m, n, k, transposeA, transposeB, lda, ldb, offsetsA, offsetsB }: ContractProblem,
  a: Float32Array,
  b: Float32Array,
): Element[] {
  const [halfA, halfB] = [Float64Array.from(a, halfOf), Float64Array.from(b, halfOf)];
  return offsetsA.flatMap((offsetA, batch) =>
    Array.from({ length: m * n }, (_, at): Element => {
      const [row, column] = [Math.floor(at / n), at % n];
      const products = Array.from(
        { length: k },
        (_product, p) =>
          halfA[offsetA + (transposeA ? p * lda + row : row * lda + p)]! *
          halfB[offsetsB[batch]! + (transposeB ? column * ldb + p : p * ldb + column)]!,
      );
      return { sum: products.reduce((sum, x) => sum + x, 0), size: products.reduce((sum, x) => sum + Math.abs(x), 0) };
    }),
  );
}

/**
 * Elements further off than k sums of exact products in float32 may be: products of halves have 22 bits, and each sum
 * is one of the neighbours.
 */
function wrong(found: Float32Array, wanted: readonly Element[], k: number): unknown[] {
  const unit = (k * 2 ** -23) / (1 - k * 2 ** -23);
  return wanted
    .flatMap(({ sum, size }, i) =>
      Math.abs(found[i]! - sum) <= unit * size ? [] : [{ i, found: found[i], wanted: sum }],
    )
    .slice(0, 3);
}

/** Every form of every tile: less workgroup memory means one buffer for two, then no gaps between lines. */
function everyForm(problem: ContractProblem): Map<string | undefined, ContractVariant> {
  const variants = [16_384, 10_240, 8192, 5120, 4096, 2560, 2048].flatMap((bytes) => halves(problem, bytes));
  return new Map(variants.map((variant) => [formOf(variant), variant]));
}

const formOf = ({ plan }: ContractVariant): string | undefined =>
  plan.launches[0]?.shader.name.split(' ').slice(2, 6).join(' ');

describe('a product in half precision', () => {
  const seen = new Set<string | undefined>();

  async function check(problem: ContractProblem, variants: Iterable<ContractVariant>): Promise<void> {
    const {
      m,
      n,
      k,
      offsetsA: { length: batch },
      transposeA,
      transposeB,
    } = problem;
    const operands = [normals(m * k * batch, 1), normals(k * n * batch, 2)] as const;
    const wanted = oracle(problem, ...operands);
    for (const variant of variants)
      expect(
        wrong(await run(variant, problem, operands), wanted, k),
        `${formOf(variant)}, transposed ${transposeA} ${transposeB}`,
      ).toEqual([]);
  }

  // Both operands along k, which are turned round on their way, and neither.
  it.each([
    [false, true],
    [true, false],
  ])(
    'is the float32 sum of its halves in every form of every tile, transposed %s %s',
    async (transposeA, transposeB) => {
      const problem = problemOf(65, 31, 127, 2, transposeA, transposeB);
      const forms = everyForm(problem);
      await check(problem, forms.values());
      for (const form of forms.keys()) seen.add(form);
    },
  );

  it('was met in every form: two buffers or one, lines with gaps or without', () => {
    expect(seen).toEqual(
      new Set(
        ['32×32', '64×64', '128×128'].flatMap((tile) => ['1 0', '1 1', '2 1'].map((form) => `${tile} f16 ${form}`)),
      ),
    );
  });

  it.each([
    [1, 1, 1, 1, false, false],
    [3, 5, 4, 2, false, false],
    [131, 257, 40, 1, false, false],
    [65, 31, 127, 2, true, true],
    [132, 4, 33, 2, false, false],
    [1, 127, 65, 2, false, true],
    [127, 1, 31, 1, false, true],
    [128, 64, 36, 1, false, true],
    [64, 128, 64, 1, true, false],
  ])(
    'of %i × %i over %i, %i at once, transposed %s %s, is that too',
    async (m, n, k, batch, transposeA, transposeB) => {
      const problem = problemOf(m, n, k, batch, transposeA, transposeB);
      await check(problem, halves(problem, 16_384));
    },
  );

  it('reads matrices with gaps between their rows and batches that share matrices', async () => {
    const problem: ContractProblem = {
      ...problemOf(33, 20, 24),
      lda: 28,
      ldb: 21,
      offsetsA: [3, 3, 1003, 1003],
      offsetsB: [0, 600, 0, 600],
    };
    const operands = [normals(2000, 3), normals(1200, 4)] as const;
    for (const variant of halves(problem, 16_384))
      expect(wrong(await run(variant, problem, operands), oracle(problem, ...operands), 24), variant.name).toEqual([]);
  });

  it('ends in an epilogue that is computed in float32', async () => {
    const fn = scalar('layer', 3, (m, x, bias, residual) =>
      m.add(m.max(m.add(x as never, bias as never), m.constant(0)), residual as never),
    );
    const problem: ContractProblem = { ...problemOf(70, 33, 50, 2), epilogue: { fn, operands: ['column', 'element'] } };
    const operands = [normals(7000, 5), normals(3300, 6), normals(33, 7), normals(4620, 8)] as const;
    const [, , bias, residual] = operands;
    const wanted = oracle(problem, operands[0], operands[1]).map(({ sum, size }, i): Element => ({
      sum: Math.max(sum + bias[i % 33]!, 0) + residual[i]!,
      size: size + 2,
    }));
    const variant = halves(problem, 16_384).find(({ name }) => name === 'half-32')!;
    expect(wrong(await run(variant, problem, operands), wanted, 52)).toEqual([]);
  });

  it('has the same bits again', async () => {
    const problem = problemOf(40, 36, 300);
    const operands = [normals(12_000, 9), normals(10_800, 10)] as const;
    for (const variant of halves(problem, 16_384))
      expect(await run(variant, problem, operands), variant.name).toEqual(await run(variant, problem, operands));
  });
});

describe('operands of a product in half precision', () => {
  // At and between halves, ties to even both ways; the last that is finite and the first that is not; the least half
  // and what rounds to it or to 0.
  const NORMAL = [
    0,
    -0,
    1,
    1 + 2 ** -11,
    1 + 3 * 2 ** -11,
    1 + 2 ** -11 + 2 ** -23,
    1 - 2 ** -12,
    -1 / 3,
    Math.PI,
    2049,
    2051,
    -4098,
    65503,
    65504,
    65519,
    -65519.996,
    LEAST_NORMAL_HALF,
    -LEAST_NORMAL_HALF * (1 + 2 ** -11),
  ];
  const BEYOND = [65520, -65520, 65535.996, 65536, -1e6, 3.4e38, Infinity, -Infinity, NaN];
  const SUBNORMAL = [
    LEAST_HALF,
    -LEAST_HALF,
    1.5 * LEAST_HALF,
    2.5 * LEAST_HALF,
    0.5 * LEAST_HALF,
    0.51 * LEAST_HALF,
    0.25 * LEAST_HALF,
    1e-5,
    -6e-5,
    LEAST_NORMAL_HALF - LEAST_HALF,
    LEAST_NORMAL_HALF * (1 - 2 ** -12),
    2 ** -126,
    1e-40,
  ];

  /** The operands themselves, products with a single 1, by either side of every tile. */
  async function eachSide(
    values: readonly number[],
    check: (found: Float32Array, name: string) => void,
  ): Promise<void> {
    for (const [a, b] of [
      [values, [1]],
      [[1], values],
    ] as const) {
      const problem = problemOf(a.length, b.length, 1);
      for (const variant of halves(problem, 16_384))
        check(
          await run(variant, problem, [Float32Array.from(a), Float32Array.from(b)]),
          `${variant.name} ${a.length} × ${b.length}`,
        );
    }
  }

  // A sum that starts from +0 is never -0.
  const wanted = (values: readonly number[]): number[] => values.map((x) => halfOf(Math.fround(x)) + 0);

  it('become the nearest half, of which WGSL guarantees that it is one of the two neighbours', async () => {
    await eachSide(NORMAL, (found, name) => expect([...found], name).toEqual(wanted(NORMAL)));
  });

  it('become infinite from 65520 on, and stay NaN', async () => {
    await eachSide(BEYOND, (found, name) => expect([...found], name).toEqual(wanted(BEYOND)));
  });

  it('become the nearest half or 0 where that is subnormal', async () => {
    await eachSide(SUBNORMAL, (found, name) => {
      const nearest = wanted(SUBNORMAL);
      expect(
        [...found].map((x, i) => (x === 0 && Math.abs(nearest[i]!) < LEAST_NORMAL_HALF ? nearest[i] : x)),
        name,
      ).toEqual(nearest);
    });
  });

  it('carry NaN and infinities to the elements they belong to, written as one NaN', async () => {
    const problem = problemOf(37, 33, 30);
    const [a, b] = [normals(37 * 30, 11), normals(30 * 33, 12).map((x) => (x === 0 ? 1 : x))];
    a.set([NaN, 1e5], 30);
    a[5 * 30 + 7] = -65520;
    a[36 * 30 + 29] = 0;
    b.set([Infinity, 0, -7e4], 7 * 33 + 3);
    const expected = oracle(problem, a, b).map(({ sum }) =>
      Number.isFinite(sum) ? 0 : Number.isNaN(sum) ? 0x7fc00000 : sum > 0 ? 0x7f800000 : 0xff800000,
    );
    expect(expected.filter((bits) => bits !== 0).length).toBeGreaterThan(100);
    for (const variant of halves(problem, 16_384)) {
      const found = await run(variant, problem, [a, b]);
      const bits = new Uint32Array(found.buffer, 0, found.length);
      expect(
        Array.from(found, (value, i) => (Number.isFinite(value) ? 0 : bits[i]!)),
        variant.name,
      ).toEqual(expected);
    }
  });
});
