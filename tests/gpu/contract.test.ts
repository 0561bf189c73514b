// Every variant of the matrix product against float64: transposes, odd sizes, batches, special values; and which
// variant is guessed for what.
import { beforeAll, describe, expect, it } from 'vitest';
import { contract, contractOracle } from '../../kernels/js/contract.ts';
import { scalar } from '../../kernels/scalar/algebra.ts';
import { contractVariants } from '../../kernels/wgsl/contract/contract.ts';
import { planSmall } from '../../kernels/wgsl/contract/direct.ts';
import { type ContractLimits, matrixUnitsOf } from '../../kernels/wgsl/contract/matrix.ts';
import { batchRuns, type ContractProblem } from '../../kernels/wgsl/contract/problem.ts';
import type { Plan } from '../../kernels/wgsl/launch.ts';
import { bufferBytes } from '../../kernels/wgsl/text/storage.ts';
import { sourceOf } from '../../src/core/device/webgpu/commands/pipelines.ts';
import { MATMUL } from '../../src/core/ops/matrices/linalg.ts';
import { extent } from '../run/extent.ts';
import { type TestGpu, testGpu } from './run-plan.ts';

let gpu: TestGpu;
beforeAll(async () => {
  gpu = await testGpu();
});

const draw = (seed: number): (() => number) => {
  let state = seed;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 31 - 1;
};
const floats = (length: number, seed: number): Float32Array => Float32Array.from({ length }, draw(seed));

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

function oracle(
  { m, n, k, transposeA, transposeB, lda, ldb, offsetsA, offsetsB }: ContractProblem,
  a: Float32Array,
  b: Float32Array,
): Float64Array {
  const out = new Float64Array(m * n * offsetsA.length);
  offsetsA.forEach((offset, batch) =>
    out.set(
      contractOracle({
        m,
        n,
        k,
        transposeA,
        transposeB,
        a: { values: a, offset, stride: lda },
        b: { values: b, offset: offsetsB[batch]!, stride: ldb },
      }),
      batch * m * n,
    ),
  );
  return out;
}

/** Largest difference in units of the float32 epsilon of the largest element, as the row's bound counts it. */
function errorOf(found: Float32Array, wanted: Float64Array): number {
  const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-300);
  return wanted.reduce((worst, value, i) => Math.max(worst, Math.abs(found[i]! - value)), 0) / largest / 2 ** -23;
}

async function results(
  problem: ContractProblem,
  ...operands: readonly Float32Array[]
): Promise<Map<string, Float32Array>> {
  return resultsOf(() => true, problem, ...operands);
}

/** Those of the variants that are wanted. */
async function resultsOf(
  isWanted: (name: string, plan: Plan) => boolean,
  problem: ContractProblem,
  ...operands: readonly Float32Array[]
): Promise<Map<string, Float32Array>> {
  const found = new Map<string, Float32Array>();
  const count = problem.m * problem.n * problem.offsetsA.length;
  for (const { name, plan } of contractVariants(problem, gpu.limits))
    if (isWanted(name, plan))
      found.set(name, new Float32Array(await gpu.run(plan, operands, bufferBytes('float32', count)), 0, count));
  return found;
}

const TRANSPOSES = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
] as const;

describe('every variant of a product', () => {
  const seen = new Set<string>();
  const compiled = new Set<unknown>();

  /** The sample compiles large tiles, which take longest, for large results alone; others run those it has by then. */
  function isTried(name: string, { launches }: Plan, outputs: number): boolean {
    const isNew = launches.some(({ shader }) => !compiled.has(shader));
    if (isNew && extent(/^tiled-(64|128)$/.test(name) && outputs < 2000, false)) return false;
    for (const { shader } of launches) compiled.add(shader);
    return true;
  }

  const PROBLEMS = [
    [65, 31, 127, 2],
    [64, 128, 64, 1],
    [3, 1, 4, 1],
    [1, 127, 65, 2],
    [127, 1, 31, 1],
    [1, 64, 300, 1],
    [4, 4, 700, 3],
    [132, 4, 31, 2],
    [1, 1, 1, 1],
    [1, 3, 3000, 2],
    [8, 1, 2049, 1],
    [1, 1, 9001, 1],
  ] as const;

  it.each(
    PROBLEMS.map(
      (problem, i) => [...problem, TRANSPOSES.filter((_, at) => extent((at ^ (at >> 1) ^ i) % 2 === 0, true))] as const,
    ),
  )('%i × %i over %i, %i at once, is within the bound of the row', async (m, n, k, batch, orientations) => {
    for (const [transposeA, transposeB] of orientations) {
      const problem = problemOf(m, n, k, batch, transposeA, transposeB);
      const [a, b] = [floats(m * k * batch, 1), floats(k * n * batch, 2)];
      const wanted = oracle(problem, a, b);
      for (const [name, found] of await resultsOf((variant, plan) => isTried(variant, plan, m * n), problem, a, b)) {
        expect(errorOf(found, wanted), `${name}, transposed ${transposeA} ${transposeB}`).toBeLessThanOrEqual(
          MATMUL.bound,
        );
        seen.add(`${name} ${transposeA} ${transposeB}`);
      }
    }
  });

  it('was met in all four orientations', () => {
    const variants = [
      'direct',
      'gemv',
      'small',
      'split-32',
      'split-64',
      'split-gemv',
      'tiled-128',
      'tiled-32',
      'tiled-64',
    ];
    expect([...seen].sort()).toEqual(
      variants.flatMap((name) => TRANSPOSES.map((transposed) => `${name} ${transposed.join(' ')}`)).sort(),
    );
  });

  it('reads matrices with gaps between their rows and batches that share matrices', async () => {
    const problem: ContractProblem = {
      ...problemOf(33, 20, 24),
      lda: 28,
      ldb: 21,
      offsetsA: [3, 3, 1003, 1003],
      offsetsB: [0, 600, 0, 600],
    };
    expect(batchRuns(problem).map(({ first, count, strideA, strideB }) => [first, count, strideA, strideB])).toEqual([
      [0, 2, 0, 600],
      [2, 2, 0, 600],
    ]);
    const [a, b] = [floats(2000, 3), floats(1200, 4)];
    for (const [name, found] of await results(problem, a, b))
      expect(errorOf(found, oracle(problem, a, b)), name).toBeLessThanOrEqual(MATMUL.bound);
  });

  it('carries NaN and infinities to the elements they belong to, as the CPU does, and writes one NaN', async () => {
    const problem = problemOf(37, 33, 30);
    const [a, b] = [floats(37 * 30, 5), floats(30 * 33, 6)];
    a.set([NaN, Infinity], 30);
    a[5 * 30 + 7] = -Infinity;
    a[36 * 30 + 29] = Infinity;
    b.set([Infinity, 0, 3e38], 7 * 33 + 3);
    const wanted = new Float32Array(37 * 33);
    contract({
      m: 37,
      n: 33,
      k: 30,
      transposeA: false,
      transposeB: false,
      a: { values: a, offset: 0, stride: 30 },
      b: { values: b, offset: 0, stride: 33 },
      c: { values: wanted, offset: 0, stride: 33 },
      mode: 'store',
      triangle: 'none',
    });
    const special = (values: Float32Array): string[] =>
      Array.from(values, (value, i) =>
        Number.isFinite(value) ? '' : (new Uint32Array(values.buffer, values.byteOffset)[i]?.toString(16) ?? ''),
      );
    expect(special(wanted).filter((text) => text !== '').length).toBeGreaterThan(100);
    for (const [name, found] of await results(problem, a, b)) expect(special(found), name).toEqual(special(wanted));
  });

  it('gives the same bits again, also where K is cut', async () => {
    const problem = problemOf(20, 36, 1000);
    const [a, b] = [floats(20_000, 7), floats(36_000, 8)];
    const [first, second] = [await results(problem, a, b), await results(problem, a, b)];
    expect([...first.keys()]).toContain('split-64');
    for (const [name, found] of first)
      expect(new Uint32Array(found.buffer), name).toEqual(new Uint32Array(second.get(name)!.buffer));
  });

  it('numbers more than 65,535 workgroups', async () => {
    // So many are laid out in two rows, here also where two rows are run of fewer.
    expect(planSmall(problemOf(4 * 65_540, 1, 2)).launches[0]?.workgroups).toEqual([32770, 2, 1]);
    const half = extent(150, 32_770);
    const problem = problemOf(4 * 2 * half, 1, 2);
    const [a, b] = [floats(problem.m * 2, 9), floats(2, 10)];
    const { launches, scratch } = planSmall(problem);
    const plan: Plan = { launches: launches.map((each) => ({ ...each, workgroups: [half, 2, 1] })), scratch };
    expect(
      errorOf(new Float32Array(await gpu.run(plan, [a, b], bufferBytes('float32', problem.m))), oracle(problem, a, b)),
    ).toBeLessThanOrEqual(MATMUL.bound);
  });
});

describe('an epilogue', () => {
  // A layer of a network: max(x + bias, 0) · scale + residual.
  const LAYER = scalar('layer', 4, (m, x, bias, scale, residual) =>
    m.add(m.mul(m.max(m.add(x as never, bias as never), m.constant(0)), scale as never), residual as never),
  );
  const CENTRED = scalar('centred', 2, (m, x, mean) => m.sub(x as never, mean as never));

  // It is appended to a kernel whatever that reads its factors by, so vectors need those variants alone that matrices
  // do not have.
  it.each([
    [33, 30, 40, 2, false, extent('tiled-64', '')],
    [36, 20, 600, 1, true, extent('split-32', '')],
    [1, 37, 20, 2, false, 'gemv'],
    [37, 1, 20, 1, false, 'gemv'],
    [64, 1, 24, 2, true, 'gemv'],
  ])('ends a product of %i × %i over %i, %i at once, in every variant', async (m, n, k, batch, transposeA, word) => {
    const plain = problemOf(m, n, k, batch, transposeA);
    const [a, b, bias, scale, residual, means] = [
      floats(m * k * batch, 1),
      floats(k * n * batch, 2),
      floats(n, 3),
      Float32Array.of(-1.5),
      floats(m * n * batch, 4),
      floats(m, 5),
    ];
    const product = oracle(plain, a, b);
    const layer = product.map((x, i) => Math.max(x + bias[i % n]!, 0) * -1.5 + residual[i]!);
    const isWanted = (name: string): boolean => name.includes(word);
    for (const [name, found] of await resultsOf(
      isWanted,
      { ...plain, epilogue: { fn: LAYER, operands: ['column', 'single', 'element'] } },
      a,
      b,
      bias,
      scale,
      residual,
    )) {
      expect(errorOf(found, layer), name).toBeLessThanOrEqual(MATMUL.bound);
    }
    const centred = product.map((x, i) => x - means[Math.floor(i / n) % m]!);
    for (const [name, found] of await resultsOf(
      isWanted,
      { ...plain, epilogue: { fn: CENTRED, operands: ['row'] } },
      a,
      b,
      means,
    ))
      expect(errorOf(found, centred), name).toBeLessThanOrEqual(MATMUL.bound);
  });

  it('has no variants where the function has no WGSL form or another number of operands', () => {
    const tabled = scalar('tabled', 1, (m, x) => m.lookup([1, 2, 3], x as never));
    for (const epilogue of [
      { fn: tabled, operands: [] },
      { fn: LAYER, operands: ['column' as const] },
    ])
      expect(contractVariants({ ...problemOf(8, 8, 8), epilogue }, gpu.limits)).toEqual([]);
  });

  it('makes each shader once, also of a fused product', () => {
    const problem = { ...problemOf(64, 64, 64), epilogue: { fn: CENTRED, operands: ['row' as const] } };
    const shaders = (): unknown[] =>
      contractVariants(problem, gpu.limits).flatMap(({ plan }) => plan.launches.map(({ shader }) => shader));
    const first = shaders();
    shaders().forEach((shader, i) => expect(shader).toBe(first[i]));
  });
});

describe('the guess', () => {
  const config = (component: string, result: string, side: number) => ({
    componentType: component,
    resultComponentType: result,
    M: side,
    N: side,
    K: side,
  });
  const UNITS = matrixUnitsOf({
    subgroupMinSize: 32,
    subgroupMaxSize: 32,
    subgroupMatrixConfigs: [
      config('f16', 'f32', 8),
      config('f16', 'f16', 16),
      config('f16', 'f32', 16),
      config('i8', 'i32', 16),
      config('f32', 'f32', 8),
    ],
  });
  const LARGE: ContractLimits = {
    maxComputeInvocationsPerWorkgroup: 1024,
    maxComputeWorkgroupStorageSize: 49152,
    maxStorageBufferBindingSize: 2 ** 31,
    features: new Set(['shader-f16', 'subgroups', 'chromium-experimental-subgroup-matrix']),
    matrixUnits: UNITS,
  };
  const DEFAULT: ContractLimits = {
    ...LARGE,
    maxComputeInvocationsPerWorkgroup: 256,
    maxComputeWorkgroupStorageSize: 16384,
    features: new Set(),
    matrixUnits: [],
  };
  const names = (problem: ContractProblem, limits = LARGE, precision: 'f32' | 'f16' = 'f32'): string[] =>
    contractVariants(problem, limits, precision).map(({ name }) => name);

  it('fits the shape: vectors, few outputs, long K, and tiles that keep a large GPU busy', () => {
    expect(names(problemOf(1, 4096, 4096))[0]).toBe('gemv');
    expect(names(problemOf(4096, 1, 4096))[0]).toBe('gemv');
    expect(names(problemOf(64, 64, 64))[0]).toBe('small');
    expect([
      names(problemOf(1, 1, 10_000_000))[0],
      names(problemOf(1, 32, 1_000_000))[0],
      names(problemOf(16, 16, 2 ** 20))[0],
    ]).toEqual(['split-gemv', 'split-gemv', 'split-32']);
    for (const problem of [problemOf(1, 1, 10_000_000), problemOf(1, 32, 1_000_000), problemOf(16, 16, 2 ** 20)])
      expect(
        contractVariants(problem, LARGE)[0]?.plan.launches[0]?.workgroups[2],
        'parts of K that keep a GPU busy',
      ).toBeGreaterThan(100);
    expect(names(problemOf(256, 256, 65536))[0]).toBe('split-64');
    expect(names(problemOf(512, 512, 512))[0]).toBe('split-32');
    expect(names(problemOf(768, 768, 64))[0]).toBe('tiled-32');
    expect(names(problemOf(4096, 4096, 4096))[0]).toBe('tiled-128');
    expect(names(problemOf(64, 64, 512, 1024))[0]).toBe('tiled-64');
  });

  it('is never a variant that no hardware has run, nor half precision unasked', () => {
    const [f32, f16] = [names(problemOf(2048, 2048, 2048)), names(problemOf(2048, 2048, 2048), LARGE, 'f16')];
    expect(f32.filter((name) => name.includes('f16') || name.startsWith('half'))).toEqual([]);
    expect(f32.at(-1)).toMatch(/^matrix-.*f32/);
    expect(f16[0], 'half precision is checked first').toBe('tiled-128');
    expect(f16.filter((name) => name.startsWith('half'))).toEqual(['half-128', 'half-64', 'half-32']);
    expect(contractVariants(problemOf(2048, 2048, 2048), LARGE, 'f16').map(({ unproven }) => unproven)).toEqual(
      f16.map((name) => /^(matrix|half)/.test(name)),
    );
  });

  it('takes the largest matrix units that sum in float32, where all subgroups have one size', () => {
    expect(UNITS.map(({ component, m }) => `${component} ${m}`)).toEqual(['f16 16', 'f16 8', 'f32 8']);
    expect(
      matrixUnitsOf({ subgroupMinSize: 8, subgroupMaxSize: 32, subgroupMatrixConfigs: [config('f16', 'f32', 8)] }),
    ).toEqual([]);
    const matrix = (limits: ContractLimits): string[] =>
      names(problemOf(2048, 2048, 2048), limits, 'f16')
        .filter((name) => name.startsWith('matrix'))
        .sort();
    expect(matrix(LARGE)).toEqual([
      'matrix-128-f16-16x16x16',
      'matrix-128-f32-8x8x8',
      'matrix-64-f16-16x16x16',
      'matrix-64-f32-8x8x8',
    ]);
    expect(matrix({ ...LARGE, maxComputeWorkgroupStorageSize: 16384 })).toEqual([
      'matrix-64-f16-16x16x16',
      'matrix-64-f32-8x8x8',
    ]);
    expect(matrix({ ...LARGE, features: new Set(['subgroups', 'chromium-experimental-subgroup-matrix']) })).toEqual([
      'matrix-128-f32-8x8x8',
      'matrix-64-f32-8x8x8',
    ]);
  });

  it('fits the limits of a device', () => {
    expect(names(problemOf(4096, 4096, 4096), DEFAULT, 'f16')).toEqual(['tiled-128', 'tiled-64', 'tiled-32', 'direct']);
    expect(
      names(problemOf(4096, 4096, 4096), {
        ...DEFAULT,
        maxComputeInvocationsPerWorkgroup: 128,
        maxComputeWorkgroupStorageSize: 4096,
      }),
    ).toEqual(['tiled-32', 'direct']);
    expect(names(problemOf(4096, 4096, 4096), { ...LARGE, maxStorageBufferBindingSize: 2 ** 25 })).toEqual([]);
    for (const { plan } of contractVariants(problemOf(70, 70, 4096), LARGE))
      for (const bytes of plan.scratch) expect(bytes).toBeLessThanOrEqual(LARGE.maxStorageBufferBindingSize);
  });

  it('is text that WGSL front ends accept, also in half precision and for matrix units', async () => {
    const { create } = await import('webgpu');
    // Dawn's backend without a device: it has every feature and runs nothing. It crashes when it is collected.
    const none = ((globalThis as { nullGpuKeptAlive?: GPU }).nullGpuKeptAlive = create([
      'backend=null',
      'enable-dawn-features=allow_unsafe_apis',
    ]) as unknown as GPU);
    const adapter = (await none.requestAdapter()) as GPUAdapter;
    const device = await adapter.requestDevice({
      requiredFeatures: [...LARGE.features] as GPUFeatureName[],
      requiredLimits: { maxComputeWorkgroupStorageSize: adapter.limits.maxComputeWorkgroupStorageSize },
    });
    let checked = 0;
    for (const [transposeA, transposeB] of TRANSPOSES) {
      for (const size of [256, 257]) {
        for (const { name, plan } of contractVariants(
          problemOf(size, size, size, 1, transposeA, transposeB),
          LARGE,
          'f16',
        )) {
          for (const { shader } of plan.launches) {
            const { messages } = await device
              .createShaderModule({ code: sourceOf(shader, false) })
              .getCompilationInfo();
            expect(
              messages.map(({ message }) => message),
              name,
            ).toEqual([]);
            checked++;
          }
        }
      }
    }
    expect(checked).toBeGreaterThan(60);
    device.destroy();
  });
});
