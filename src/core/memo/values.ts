// Tensors that a memoised function gave, as values of the sheet; and calls of it.
import { type Value, valueOfArray } from '../tensor/block.ts';
import type { TypedArray } from '../tensor/dtype.ts';
import { tensorType } from '../tensor/type.ts';
import { copyTree } from './leaves.ts';
import type { MemoCall, MemoView } from './view.ts';
import { readElements } from '../inputs/operands.ts';
import { Tensor } from '../handle/tensor.ts';

/**
 * A tensor's elements as a value nobody else writes to, held for the caller. A foreign tensor stays its owner's to
 * dispose.
 */
export async function takeValue(view: MemoView, tensor: unknown, owner: string): Promise<Value> {
  if (tensor instanceof Tensor) {
    if (view.owns(tensor)) return tensor.owner.demand(tensor.call);
    return valueOfArray(tensor.call.type, (await tensor.data()) as unknown as TypedArray);
  }
  const { array, dtype, shape, fresh } = readElements(tensor, owner);
  if (!fresh) view.engine.parts.counters.bytesCopied += array.byteLength;
  // In ordinary arrays: results leave as handles that nobody disposes, and only those the collector sees it also
  // collects in time.
  return valueOfArray(tensorType(dtype, shape), fresh ? array : array.slice());
}

/** A result whose lists and plain objects are read once, and are nobody else's. */
const settled = (result: unknown): unknown => copyTree(result, (leaf) => leaf);

/**
 * Calls the function. The time spent is its own, without what the sheet's kernels took meanwhile; what it costs is what
 * another run would take, for which no kernel is compiled.
 */
export async function timed(
  {
    view: {
      engine: { parts },
    },
    definition: { stats },
    run,
  }: Pick<MemoCall, 'view' | 'definition' | 'run'>,
  args: readonly unknown[],
): Promise<{ result: unknown; costNs: number }> {
  const startNs = parts.now();
  const { kernelNs, coldNs } = parts.counters;
  stats.runs++;
  try {
    const result = settled(await run(...args));
    const elapsedNs = parts.now() - startNs;
    stats.spentNs += Math.max(0, elapsedNs - (parts.counters.kernelNs - kernelNs));
    return { result, costNs: Math.max(0, elapsedNs - (parts.counters.coldNs - coldNs)) };
  } catch (error) {
    stats.failures++;
    throw error;
  }
}
