// Which tasks a backend of tf computes: rows of its table, operands it holds, an error within the row's bound.
import { numberAttribute } from '../../ops/attribute-values.ts';
import { TENSORFLOW, type TensorflowMapping } from '../../ops/mapping/tensorflow.ts';
import type { Refusal, Task } from '../device.ts';
import type { BackendTraits } from './backends.ts';
import { tfDTypeOf } from './tensors.ts';

/** What a row or a task without a mapping is told. */
export const NOT_OFFERED: Refusal =
  'TensorFlow.js does not compute this op on these dtypes and shapes, or not within its bound';

/** Axes that every backend of tf can broadcast, transpose and slice. */
const MAX_RANK = 6;

/** How tf computes a task on a backend; undefined where it does not, or not within the row's bound. */
export function mappingOf(task: Task, traits: BackendTraits): TensorflowMapping | undefined {
  const mapping = TENSORFLOW.get(task.row.name);
  if (mapping === undefined || (traits.onShaders && !mapping.onShaders)) return undefined;
  return takesOperands(mapping, task) && errorOf(mapping, task, traits) <= task.row.bound ? mapping : undefined;
}

/** Operands of the mapping's dtypes (conditions are bool), none empty, of few axes. */
function takesOperands({ dtypes, takes }: TensorflowMapping, { row, operands, type }: Task): boolean {
  if (
    type.size === 0 ||
    tfDTypeOf(type.dtype) === undefined ||
    takes?.(operands.map((operand) => operand.type)) === false
  )
    return false;
  return operands.every(({ type: { dtype, size, shape } }, i) => {
    const held = tfDTypeOf(dtype);
    return (
      held !== undefined &&
      size > 0 &&
      shape.length <= MAX_RANK &&
      (dtypes.includes(held) || row.operands[i]?.kind === 'bool')
    );
  });
}

/**
 * The error of a mapping on a backend: where subnormals are flushed no result of floats has the bits of the
 * specification.
 */
function errorOf(
  { error, longest = Infinity }: TensorflowMapping,
  { operands, attrs }: Task,
  { flushes, accumulatesOneByOne }: BackendTraits,
): number {
  const ofFloats = operands.some(({ type }) => type.dtype === 'float32');
  const tooLong =
    accumulatesOneByOne && operands.some(({ type }) => (type.shape[numberAttribute(attrs, 'axis')] ?? 1) > longest);
  return tooLong ? Infinity : flushes && ofFloats ? Math.max(1, error) : error;
}
