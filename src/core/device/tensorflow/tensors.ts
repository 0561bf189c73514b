// Tensors in and out of tf: operands as tensors it may keep, results copied into blocks.
import type { TensorFlow, TfArray, TfDType, TfTensor } from '../../ops/mapping/tensorflow-module.ts';
import type { Value } from '../../tensor/block.ts';
import type { DType, TypedArray } from '../../tensor/dtype.ts';

const HELD: Partial<Record<DType, TfDType>> = { float32: 'float32', int32: 'int32', bool: 'bool' };

/**
 * tf's dtype of the same elements; undefined where it has none. It widens 8-bit integers and narrows float64, so those
 * are none.
 */
export const tfDTypeOf = (dtype: DType): TfDType | undefined => HELD[dtype];

/**
 * An operand as a tensor that must not outlive its task: tf keeps the array it is given, and ours are recycled. Shared
 * memory is copied, because WebGL and native code refuse it.
 */
export function enter(tf: TensorFlow, { array, type }: Pick<Value, 'array' | 'type'>): TfTensor {
  const own = isShared(array) ? array.slice() : array;
  return tf.tensor(own as TfArray, [...type.shape], HELD[type.dtype]!);
}

const isShared = (array: TypedArray): boolean =>
  typeof SharedArrayBuffer !== 'undefined' && (array.buffer as ArrayBufferLike) instanceof SharedArrayBuffer;

/**
 * Copies what tf read into a result; false where it is not of the result's length. A lossless cast in tf shares memory,
 * so the arrays may be of two kinds.
 */
export function take(elements: TfArray, out: TypedArray): boolean {
  if (elements.length !== out.length) return false;
  out.set(elements as never);
  return true;
}
