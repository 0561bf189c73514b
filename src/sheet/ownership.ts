// Taking a caller's buffer over, so that it need not be copied.
import { SourceError } from '../errors.ts';
import { type Value, valueOfArray } from '../tensor/block.ts';
import type { TypedArray } from '../tensor/dtype.ts';
import type { TensorType } from '../tensor/type.ts';

/** Takes a buffer over: the caller's array is detached. */
export function takeOver(array: TypedArray, type: TensorType): Value {
  const { buffer } = array;
  if (!(buffer instanceof ArrayBuffer)) throw new SourceError('own: a shared buffer cannot be taken over; leave own out and it is copied.', {});
  if (array.byteOffset !== 0 || array.byteLength !== buffer.byteLength) {
    throw new SourceError(`own: the array is ${array.byteLength} of its buffer's ${buffer.byteLength} bytes, and taking it would detach its neighbours; pass a copy (array.slice()).`, { byteLength: array.byteLength, bufferBytes: buffer.byteLength });
  }
  const Array = array.constructor as new (buffer: ArrayBuffer) => TypedArray;
  const moved = transferred(buffer);
  if (moved === undefined || buffer.byteLength !== 0) throw new SourceError('own: this buffer cannot be detached (WebAssembly memory, or marked as untransferable); leave own out and it is copied.', {});
  return valueOfArray(type, new Array(moved));
}

/** The memory of a buffer under a new one; undefined where it refuses, as that of WebAssembly does. */
function transferred(buffer: ArrayBuffer): ArrayBuffer | undefined {
  try {
    return structuredClone(buffer, { transfer: [buffer] });
  } catch {
    return undefined;
  }
}
