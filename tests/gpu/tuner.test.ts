// Choosing variants: what is measured, what is remembered, what is never chosen; with scripted devices, and once on a
// real one.
import { afterAll, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { contractVariants } from '../../kernels/wgsl/contract/contract.ts';
import {
  type ContractProblem,
  type ContractVariant,
  operandElements,
  layoutKey,
  layoutOf,
  smallerProblem,
} from '../../kernels/wgsl/contract/problem.ts';
import type { Plan } from '../../kernels/wgsl/launch.ts';
import { patternsOf } from '../../src/core/device/webgpu/planning/expected.ts';
import { DeviceContext } from '../../src/core/device/webgpu/device-context.ts';
import { DeviceTrials, POOL_ROOM } from '../../src/core/device/webgpu/planning/trials.ts';
import { DeviceLostError, SheetError } from '../../src/core/errors.ts';
import type { Trial, TrialBuffers } from '../../src/core/device/webgpu/planning/trial.ts';
import { shapeClass, Tuner, TUNING_LIMITS, type TuningLimits } from '../../src/core/device/webgpu/planning/tuner.ts';
import { testGpu } from './run-plan.ts';
import { extent } from '../run/extent.ts';

const square = (n: number): ContractProblem => ({
  m: n,
  n,
  k: n,
  transposeA: false,
  transposeB: false,
  lda: n,
  ldb: n,
  offsetsA: [0],
  offsetsB: [0],
});

/** How a scripted variant behaves. */
interface Script {
  readonly name: string;
  readonly ns: number;
  readonly fault?: 'wrong once' | 'writes nothing' | 'narrow' | 'invalid' | 'loses the device';
  readonly unproven?: boolean;
}

const planOf = (name: string): Plan => ({
  launches: [
    {
      shader: { name, code: '', bindings: [], params: [] },
      buffers: [],
      params: new Uint32Array(0),
      workgroups: [1, 1, 1],
    },
  ],
  scratch: [],
});
const variant = ({ name, unproven = false }: Script): ContractVariant => ({ name, plan: planOf(name), unproven });

/** A device that computes products on the CPU, and variants as their scripts say, on a clock of its own. */
class ScriptedBuffers implements TrialBuffers {
  readonly scripts: readonly Script[];
  readonly runs: string[] = [];
  opened = 0;
  closed = 0;
  nowNs = 0;
  stamps = true;
  failing = false;

  constructor(scripts: readonly Script[]) {
    this.scripts = scripts;
  }

  open(
    [sizeA, sizeB]: readonly number[],
    resultElements: number,
    [a, b]: readonly [Float32Array, Float32Array],
  ): Promise<Trial> {
    if (this.failing) return Promise.reject(new RangeError('out of memory'));
    this.opened++;
    const n = Math.sqrt(resultElements);
    const result = new Float32Array(resultElements);
    const [right, narrow] = [product(a, b, n), product(a.map(narrowed), b.map(narrowed), n)];
    expect([sizeA, sizeB]).toEqual([n * n, n * n]);
    return Promise.resolve({
      run: (plan, times) => {
        const script = this.scripts.find(({ name }) => name === plan.launches[0]?.shader.name)!;
        this.runs.push(script.name);
        if (script.fault === 'invalid') return Promise.reject(new SheetError('KERNEL', 'validation'));
        if (script.fault === 'loses the device') return Promise.reject(new DeviceLostError('lost'));
        if (script.fault !== 'writes nothing') result.set(script.fault === 'narrow' ? narrow : right);
        if (script.fault === 'wrong once') result[n * n - 1]! += 1;
        this.nowNs += script.ns * times;
        return Promise.resolve(this.stamps ? script.ns * times : undefined);
      },
      clear: () => void result.fill(0),
      read: (first, count) => Promise.resolve(result.slice(first, first + count)),
      close: () => void this.closed++,
    });
  }
}

/** Ten bits of a mantissa are left, as in TF32 and in half precision. */
function narrowed(value: number): number {
  const bits = new Uint32Array(new Float32Array([value]).buffer);
  bits[0] = (bits[0]! + 0x0fff + ((bits[0]! >>> 13) & 1)) & 0xffffe000;
  return new Float32Array(bits.buffer)[0]!;
}

function product(a: Float32Array, b: Float32Array, n: number): Float32Array {
  const at = (pattern: Float32Array, i: number): number => pattern[i % pattern.length]!;
  return Float32Array.from({ length: n * n }, (_, index) => {
    let sum = 0;
    for (let k = 0; k < n; k++) sum += at(a, Math.floor(index / n) * n + k) * at(b, k * n + (index % n));
    return sum;
  });
}

const LIMITS: TuningLimits = { ...TUNING_LIMITS, minProducts: 32 ** 3 };

function tunerOf(
  scripts: readonly Script[],
  memory: Map<string, string> & { noted?: (key: string) => string | undefined } = new Map<string, string>(),
  limits = LIMITS,
) {
  const trials = new ScriptedBuffers(scripts);
  const tuner = new Tuner(memory, trials, () => trials.nowNs, limits);
  const variants = scripts.map(variant);
  return {
    trials,
    memory,
    choose: async (problem: ContractProblem, precision: 'f32' | 'f16' = 'f32') =>
      (await tuner.choose(problem, () => variants, precision))?.name,
    tuner,
    variants,
  };
}

const SCRIPTS: readonly Script[] = [
  { name: 'guess', ns: 300 },
  { name: 'fast', ns: 100 },
  { name: 'slow', ns: 900 },
];

let opened: Promise<DeviceContext> | undefined;
const openContext = (): Promise<DeviceContext> =>
  (opened ??= testGpu().then(({ device }) => new DeviceContext(device, () => {})));
afterAll(async () => (await opened)?.epoch.end('closed', 'the test is over'));

describe('the tuner', () => {
  it('uses what another process chose at once, without a trial where it is proven', async () => {
    const { trials, choose } = tunerOf(SCRIPTS, Object.assign(new Map<string, string>(), { noted: () => 'slow' }));
    expect([await choose(square(64)), await choose(square(64))]).toEqual(['slow', 'slow']);
    expect(trials.opened).toBe(0);
    const gone = tunerOf(SCRIPTS, Object.assign(new Map<string, string>(), { noted: () => 'of another version' }));
    expect([await gone.choose(square(64)), await gone.choose(square(64))]).toEqual(['guess', 'fast']);
  });

  it('checks what another process chose where it is not proven, and tunes anew where it is wrong', async () => {
    const noted = (name: string): Map<string, string> & { noted: () => string } =>
      Object.assign(new Map<string, string>(), { noted: () => name });
    const right = tunerOf([...SCRIPTS, { name: 'daring', ns: 500, unproven: true }], noted('daring'));
    expect([await right.choose(square(64)), await right.choose(square(64))]).toEqual(['daring', 'daring']);
    expect([right.trials.opened, right.trials.closed]).toEqual([1, 1]);
    for (const fault of ['narrow', 'invalid', 'loses the device'] as const) {
      const wrong = tunerOf([...SCRIPTS, { name: 'daring', ns: 1, unproven: true, fault }], noted('daring'));
      expect(await wrong.choose(square(64)), fault).toBe('guess');
      if (fault !== 'loses the device') expect(await wrong.choose(square(64)), fault).toBe('fast');
    }
  });

  it('takes the guess the first time and measures the second time, once', async () => {
    const { trials, memory, choose } = tunerOf(SCRIPTS);
    expect(await choose(square(64))).toBe('guess');
    expect(trials.opened).toBe(0);
    expect(await choose(square(64))).toBe('fast');
    expect([trials.opened, trials.closed]).toEqual([1, 1]);
    expect([...memory.values()]).toEqual(['fast']);
    const runs = trials.runs.length;
    expect(await choose(square(64))).toBe('fast');
    expect(await choose({ ...square(64), m: 100 }), 'the same class').toBe('fast');
    expect(trials.runs.length).toBe(runs);
  });

  it('answers at once, without a promise, once the choice is made', async () => {
    const { tuner, variants, choose } = tunerOf(SCRIPTS);
    for (let i = 0; i < 2; i++) await choose(square(64));
    expect(tuner.choose(square(64), () => variants)).toMatchObject({ name: 'fast' });
  });

  it('measures with the clock where the device has no timestamps', async () => {
    const { trials, choose } = tunerOf(SCRIPTS);
    trials.stamps = false;
    await choose(square(64));
    expect(await choose(square(64))).toBe('fast');
  });

  it('shares one trial among those who ask at the same time', async () => {
    const { trials, choose } = tunerOf(SCRIPTS);
    await choose(square(64));
    expect(await Promise.all([choose(square(64)), choose(square(72)), choose(square(64))])).toEqual([
      'fast',
      'fast',
      'fast',
    ]);
    expect(trials.opened).toBe(1);
  });

  it('leaves small products alone', async () => {
    const { trials, choose } = tunerOf(SCRIPTS);
    for (const n of [31, 31, 31]) expect(await choose(square(n))).toBe('guess');
    for (let i = 0; i < 3; i++) expect(await choose({ ...square(60), k: 31 }), 'as all of its class').toBe('guess');
    expect(trials.opened).toBe(0);
  });

  it('tries a large product on a smaller one that fits, and leaves it where only one too small would', async () => {
    const { trials, choose, tuner, variants } = tunerOf(SCRIPTS, new Map(), {
      ...LIMITS,
      maxTrialBytes: 3 * 64 * 64 * 4,
    });
    const asked: number[] = [];
    for (let i = 0; i < 2; i++) await tuner.choose(square(20_000), ({ m, n, k }) => (asked.push(m, n, k), variants));
    expect(asked.slice(-3), 'variants of the smaller one').toEqual([36, 36, 36]);
    expect([await choose(square(20_000)), trials.opened]).toEqual(['fast', 1]);
    const none = tunerOf(SCRIPTS, new Map(), { ...LIMITS, maxTrialBytes: 3 * 16 * 16 * 4 });
    for (let i = 0; i < 3; i++) expect(await none.choose(square(20_000))).toBe('guess');
    expect(none.trials.opened).toBe(0);
  });

  it('keeps what another process measured, except for a variant that is not legal here', async () => {
    const remembered = new Map([
      [`contract.v2 f32 ${shapeClass(square(64))}`, 'slow'],
      [`contract.v2 f32 ${shapeClass(square(128))}`, 'gone'],
    ]);
    const { trials, choose } = tunerOf(SCRIPTS, remembered);
    expect([await choose(square(64)), await choose(square(128))]).toEqual(['slow', 'guess']);
    expect(trials.opened).toBe(0);
  });

  it('tells classes and precisions apart', async () => {
    const { memory, choose } = tunerOf(SCRIPTS);
    for (const n of [64, 64, 128, 128]) await choose(square(n));
    for (let i = 0; i < 2; i++) await choose(square(64), 'f16');
    const lies = 'vector1vector0vector';
    expect([...memory.keys()]).toEqual([
      `contract.v2 f32 6.6.6.0.nn.${lies}`,
      `contract.v2 f32 7.7.7.0.nn.${lies}`,
      `contract.v2 f16 6.6.6.0.nn.${lies}`,
    ]);
    expect(shapeClass({ ...square(64), k: 1, transposeB: true, offsetsA: [0, 64, 128], offsetsB: [0, 0, 0] })).toBe(
      '6.6.0.1.nt.scalar1scalar1vector',
    );
    expect(shapeClass(square(1024)), 'whole vectors and single elements are other kernels').not.toBe(
      shapeClass(square(1025)),
    );
  });

  it.each(['wrong once', 'writes nothing', 'narrow', 'invalid'] as const)(
    'never chooses a variant that is %s, however fast',
    async (fault) => {
      const { choose } = tunerOf([...SCRIPTS, { name: 'broken', ns: 1, fault }]);
      await choose(square(64));
      expect(await choose(square(64))).toBe('fast');
    },
  );

  it('leaves a guess that is wrong, and answers nothing where all are', async () => {
    const { choose } = tunerOf([
      { name: 'guess', ns: 1, fault: 'wrong once' },
      { name: 'other', ns: 500 },
    ]);
    await choose(square(64));
    expect(await choose(square(64))).toBe('other');
    const none = tunerOf([
      { name: 'guess', ns: 1, fault: 'invalid' },
      { name: 'other', ns: 5, fault: 'writes nothing' },
    ]);
    await none.choose(square(64));
    expect([await none.choose(square(64)), await none.choose(square(64))]).toEqual([undefined, undefined]);
    expect(none.memory.size).toBe(0);
    const answers = (problem: ContractProblem): string | undefined => none.tuner.known(problem, none.variants)?.name;
    expect(
      [answers({ ...square(64), m: 127 }), answers(square(128)), answers({ ...square(64), k: 32 })],
      'for such shapes, not for others',
    ).toEqual([undefined, 'guess', 'guess']);
  });

  it('does not take a wrong guess for a problem that the chosen variant is not legal for', async () => {
    const { choose, tuner, variants } = tunerOf([
      { name: 'guess', ns: 1, fault: 'wrong once' },
      { name: 'other', ns: 500 },
      { name: 'fast', ns: 100 },
    ]);
    for (let i = 0; i < 2; i++) await choose(square(64));
    expect(
      tuner.known(
        square(64),
        variants.filter(({ name }) => name !== 'fast'),
      )?.name,
    ).toBe('other');
  });

  it('tries unproven variants beyond the number of guesses, and takes one that is right', async () => {
    const many = Array.from({ length: 6 }, (_, i): Script => ({ name: `guess ${i}`, ns: i === 5 ? 1 : 100 + i }));
    const { trials, choose } = tunerOf([...many, { name: 'unproven', ns: 50, unproven: true }]);
    expect(await choose(square(64))).toBe('guess 0');
    expect(await choose(square(64))).toBe('unproven');
    expect(trials.runs).not.toContain('guess 5');
  });

  it('keeps the guess when the device has no room for a trial', async () => {
    const { trials, memory, choose } = tunerOf(SCRIPTS);
    trials.failing = true;
    for (let i = 0; i < 3; i++) expect(await choose(square(64))).toBe('guess');
    expect(memory.size).toBe(0);
  });

  it('calls no variant wrong because the device was lost meanwhile', async () => {
    const { memory, choose, tuner, variants } = tunerOf([
      { name: 'guess', ns: 1, fault: 'loses the device' },
      { name: 'other', ns: 5, fault: 'loses the device' },
    ]);
    for (let i = 0; i < 3; i++) expect(await choose(square(64))).toBe('guess');
    expect([memory.size, tuner.trusted(square(64), variants)]).toEqual([0, variants]);
  });

  it('leaves a guess that was wrong before the device was lost', async () => {
    const { memory, choose } = tunerOf([
      { name: 'guess', ns: 1, fault: 'wrong once' },
      { name: 'other', ns: 5 },
      { name: 'last', ns: 5, fault: 'loses the device' },
    ]);
    await choose(square(64));
    expect([await choose(square(64)), await choose(square(64))]).toEqual(['other', 'other']);
    expect(memory.size).toBe(0);
  });

  it('says which variants may be used untried, and what is known without a trial', async () => {
    const { choose, tuner, variants } = tunerOf([
      ...SCRIPTS,
      { name: 'broken', ns: 1, fault: 'wrong once' },
      { name: 'unproven', ns: 200, unproven: true },
    ]);
    expect([tuner.known(square(64), variants)?.name, tuner.isSettled(square(64))]).toEqual(['guess', false]);
    for (let i = 0; i < 2; i++) await choose(square(64));
    expect(tuner.trusted(square(64), variants).map(({ name }) => name)).toEqual(['guess', 'fast', 'slow']);
    expect([tuner.known(square(64), variants)?.name, tuner.isSettled(square(64))]).toEqual(['fast', true]);
  });

  it.each([
    [false, false],
    [true, true],
  ])('finds every variant right on a device, transposed %s %s', async (transposeA, transposeB) => {
    const { limits } = await testGpu();
    const context = await openContext();
    const trials = new DeviceTrials(() => context, POOL_ROOM);
    const problem: ContractProblem = {
      m: 40,
      n: 33,
      k: 300,
      transposeA,
      transposeB,
      lda: transposeA ? 40 : 300,
      ldb: transposeB ? 300 : 33,
      offsetsA: [0, 12_000],
      offsetsB: [0, 9_900],
    };
    for (const one of contractVariants(problem, limits)) {
      const nothing: ContractVariant = { name: 'nothing', plan: { launches: [], scratch: [] }, unproven: false };
      const tuner = new Tuner(new Map<string, string>(), trials, () => 0, {
        minProducts: 1,
        maxTrialBytes: 2 ** 20,
        candidates: 2,
        rounds: 1,
        roundNs: 1,
      });
      await tuner.choose(problem, () => [nothing, one]);
      expect((await tuner.choose(problem, () => [nothing, one]))?.name).toBe(one.name);
    }
  });
});

/** Extents with all powers of ten in them, and how far apart lines lie. */
const problems = fc
  .record({
    m: fc.integer({ min: 1, max: 5000 }),
    n: fc.integer({ min: 1, max: 5000 }),
    k: fc.oneof(
      fc.integer({ min: 1, max: 2 ** 10 }),
      fc.integer({ min: 1, max: 2 ** 17 }),
      fc.integer({ min: 1, max: 2 ** 20 }),
    ),
    transposeA: fc.boolean(),
    transposeB: fc.boolean(),
    gap: fc.constantFrom(0, 1, 4, 65537, 65539),
    offset: fc.nat(200_000),
  })
  .map(({ gap, offset, ...rest }): ContractProblem => ({
    ...rest,
    lda: (rest.transposeA ? rest.m : rest.k) + gap,
    ldb: gap > 10 ? gap : (rest.transposeB ? rest.k : rest.n) + gap,
    offsetsA: [offset],
    offsetsB: [2 * offset],
  }));

describe('the operands of a trial', () => {
  /** Sums along K of one element of the product: of magnitudes, exact, and of narrowed elements. */
  function sumsOf(
    { k, lda, ldb, transposeA, transposeB, offsetsA, offsetsB }: ContractProblem,
    [a, b]: readonly Float32Array[],
    row: number,
    column: number,
  ) {
    const [stepA, stepB] = [transposeA ? lda : 1, transposeB ? 1 : ldb];
    const [firstA, firstB] = [
      offsetsA[0]! + row * (transposeA ? 1 : lda),
      offsetsB[0]! + column * (transposeB ? ldb : 1),
    ];
    const sums = { magnitudes: 0, exact: 0, narrow: 0 };
    for (let i = 0; i < k; i++) {
      const [x, y] = [a![(firstA + i * stepA) % a!.length]!, b![(firstB + i * stepB) % b!.length]!];
      sums.magnitudes += Math.abs(x * y);
      sums.exact += x * y;
      sums.narrow += (Math.abs(x) > 2048 ? Math.sign(x) * 2048 : x) * y;
    }
    return sums;
  }

  it('give sums that float32 holds exactly in any order, whatever the shape', () => {
    fc.assert(
      fc.property(problems, fc.constantFrom('f32' as const, 'f16' as const), (problem, precision) => {
        const patterns = patternsOf(problem, precision);
        for (const [row, column] of [
          [0, 0],
          [problem.m - 1, problem.n - 1],
          [problem.m >> 1, problem.n >> 1],
        ] as const)
          expect(sumsOf(problem, patterns, row, column).magnitudes).toBeLessThan(2 ** 24);
      }),
      { numRuns: extent(15, 40) },
    );
  });

  it.each([2 ** 20, 2 ** 24, 2 ** 26, 2 ** 27])('do so along %i of K', (k) => {
    const [a, b] = patternsOf({ ...square(16), k, lda: k, ldb: 16 }, 'f32');
    const inPeriod = a.reduce((sum, value) => sum + Math.abs(value), 0);
    const largest = b.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(Math.ceil(k / a.length) * inPeriod * largest).toBeLessThan(2 ** 24);
    expect(a.some((value) => value === 2049)).toBe(true);
  });

  it.each([
    [64, 64, 65536, true],
    [64, 64, 2 ** 18, true],
    [128, 128, 2 ** 15, false],
    [1, 1, 10 ** 6, false],
    [65537, 8, 4000, true],
  ])('show a device that narrows them, %i × %i along %i, transposed %s', (m, n, k, transposeA) => {
    const problem: ContractProblem = { ...square(1), m, n, k, transposeA, lda: transposeA ? m : k, ldb: n };
    const patterns = patternsOf(problem, 'f32');
    const { magnitudes, exact, narrow } = sumsOf(problem, patterns, m - 1, n - 1);
    expect(magnitudes).toBeLessThan(2 ** 24);
    expect(narrow).not.toBe(exact);
  });
});

describe('a smaller problem', () => {
  it('fits, lies as the large one does and is the same where that fits', () => {
    fc.assert(
      fc.property(problems, fc.integer({ min: 2 ** 12, max: 2 ** 28 }), (problem, maxBytes) => {
        const smaller = smallerProblem(problem, maxBytes);
        const bytesOf = (one: ContractProblem): number =>
          4 * operandElements(one).reduce((sum, elements) => sum + elements);
        expect(bytesOf(smaller)).toBeLessThanOrEqual(maxBytes);
        expect(layoutKey(layoutOf(smaller))).toBe(layoutKey(layoutOf(problem)));
        if (bytesOf(problem) <= maxBytes) expect(smaller).toBe(problem);
      }),
      { numRuns: extent(100, 300) },
    );
  });

  it('has fewer of its batches first', () => {
    const offsets = Array.from({ length: 64 }, (_, i) => i * 4096);
    expect(smallerProblem({ ...square(64), offsetsA: offsets, offsetsB: offsets.map(() => 0) }, 2 ** 19)).toMatchObject(
      { m: 64, n: 64, k: 64, offsetsA: { length: 8 } },
    );
  });
});
