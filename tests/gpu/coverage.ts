// What a GPU leaves to the CPU: rows and dtypes that have no plan, for people (docs/devices.md).
import type { GpuLimits } from '../../kernels/wgsl/launch.ts';
import type { AttributeKind, AttributeValues, OpRow } from '../../src/core/ops/define.ts';
import { kindTakes } from '../../src/core/ops/kinds.ts';
import type { DType } from '../../src/core/tensor/dtype.ts';
import { valueOf, heapMemory } from '../../src/core/tensor/block.ts';
import { type TensorType, tensorType } from '../../src/core/tensor/type.ts';
import { planTask } from '../../src/core/device/webgpu/planning/plan-task.ts';

/** A row with the dtypes of its first operand for which a GPU has no kernel. */
export interface Uncovered {
  readonly row: OpRow;
  readonly dtypes: readonly DType[];
}

/** The least that every WebGPU device offers. */
export const LEAST_LIMITS: GpuLimits = {
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupStorageSize: 16384,
  maxStorageBufferBindingSize: 2 ** 27,
  features: new Set(),
};

/**
 * Rows that a GPU does not compute for all of the dtypes they take. Float64 and int64 are never on a GPU and not
 * listed.
 */
export function uncovered(rows: Iterable<OpRow>, limits: GpuLimits = LEAST_LIMITS): Uncovered[] {
  const found: Uncovered[] = [];
  for (const row of rows) {
    if (row.kernel.skeleton === 'alias') continue;
    const dtypes = dtypesOf(row).filter((dtype) => isMissing(row, dtype, limits));
    if (dtypes.length > 0) found.push({ row, dtypes });
  }
  return found;
}

/** Names of the rows, of those uncovered, that a GPU leaves to the CPU, whatever the dtype. */
export const leftToCpu = (found: readonly Uncovered[]): ReadonlySet<string> =>
  new Set(found.filter(({ row, dtypes }) => dtypes.length === dtypesOf(row).length).map(({ row }) => row.name));

/** The dtypes that a GPU computes in. */
export const GPU_DTYPES: readonly DType[] = ['float32', 'int32', 'uint32', 'uint8', 'int8', 'bool'];

/** Dtypes the first operand may have once promoted, or that of a result without operands. */
const dtypesOf = ({ promotion, operands: [first] }: OpRow): readonly DType[] =>
  promotion === 'float' || first === undefined
    ? ['float32']
    : GPU_DTYPES.filter((dtype) => kindTakes(first.kind, dtype));

/** Whether a row takes calls on a dtype and none of them is planned. */
function isMissing(row: OpRow, dtype: DType, limits: GpuLimits): boolean {
  let isTaken = false;
  for (const isPlanned of attemptsOf(row, dtype, limits)) {
    if (isPlanned === true) return false;
    isTaken ||= isPlanned === false;
  }
  return isTaken;
}

const SHAPES: readonly (readonly number[])[] = [[4, 4], [4], [4, 2], [1, 1, 4, 4]];
const CANDIDATES: Record<AttributeKind, readonly unknown[]> = {
  int: [1, 0, 4],
  float: [0, 4, 1],
  number: [0, 4, 1],
  bool: [false],
  axis: [0, null],
  axes: [[0]],
  shape: [
    [4, 4],
    [2, 4, 4],
  ],
  dtype: [],
  ints: [[1, 0], [1], [0], [4, 4], 1, [0, 0], [2, 2]],
  seed: [1],
  choice: [],
  text: [],
  floats: [0],
};

/** For each way to call a row, once: whether it is planned, or undefined where the row does not take the call. */
function* attemptsOf(row: OpRow, dtype: DType, limits: GpuLimits): Generator<boolean | undefined> {
  const ways = waysOf(row, dtype);
  for (const shape of row.source ? [[4]] : SHAPES)
    for (const given of ways) yield attempt(row, operandTypes(row, dtype, shape), given, limits);
}

/** Attributes of calls, as they are by default and otherwise, without those that repeat others. */
function waysOf({ attributes }: OpRow, dtype: DType): readonly AttributeValues[] {
  const ways = [0, 1, 2, 3, 4, 5, 6].flatMap((turn) =>
    [true, false].map((usual) =>
      Object.fromEntries(
        Object.entries(attributes).map(([name, { kind, fallback, choices }], i) => {
          const values = kind === 'dtype' ? [dtype] : kind === 'choice' ? (choices ?? []) : CANDIDATES[kind];
          return [name, usual && fallback !== undefined ? fallback : values[(turn + i) % values.length]];
        }),
      ),
    ),
  );
  return [...new Map(ways.map((way) => [JSON.stringify(way), way as AttributeValues])).values()];
}

const operandTypes = (row: OpRow, dtype: DType, shape: readonly number[]): TensorType[] =>
  (row.variadic ? [row.operands[0], row.operands[0]] : row.operands).map((spec, i) =>
    spec?.kind === 'index' && i > 0 ? tensorType('int32', [4]) : tensorType(dtype, shape),
  );

function attempt(
  row: OpRow,
  types: readonly TensorType[],
  given: AttributeValues,
  limits: GpuLimits,
): boolean | undefined {
  try {
    const attrs = row.settle?.(types, given) ?? given;
    const out = row.infer(types, attrs);
    const operands = types.map((type) => ({ type, block: valueOf(type, heapMemory.take(type)).block }));
    return planTask({ row, attrs, operands, type: tensorType(out.dtype, out.shape) }, limits) !== undefined;
  } catch {
    return undefined;
  }
}
