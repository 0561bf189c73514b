// What lies on the sheet's GPU as operands and results: buffers of other WebGPU code and for it, tensors of a
// TensorFlow.js that computes there.
import { AttributeError, ShapeError, SourceError } from '../errors.ts';
import { type Value, valueOf } from '../tensor/block.ts';
import { type DType, parseDType } from '../tensor/dtype.ts';
import type { ForeignClass } from '../tensor/export.ts';
import { flushTf, placeOfTf, tfOnDevice } from '../tensor/foreign-gpu.ts';
import { checkFilled, readShape } from '../tensor/foreign-layout.ts';
import { checkShape, type Shape, sizeOf } from '../tensor/shape.ts';
import { type TensorType, tensorType } from '../tensor/type.ts';
import { sharedBy, sharingOf } from '../engine/devices.ts';
import type { Parts } from '../engine/parts.ts';
import { checkHeld } from './operands.ts';

/** A value over a buffer that stays the caller's. */
export function valueOfBuffer(
  parts: Parts,
  buffer: GPUBuffer,
  shape: readonly number[] | undefined,
  { dtype = 'float32', own = false }: { readonly dtype?: DType; readonly own?: boolean },
): Value {
  if (shape === undefined)
    throw new ShapeError('tensor: a GPUBuffer has no shape; give one: sheet.tensor(buffer, [rows, columns]).', {});
  if (own) throw new AttributeError('tensor: a GPUBuffer is never copied; leave own out.', { option: 'own' });
  if (parts.settings.policy.finiteInputs !== undefined) {
    throw new SourceError(
      'tensor: the policy looks at the elements of inputs, and those of a GPUBuffer are not in RAM; read the ' +
        'buffer and pass a typed array.',
      { law: 'finiteInputs' },
    );
  }
  const type = tensorType(parseDType(dtype), checkShape(shape, 'tensor'));
  return valueOf(type, sharingOf(parts).adopt(buffer, type));
}

/** What a tensor of tf says of itself. */
interface TfDescription {
  readonly shape: unknown;
  readonly dtype: unknown;
}

/**
 * A copy, on the GPU, of a tensor of tf that only the sheet's own device has, as it is now; undefined for anything
 * else. Words of another type than the tensor's, as tf has them for bool, are read by nobody here.
 */
export function valueOfTf(
  { dispatcher, settings }: Parts,
  given: unknown,
  owner: string,
  shape?: readonly number[],
  asked?: DType,
): Value | undefined {
  const place = typeof given === 'object' && given !== null ? placeOfTf(given) : undefined;
  if (place?.buffer === undefined || settings.policy.finiteInputs !== undefined) return undefined;
  const { buffer, words, backend } = place;
  const { shape: own, dtype } = given as TfDescription;
  const sharing = sharedBy(dispatcher);
  if (dtype !== words || sharing?.isOn(backend.device) !== true) return undefined;
  const theirs = readShape(own, owner);
  const wanted: Shape = shape === undefined ? theirs : checkShape(shape, owner);
  checkFilled(wanted, sizeOf(theirs), owner);
  if (asked !== undefined) checkHeld(words, parseDType(asked));
  const type = tensorType(words, wanted);
  flushTf(backend);
  return valueOf(type, sharing.copyIn(buffer, type));
}

/**
 * A copy as a tensor of tf that never leaves the GPU, where tf is set to a backend on the sheet's device and the value
 * is there; undefined elsewhere.
 */
export async function exportOnGpu<F>(
  { dispatcher }: Parts,
  { dtype, shape, size }: TensorType,
  foreign: ForeignClass<F>,
  copyOut: (use: (buffer: GPUBuffer) => void) => Promise<boolean>,
): Promise<F | undefined> {
  const sharing = sharedBy(dispatcher);
  const tf = tfOnDevice<F & { dispose(): void }>(foreign, (device) => sharing?.isOn(device) === true);
  if (tf === undefined || size === 0 || (dtype !== 'float32' && dtype !== 'int32')) return undefined;
  let made: (F & { dispose(): void }) | undefined;
  const isMade = await copyOut((buffer) => {
    made?.dispose();
    made = tf.tensor({ buffer }, [...shape], dtype);
  });
  if (isMade) return made;
  made?.dispose();
  return undefined;
}
