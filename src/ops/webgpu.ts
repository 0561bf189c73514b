// Rows whose kernel is their own, and how a GPU computes them; rows that are not here stay on the CPU.
import type { GpuLimits, Plan } from '../../kernels/wgsl/launch.ts';
import { planRandom } from '../../kernels/wgsl/random.ts';
import type { TensorType } from '../tensor/type.ts';
import type { AttributeValues, OpRow } from './define.ts';
import { opNamed } from './index.ts';

/** What a plan depends on. */
export interface GpuTask {
  readonly attrs: AttributeValues;
  readonly operands: readonly { readonly type: TensorType }[];
  readonly type: TensorType;
}

/** The launches of a task, or undefined where the GPU has none for these dtypes or shapes. */
export type GpuPlanner = (task: GpuTask, limits: GpuLimits) => Plan | undefined;

const seedOf = (attrs: AttributeValues): bigint => BigInt(attrs['seed'] as number);

const PLANNERS: Readonly<Record<string, GpuPlanner>> = {
  random_uniform: ({ attrs, type }, limits) => (type.dtype === 'float32' ? planRandom({ distribution: 'uniform' }, seedOf(attrs), type.size, limits) : undefined),
  random_normal: ({ attrs, type }, limits) => (type.dtype === 'float32' ? planRandom({ distribution: 'normal' }, seedOf(attrs), type.size, limits) : undefined),
  random_integers: ({ attrs, type }, limits) => planRandom({ distribution: 'integers', low: attrs['low'] as number, high: attrs['high'] as number }, seedOf(attrs), type.size, limits),
};

/** Plans by row. */
export const GPU_PLANS: ReadonlyMap<OpRow, GpuPlanner> = new Map(Object.entries(PLANNERS).map(([name, plan]) => [opNamed(name), plan]));
