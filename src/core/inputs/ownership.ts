// Taking a caller's buffer over, so that it need not be copied.
import { SourceError } from '../errors.ts';
import { type Value, valueOfArray } from '../tensor/block.ts';
import { DTYPES, type TypedArray } from '../tensor/dtype.ts';
import type { TensorType } from '../tensor/type.ts';

/** Of whichever realm: a page's frames and Node's contexts have an ArrayBuffer of their own. */
const isUnshared = (buffer: ArrayBufferLike): buffer is ArrayBuffer =>
  Object.prototype.toString.call(buffer) === '[object ArrayBuffer]';

/** Takes a buffer over: the caller's array is detached. */
export function takeOver(array: TypedArray, type: TensorType): Value {
  const { buffer } = array;
  if (!isUnshared(buffer))
    throw new SourceError('own: a shared buffer cannot be taken over; leave own out and it is copied.', {});
  if (array.byteOffset !== 0 || array.byteLength !== buffer.byteLength) {
    throw new SourceError(
      `own: the array is ${array.byteLength} of its buffer's ${buffer.byteLength} bytes, and taking it would ` +
        'detach its neighbours; pass a copy (array.slice()).',
      { byteLength: array.byteLength, bufferBytes: buffer.byteLength },
    );
  }
  const moved = transferred(buffer);
  if (moved === undefined || buffer.byteLength !== 0)
    throw new SourceError(
      'own: this buffer cannot be detached (WebAssembly memory, or marked as untransferable); leave own out and ' +
        'it is copied.',
      {},
    );
  return valueOfArray(type, new DTYPES[type.dtype].array(moved));
}

/** The memory of a buffer under a new one; undefined where it refuses, as that of WebAssembly does. */
function transferred(buffer: ArrayBuffer): ArrayBuffer | undefined {
  try {
    return structuredClone(buffer, { transfer: [buffer] });
  } catch {
    return undefined;
  }
}
