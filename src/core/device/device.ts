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
  /** A block with a copy of what a buffer of the open device has when everything submitted to it has run. Throws a typed error where it does not fit. */
  copyIn(buffer: GPUBuffer, type: TensorType): Block;
  /** Calls `use` with a copy of a value's elements, in a buffer of no more bytes that is gone when it returns; resolves with whether the device did all that. */
  copyOut(value: Value, use: (buffer: GPUBuffer) => void): Promise<boolean>;
}

/** A place where tasks run. */
export interface Device {
  readonly name: string;
  readonly detail: string;
  /** Whether it gives the bits of the numeric specification (docs/format/numerics.md), so that class exact may use it. */
  readonly exact: boolean;
  supports(task: Task): boolean;
  /** Nanoseconds the task should take, before anything was measured. */
  estimateNs(task: Task): number;
  /** Fills `out`, which is not zeroed. A promise where the work goes on beside the event loop. */
  run(task: Task, out: Block): void | Promise<void>;
  /** As `run`, always on the calling thread. */
  runNow(task: Task, out: Block): void;
  /** Where its results lie, if not in the sheet's memory: then `run` returns when the work is under way, and reading waits for it. */
  readonly deviceMemory?: Memory;
  /** Whether it may be chosen without being asked for by name; true where it is not said. */
  readonly automatic?: boolean;
  /** Whether it can answer within a call (`runNow`); true where it is not said. */
  readonly readsAtOnce?: boolean;
  /** Whether one pass over composed elementwise functions is quicker on it than one pass each. */
  readonly fuses?: boolean;
  /** Whether it computes a composed row in one pass; in its parts where it is not said. */
  joins?(task: Task): boolean;
  /** Nanoseconds to get operands to it. Said by devices with a memory of their own. */
  transferNs?(task: Task): number;
  /** Nanoseconds to get elements of so many bytes from its memory to RAM. */
  readNs?(sizeBytes: number): number;
  /** Why it does not compute a task; undefined where it does. Said by devices that users ask why. */
  refusal?(task: Task): string | undefined;
  /** Shares buffers with other code. Said by GPUs. */
  readonly sharing?: BufferSharing;
  /** Whether it was lost for good; `detail` says how. */
  readonly isGivenUp?: boolean;
  /** Until one that was lost is open again, or given up. */
  readonly returning?: Promise<void> | undefined;
  /** Gives memory back that is only kept for later; blocks that are `settled`, which nobody writes to any more, may move for that. */
  trim?(settled?: () => Iterable<Block>): void;
  /** Takes who is told what tasks took, where that is known only later. */
  reportTo?(learn: (task: Task, elapsedNs: number) => void): void;
  close(): void;
}

/** Bytes a task reads and writes. */
export function taskBytes(task: Task): number {
  let bytes = task.type.sizeBytes;
  for (const operand of task.operands) bytes += operand.type.sizeBytes;
  return bytes;
}

/** Floating-point operations of a task. */
export const taskFlops = (task: Task): number => task.row.flops(task.operands.map((operand) => operand.type), task.type, task.attrs);
