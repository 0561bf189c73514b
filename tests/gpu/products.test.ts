// Products on an open device: tried where that pays, and remembered.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Task } from '../../src/core/device/device.ts';
import { DeviceContext } from '../../src/core/device/webgpu/device-context.ts';
import { Planner } from '../../src/core/device/webgpu/planning/plans.ts';
import { DeviceTrials, POOL_ROOM } from '../../src/core/device/webgpu/planning/trials.ts';
import { shapeClass, Tuner, TUNING_LIMITS } from '../../src/core/device/webgpu/planning/tuner.ts';
import { anyPlan } from '../../src/core/device/webgpu/planning/plan-task.ts';
import { Products } from '../../src/core/device/webgpu/planning/products.ts';
import { contractVariants } from '../../kernels/wgsl/contract/contract.ts';
import type { ContractProblem, ContractVariant } from '../../kernels/wgsl/contract/problem.ts';
import type { Launch, Plan } from '../../kernels/wgsl/launch.ts';
import { MATMUL } from '../../src/core/ops/matrices/linalg.ts';
import { tensorType } from '../../src/core/tensor/type.ts';
import { testGpu } from './run-plan.ts';

const problem: ContractProblem = {
  m: 48,
  n: 40,
  k: 64,
  transposeA: false,
  transposeB: false,
  lda: 64,
  ldb: 40,
  offsetsA: [0],
  offsetsB: [0],
};
let context: DeviceContext;

beforeAll(async () => {
  context = new DeviceContext((await testGpu()).device, () => {});
});
afterAll(() => context.epoch.end('closed', 'the test is over'));

describe('variants of a product', () => {
  it('are tried on the open device when their class of shapes comes again, and the choice is remembered', async () => {
    const memory = new Map<string, string>();
    let ticks = 0;
    const tuner = new Tuner(
      { get: (key) => memory.get(key), set: (key, name) => void memory.set(key, name) },
      new DeviceTrials(() => context, POOL_ROOM),
      () => (ticks += 1000),
      { ...TUNING_LIMITS, minProducts: 1, candidates: 2, rounds: 1, roundNs: 1 },
    );
    const variants = contractVariants(problem, context.planner.limits);
    expect(await tuner.choose(problem, () => variants)).toBe(variants[0]);
    const used = context.buffers.usedBytes;
    const chosen = tuner.choose(problem, () => variants);
    expect(chosen).toBeInstanceOf(Promise);
    expect(variants.slice(0, 2).map(({ name }) => name)).toContain((await chosen)?.name);
    expect([...memory.values()]).toEqual([(await chosen)?.name]);
    expect(context.buffers.usedBytes, 'scratch was given back').toBe(used);
  });

  it('that do not compile here, or that the GPU refuses to run, are passed over, and the device goes on', async () => {
    const memory = new Map<string, string>();
    const tuner = new Tuner(
      { get: (key) => memory.get(key), set: (key, name) => void memory.set(key, name) },
      new DeviceTrials(() => context, POOL_ROOM),
      () => 0,
      { ...TUNING_LIMITS, minProducts: 1, rounds: 1, roundNs: 1 },
    );
    const [first] = contractVariants(problem, context.planner.limits) as [ContractVariant];
    const [launch] = first.plan.launches as [Launch];
    const broken = { ...launch.shader, code: launch.shader.code.replace('fn main', 'fn main_of_nothing') };
    const bad = [
      { ...launch, workgroups: [70000, 1, 1] as const },
      { ...launch, shader: broken },
    ].map((wrong, i): ContractVariant => ({
      name: `bad ${i}`,
      unproven: false,
      plan: { ...first.plan, launches: [wrong as Launch] },
    }));
    const variants = [...bad, first];
    void tuner.choose(problem, () => variants);
    expect(await tuner.choose(problem, () => variants)).toBe(first);
    expect(context.epoch.isOver).toBe(false);
  });

  it('are computed with what was noted for their adapter, and for no other', async () => {
    const notes = new Map<string, string>();
    const large: ContractProblem = {
      m: 512,
      n: 512,
      k: 512,
      transposeA: false,
      transposeB: false,
      lda: 512,
      ldb: 512,
      offsetsA: [0],
      offsetsB: [0],
    };
    const variants = contractVariants(large, context.planner.limits, 'f32').filter(({ unproven }) => !unproven);
    const [guess, noted] = [variants[0]!, variants.at(-1)!];
    expect(noted.name).not.toBe(guess.name);
    const shadersOf = async (adapter: string): Promise<unknown> =>
      (
        await new Products(
          { adapter, software: false },
          () => context,
          () => 0,
          2 ** 30,
          POOL_ROOM,
          notes,
        ).plan({ ...large }, anyPlan)
      )?.launches.map(({ shader }) => shader.name);
    expect(await shadersOf('a')).toEqual(guess.plan.launches.map(({ shader }) => shader.name));
    notes.set(`gpu a contract.v2 f32 ${shapeClass(large)}`, noted.name);
    expect(await shadersOf('a')).toEqual(noted.plan.launches.map(({ shader }) => shader.name));
    expect(await shadersOf('b')).toEqual(guess.plan.launches.map(({ shader }) => shader.name));
  });

  it('are planned once for all tasks of their shapes, whose problem is then the same', () => {
    const products = new Products(
      { adapter: 'other', software: false },
      () => context,
      () => 0,
      2 ** 30,
      POOL_ROOM,
    );
    const planner = new Planner(context.planner.limits);
    const types = [tensorType('float32', [48, 64]), tensorType('float32', [64, 40])];
    const tasks = [1, 2].map((): Task => ({
      row: MATMUL,
      attrs: { transposeA: false, transposeB: false, precision: 'float32' },
      type: tensorType('float32', [48, 40]),
      numerics: 'tolerance',
      operands: types.map((type) => ({ type })) as unknown as Task['operands'],
    }));
    const [one, other] = tasks.map((task) => planner.product(task)!);
    expect(one).toBe(other);
    const kept = products.plan(one!, anyPlan) as Plan;
    expect(products.plan(other!, anyPlan)).toBe(kept);
    const next = products.plan(other!, ({ launches: [launch] }) => launch?.shader !== kept.launches[0]?.shader) as Plan;
    expect(
      next.launches.map(({ shader }) => shader),
      'another variant where that one is refused',
    ).not.toEqual(kept.launches.map(({ shader }) => shader));
    expect(products.known(one!, anyPlan), 'and that one again where it is not').toBe(kept);
  });

  it('are not tried on a software adapter, which takes the kernel without workgroup memory', () => {
    const products = new Products(
      { adapter: 'software', software: true },
      () => context,
      () => 0,
      2 ** 30,
      POOL_ROOM,
    );
    const direct = contractVariants(problem, context.planner.limits).find(({ name }) => name === 'direct');
    expect(products.plan(problem, anyPlan)).toEqual(direct?.plan);
  });

  it('that cannot be used, for want of room or because they do not compile, give way to the next', () => {
    const products = new Products(
      { adapter: 'software', software: true },
      () => context,
      () => 0,
      2 ** 30,
      POOL_ROOM,
    );
    const deep = { ...problem, k: 4096, lda: 4096 };
    const split = contractVariants(deep, context.planner.limits).find(({ name }) => name.startsWith('split'));
    const scratch = products.plan(deep, (plan) => plan.scratch.length > 0) as Plan;
    expect(scratch).toEqual(split?.plan);
    expect(products.known(deep, (plan) => plan.scratch.length > 0)).toEqual(split?.plan);
    expect(products.plan(deep, () => false)).toBeUndefined();
  });
});
