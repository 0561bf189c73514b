// Other WebGPU code that computes on the device's values: on their buffers where they lie, in the order of the device's own commands, and proven like them.
import { type GpuDType, storedBytes } from '../../../kernels/wgsl/storage.ts';
import type { Value } from '../../tensor/block.ts';
import type { TensorType } from '../../tensor/type.ts';
import { classBytes } from './buffers.ts';
import type { Life } from './life.ts';
import type { GpuMemory } from './memory.ts';

/** The open device as other code has it. It is another one after a loss. */
export interface GuestGround {
  readonly device: GPUDevice;
  /** The device's queue; what is submitted to it comes after everything the device was given before. */
  readonly queue: GPUQueue;
  /** Copies the first bytes of a buffer, after everything that was submitted; before it is copied, nothing submitted to `queue` writes to it. */
  copy(from: GPUBuffer, to: GPUBuffer, sizeBytes: number): void;
}

/** What a device does for other code that computes on it. */
export interface Guests {
  /** Undefined while the device is lost. */
  readonly ground: GuestGround | undefined;
  /** Whether operands and a result of these types, and as much again as the result, have room and can be bound. */
  holds(operands: readonly TensorType[], result: TensorType): boolean;
  /** Calls `work` with the buffers of operands and of a result, once they can be used; they stay meanwhile. Throws or rejects with a DeviceLostError. */
  use(operands: readonly Value[], result: Value, work: (ground: GuestGround, buffers: readonly GPUBuffer[]) => void): void | Promise<void>;
}

/** Lets other code compute on what a memory holds. `current` is the open device; `living` throws where there is none. */
export function hostGuests(memory: GpuMemory, current: () => Life | undefined, living: () => Life): Guests {
  const grounds = new WeakMap<Life, GuestGround>();
  const groundOf = (life: Life): GuestGround => {
    const ground = grounds.get(life) ?? groundIn(life);
    grounds.set(life, ground);
    return ground;
  };
  const use: Guests['use'] = (operands, result, work) => {
    const life = living();
    const waits = memory.awaited(operands) ?? (life.stream.isBehind ? life.stream.settled() : undefined);
    if (waits !== undefined) return waits.then(() => use(operands, result, work));
    memory.use(operands, result, [], (buffers) => working(life, () => work(groundOf(life), buffers)));
  };
  return {
    use,
    get ground() {
      const life = current();
      return life === undefined ? undefined : groundOf(life);
    },
    holds(operands, result) {
      const limit = current()?.epoch.device.limits.maxStorageBufferBindingSize ?? 0;
      const types = [...operands, result];
      return types.every((type) => boundBytes(type) <= limit) && memory.holds(types, [result.sizeBytes]);
    },
  };
}

/** A failure on a device that is over is the device's. */
function working(life: Life, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (life.epoch.isOver) throw life.epoch.error(error);
    throw error;
  }
  life.epoch.check();
}

function groundIn({ epoch, stream }: Life): GuestGround {
  const { device } = epoch;
  return {
    device, queue: orderedQueue(device.queue, (commands) => epoch.isOver ? undefined : stream.submitOthers(commands)),
    copy: (from, to, sizeBytes) => stream.copy(from, 0, to, 0, sizeBytes),
  };
}

/** A queue whose submissions go another way. Methods of native queues want themselves for `this`. */
const orderedQueue = (queue: GPUQueue, submit: (commands: readonly GPUCommandBuffer[]) => void): GPUQueue => new Proxy(queue, {
  get(target, member) {
    if (member === 'submit') return (commands: Iterable<GPUCommandBuffer>) => submit([...commands]);
    const value: unknown = Reflect.get(target, member, target);
    return typeof value === 'function' ? value.bind(target) : value;
  },
});

/** Bytes that a binding of a value's whole buffer has. */
const boundBytes = ({ dtype, size }: TensorType): number => classBytes(storedBytes(dtype as GpuDType, size));
