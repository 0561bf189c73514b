// What a device is: something that computes tasks. The simplest correct one is the JavaScript reference (js.ts).
import type { AttributeValues, OpRow } from '../ops/define.ts';
import type { Block, Memory, Value } from '../tensor/block.ts';
import type { TensorType } from '../tensor/type.ts';
import type { NumericsClass } from '../events.ts';

/** One op on computed operands. */
export interface Task {
  readonly row: OpRow;
  readonly attrs: AttributeValues;
  readonly operands: readonly Value[];
  readonly type: TensorType;
  readonly numerics: NumericsClass;
}

/** What is known about a device, for people (`sheet.devices()`). */
export interface DeviceReport {
  readonly name: string;
  readonly found: boolean;
  /** What it is, or why it is not there and what to do. */
  readonly detail: string;
}

/** Buffers of a GPU that go in and out without a copy. */
export interface BufferSharing {
  /** The open device. Throws an UnavailableError while it is lost. */
  readonly device: GPUDevice;
  /** A block over a buffer that stays the caller's. Throws a typed error that says what is wrong with it. */
  adopt(buffer: GPUBuffer, type: TensorType): Block;
  /** The buffer that has a value's elements; it stays as long as the value lives. */
  lend(value: Value): Promise<GPUBuffer>;
  /** Whether a device is the open one. */
  isOn(device: GPUDevice): boolean;
  /**
   * A block with a copy of what a buffer of the open device has when everything submitted to it has run. Throws a typed
   * error where it does not fit.
   */
  copyIn(buffer: GPUBuffer, type: TensorType): Block;
  /**
   * Calls `use` with a copy of a value's elements, in a buffer of no more bytes that is gone when it returns; resolves
   * with whether the device did all that.
   */
  copyOut(value: Value, use: (buffer: GPUBuffer) => void): Promise<boolean>;
}

/** When a result must be there: `now`, within the call and on its thread; `free`, later if that is better. */
export type Promptness = 'now' | 'free';

/** Why a device does not compute a task, as the end of "not on webgpu: …", without a full stop. */
export type Refusal = string;

/** A device that is lost, with everything that lay there. */
export interface DeviceLoss {
  readonly reason: string;
  /** Settles when the device is open again, or is given up after all; undefined where it does not come back. */
  readonly returning: Promise<void> | undefined;
}

/**
 * Memory of a device's own. Its results lie there: `run` returns when the work is under way, reading a result waits for
 * it, and the device cannot answer within a call.
 */
export interface DeviceMemory extends Memory {
  /** Nanoseconds until the operands of a task are there. Operands of a task that is only priced have no block. */
  transferNs(task: Task): number;
  /** Nanoseconds until elements of so many bytes are in RAM. */
  readNs(sizeBytes: number): number;
  /** What became of it, while it is lost. */
  readonly loss: DeviceLoss | undefined;
  /** Buffers that go in and out without a copy; only GPUs have them. */
  readonly sharing?: BufferSharing;
  /** Takes who is told what tasks took, where the device measures that later. */
  reportTo?(learn: (task: Task, elapsedNs: number) => void): void;
}

/**
 * A place where tasks run. docs/devices.md says how to bring one of your own, and `deviceConformance` holds it to this.
 */
export interface Device {
  readonly name: string;
  /** What it is, for people; after a loss, what became of it. */
  readonly detail: string;
  /**
   * Whether it gives the bits of the numeric specification (docs/format/numerics.md), so that class exact may use it.
   * It is believed.
   */
  readonly exact: boolean;
  /**
   * Whether it computes a task, the whole of a composed row included, or why it does not. Asked often: constant texts
   * cost nothing.
   */
  supports(task: Task, mode: Promptness): true | Refusal;
  /** Nanoseconds the task should take, before anything was measured. */
  estimateNs(task: Task): number;
  /**
   * Fills `out`, which is not zeroed, with the result of a task that it supports. A promise where the work goes on
   * beside the event loop, never `now`.
   */
  run(task: Task, out: Block, mode: Promptness): void | Promise<void>;
  /** Where its results lie, if not in RAM. */
  readonly memory?: DeviceMemory;
  /** Called once, when the sheet that has it is closed. */
  close(): void;
}

/** A refusal of what must be there within the call. */
export const ANSWERS_LATER: Refusal =
  'it answers later, and this call must have its result at once, as those of an eager sheet';
/**
 * A refusal of a composed row by a device that has kernels for its parts alone; the engine has it compute them one
 * after the other.
 */
export const IN_PARTS: Refusal = 'it computes the parts of a composed op one after the other';
export const NO_KERNEL: Refusal = 'it has no kernel for this op on these dtypes and shapes';
export const NO_ELEMENTS: Refusal = 'the result has no elements';

/** Bytes a task reads and writes. */
export function taskBytes(task: Task): number {
  let bytes = task.type.sizeBytes;
  for (const operand of task.operands) bytes += operand.type.sizeBytes;
  return bytes;
}

/** Floating-point operations of a task. */
export const taskFlops = (task: Task): number =>
  task.row.flops(
    task.operands.map((operand) => operand.type),
    task.type,
    task.attrs,
  );
