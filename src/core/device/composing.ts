// Whether it is worth composing rows for a device: whether it computes a composition in one go, by what it says of the
// smallest ones.
import { smallestCompositions } from '../ops/compositions.ts';
import { valueOfArray } from '../tensor/block.ts';
import { tensorType } from '../tensor/type.ts';
import type { Device, Task } from './device.ts';

const TYPE = tensorType('float32', [2, 2]);

let samples: readonly Task[] | undefined;

/** A task of every composition: operands and results alike. */
function sampleTasks(): readonly Task[] {
  const operand = valueOfArray(TYPE, new Float32Array(TYPE.size));
  return smallestCompositions().map(({ row, attrs }) => ({
    row,
    attrs,
    operands: row.operands.map(() => operand),
    type: TYPE,
    numerics: 'tolerance',
  }));
}

/** Whether a device has kernels for composed rows. */
export const composes = (device: Device): boolean =>
  (samples ??= sampleTasks()).some((task) => device.supports(task, 'free') === true);
