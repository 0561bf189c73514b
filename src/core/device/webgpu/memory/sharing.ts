// Buffers shared with other WebGPU code on the same device: taken in and lent out without a copy.
import { type GpuDType, isGpuDType, bufferBytes } from '../../../../../kernels/wgsl/text/storage.ts';
import { DTypeError, LimitError, ShapeError, SourceError } from '../../../errors.ts';
import { DTYPES, isInteger } from '../../../tensor/dtype.ts';
import type { TensorType } from '../../../tensor/type.ts';
import type { BufferSharing } from '../../device.ts';
import { USAGE } from './buffers.ts';
import type { DeviceContext } from '../device-context.ts';
import type { DeviceContexts } from '../device-contexts.ts';
import type { GpuMemory } from './memory.ts';

/** Bytes that try a buffer: a vector, as the smallest has; the whole of it may be more than can be bound. */
const TRIED_BYTES = 16;

/** What a device does for other code on it. */
export function shareBuffers(memory: GpuMemory, contexts: DeviceContexts): BufferSharing {
  const trials = new WeakMap<DeviceContext, GPUBuffer>();
  const targetIn = (context: DeviceContext): GPUBuffer => {
    const target =
      trials.get(context) ?? context.epoch.device.createBuffer({ size: TRIED_BYTES, usage: USAGE.COPY_DST });
    trials.set(context, target);
    return target;
  };
  return {
    get device() {
      return contexts.open().epoch.device;
    },
    adopt(buffer, type) {
      checkAdopted(type);
      checkElements(type);
      checkBuffer(buffer, type);
      const context = contexts.open();
      return memory.adopt(context, buffer, type, () => tryBuffer(context, buffer, targetIn(context)));
    },
    async lend(value) {
      if (!isGpuDType(value.type.dtype))
        throw new DTypeError(
          `gpuBuffer: a GPU has no elements of ${value.type.dtype}; use astype('${nearestOf(value.type)}') first.`,
          { dtype: value.type.dtype },
        );
      checkElements(value.type);
      const context = await contexts.reopened();
      checkBound(context, value.type, 'gpuBuffer');
      return memory.lendOut(context, value);
    },
    isOn: (device) => contexts.current?.epoch.device === device,
    copyIn(buffer, type) {
      const context = contexts.open();
      checkBound(context, type, 'tensor');
      return memory.receive(context, type, async (target) => {
        const refusal = await copied(context, buffer, target, type.sizeBytes);
        if (refusal !== undefined)
          throw new SourceError(
            `tensor: the device did not copy this tensor's buffer (${refusal}); read its elements first, and ` +
              'pass those.',
            {},
          );
      });
    },
    async copyOut(value, use) {
      const context = await contexts.reopened();
      let made: Promise<boolean> | undefined;
      await memory.use(context, [value], undefined, [], ([buffer]) => {
        made = useCopy(context, buffer as GPUBuffer, value.type.sizeBytes, use);
      });
      return (await made) === true;
    },
  };
}

/** Copies bytes between buffers now, after everything the device was given; resolves with why it does not. */
function copied(
  context: DeviceContext,
  from: GPUBuffer,
  to: GPUBuffer,
  sizeBytes: number,
): Promise<string | undefined> {
  const {
    epoch: { device },
    stream,
  } = context;
  // What is in a recycled buffer may still be read, and what is to be copied still be written.
  stream.submit();
  return tried(device, 'validation', () => {
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(from, 0, to, 0, sizeBytes);
    device.queue.submit([encoder.finish()]);
  });
}

/**
 * Calls `use` with a buffer that has so many bytes and no more, which other code may take for the length of its
 * elements. Resolves with whether all went well.
 */
async function useCopy(
  context: DeviceContext,
  from: GPUBuffer,
  sizeBytes: number,
  use: (buffer: GPUBuffer) => void,
): Promise<boolean> {
  const { device } = context.epoch;
  let copying: Promise<string | undefined> | undefined;
  const making = tried(device, 'out-of-memory', () => {
    const exact = device.createBuffer({ size: sizeBytes, usage: USAGE.STORAGE | USAGE.COPY_SRC | USAGE.COPY_DST });
    copying = copied(context, from, exact, sizeBytes);
    try {
      use(exact);
    } finally {
      exact.destroy();
    }
  });
  const refusals = await Promise.all([making, copying]);
  context.epoch.check();
  return refusals.every((refusal) => refusal === undefined);
}

/** Why the device, or another implementation of it, refuses what is done; undefined where it does not. */
function tried(device: GPUDevice, filter: GPUErrorFilter, act: () => void): Promise<string | undefined> {
  device.pushErrorScope(filter);
  let refusal: string | undefined;
  try {
    act();
  } catch (error) {
    refusal = String(error);
  }
  // A device that is gone says so elsewhere.
  return device.popErrorScope().then(
    (error) => (refusal ?? error?.message)?.split('\n', 1)[0],
    () => refusal,
  );
}

/**
 * A buffer does not say which device made it, nor whether it was destroyed: the device is asked, for a binding and a
 * copy, so that what it refuses is this buffer and not the work of a task.
 */
async function tryBuffer({ epoch: { device } }: DeviceContext, buffer: GPUBuffer, target: GPUBuffer): Promise<void> {
  const refusal = await tried(device, 'validation', () => {
    const layout = device.createBindGroupLayout({
      entries: [{ binding: 0, visibility: 4, buffer: { type: 'read-only-storage' } }],
    });
    device.createBindGroup({ layout, entries: [{ binding: 0, resource: { buffer, size: TRIED_BYTES } }] });
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, 0, target, 0, TRIED_BYTES);
    device.queue.submit([encoder.finish()]);
  });
  if (refusal !== undefined)
    throw new SourceError(
      `tensor: this GPUBuffer cannot be used on the sheet's device (${refusal}); make it with ` +
        'sheet.gpuDevice().createBuffer(…), and destroy it after its last use.',
      {},
    );
}

function checkBound({ epoch: { device } }: DeviceContext, { sizeBytes }: TensorType, owner: string): void {
  const limit = device.limits.maxStorageBufferBindingSize;
  if (sizeBytes > limit)
    throw new LimitError(`${owner}: ${sizeBytes} bytes are more than this GPU binds, ${limit}; slice the tensor.`, {
      sizeBytes,
    });
}

const nearestOf = ({ dtype }: TensorType): string => (isInteger(dtype) ? 'int32' : 'float32');

function checkAdopted(type: TensorType): void {
  if (isGpuDType(type.dtype)) return;
  throw new DTypeError(
    `tensor: kernels read no ${type.dtype} from a GPUBuffer; write ${nearestOf(type)} into it, or read its bytes ` +
      `and pass them as a ${DTYPES[type.dtype].array.name}.`,
    { dtype: type.dtype },
  );
}

function checkElements({ size, shape }: TensorType): void {
  if (size === 0)
    throw new ShapeError(
      `A tensor of shape [${shape.join(',')}] has no elements, and a GPUBuffer none without; use data().`,
      { shape },
    );
}

function checkBuffer({ usage, size, mapState }: GPUBuffer, { dtype, size: elements, shape }: TensorType): void {
  if ((usage & USAGE.STORAGE) === 0 || (usage & USAGE.COPY_SRC) === 0) {
    throw new SourceError('tensor: this GPUBuffer has not the usages STORAGE and COPY_SRC; create it with both.', {
      usage,
    });
  }
  if (mapState !== 'unmapped')
    throw new SourceError(`tensor: this GPUBuffer is ${mapState}; unmap() it first.`, { mapState });
  const needed = bufferBytes(dtype as GpuDType, elements);
  if (size < needed) {
    throw new ShapeError(
      `tensor: this GPUBuffer has ${size} bytes; ${dtype} of shape [${shape.join(',')}] needs ${needed}: kernels ` +
        'read whole 16-byte vectors. Create it that large.',
      { sizeBytes: size, neededBytes: needed },
    );
  }
  if (size % 4 !== 0)
    throw new SourceError(
      `tensor: this GPUBuffer has ${size} bytes, and only whole words of 4 can be bound; create it with ` +
        `${Math.ceil(size / 4) * 4}.`,
      { sizeBytes: size },
    );
}
