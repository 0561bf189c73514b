// Tasks of rows as a device is given them, drawn with a fixed seed, and what the reference makes of each.
import { JsDevice } from '../core/device/js/device.ts';
import type { Task } from '../core/device/device.ts';
import { partsOf } from '../core/device/parts.ts';
import { DTypeError, SheetError } from '../core/errors.ts';
import { compositionsToTry } from '../core/ops/compositions.ts';
import type { OpRow } from '../core/ops/define.ts';
import { checkKinds, promotedDTypes, readAttributes } from '../core/ops/infer.ts';
import { kindTakes } from '../core/ops/kinds.ts';
import { Block, reserve, type Value, valueOfArray } from '../core/tensor/block.ts';
import { type DType, DTYPE_NAMES, isBigInt } from '../core/tensor/dtype.ts';
import { checkShape } from '../core/tensor/shape.ts';
import { type TensorType, tensorType } from '../core/tensor/type.ts';
import { drawFrom } from './random.ts';
import {
  COMPUTED_DTYPES,
  drawAttributes,
  drawOperands,
  MAX_RESULT,
  pick,
  sample,
  type SampleTensor,
} from './samples.ts';

/** Dtypes that the first operand of a row may have. */
export const dtypesOf = (row: OpRow): readonly DType[] =>
  row.source ? ['float32'] : COMPUTED_DTYPES.filter((dtype) => kindTakes(row.operands[0]?.kind ?? 'any', dtype));

/** A task on operands, which are promoted already; undefined where the row does not take them. */
function taskOf(
  row: OpRow,
  operands: readonly SampleTensor[],
  given: Readonly<Record<string, unknown>> = {},
): Task | undefined {
  const types = operands.map(({ dtype, shape }) => tensorType(dtype, shape));
  try {
    checkKinds(row, types);
    const read = readAttributes(row, given);
    const attrs = row.settle?.(types, read) ?? read;
    const { dtype, shape } = row.infer(types, attrs);
    checkShape(shape, row.name);
    const type = tensorType(dtype, shape);
    const values = operands.map(({ array }, i) => valueOfArray(types[i]!, array));
    return type.size > MAX_RESULT ? undefined : { row, attrs, operands: values, type, numerics: 'tolerance' };
  } catch (error) {
    if (error instanceof SheetError) return undefined;
    throw error;
  }
}

/** Up to `count` tasks of a row whose first operand was drawn with a dtype; special values are in every second one. */
export function tasksOf(row: OpRow, dtype: DType, count: number): Task[] {
  const random = drawFrom(row.name.length * 7919 + row.name.charCodeAt(0) * 131 + DTYPE_NAMES.indexOf(dtype));
  const tasks: Task[] = [];
  for (let attempt = 0; attempt < count * 60 && tasks.length < count; attempt++) {
    const drawn = drawOperands(row, dtype, random);
    const attrs = drawAttributes(row, drawn[0]?.shape ?? [], random);
    const operands = promoted(row, drawn, random);
    const task = operands && taskOf(row, operands, attrs);
    if (task !== undefined) tasks.push(task);
  }
  return tasks;
}

/** Operands in the dtypes that the row has them cast to, drawn anew; undefined where they have no common dtype. */
function promoted(
  row: OpRow,
  operands: readonly SampleTensor[],
  random: () => number,
): readonly SampleTensor[] | undefined {
  const dtypes = promotedDTypesIfAny(
    row,
    operands.map(({ dtype }) => dtype),
  );
  if (dtypes === undefined) return undefined;
  return operands.map((operand, i) =>
    operand.dtype === dtypes[i] ? operand : sample(dtypes[i]!, operand.shape, true, random),
  );
}

function promotedDTypesIfAny(row: OpRow, dtypes: readonly DType[]): readonly DType[] | undefined {
  try {
    return promotedDTypes(row, dtypes);
  } catch (error) {
    if (error instanceof DTypeError) return undefined;
    throw error;
  }
}

const SQUARES: readonly (readonly number[])[] = [
  [6, 6],
  [37, 37],
];

/**
 * Tasks of composed rows on float32; what stands beside a product is a row of it or one element, and else may be the
 * whole shape too.
 */
export function composedTasks(): Task[] {
  const random = drawFrom(101);
  const cases = compositionsToTry().flatMap((composition) =>
    SQUARES.flatMap((shape) => [false, true].map((special) => ({ ...composition, shape, special }))),
  );
  return cases.map(({ row, attrs, shape, special }) => {
    const beside: readonly (readonly number[])[] =
      row.kernel.skeleton === 'contract' ? [shape.slice(1), []] : [shape, []];
    const operands = row.operands.map((_, i) =>
      sample('float32', i < 2 ? shape : pick(beside, random), special, random),
    );
    const types = operands.map((operand) => tensorType('float32', operand.shape));
    const { dtype, shape: result } = row.infer(types, attrs);
    const values = operands.map(({ array }, i) => valueOfArray(types[i]!, array));
    return { row, attrs, operands: values, type: tensorType(dtype, result), numerics: 'tolerance' };
  });
}

const js = new JsDevice();

/** A block in RAM whose elements are not those of any result. */
export const blankFor = (type: TensorType): Block =>
  new Block(reserve(type).fill((isBigInt(type.dtype) ? 77n : 77) as never));

/** What the reference makes of a task, composed rows part by part. Throws what the op throws. */
export function referenceOf(task: Task): Value {
  const { parts } = task.row;
  if (parts !== undefined) {
    const [first] = partsOf(task, parts);
    const between = referenceOf(first);
    return referenceOf(partsOf(task, parts, () => between.block)[1]);
  }
  const out = blankFor(task.type);
  js.runNow(task, out);
  return valueOfArray(task.type, out.array);
}

/** A task in a line, for messages. */
export const describeTask = ({ row, operands, attrs }: Task): string =>
  `${row.name}(${operands.map(({ type }) => `${type.dtype}[${type.shape.join()}]`).join(', ')}) ` +
  `${JSON.stringify(attrs)}`;
