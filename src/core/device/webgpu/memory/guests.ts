// Other WebGPU code that computes on the device's values: on their buffers where they lie, in the order of the device's
// own commands, and proven like them.
import { type GpuDType, bufferBytes } from '../../../../../kernels/wgsl/text/storage.ts';
import type { Value } from '../../../tensor/block.ts';
import type { TensorType } from '../../../tensor/type.ts';
import { classBytes } from './buffers.ts';
import type { Life } from '../life.ts';
import type { Lives } from '../lives.ts';
import type { GpuMemory } from './memory.ts';
import type { Sized } from './room.ts';

/** The open device as other code has it. It is another one after a loss. */
export interface GuestGround {
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
export interface Guests {
  /** Undefined while the device is lost. */
  readonly ground: GuestGround | undefined;
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
    work: (ground: GuestGround, buffers: readonly GPUBuffer[]) => void,
  ): void | Promise<void>;
}

/** Lets other code compute on what a memory holds. */
export function hostGuests(memory: GpuMemory, lives: Lives): Guests {
  const grounds = new WeakMap<Life, GuestGround>();
  const groundOf = (life: Life): GuestGround => {
    const ground = grounds.get(life) ?? groundIn(life);
    grounds.set(life, ground);
    return ground;
  };
  return {
    use(operands, result, work) {
      const life = lives.living();
      return memory.use(life, operands, result, [], (buffers) => working(life, () => work(groundOf(life), buffers)));
    },
    get ground() {
      return lives.current === undefined ? undefined : groundOf(lives.current);
    },
    refusal(operands, result) {
      const limit = lives.current?.epoch.device.limits.maxStorageBufferBindingSize ?? 0;
      if ([...operands, result].some(({ type }) => boundBytes(type) > limit))
        return `a binding has at most ${limit} bytes`;
      return memory.refusal(operands, result, [result.type.sizeBytes]);
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
