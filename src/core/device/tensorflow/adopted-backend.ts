// tf's WebGPU backend once more, on a GPU device of the sheet: under a name of its own, its kernels shared with the one
// tf has.
import type { TensorFlow, TfDType, TfTensor } from '../../ops/mapping/tensorflow-module.ts';
import { flushTf, type TfGpuBackend } from '../../tensor/foreign-gpu.ts';
import { sizeOf } from '../../tensor/shape.ts';
import type { TensorType } from '../../tensor/type.ts';
import type { DeviceAccess } from '../webgpu/memory/foreign-work.ts';
import { faultOf, messageOf } from './open.ts';
import { tfDTypeOf } from './tensors.ts';

/** tf's WebGPU backend, as far as it is used. */
interface WebgpuBackend extends TfGpuBackend {
  queue: GPUQueue;
  readonly bufferManager: { readonly numBytesAllocated: number; getNumUsedBuffers(): number; dispose(): void };
  readonly adapterInfo?: unknown;
}

type WebgpuBackendClass = new (device: GPUDevice, adapter: unknown) => WebgpuBackend;

/**
 * Which backend tf computes on. Its setBackend would set all kernels up again, and wait where another backend is
 * starting.
 */
interface Engine {
  backendName: string;
  backendInstance: unknown;
  pendingBackendInit: unknown;
}

/** A tensor of tf, and what it takes to make one of a buffer. */
interface Tensors {
  tensor(values: { readonly buffer: GPUBuffer; readonly zeroCopy: true }, shape: number[], dtype: TfDType): TfTensor;
}

/** Members of tf that have to do with backends. */
interface Backends {
  backend(): unknown;
  engine(): Engine;
  findBackendFactory(name: string): unknown;
  registerBackend(name: string, factory: () => unknown, priority: number): boolean;
  removeBackend(name: string): void;
  setBackend(name: string): Promise<boolean>;
  copyRegisteredKernels(from: string, to: string): void;
  getKernelsForBackend(name: string): readonly { readonly kernelName: string }[];
  unregisterKernel(kernel: string, backend: string): void;
}

const BACKEND_MEMBERS = [
  'backend',
  'engine',
  'findBackendFactory',
  'registerBackend',
  'removeBackend',
  'setBackend',
  'copyRegisteredKernels',
  'getKernelsForBackend',
  'unregisterKernel',
] as const;

/** Bytes of free buffers that the backend may keep for later. */
const MAX_IDLE_BYTES = 2 ** 28;
/** No name of a backend may have an underscore: tf splits there. */
const NAME = 'symbolic-sheet-webgpu';

/** tf on the sheet's GPU device, or why it cannot be. Its products were checked. */
export async function adoptBackend(tf: TensorFlow, access: DeviceAccess): Promise<AdoptedBackend | string> {
  const module = tf as TensorFlow & Backends & Tensors;
  const missing = BACKEND_MEMBERS.find((name) => typeof module[name] !== 'function');
  if (missing !== undefined) return `this build of tf has no ${missing}()`;
  let backend: AdoptedBackend | undefined;
  try {
    backend = new AdoptedBackend(module, access);
    const fault = await backend.check(access.device);
    if (fault === undefined) return backend;
    backend.close();
    return fault;
  } catch (error) {
    backend?.close();
    return messageOf(error);
  }
}

/** One backend of tf, on the device that is open: another instance after a loss. */
export class AdoptedBackend {
  readonly name: string;
  readonly #theirName: string;
  readonly #tf: TensorFlow & Backends & Tensors;
  readonly #Backend: WebgpuBackendClass;
  readonly #adapter: unknown;
  #access: DeviceAccess;
  #backend: WebgpuBackend;

  constructor(tf: TensorFlow & Backends & Tensors, access: DeviceAccess) {
    const theirs = tf.backend() as WebgpuBackend;
    this.#tf = tf;
    this.#Backend = theirs.constructor as WebgpuBackendClass;
    this.#adapter = theirs.adapterInfo;
    this.#access = access;
    this.#backend = new this.#Backend(access.device, this.#adapter);
    this.name = freeName(tf);
    this.#theirName = tf.getBackend();
    tf.copyRegisteredKernels(this.#theirName, this.name);
    this.#register();
  }

  /**
   * What is wrong with its products; undefined where nothing is. Until then its commands go to the device as they are,
   * so that those refused do no harm.
   */
  async check(device: GPUDevice): Promise<string | undefined> {
    device.pushErrorScope('validation');
    // Everything is handed in before it is awaited.
    const checking = faultOf(this.#tf, (compute) => this.#within(compute));
    const [fault, refusal] = await Promise.all([checking, device.popErrorScope()]);
    this.#backend.queue = this.#access.queue;
    return refusal === null ? fault : messageOf(refusal.message);
  }

  /**
   * Computes on values of the sheet: `buffers` are those of the operands, and of the result at the end. Nothing stays
   * in tf's memory. Throws what tf throws.
   */
  compute(
    access: DeviceAccess,
    buffers: readonly GPUBuffer[],
    types: readonly TensorType[],
    type: TensorType,
    call: (operands: TfTensor[]) => TfTensor,
  ): void {
    this.#moveTo(access);
    let result: TfTensor | undefined;
    try {
      result = this.#within(() => call(types.map((operand, i) => this.#enter(buffers[i]!, operand))));
      const from = this.#bufferOf(result, type);
      flushTf(this.#backend);
      access.copy(from, buffers[types.length]!, type.sizeBytes);
    } catch (error) {
      flushTf(this.#backend);
      throw error;
    } finally {
      result?.dispose();
      this.trim(MAX_IDLE_BYTES);
    }
  }

  /** Destroys its free buffers where they are more than so many bytes. */
  trim(maxFreeBytes: number): void {
    const { bufferManager } = this.#backend;
    if (bufferManager.getNumUsedBuffers() > 0 || bufferManager.numBytesAllocated <= maxFreeBytes) return;
    // Copies out of them may be waiting.
    this.#access.queue.submit([]);
    bufferManager.dispose();
  }

  /** Leaves tf without this backend; set to the one it was made after where it was set to this one. */
  close(): void {
    this.#remove();
    for (const { kernelName } of this.#tf.getKernelsForBackend(this.name))
      this.#tf.unregisterKernel(kernelName, this.name);
  }

  /** Calls with tf set to this backend, and back as it was. */
  #within(compute: () => TfTensor): TfTensor {
    const engine = this.#tf.engine();
    const { backendName, backendInstance, pendingBackendInit } = engine;
    Object.assign(engine, { backendName: this.name, backendInstance: this.#backend, pendingBackendInit: null });
    try {
      return this.#tf.tidy(compute);
    } finally {
      Object.assign(engine, { backendName, backendInstance, pendingBackendInit });
    }
  }

  #enter(buffer: GPUBuffer, { dtype, shape }: TensorType): TfTensor {
    return this.#tf.tensor({ buffer, zeroCopy: true }, [...shape], tfDTypeOf(dtype) as TfDType);
  }

  #bufferOf(result: TfTensor, { dtype, shape, size }: TensorType): GPUBuffer {
    const { resource } = this.#backend.tensorMap.get((result as TfTensor & { readonly dataId: object }).dataId) ?? {};
    if (resource === undefined || resource === null) throw new TypeError('its result is not on the GPU');
    if (sizeOf(result.shape) !== size || result.dtype !== tfDTypeOf(dtype))
      throw new TypeError(
        `it gave ${result.dtype} of shape [${result.shape.join(',')}] for ${dtype} of [${shape.join(',')}]`,
      );
    return resource as GPUBuffer;
  }

  #moveTo(access: DeviceAccess): void {
    if (access === this.#access) return;
    const wasSet = this.#tf.getBackend() === this.name;
    this.#remove();
    this.#access = access;
    this.#backend = new this.#Backend(access.device, this.#adapter);
    this.#backend.queue = access.queue;
    this.#register();
    if (wasSet) void this.#tf.setBackend(this.name);
  }

  /** Of the least priority: it is used where it is asked for. */
  #register(): void {
    this.#tf.registerBackend(this.name, () => this.#backend, 0);
  }

  #remove(): void {
    const wasSet = this.#tf.getBackend() === this.name;
    this.#tf.removeBackend(this.name);
    if (wasSet && this.#tf.findBackendFactory(this.#theirName) !== null) void this.#tf.setBackend(this.#theirName);
  }
}

/** A further sheet has a backend of its own. */
function freeName(tf: Backends): string {
  for (let count = 1; ; count++) {
    const name = count === 1 ? NAME : `${NAME}-${count}`;
    if (tf.findBackendFactory(name) === null) return name;
  }
}
