// One way from the skeleton of a task's row to the kernels that compute it on a GPU.
import { numberAttribute, numbersAttribute } from '../../../ops/attribute-values.ts';
import {
  type ContractEpilogue,
  type EpilogueAccess,
  isFusable,
} from '../../../../../kernels/wgsl/contract/epilogue.ts';
import type { ContractProblem, ContractVariant } from '../../../../../kernels/wgsl/contract/problem.ts';
import { contractVariants } from '../../../../../kernels/wgsl/contract/contract.ts';
import { planGather } from '../../../../../kernels/wgsl/move/gather.ts';
import type { GpuLimits, Plan } from '../../../../../kernels/wgsl/launch.ts';
import { planMapShader } from '../../../../../kernels/wgsl/map/map.ts';
import { planReduce } from '../../../../../kernels/wgsl/reduce/reduce.ts';
import { planRows } from '../../../../../kernels/wgsl/reduce/rows.ts';
import { type GpuDType, bufferBytes } from '../../../../../kernels/wgsl/text/storage.ts';
import type { KernelSpec, OpRow } from '../../../ops/define.ts';
import { gpuPlannerOf, type GpuTask } from '../../../ops/webgpu.ts';
import { type DType, DTYPES } from '../../../tensor/dtype.ts';
import type { TensorType } from '../../../tensor/type.ts';

/** What a plan depends on. */
interface PlannedTask extends GpuTask {
  readonly row: OpRow;
}

type Kernel<S extends KernelSpec['skeleton']> = Extract<KernelSpec, { skeleton: S }>;

/** Whether launches can be run where they are planned for. */
export type Usable = (plan: Plan) => boolean;

/** Whatever there is. */
export const anyPlan: Usable = () => true;

/**
 * The launches of a task, or undefined where none for its op, dtypes and shapes are usable. A fused row goes in parts
 * where it has no kernel.
 */
export function planTask(task: PlannedTask, limits: GpuLimits, usable: Usable = anyPlan): Plan | undefined {
  const plan = planKernel(task, limits, usable);
  if (plan !== undefined && usable(plan)) return plan;
  const parts = planParts(task, limits, usable);
  return parts !== undefined && usable(parts) ? parts : undefined;
}

function planKernel(task: PlannedTask, limits: GpuLimits, usable: Usable): Plan | undefined {
  const { kernel } = task.row;
  switch (kernel.skeleton) {
    case 'map':
      return planMapShader(kernel.element, typesOf(task), task.type, limits);
    case 'reduce':
      return planReduction(task, kernel, limits);
    case 'rows':
      return task.type.dtype === 'float32'
        ? planRows(kernel.transform, task.type.shape, numberAttribute(task.attrs, 'axis'), limits)
        : undefined;
    case 'contract':
      return planProduct(task, limits, usable);
    case 'window':
      return planWindow(task, kernel, limits);
    default:
      return gpuPlannerOf(task.row)?.(task, limits);
  }
}

const typesOf = ({ operands }: GpuTask): TensorType[] => operands.map(({ type }) => type);

function planReduction(
  task: PlannedTask,
  { reduction, prologue }: Kernel<'reduce'>,
  limits: GpuLimits,
): Plan | undefined {
  const reduced = prologue === undefined ? task.operands[0]?.type : task.row.parts?.between(typesOf(task), task.type);
  // Operands that are broadcast along some axes are mapped first.
  if (
    reduced === undefined ||
    (prologue !== undefined &&
      !task.operands.every((operand) => operand.type.size === 1 || operand.type.size === reduced.size))
  )
    return undefined;
  const { attrs, operands, type } = task;
  const correction = attrs['correction'] as number | undefined;
  return planReduce(
    {
      reduction,
      operand: { dtype: reduced.dtype as GpuDType, shape: reduced.shape },
      axes: numbersAttribute(attrs, 'axis'),
      out: type.dtype as GpuDType,
      ...(correction !== undefined && { correction }),
      ...(prologue !== undefined && {
        prologue: {
          fn: prologue,
          operands: operands.map((operand) => ({ dtype: operand.type.dtype as GpuDType, shape: operand.type.shape })),
        },
      }),
    },
    limits,
  );
}

function planProduct(task: PlannedTask, limits: GpuLimits, usable: Usable): Plan | undefined {
  const problem = contractProblem(task);
  return problem === undefined
    ? undefined
    : firstUsable(
        contractVariants(problem, limits, problem.precision).filter(({ unproven }) => !unproven),
        usable,
      );
}

/** The plan of the first variant that is usable; plans are made one by one. */
export function firstUsable(variants: readonly ContractVariant[], usable: Usable): Plan | undefined {
  for (const variant of variants) {
    const { plan } = variant;
    if (usable(plan)) return plan;
  }
  return undefined;
}

/** The matrix product that a task is, if it is one a GPU has kernels for. */
export function contractProblem(task: PlannedTask): ContractProblem | undefined {
  const { kernel } = task.row;
  if (kernel.skeleton !== 'contract' || task.type.dtype !== 'float32') return undefined;
  const product = kernel.contraction(typesOf(task).slice(0, 2), task.attrs);
  if (product.k === 0) return undefined;
  const precision = (task.attrs['precision'] ?? 'float32') as DType;
  const problem: ContractProblem = { ...product, precision: DTYPES[precision].factors ?? 'f32' };
  if (kernel.epilogue === undefined) return problem;
  const operands = typesOf(task)
    .slice(2)
    .map((type) => accessOf(type, task.type, problem));
  const epilogue = { fn: kernel.epilogue, operands: operands as EpilogueAccess[] } satisfies ContractEpilogue;
  return operands.includes(undefined) || !isFusable(epilogue) ? undefined : { ...problem, epilogue };
}

/** How an operand of an epilogue meets the elements of the product; undefined where it is broadcast in another way. */
function accessOf(
  { shape, dtype, size }: TensorType,
  out: TensorType,
  { m, n }: ContractProblem,
): EpilogueAccess | undefined {
  if (dtype !== 'float32') return undefined;
  if (size === 1) return 'single';
  if (size === out.size) return 'element';
  const [columns, rows] = [shape.at(-1), shape.at(-2) ?? 1];
  const wide = out.shape.at(-1) === n;
  if (wide && columns === n && size === n) return 'column';
  return wide && out.shape.at(-2) === m && columns === 1 && rows === m && size === m ? 'row' : undefined;
}

function planWindow(
  { operands: [x], attrs }: PlannedTask,
  { window }: Kernel<'window'>,
  limits: GpuLimits,
): Plan | undefined {
  return x === undefined
    ? undefined
    : planGather(window(x.type, attrs), DTYPES[x.type.dtype].itemBytes as 1 | 4, limits);
}

/** The plans of the two parts of a fused row, one after the other; what lies between is scratch. */
function planParts({ row, attrs, operands, type }: PlannedTask, limits: GpuLimits, usable: Usable): Plan | undefined {
  const { parts } = row;
  if (parts === undefined) return undefined;
  const { at, count } = parts;
  const taken = operands.slice(at, at + count);
  const between = parts.between(
    taken.map((operand) => operand.type),
    type,
  );
  const first = planTask({ row: parts.first, attrs, operands: taken, type: between }, limits, usable);
  const second = planTask(
    {
      row: parts.second,
      attrs,
      operands: [...operands.slice(0, at), { type: between }, ...operands.slice(at + count)],
      type,
    },
    limits,
    usable,
  );
  if (first === undefined || second === undefined) return undefined;
  const [result, scratch] = [operands.length, operands.length + 1];
  // Places of the parts' own [operands…, result, scratch…] among those of the whole.
  const inFirst = (i: number): number => (i < count ? at + i : i === count ? scratch : scratch + i - count);
  const rest = operands.length - count;
  const inSecond = (i: number): number => {
    if (i > rest) return i === rest + 1 ? result : scratch + first.scratch.length + i - rest - 1;
    return i < at ? i : i === at ? scratch : count + i - 1;
  };
  return {
    launches: [...moved(first, inFirst), ...moved(second, inSecond)],
    scratch: [bufferBytes(between.dtype as GpuDType, between.size), ...first.scratch, ...second.scratch],
  };
}

const moved = ({ launches }: Plan, place: (i: number) => number): Plan['launches'] =>
  launches.map((launch) => ({ ...launch, buffers: launch.buffers.map(place) }));
