// Buffers shared with other WebGPU code on the same device: taken in and lent out without a copy.
import { type GpuDType, isGpuDType, storedBytes } from '../../../kernels/wgsl/storage.ts';
import { DTypeError, LimitError, ShapeError, SourceError, UnavailableError } from '../../errors.ts';
import type { Block, Value } from '../../tensor/block.ts';
import type { TensorType } from '../../tensor/type.ts';
import type { BufferSharing } from '../device.ts';
import { USAGE } from './buffers.ts';
import type { Life } from './life.ts';
import type { GpuMemory } from './memory.ts';

/** What a device does for other code on it. */
export const shareBuffers = (memory: GpuMemory, current: () => Life | undefined): BufferSharing => ({
  get device() {
    return current()?.epoch.device;
  },
  adopt(buffer, type) {
    checkType(type);
    checkBuffer(buffer, type);
    return adopt(memory, living(current), buffer, type);
  },
  async lend(value) {
    checkType(value.type);
    const { limits } = living(current).epoch.device;
    if (value.type.sizeBytes > limits.maxStorageBufferBindingSize) {
      throw new LimitError(`gpuBuffer: ${value.type.sizeBytes} bytes are more than this GPU binds, ${limits.maxStorageBufferBindingSize}; slice the tensor.`, { sizeBytes: value.type.sizeBytes });
    }
    return lend(memory, current, value);
  },
});

async function lend(memory: GpuMemory, current: () => Life | undefined, value: Value): Promise<GPUBuffer> {
  for (let waits = memory.awaited([value]); waits !== undefined; waits = memory.awaited([value])) await waits;
  const life = living(current);
  const buffer = memory.lendOut(value);
  // What the caller submits comes after what fills the buffer.
  life.stream.submit();
  return buffer;
}

/** A buffer does not say which device made it: the device is asked. */
function adopt(memory: GpuMemory, { epoch: { device } }: Life, buffer: GPUBuffer, type: TensorType): Block {
  device.pushErrorScope('validation');
  const layout = device.createBindGroupLayout({ entries: [{ binding: 0, visibility: 4, buffer: { type: 'read-only-storage' } }] });
  device.createBindGroup({ layout, entries: [{ binding: 0, resource: { buffer } }] });
  const accepted = device.popErrorScope().then((error) => {
    if (error === null) return;
    throw new SourceError(`tensor: this GPUBuffer cannot be used on the sheet's device (${error.message.split('\n', 1)[0] as string}); make it with sheet.gpuDevice().createBuffer(…).`, {});
  });
  return memory.adopt(buffer, type, accepted);
}

function living(current: () => Life | undefined): Life {
  const life = current();
  if (life !== undefined) return life;
  throw new UnavailableError('The GPU device is lost and not open again yet; try again later, or read the elements with data().', { device: 'webgpu' });
}

function checkType({ dtype, size, shape }: TensorType): void {
  if (!isGpuDType(dtype)) throw new DTypeError(`A GPUBuffer holds no ${dtype} here; use astype('${dtype === 'int64' ? 'int32' : 'float32'}') first.`, { dtype });
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
}
