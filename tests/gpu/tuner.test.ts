// Choosing variants: what is measured, what is remembered, what is never chosen; with scripted devices, and once on a real one.
import { describe, expect, it } from 'vitest';
import { GpuGround } from '../../bench/gpu-ground.ts';
import { contractVariants } from '../../kernels/wgsl/contract.ts';
import type { ContractProblem, ContractVariant } from '../../kernels/wgsl/contract-problem.ts';
import type { Plan } from '../../kernels/wgsl/launch.ts';
import { DeviceLostError } from '../../src/errors.ts';
import { shapeClass, type Trial, type TrialGround, Tuner, TUNING_LIMITS, type TuningLimits } from '../../src/backend/webgpu/tuner.ts';
import { testGpu } from './run-plan.ts';

const square = (n: number): ContractProblem => ({ m: n, n, k: n, transposeA: false, transposeB: false, lda: n, ldb: n, offsetsA: [0], offsetsB: [0] });

/** How a scripted variant behaves. */
interface Script {
  readonly name: string;
  readonly ns: number;
  readonly fault?: 'wrong once' | 'writes nothing' | 'invalid' | 'lost';
  readonly unproven?: boolean;
}

const planOf = (name: string): Plan => ({ launches: [{ shader: { name, code: '', bindings: [], params: [] }, buffers: [], params: new Uint32Array(0), workgroups: [1, 1, 1] }], scratch: [] });
const variant = ({ name, unproven = false }: Script): ContractVariant => ({ name, plan: planOf(name), unproven });

/** A device that computes products on the CPU, and variants as their scripts say, on a clock of its own. */
class ScriptedGround implements TrialGround {
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

  open([sizeA, sizeB]: readonly number[], resultElements: number, pattern: Float32Array): Promise<Trial> {
    if (this.failing) return Promise.reject(new RangeError('out of memory'));
    this.opened++;
    const n = Math.sqrt(resultElements);
    const result = new Float32Array(resultElements);
    const right = product(pattern, n);
    expect([sizeA, sizeB]).toEqual([n * n, n * n]);
    return Promise.resolve({
      run: (plan, times) => {
        const script = this.scripts.find(({ name }) => name === plan.launches[0]?.shader.name) as Script;
        this.runs.push(script.name);
        if (script.fault === 'lost') return Promise.reject(new DeviceLostError('the device was lost'));
        if (script.fault === 'invalid') return Promise.reject(new RangeError('validation'));
        if (script.fault !== 'writes nothing') result.set(right);
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

function product(pattern: Float32Array, n: number): Float32Array {
  const at = (i: number): number => pattern[i % pattern.length] as number;
  return Float32Array.from({ length: n * n }, (_, index) => {
    let sum = 0;
    for (let k = 0; k < n; k++) sum += at(Math.floor(index / n) * n + k) * at(k * n + (index % n));
    return sum;
  });
}

const LIMITS: TuningLimits = { ...TUNING_LIMITS, minProducts: 32 ** 3 };

function tunerOf(scripts: readonly Script[], memory = new Map<string, string>()) {
  const ground = new ScriptedGround(scripts);
  const tuner = new Tuner(memory, ground, () => ground.nowNs, LIMITS);
  const variants = scripts.map(variant);
  return { ground, memory, choose: async (problem: ContractProblem, precision: 'f32' | 'f16' = 'f32') => (await tuner.choose(problem, variants, precision))?.name, tuner, variants };
}

const SCRIPTS: readonly Script[] = [{ name: 'guess', ns: 300 }, { name: 'fast', ns: 100 }, { name: 'slow', ns: 900 }];

describe('the tuner', () => {
  it('takes the guess at first sight and measures at second, once', async () => {
    const { ground, memory, choose } = tunerOf(SCRIPTS);
    expect(await choose(square(64))).toBe('guess');
    expect(ground.opened).toBe(0);
    expect(await choose(square(64))).toBe('fast');
    expect([ground.opened, ground.closed]).toEqual([1, 1]);
    expect([...memory.values()]).toEqual(['fast']);
    const runs = ground.runs.length;
    expect(await choose(square(64))).toBe('fast');
    expect(await choose({ ...square(64), m: 100 }), 'the same class').toBe('fast');
    expect(ground.runs.length).toBe(runs);
  });

  it('answers at once, without a promise, once the choice is made', async () => {
    const { tuner, variants, choose } = tunerOf(SCRIPTS);
    for (let i = 0; i < 2; i++) await choose(square(64));
    expect(tuner.choose(square(64), variants)).toMatchObject({ name: 'fast' });
  });

  it('measures with the clock where the device has no timestamps', async () => {
    const { ground, choose } = tunerOf(SCRIPTS);
    ground.stamps = false;
    await choose(square(64));
    expect(await choose(square(64))).toBe('fast');
  });

  it('shares one trial among those who ask at the same time', async () => {
    const { ground, choose } = tunerOf(SCRIPTS);
    await choose(square(64));
    expect(await Promise.all([choose(square(64)), choose(square(70)), choose(square(64))])).toEqual(['fast', 'fast', 'fast']);
    expect(ground.opened).toBe(1);
  });

  it('leaves small products alone, and large ones that do not fit', async () => {
    const { ground, choose } = tunerOf(SCRIPTS);
    for (let i = 0; i < 3; i++) expect(await choose(square(31))).toBe('guess');
    for (let i = 0; i < 3; i++) expect(await choose(square(20_000))).toBe('guess');
    expect(ground.opened).toBe(0);
  });

  it('keeps what another process measured, except for a variant that is not legal here', async () => {
    const remembered = new Map([[`contract.v1 f32 ${shapeClass(square(64))}`, 'slow'], [`contract.v1 f32 ${shapeClass(square(128))}`, 'gone']]);
    const { ground, choose } = tunerOf(SCRIPTS, remembered);
    expect([await choose(square(64)), await choose(square(128))]).toEqual(['slow', 'guess']);
    expect(ground.opened).toBe(0);
  });

  it('tells classes and precisions apart', async () => {
    const { memory, choose } = tunerOf(SCRIPTS);
    for (const n of [64, 64, 128, 128]) await choose(square(n));
    for (let i = 0; i < 2; i++) await choose(square(64), 'f16');
    expect([...memory.keys()]).toEqual(['contract.v1 f32 6.6.6.0.nn', 'contract.v1 f32 7.7.7.0.nn', 'contract.v1 f16 6.6.6.0.nn']);
    expect(shapeClass({ ...square(64), k: 1, transposeB: true, offsetsA: [0, 64, 128], offsetsB: [0, 0, 0] })).toBe('6.6.0.1.nt');
  });

  it.each(['wrong once', 'writes nothing', 'invalid'] as const)('never chooses a variant that is %s, however fast', async (fault) => {
    const { choose } = tunerOf([...SCRIPTS, { name: 'broken', ns: 1, fault }]);
    await choose(square(64));
    expect(await choose(square(64))).toBe('fast');
  });

  it('leaves a guess that is wrong, and answers nothing where all are', async () => {
    const { choose } = tunerOf([{ name: 'guess', ns: 1, fault: 'wrong once' }, { name: 'other', ns: 500 }]);
    await choose(square(64));
    expect(await choose(square(64))).toBe('other');
    const none = tunerOf([{ name: 'guess', ns: 1, fault: 'invalid' }, { name: 'other', ns: 5, fault: 'writes nothing' }]);
    await none.choose(square(64));
    expect([await none.choose(square(64)), await none.choose(square(64))]).toEqual([undefined, undefined]);
    expect(none.memory.size).toBe(0);
  });

  it('tries unproven variants beyond the number of guesses, and takes one that is right', async () => {
    const many = Array.from({ length: 6 }, (_, i): Script => ({ name: `guess ${i}`, ns: i === 5 ? 1 : 100 + i }));
    const { ground, choose } = tunerOf([...many, { name: 'unproven', ns: 50, unproven: true }]);
    expect(await choose(square(64))).toBe('guess 0');
    expect(await choose(square(64))).toBe('unproven');
    expect(ground.runs).not.toContain('guess 5');
  });

  it('keeps the guess when the device has no room for a trial', async () => {
    const { ground, memory, choose } = tunerOf(SCRIPTS);
    ground.failing = true;
    for (let i = 0; i < 3; i++) expect(await choose(square(64))).toBe('guess');
    expect(memory.size).toBe(0);
  });

  it('calls no variant wrong because the device was lost meanwhile', async () => {
    const { memory, choose, tuner } = tunerOf([{ name: 'guess', ns: 1, fault: 'lost' }, { name: 'other', ns: 5, fault: 'lost' }]);
    for (let i = 0; i < 3; i++) expect(await choose(square(64))).toBe('guess');
    expect([memory.size, tuner.isWrong('guess', square(64))]).toEqual([0, false]);
  });

  it('says which variants were wrong, and what is known without a trial', async () => {
    const { choose, tuner, variants } = tunerOf([...SCRIPTS, { name: 'broken', ns: 1, fault: 'wrong once' }]);
    expect(tuner.known(square(64), variants)?.name).toBe('guess');
    for (let i = 0; i < 2; i++) await choose(square(64));
    expect(['guess', 'broken'].map((name) => tuner.isWrong(name, square(64)))).toEqual([false, true]);
    expect(tuner.known(square(64), variants)?.name).toBe('fast');
  });

  it.each([[false, false], [true, true]])('finds every variant right on a device, transposed %s %s', async (transposeA, transposeB) => {
    const { device, limits } = await testGpu();
    const ground = new GpuGround(device);
    const problem: ContractProblem = { m: 40, n: 33, k: 300, transposeA, transposeB, lda: transposeA ? 40 : 300, ldb: transposeB ? 300 : 33, offsetsA: [0, 12_000], offsetsB: [0, 9_900] };
    for (const one of contractVariants(problem, limits)) {
      const nothing: ContractVariant = { name: 'nothing', plan: { launches: [], scratch: [] }, unproven: false };
      const tuner = new Tuner(new Map<string, string>(), ground, () => 0, { minProducts: 1, maxTrialBytes: 2 ** 20, candidates: 2, rounds: 1, roundNs: 1 });
      await tuner.choose(problem, [nothing, one]);
      expect((await tuner.choose(problem, [nothing, one]))?.name).toBe(one.name);
    }
  });
});
