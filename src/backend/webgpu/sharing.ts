// Buffers shared with other WebGPU code on the same device: taken in and lent out without a copy.
import { type GpuDType, isGpuDType, storedBytes } from '../../../kernels/wgsl/storage.ts';
import { DTypeError, LimitError, ShapeError, SourceError } from '../../errors.ts';
import type { TensorType } from '../../tensor/type.ts';
import type { BufferSharing } from '../device.ts';
import { USAGE } from './buffers.ts';
import type { Life } from './life.ts';
import type { Lives } from './lives.ts';
import type { GpuMemory } from './memory.ts';

/** Bytes that try a buffer: a vector, as the smallest has; the whole of it may be more than can be bound. */
const TRIED_BYTES = 16;

/** What a device does for other code on it. */
export function shareBuffers(memory: GpuMemory, lives: Lives): BufferSharing {
  const trials = new WeakMap<Life, GPUBuffer>();
  const targetIn = (life: Life): GPUBuffer => {
    const target = trials.get(life) ?? life.epoch.device.createBuffer({ size: TRIED_BYTES, usage: USAGE.COPY_DST });
    trials.set(life, target);
    return target;
  };
  return {
    get device() {
      return lives.open().epoch.device;
    },
    adopt(buffer, type) {
      checkAdopted(type);
      checkElements(type);
      checkBuffer(buffer, type);
      const life = lives.open();
      return memory.adopt(life, buffer, type, () => tryBuffer(life, buffer, targetIn(life)));
    },
    async lend(value) {
      if (!isGpuDType(value.type.dtype)) throw new DTypeError(`gpuBuffer: a GPU has no elements of ${value.type.dtype}; use astype('${nearestOf(value.type)}') first.`, { dtype: value.type.dtype });
      checkElements(value.type);
      const life = await lives.reopened();
      const { limits } = life.epoch.device;
      if (value.type.sizeBytes > limits.maxStorageBufferBindingSize) {
        throw new LimitError(`gpuBuffer: ${value.type.sizeBytes} bytes are more than this GPU binds, ${limits.maxStorageBufferBindingSize}; slice the tensor.`, { sizeBytes: value.type.sizeBytes });
      }
      return memory.lendOut(life, value);
    },
  };
}

/**
 * A buffer does not say which device made it, nor whether it was destroyed: the device is asked, for a binding and a copy, so that
 * what it refuses is this buffer and not the work of a task.
 */
function tryBuffer({ epoch: { device } }: Life, buffer: GPUBuffer, target: GPUBuffer): Promise<void> {
  device.pushErrorScope('validation');
  let refusal: string | undefined;
  try {
    const layout = device.createBindGroupLayout({ entries: [{ binding: 0, visibility: 4, buffer: { type: 'read-only-storage' } }] });
    device.createBindGroup({ layout, entries: [{ binding: 0, resource: { buffer, size: TRIED_BYTES } }] });
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, 0, target, 0, TRIED_BYTES);
    device.queue.submit([encoder.finish()]);
  } catch (error) {
    // An object of another kind, or of another implementation.
    refusal = String(error);
  }
  return device.popErrorScope().then((error) => {
    refusal ??= error?.message;
    if (refusal !== undefined) throw new SourceError(`tensor: this GPUBuffer cannot be used on the sheet's device (${refusal.split('\n', 1)[0] as string}); make it with sheet.gpuDevice().createBuffer(…), and destroy it after its last use.`, {});
  });
}

const nearestOf = ({ dtype }: TensorType): string => (dtype === 'int64' ? 'int32' : 'float32');

function checkAdopted(type: TensorType): void {
  if (isGpuDType(type.dtype)) return;
  throw new DTypeError(`tensor: kernels read no ${type.dtype} from a GPUBuffer; write ${nearestOf(type)} into it, or read its bytes and pass them as a ${type.dtype === 'int64' ? 'BigInt64Array' : 'Float64Array'}.`, { dtype: type.dtype });
}

function checkElements({ size, shape }: TensorType): void {
  if (size === 0) throw new ShapeError(`A tensor of shape [${shape.join(',')}] has no elements, and a GPUBuffer none without; use data().`, { shape });
}

function checkBuffer({ usage, size, mapState }: GPUBuffer, { dtype, size: elements, shape }: TensorType): void {
  if ((usage & USAGE.STORAGE) === 0 || (usage & USAGE.COPY_SRC) === 0) {
    throw new SourceError('tensor: this GPUBuffer has not the usages STORAGE and COPY_SRC; create it with both.', { usage });
  }
  if (mapState !== 'unmapped') throw new SourceError(`tensor: this GPUBuffer is ${mapState}; unmap() it first.`, { mapState });
  const needed = storedBytes(dtype as GpuDType, elements);
  if (size < needed) {
    throw new ShapeError(`tensor: this GPUBuffer has ${size} bytes; ${dtype} of shape [${shape.join(',')}] needs ${needed}: kernels read whole 16-byte vectors. Create it that large.`, { sizeBytes: size, neededBytes: needed });
  }
  if (size % 4 !== 0) throw new SourceError(`tensor: this GPUBuffer has ${size} bytes, and only whole words of 4 can be bound; create it with ${Math.ceil(size / 4) * 4}.`, { sizeBytes: size });
}
