// The same kernels outside the sheet: tasks on plain arrays with a pooled result, run by the device the sheet would
// choose.
import type { SymbolicSheet } from 'symbolic-sheet';
import type { Device, Task } from '../../src/core/device/device.ts';
import type { OpName } from '../../src/core/handle/methods.gen.ts';
import { opNamed } from '../../src/core/ops/index.ts';
import { readAttributes } from '../../src/core/ops/infer.ts';
import { type Block, type Value, valueOf } from '../../src/core/tensor/block.ts';
import type { TypedArray } from '../../src/core/tensor/dtype.ts';
import { tensorType } from '../../src/core/tensor/type.ts';
import { partsOf } from '../../tests/parts.ts';

/** A typed array's elements in the kernels' memory, as a value. */
export function valueIn(sheet: SymbolicSheet, array: Float32Array | Uint8Array, shape: readonly number[]): Value {
  const type = tensorType(array instanceof Uint8Array ? 'uint8' : 'float32', shape);
  const block = partsOf(sheet).memory.take(type);
  block.array.set(array as never);
  return valueOf(type, block);
}

/** An op on values, ready to be run any number of times. */
export function taskFor(
  sheet: SymbolicSheet,
  op: OpName,
  operands: readonly Value[],
  given: Readonly<Record<string, unknown>> = {},
): Task {
  const row = opNamed(op);
  const types = operands.map((operand) => operand.type);
  const read = readAttributes(row, given);
  const attrs = row.settle?.(types, read) ?? read;
  const { dtype, shape } = row.infer(types, attrs);
  return { row, attrs, operands, type: tensorType(dtype, shape), numerics: partsOf(sheet).settings.numerics };
}

/** The device a sheet runs a task on now. */
export const deviceOf = (sheet: SymbolicSheet, task: Task, name?: string): Device =>
  partsOf(sheet).dispatcher.place(task, name);

/** Runs a task into a block from the pool; elements are in memory when the promise settles. */
export async function runInto(device: Device, task: Task, out: Block): Promise<TypedArray> {
  const running = device.run(task, out, 'free');
  if (running !== undefined) await running;
  return out.array;
}
