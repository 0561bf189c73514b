// What is thrown where a result cannot be computed.
import type { Device } from '../device/device.ts';
import { ClosedError, LimitError, SheetError, SourceError, UnavailableError } from '../errors.ts';
import type { Call } from './call.ts';

/** What came up in a kernel and is no error of this library's yet. */
export function kernelError(call: Call, error: unknown): SheetError {
  if (isTooLarge(error))
    return new LimitError(
      `${call.row?.name}: there is no memory for ${call.type.sizeBytes} bytes ` +
        `(${call.type.dtype} of shape [${call.type.shape.join(',')}]) and what computing them takes. ` +
        'Split the tensor, or dispose of handles.',
      { sizeBytes: call.type.sizeBytes, shape: call.type.shape },
    );
  return new SheetError(
    'KERNEL',
    `${call.row?.name}: its kernel failed: ${String(error)}. Run it with sheet.with({ device: 'js' }) and ` +
      'report both traces.',
    { op: call.row?.name },
    { cause: error },
  );
}

/** A promise for a result that was due within the call: nobody may wait for it. */
export function refused(device: Device, running: Promise<void>): never {
  running.catch(() => {});
  throw new SheetError(
    'KERNEL',
    `${device.name} said that it computes within the call, and answered later; its supports(task, 'now') has to ` +
      'refuse.',
    { device: device.name },
  );
}

/** How engines say that an array cannot be made. */
const isTooLarge = (error: unknown): boolean =>
  error instanceof RangeError && /array length|allocation failed|allocate|buffer size/i.test(error.message);

/** A call whose elements nobody has any more, or not within this call. */
export function unreadable({ seq, type, value }: Call): SheetError {
  if (value?.block.isLost === true)
    return new SourceError(
      `Tensor #${seq} of shape [${type.shape.join(',')}] was only on a GPU device that was lost; make it again: ` +
        'with sheet.tensor(…) on sheet.gpuDevice(), or from the result it was.',
      { seq },
    );
  if (value !== undefined)
    return new UnavailableError(
      `Tensor #${seq} is in a GPUBuffer, and this call computes at once, without waiting for it; read it first, ` +
        'or open the sheet without eager.',
      { seq },
    );
  return new ClosedError(
    `Tensor #${seq} of shape [${type.shape.join(',')}] was disposed, and this result needs its elements; make it ` +
      'again with sheet.tensor(…) before disposing of it.',
    { seq },
  );
}
