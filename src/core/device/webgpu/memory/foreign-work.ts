// Other WebGPU code that computes on the device's values: on their buffers where they lie, in the order of the device's
// own commands, and proven like them.
import { type GpuDType, bufferBytes } from '../../../../../kernels/wgsl/text/storage.ts';
import type { Value } from '../../../tensor/block.ts';
import type { TensorType } from '../../../tensor/type.ts';
import { classBytes } from './buffers.ts';
import type { DeviceContext } from '../device-context.ts';
import type { DeviceContexts } from '../device-contexts.ts';
import type { GpuMemory } from './memory.ts';
import type { Sized } from './room.ts';

/** The open device as other code has it. It is another one after a loss. */
export interface DeviceAccess {
  readonly device: GPUDevice;
  /** The device's queue; what is submitted to it comes after everything the device was given before. */
  readonly queue: GPUQueue;
  /**
   * Copies the first bytes of a buffer, after everything that was submitted; before it is copied, nothing submitted to
   * `queue` writes to it.
   */
  copy(from: GPUBuffer, to: GPUBuffer, sizeBytes: number): void;
}

/** What a device does for other code that computes on it. */
export interface ForeignWork {
  /** Undefined while the device is lost. */
  readonly access: DeviceAccess | undefined;
  /**
   * Why operands and a result, and as much again as the result, have no room or cannot be bound; undefined where they
   * can.
   */
  refusal(operands: readonly Sized[], result: Sized): string | undefined;
  /**
   * Calls `work` with the buffers of operands and of a result, once they can be used; they stay meanwhile. Throws or
   * rejects with a DeviceLostError.
   */
  use(
    operands: readonly Value[],
    result: Value,
    work: (access: DeviceAccess, buffers: readonly GPUBuffer[]) => void,
  ): void | Promise<void>;
}

/** Lets other code compute on what a memory holds. */
export function foreignWorkOn(memory: GpuMemory, contexts: DeviceContexts): ForeignWork {
  const accesses = new WeakMap<DeviceContext, DeviceAccess>();
  const accessOf = (context: DeviceContext): DeviceAccess => {
    const access = accesses.get(context) ?? accessIn(context);
    accesses.set(context, access);
    return access;
  };
  return {
    use(operands, result, work) {
      const context = contexts.forTask();
      return memory.use(context, operands, result, [], (buffers) =>
        working(context, () => work(accessOf(context), buffers)),
      );
    },
    get access() {
      return contexts.current === undefined ? undefined : accessOf(contexts.current);
    },
    refusal(operands, result) {
      const limit = contexts.current?.epoch.device.limits.maxStorageBufferBindingSize ?? 0;
      if ([...operands, result].some(({ type }) => boundBytes(type) > limit))
        return `a binding has at most ${limit} bytes`;
      return memory.refusal(operands, result, [result.type.sizeBytes]);
    },
  };
}

/** A failure on a device that is over is the device's. */
function working(context: DeviceContext, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (context.epoch.isOver) throw context.epoch.error(error);
    throw error;
  }
  context.epoch.check();
}

function accessIn({ epoch, stream }: DeviceContext): DeviceAccess {
  const { device } = epoch;
  return {
    device,
    queue: orderedQueue(device.queue, (commands) => (epoch.isOver ? undefined : stream.submitOthers(commands))),
    copy: (from, to, sizeBytes) => stream.copy(from, 0, to, 0, sizeBytes),
  };
}

/** A queue whose submissions go another way. Methods of native queues want themselves for `this`. */
const orderedQueue = (queue: GPUQueue, submit: (commands: readonly GPUCommandBuffer[]) => void): GPUQueue =>
  new Proxy(queue, {
    get(target, member) {
      if (member === 'submit') return (commands: Iterable<GPUCommandBuffer>) => submit([...commands]);
      const value: unknown = Reflect.get(target, member, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });

/** Bytes that a binding of a value's whole buffer has. */
const boundBytes = ({ dtype, size }: TensorType): number => classBytes(bufferBytes(dtype as GpuDType, size));
