// Rows whose kernel is their own, and how a GPU computes them; rows that are not here stay on the CPU.
import { numberAttribute } from './attribute-values.ts';
import { planDiagonal, planFill, planOneHot, planRange, planTriangle } from '../../../kernels/wgsl/move/fill.ts';
import { type GatheredBytes, planGather } from '../../../kernels/wgsl/move/gather.ts';
import { planJoin, planTake } from '../../../kernels/wgsl/move/join.ts';
import type { GpuLimits, Plan } from '../../../kernels/wgsl/launch.ts';
import { planScan, type ScanProblem } from '../../../kernels/wgsl/move/scan.ts';
import { planCast } from '../../../kernels/wgsl/map/map.ts';
import { planRandom } from '../../../kernels/wgsl/random.ts';
import { planReduce } from '../../../kernels/wgsl/reduce/reduce.ts';
import type { GpuDType } from '../../../kernels/wgsl/text/storage.ts';
import type { Block } from '../tensor/block.ts';
import { DTYPES } from '../tensor/dtype.ts';
import { type Shape, stridesOf } from '../tensor/shape.ts';
import type { TensorType } from '../tensor/type.ts';
import type { AttributeValues, OpRow } from './define.ts';
import { aroundAxis } from './infer.ts';
import type { Around } from '../../../kernels/js/along-last.ts';

/** What a plan depends on: types, and the elements of operands that say where others are read. */
export interface GpuTask {
  readonly attrs: AttributeValues;
  readonly operands: readonly { readonly type: TensorType; readonly block?: Block }[];
  readonly type: TensorType;
}

/** The launches of a task, or undefined where the GPU has none for these dtypes or shapes. */
type GpuPlanner = (task: GpuTask, limits: GpuLimits) => Plan | undefined;

const seedOf = (attrs: AttributeValues): bigint => BigInt(numberAttribute(attrs, 'seed'));
const itemBytesOf = ({ dtype }: TensorType): GatheredBytes => DTYPES[dtype].itemBytes as GatheredBytes;

/** Elements before, along and after the axis of a call. */
const aroundOf = (shape: Shape, attrs: AttributeValues): Around => aroundAxis(shape, numberAttribute(attrs, 'axis'));

/** Joins operands along the axis: of each, as many elements in a row as it has for every index before the axis. */
const join: GpuPlanner = ({ attrs, operands, type }, limits) => {
  const { outer } = aroundOf(type.shape, attrs);
  return planJoin(
    outer,
    operands.map((operand) => operand.type.size / outer),
    itemBytesOf(type),
    limits,
  );
};

/** Indices must be seen, for those outside the axis are an error; where they are on the GPU alone the CPU takes. */
const take: GpuPlanner = ({ attrs, operands: [x, indices] }, limits) => {
  if (x === undefined || indices?.block?.isLocal !== true) return undefined;
  const around = aroundOf(x.type.shape, attrs);
  for (const index of indices.block.array as Iterable<number | bigint>)
    if (index < -around.length || index >= around.length) return undefined;
  return planTake({ ...around, taken: indices.type.size }, itemBytesOf(x.type), indices.type.dtype, limits);
};

const repeat: GpuPlanner = ({ attrs, operands: [x] }, limits) => {
  if (x === undefined) return undefined;
  const { outer, length, inner } = aroundOf(x.type.shape, attrs);
  return planGather(
    { shape: [outer * length, numberAttribute(attrs, 'repeats'), inner], strides: [inner, 0, 1], offset: 0 },
    itemBytesOf(x.type),
    limits,
  );
};

/** Every axis twice: how often, and along it. */
const tile: GpuPlanner = ({ operands: [x], type }, limits) => {
  if (x === undefined) return undefined;
  const { shape } = x.type;
  const lengths = [...type.shape.slice(shape.length).map(() => 1), ...shape];
  return planGather(
    {
      shape: lengths.flatMap((length, axis) => (length === 0 ? [0, 0] : [type.shape[axis]! / length, length])),
      strides: stridesOf(lengths).flatMap((stride) => [0, stride]),
      offset: 0,
    },
    itemBytesOf(type),
    limits,
  );
};

/** Along the last axis alone. */
const cumulate =
  (reduction: ScanProblem['reduction']): GpuPlanner =>
  ({ attrs, operands: [x], type }, limits) =>
    x === undefined || attrs['includeInitial'] === true || aroundOf(type.shape, attrs).inner !== 1
      ? undefined
      : planScan(
          { reduction, dtype: x.type.dtype as GpuDType, shape: type.shape, out: type.dtype as GpuDType },
          limits,
        );

/** The diagonal is every (columns + 1)th element. */
const diagonalSum: GpuPlanner = ({ operands: [x], type }, limits) => {
  if (x === undefined) return undefined;
  const [rows, columns] = [x.type.shape.at(-2)!, x.type.shape.at(-1)!];
  const operand = {
    dtype: type.dtype as GpuDType,
    shape: [type.size, Math.min(rows, columns)],
    strides: [rows * columns, columns + 1],
  };
  return planReduce({ reduction: 'sum', operand, axes: [1], out: type.dtype as GpuDType }, limits);
};

const fill =
  (value: (attrs: AttributeValues) => number): GpuPlanner =>
  ({ attrs, type }, limits) =>
    planFill(type, value(attrs), limits);

/** As `fill`, beside an operand that is not read. */
const fillLike = (value: (attrs: AttributeValues) => number): GpuPlanner => {
  const plain = fill(value);
  return (task, limits) => {
    const plan = plain(task, limits);
    return plan && { ...plan, launches: plan.launches.map((launch) => ({ ...launch, buffers: [1] })) };
  };
};

const PLANNERS: Readonly<Record<string, GpuPlanner>> = {
  random_uniform: ({ attrs, type }, limits) =>
    type.dtype === 'float32' ? planRandom({ distribution: 'uniform' }, seedOf(attrs), type.size, limits) : undefined,
  random_normal: ({ attrs, type }, limits) =>
    type.dtype === 'float32' ? planRandom({ distribution: 'normal' }, seedOf(attrs), type.size, limits) : undefined,
  random_integers: ({ attrs, type }, limits) =>
    planRandom(
      { distribution: 'integers', low: numberAttribute(attrs, 'low'), high: numberAttribute(attrs, 'high') },
      seedOf(attrs),
      type.size,
      limits,
    ),
  astype: ({ operands: [x], type }, limits) => (x === undefined ? undefined : planCast(x.type, type.dtype, limits)),
  concat: join,
  stack: join,
  take,
  repeat,
  one_hot: ({ operands: [x], type }, limits) => (x === undefined ? undefined : planOneHot(x.type.dtype, type, limits)),
  tril: ({ attrs, type }, limits) => planTriangle(type, 'lower', numberAttribute(attrs, 'k'), limits),
  triu: ({ attrs, type }, limits) => planTriangle(type, 'upper', numberAttribute(attrs, 'k'), limits),
  trace: diagonalSum,
  tile,
  cumulative_sum: cumulate('sum'),
  cumulative_prod: cumulate('prod'),
  cumulative_min: cumulate('min'),
  cumulative_max: cumulate('max'),
  full: fill((attrs) => numberAttribute(attrs, 'value')),
  zeros: fill(() => 0),
  ones: fill(() => 1),
  full_like: fillLike((attrs) => numberAttribute(attrs, 'value')),
  zeros_like: fillLike(() => 0),
  ones_like: fillLike(() => 1),
  eye: ({ attrs, type }, limits) => planDiagonal(type, numberAttribute(attrs, 'k'), limits),
  arange: ({ attrs, type }, limits) =>
    planRange(type, numberAttribute(attrs, 'start'), numberAttribute(attrs, 'step'), limits),
};

/** How a GPU computes a row; undefined where it has no plan for it. */
export const gpuPlannerOf = ({ name }: OpRow): GpuPlanner | undefined =>
  Object.hasOwn(PLANNERS, name) ? PLANNERS[name] : undefined;
