// Rows whose kernel is their own, and how a GPU computes them; rows that are not here stay on the CPU.
import { planDiagonal, planFill, planOneHot, planRange, planTriangle } from '../../kernels/wgsl/fill.ts';
import { type ItemBytes, planGather } from '../../kernels/wgsl/gather.ts';
import { planJoin } from '../../kernels/wgsl/join.ts';
import type { GpuLimits, Plan } from '../../kernels/wgsl/launch.ts';
import { planCast } from '../../kernels/wgsl/map.ts';
import { planRandom } from '../../kernels/wgsl/random.ts';
import { DTYPES } from '../tensor/dtype.ts';
import { sizeOf } from '../tensor/shape.ts';
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
const firstType = ({ operands }: GpuTask): TensorType => (operands[0] as GpuTask['operands'][0]).type;
const itemBytesOf = ({ dtype }: TensorType): ItemBytes => DTYPES[dtype].itemBytes as ItemBytes;

/** Elements of an operand that lie together at every step of the axes before `axis`. */
const runOf = ({ shape }: TensorType, axis: number): number => sizeOf(shape.slice(axis));

const fill = (value: (attrs: AttributeValues) => number): GpuPlanner => ({ type, attrs }, limits) => planFill(type, value(attrs), limits);
const valueOf = (attrs: AttributeValues): number => attrs['value'] as number;
const triangle = (side: 'lower' | 'upper'): GpuPlanner => ({ type, attrs }, limits) => planTriangle(type, side, attrs['k'] as number, limits);

/** Tensors one after the other at every step of the axes before the attribute `axis`. */
const join: GpuPlanner = ({ operands, attrs, type }, limits) => {
  const axis = attrs['axis'] as number;
  return planJoin(sizeOf(type.shape.slice(0, axis)), operands.map((operand) => runOf(operand.type, axis)), itemBytesOf(type), limits);
};

/** A repeated axis is a window that does not move along an axis of its own. */
const repeat: GpuPlanner = (task, limits) => {
  const x = firstType(task);
  const axis = task.attrs['axis'] as number;
  const [outer, length, inner] = [sizeOf(x.shape.slice(0, axis)), x.shape[axis] as number, sizeOf(x.shape.slice(axis + 1))];
  return planGather({ shape: [outer, length, task.attrs['repeats'] as number, inner], strides: [length * inner, inner, 0, 1], offset: 0 }, itemBytesOf(x), limits);
};

/** `take` is not here: whether an index is inside its axis must be known before the result is. */
const PLANNERS: Readonly<Record<string, GpuPlanner>> = {
  astype: (task, limits) => planCast(firstType(task), task.type.dtype, limits),
  concat: join, stack: join, repeat,
  tril: triangle('lower'), triu: triangle('upper'),
  one_hot: (task, limits) => planOneHot(firstType(task).dtype, task.type, limits),
  eye: ({ type, attrs }, limits) => planDiagonal(type, attrs['k'] as number, limits),
  arange: ({ type, attrs }, limits) => planRange(type, attrs['start'] as number, attrs['step'] as number, limits),
  full: fill(valueOf), full_like: fill(valueOf), zeros: fill(() => 0), zeros_like: fill(() => 0), ones: fill(() => 1), ones_like: fill(() => 1),
  random_uniform: ({ attrs, type }, limits) => (type.dtype === 'float32' ? planRandom({ distribution: 'uniform' }, seedOf(attrs), type.size, limits) : undefined),
  random_normal: ({ attrs, type }, limits) => (type.dtype === 'float32' ? planRandom({ distribution: 'normal' }, seedOf(attrs), type.size, limits) : undefined),
  random_integers: ({ attrs, type }, limits) => planRandom({ distribution: 'integers', low: attrs['low'] as number, high: attrs['high'] as number }, seedOf(attrs), type.size, limits),
};

/** Plans by row. */
export const GPU_PLANS: ReadonlyMap<OpRow, GpuPlanner> = new Map(Object.entries(PLANNERS).map(([name, plan]) => [opNamed(name), plan]));
