// What the GPU tests of reductions and rows share: plans run and read back, and the CPU's results in float64.
import type { ElementArray } from '../../kernels/js/map.ts';
import type { Plan } from '../../kernels/wgsl/launch.ts';
import { planReduce, type ReduceProblem } from '../../kernels/wgsl/reduce/reduce.ts';
import { type GpuDType, bufferBytes } from '../../kernels/wgsl/text/storage.ts';
import { alongAxesOnJs } from '../../src/core/device/along-axes.ts';
import type { OpRow } from '../../src/core/ops/define.ts';
import { type DType, DTYPES } from '../../src/core/tensor/dtype.ts';
import { OPS } from '../../src/core/ops/index.ts';
import { testGpu } from './run-plan.ts';

/** The class of arrays of a dtype. */
export const arrayClass = (dtype: GpuDType): Float32ArrayConstructor =>
  DTYPES[dtype as DType].array as Float32ArrayConstructor;

export const product = (shape: readonly number[]): number => shape.reduce((a, n) => a * n, 1);

/** What the CPU's results may have lost, absolute: near 0, a logarithm of 1 + e in float64 has no e. A GPU keeps it. */
export const LOST_ON_CPU: Readonly<Record<string, number>> = { log_softmax: 2 ** -50 };

/** Numbers of [0, 1), the same in every run. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

/** Runs a plan that gives so many elements. */
export async function resultOf(
  plan: Plan,
  operands: readonly ElementArray[],
  dtype: GpuDType,
  count: number,
): Promise<number[]> {
  const gpu = await testGpu();
  return [...new (arrayClass(dtype))(await gpu.run(plan, operands, bufferBytes(dtype, count)), 0, count)];
}

/** A reduction on the GPU. */
export async function reduced(problem: ReduceProblem, array: ElementArray): Promise<number[]> {
  const plan = planReduce(problem, (await testGpu()).limits);
  if (plan === undefined) throw new RangeError(`no plan for ${JSON.stringify(problem)}`);
  const { shape } = problem.operand;
  return resultOf(plan, [array], problem.out, product(shape.filter((_, d) => !problem.axes.includes(d))));
}

/** The same on the CPU; floats before their last rounding. */
export function reducedOnJs(
  { reduction, operand: { shape, dtype }, axes, out, correction = 0 }: ReduceProblem,
  array: ElementArray,
): number[] {
  const results = product(shape.filter((_, d) => !axes.includes(d)));
  const into = out === 'float32' ? new Float64Array(results) : new (arrayClass(out))(results);
  alongAxesOnJs(
    {
      row: { kernel: { skeleton: 'reduce', reduction } } as OpRow,
      operands: [{ type: { shape, dtype, size: product(shape) }, array }],
      attrs: { axis: axes, correction },
    } as never,
    into,
  );
  return [...into];
}

/** The bound of the rows that a reduction is the kernel of, in epsilons. */
export const boundOf = (reduction: string): number =>
  Math.min(
    ...[...OPS.values()]
      .filter(({ kernel }) => kernel.skeleton === 'reduce' && kernel.reduction === reduction)
      .map(({ bound }) => bound),
  );

/**
 * Error of a float32 against a float64 in epsilons; what is not finite or is 0 in float32 must be the same, subnormals
 * may be 0.
 */
export function epsilonsOff(got: number, exact: number): number {
  const wanted = Math.fround(exact);
  if (Object.is(got, wanted)) return 0;
  if (Math.abs(wanted) < 2 ** -126 && exact !== 0) return Math.abs(got - wanted) <= 2 ** -126 ? 0 : Infinity;
  return Number.isFinite(wanted) && wanted !== 0 ? Math.abs(got - exact) / Math.abs(exact) / 2 ** -23 : Infinity;
}
