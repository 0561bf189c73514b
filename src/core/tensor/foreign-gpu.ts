// Tensors of TensorFlow.js that only a GPU has: on which device, in which buffer; and a tf that computes on a device.

/** tf's WebGPU backend, as far as tensors are taken from it and given to it. */
export interface TfGpuBackend {
  readonly device: GPUDevice;
  readonly tensorMap: { get(dataId: object): TfEntry | undefined };
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
}

/** What the backend knows of a tensor. Its dtype is that of the buffer: a cast without loss shares it under another. */
interface TfEntry {
  readonly dtype: string;
  readonly values?: unknown;
  readonly resource?: unknown;
}

/** Where a tensor lies. */
interface TfPlace {
  readonly backend: TfGpuBackend;
  /** Undefined where its elements are in no buffer of their own. */
  readonly buffer: GPUBuffer | undefined;
  /** What the words of the buffer are; bool is kept one to a word, as int32. */
  readonly words: 'float32' | 'int32';
}

/** tf's one engine; a tensor does not say itself which backend has it. */
interface Engine {
  readonly state?: { readonly tensorInfo?: { get(dataId: object): { readonly backend?: unknown } | undefined } };
}

/** A module of tf that makes tensors of buffers. */
interface TfBufferModule<F> {
  backend(): unknown;
  tensor(values: { readonly buffer: GPUBuffer }, shape: number[], dtype: 'float32' | 'int32'): F;
}

/** Whether a value is a GPUBuffer. Known by its members: Node has no such class of its own. */
export const isGpuBuffer = (value: unknown): value is GPUBuffer =>
  typeof value === 'object' && value !== null && 'mapAsync' in value && 'mapState' in value && 'usage' in value;

/**
 * Where a tensor of tf lies that only a GPU has; undefined for anything else, and for one whose elements are in RAM as
 * well.
 */
export function placeOfTf(tensor: object): TfPlace | undefined {
  const { dataId, isDisposed } = tensor as { readonly dataId?: unknown; readonly isDisposed?: unknown };
  if (typeof dataId !== 'object' || dataId === null || isDisposed === true) return undefined;
  // All copies of tf in a realm share this one.
  const engine = (globalThis as { readonly _tfengine?: Engine })._tfengine;
  const backend = engine?.state?.tensorInfo?.get(dataId)?.backend;
  const entry = isGpuBackend(backend) ? backend.tensorMap.get(dataId) : undefined;
  if (entry === undefined || (entry.values !== undefined && entry.values !== null)) return undefined;
  return {
    backend: backend as TfGpuBackend,
    buffer: isGpuBuffer(entry.resource) ? entry.resource : undefined,
    words: entry.dtype === 'float32' ? 'float32' : 'int32',
  };
}

/** Hands in what a backend of tf has encoded: it does so after some dispatches, or when it reads. */
export function flushTf(
  backend: Pick<TfGpuBackend, 'ensureCommandEncoderReady' | 'endComputePassEncoder' | 'submitQueue'>,
): void {
  backend.ensureCommandEncoderReady();
  backend.endComputePassEncoder();
  backend.submitQueue();
}

/** A module of tf that is set to a backend on the device; undefined for anything else. */
export function tfOnDevice<F>(
  foreign: unknown,
  isDevice: (device: GPUDevice) => boolean,
): TfBufferModule<F> | undefined {
  const module = foreign as Partial<TfBufferModule<F>> | null | undefined;
  if (typeof module?.tensor !== 'function' || typeof module.backend !== 'function') return undefined;
  try {
    const backend = module.backend();
    return isGpuBackend(backend) && isDevice(backend.device) ? (module as TfBufferModule<F>) : undefined;
  } catch {
    // None is set yet; making a tensor says what to do.
    return undefined;
  }
}

const isGpuBackend = (backend: unknown): backend is TfGpuBackend =>
  typeof backend === 'object' &&
  backend !== null &&
  'device' in backend &&
  'tensorMap' in backend &&
  typeof (backend as Partial<TfGpuBackend>).submitQueue === 'function';
