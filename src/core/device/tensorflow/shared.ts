// TensorFlow.js on the sheet's own GPU device: operands are read where they lie, results stay there, nothing travels.
import { SheetError } from '../../errors.ts';
import type { OpRow } from '../../ops/define.ts';
import { TENSORFLOW } from '../../ops/mapping/tensorflow.ts';
import type { TensorFlow, TensorflowModule } from '../../ops/mapping/tensorflow-module.ts';
import { type Block, valueOf } from '../../tensor/block.ts';
import type { TensorType } from '../../tensor/type.ts';
import { ANSWERS_LATER, type Device, type DeviceMemory, type Promptness, type Refusal, type Task } from '../device.ts';
import { partsOf } from '../parts.ts';
import type { WebgpuDevice } from '../webgpu/device.ts';
import type { DeviceAccess } from '../webgpu/memory/foreign-work.ts';
import { type BackendTraits, traitsOf } from './backends.ts';
import { openTensorflow, type TensorflowDevice } from './device.ts';
import { type AdoptedBackend, adoptBackend } from './adopted-backend.ts';
import { mappingOf, NOT_OFFERED } from './offers.ts';
import { messageOf, startTensorflow } from './open.ts';

/** The backend of tf that can be put on another device. */
const BACKEND = 'webgpu';
/** What tf takes to encode a task and to copy its result. */
const CALL_NS = 200_000;

/**
 * As `openTensorflow`; where tf is set to its WebGPU backend and `gpu` is a WebGPU device of the sheet's, it computes
 * on that one. Where that cannot be, `detail` says why.
 */
export async function openTensorflowBeside(
  gpu: WebgpuDevice | undefined,
  tf: TensorflowModule,
  fallback: Device,
): Promise<TensorflowDevice | SharedTensorflowDevice> {
  const started = await startTensorflow(tf);
  if (started.getBackend() !== BACKEND || gpu === undefined) return openTensorflow(started, fallback);
  const { access } = gpu.foreign;
  const backend = access === undefined ? 'that was lost' : await adoptBackend(started, access);
  if (typeof backend === 'string')
    return openTensorflow(started, fallback, `, not on the sheet's GPU device: ${backend}`);
  return new SharedTensorflowDevice(started, backend, gpu);
}

/**
 * Computes those rows of ops/mapping/tensorflow.ts that shaders may. It has no clock for tf's commands, and the GPU's
 * own kernels compute the same rows: so it is used where it is asked for by name.
 */
export class SharedTensorflowDevice implements Device {
  readonly name = 'tensorflow';
  readonly exact = false;
  /** The GPU's. */
  readonly memory: DeviceMemory;
  readonly #tf: TensorFlow;
  readonly #backend: AdoptedBackend;
  readonly #gpu: WebgpuDevice;
  readonly #traits: BackendTraits = traitsOf(BACKEND);
  /** Rows that tf failed on once, and how. */
  readonly #refused = new Map<OpRow, string>();

  constructor(tf: TensorFlow, backend: AdoptedBackend, gpu: WebgpuDevice) {
    this.#tf = tf;
    this.#backend = backend;
    this.#gpu = gpu;
    const { memory } = gpu;
    this.memory = {
      take: (type) => memory.take(type),
      transferNs: (task) => memory.transferNs(task),
      readNs: (sizeBytes) => memory.readNs(sizeBytes),
      get loss() {
        return memory.loss;
      },
      trim: () => backend.trim(0),
    };
  }

  get detail(): string {
    const refused = [...this.#refused].map(([row, reason]) => `; not ${row.name}: ${reason}`).join('');
    return `TensorFlow.js ${this.#tf.version_core}, backend ${this.#backend.name} on the sheet's GPU device${refused}`;
  }

  supports(task: Task, mode: Promptness): true | Refusal {
    if (mode === 'now') return ANSWERS_LATER;
    const parts = compositionOf(task);
    if (parts !== undefined) {
      const ofFirst = this.supports(parts[0], mode);
      return ofFirst === true ? this.#gpu.supports(parts[1], mode) : ofFirst;
    }
    if (this.#gpu.foreign.access === undefined) return 'the GPU device is lost';
    const refused = this.#refused.get(task.row);
    if (refused !== undefined) return refused;
    if (mappingOf(task, this.#traits) === undefined) return NOT_OFFERED;
    return this.#gpu.foreign.refusal(task.operands, task) ?? true;
  }

  estimateNs(task: Task): number {
    return CALL_NS + this.#gpu.estimateNs(task);
  }

  run(task: Task, out: Block, mode: Promptness): void | Promise<void> {
    if (mode === 'now') return this.#gpu.run(task, out, mode);
    let between: Block | undefined;
    const parts = compositionOf(task, (type) => (between = this.memory.take(type)));
    return between === undefined || parts === undefined
      ? this.#runOnTf(task, out)
      : this.#runParts(parts, between, out);
  }

  #runOnTf(task: Task, out: Block): void | Promise<void> {
    return this.#gpu.foreign.use(task.operands, valueOf(task.type, out), (access, buffers) =>
      this.#compute(task, access, buffers),
    );
  }

  /** A product by tf, and what follows it by the GPU's own kernels. */
  #runParts([first, second]: ReturnType<typeof partsOf>, between: Block, out: Block): void | Promise<void> {
    const letGo = (): void => between.release();
    try {
      const running = this.#runOnTf(first, between);
      const ending =
        running === undefined
          ? this.#gpu.run(second, out, 'free')
          : running.then(() => this.#gpu.run(second, out, 'free'));
      return ending === undefined ? letGo() : ending.finally(letGo);
    } catch (error) {
      letGo();
      throw error;
    }
  }

  #compute(task: Task, access: DeviceAccess, buffers: readonly GPUBuffer[]): void {
    const { row, type, attrs, operands } = task;
    const mapping = TENSORFLOW.get(row.name)!;
    const types = operands.map((operand) => operand.type);
    try {
      this.#backend.compute(access, buffers, types, type, (entered) =>
        mapping.compute(this.#tf, entered, { types, type, attrs }),
      );
    } catch (error) {
      // Not tf's failure: the device is gone.
      if (this.#gpu.foreign.access !== access) throw error;
      this.#refused.set(row, messageOf(error));
      throw new SheetError(
        'KERNEL',
        `${row.name}: TensorFlow.js failed on the GPU (${messageOf(error)}); another device computes it from now on.`,
        { op: row.name },
        { cause: error },
      );
    }
  }

  /** The module is the user's, and stays open without this backend. */
  close(): void {
    this.#backend.close();
  }
}

/** The two tasks of a composed row, of which tf takes the first; maps of maps are left to the GPU. */
const compositionOf = (task: Task, take?: (type: TensorType) => Block): ReturnType<typeof partsOf> | undefined =>
  task.row.parts === undefined || task.row.kernel.skeleton === 'map' ? undefined : partsOf(task, task.row.parts, take);
