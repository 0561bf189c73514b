// TensorFlow.js on the sheet's own GPU device: operands are read where they lie, results stay there, nothing travels.
import { SheetError } from '../../errors.ts';
import type { OpRow } from '../../ops/define.ts';
import { TENSORFLOW, type TensorflowMapping } from '../../ops/tensorflow.ts';
import type { TensorFlow, TensorflowModule } from '../../ops/tensorflow-module.ts';
import { type Block, valueOf } from '../../tensor/block.ts';
import type { Device, DeviceReport, Task } from '../device.ts';
import type { WebgpuDevice } from '../webgpu/device.ts';
import type { GuestGround } from '../webgpu/memory/guests.ts';
import type { GpuMemory } from '../webgpu/memory/memory.ts';
import { type BackendTraits, traitsOf } from './backends.ts';
import { openTensorflow, type TensorflowDevice } from './device.ts';
import { type Guest, openGuest } from './guest.ts';
import { mappingOf } from './offers.ts';
import { messageOf, startTensorflow } from './open.ts';

/** The backend of tf that can be put on another device. */
const BACKEND = 'webgpu';
/** What tf takes to encode a task and to copy its result. */
const CALL_NS = 200_000;

/**
 * As `openTensorflow`; where tf is set to its WebGPU backend and `gpu` is a WebGPU device of the sheet's, it computes on that
 * one. Where that cannot be, `detail` says why.
 */
export async function openTensorflowBeside(gpu: Device | DeviceReport | undefined, tf: TensorflowModule, fallback: Device): Promise<TensorflowDevice | SharedTensorflowDevice> {
  const started = await startTensorflow(tf);
  if (started.getBackend() !== BACKEND || !hostsGuests(gpu)) return openTensorflow(started, fallback);
  const { ground } = gpu.guests;
  const guest = ground === undefined ? 'that was lost' : await openGuest(started, ground);
  if (typeof guest === 'string') return openTensorflow(started, fallback, `, not on the sheet's GPU device: ${guest}`);
  return new SharedTensorflowDevice(started, guest, gpu);
}

const hostsGuests = (device: Device | DeviceReport | undefined): device is WebgpuDevice => device !== undefined && 'guests' in device;

/**
 * Computes those rows of ops/tensorflow.ts that shaders may. It has no clock for tf's commands, and the GPU's own kernels
 * compute the same rows: so it is used where it is asked for by name.
 */
export class SharedTensorflowDevice implements Device {
  readonly name = 'tensorflow';
  readonly exact = false;
  readonly fuses = true;
  readonly automatic = false;
  readonly readsAtOnce = false;
  readonly deviceMemory: GpuMemory;
  readonly #tf: TensorFlow;
  readonly #guest: Guest;
  readonly #gpu: WebgpuDevice;
  readonly #traits: BackendTraits = traitsOf(BACKEND);
  /** Rows that tf failed on once, and how. */
  readonly #refused = new Map<OpRow, string>();

  constructor(tf: TensorFlow, guest: Guest, gpu: WebgpuDevice) {
    this.#tf = tf;
    this.#guest = guest;
    this.#gpu = gpu;
    this.deviceMemory = gpu.deviceMemory;
  }

  get detail(): string {
    const refused = [...this.#refused].map(([row, reason]) => `; not ${row.name}: ${reason}`).join('');
    return `TensorFlow.js ${this.#tf.version_core}, backend ${this.#guest.name} on the sheet's GPU device${refused}`;
  }

  supports(task: Task): boolean {
    return this.refusal(task) === undefined;
  }

  refusal(task: Task): string | undefined {
    const parts = partsOf(task);
    if (parts !== undefined) return this.refusal(parts.first) ?? this.#gpu.refusal(parts.second);
    if (this.#gpu.guests.ground === undefined) return 'the GPU device is lost';
    const refused = this.#refused.get(task.row);
    if (refused !== undefined) return refused;
    if (mappingOf(task, this.#traits) === undefined) return 'TensorFlow.js does not compute this op on these dtypes and shapes, or not within its bound';
    return this.#gpu.guests.refusal(task.operands, task);
  }

  estimateNs(task: Task): number {
    return CALL_NS + this.#gpu.estimateNs(task);
  }

  transferNs(task: Task): number {
    return this.#gpu.transferNs(task);
  }

  run(task: Task, out: Block): void | Promise<void> {
    const parts = partsOf(task);
    if (parts !== undefined) return this.#runParts(parts.first, parts.second, out);
    return this.#gpu.guests.use(task.operands, valueOf(task.type, out), (ground, buffers) => this.#compute(task, ground, buffers));
  }

  /** A product by tf, and what follows it by the GPU's own kernels. */
  #runParts(first: Task, rest: Task, out: Block): void | Promise<void> {
    const between = this.deviceMemory.take(first.type);
    const second: Task = { ...rest, operands: [valueOf(first.type, between), ...rest.operands.slice(1)] };
    const letGo = (): void => between.release();
    try {
      const running = this.run(first, between);
      const ending = running === undefined ? this.#gpu.run(second, out) : running.then(() => this.#gpu.run(second, out));
      return ending === undefined ? letGo() : ending.finally(letGo);
    } catch (error) {
      letGo();
      throw error;
    }
  }

  #compute(task: Task, ground: GuestGround, buffers: readonly GPUBuffer[]): void {
    const { row, type, attrs, operands } = task;
    const mapping = TENSORFLOW.get(row.name) as TensorflowMapping;
    const types = operands.map((operand) => operand.type);
    try {
      this.#guest.compute(ground, buffers, types, type, (entered) => mapping.compute(this.#tf, entered, { types, type, attrs }));
    } catch (error) {
      // Not tf's failure: the device is gone.
      if (this.#gpu.guests.ground !== ground) throw error;
      this.#refused.set(row, messageOf(error));
      throw new SheetError('KERNEL', `${row.name}: TensorFlow.js failed on the GPU (${messageOf(error)}); another device computes it from now on.`, { op: row.name }, { cause: error });
    }
  }

  runNow(task: Task): void {
    this.#gpu.runNow(task);
  }

  trim(): void {
    this.#guest.trim(0);
  }

  /** The module is the user's, and stays open without this backend. */
  close(): void {
    this.#guest.close();
  }
}

/** The two tasks of a fused row; the first operand of the second is the result of the first, once it is there. */
function partsOf(task: Task): { readonly first: Task; readonly second: Task } | undefined {
  const { parts } = task.row;
  if (parts === undefined) return undefined;
  const type = parts.between(task.operands.map((operand) => operand.type), task.type);
  const given = task.operands.slice(0, parts.count);
  return {
    first: { ...task, row: parts.first, type, operands: given },
    second: { ...task, row: parts.second, operands: [{ ...(given[0] as Task['operands'][0]), type }, ...task.operands.slice(parts.count)] },
  };
}
