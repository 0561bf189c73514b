// What is known of tf's backends: how they are read, what their arithmetic keeps, and what they may cost before
// anything was measured.

/** Traits of a backend of tf. */
export interface BackendTraits {
  /** Whether results can be read at once; else they come with a promise. */
  readonly readsAtOnce: boolean;
  /** Whether it computes by shaders on a GPU. */
  readonly onShaders: boolean;
  /** Whether subnormals may be taken for zero. */
  readonly flushes: boolean;
  /** Whether sums are accumulated one by one in float32, on whatever axis. */
  readonly accumulatesOneByOne: boolean;
  /** Floating-point operations a nanosecond in a product. */
  readonly gflops: number;
  readonly nsPerByte: number;
  readonly callNs: number;
}

const onGpu: BackendTraits = {
  readsAtOnce: false,
  onShaders: true,
  flushes: true,
  accumulatesOneByOne: true,
  gflops: 500,
  nsPerByte: 1,
  callNs: 2e6,
};

const BACKENDS: Readonly<Record<string, BackendTraits>> = {
  cpu: {
    readsAtOnce: true,
    onShaders: false,
    flushes: false,
    accumulatesOneByOne: false,
    gflops: 1,
    nsPerByte: 2,
    callNs: 20_000,
  },
  wasm: {
    readsAtOnce: true,
    onShaders: false,
    flushes: false,
    accumulatesOneByOne: true,
    gflops: 40,
    nsPerByte: 0.4,
    callNs: 20_000,
  },
  // libtensorflow of tfjs-node and tfjs-node-gpu; it sums rows in a tree.
  tensorflow: {
    readsAtOnce: true,
    onShaders: false,
    flushes: true,
    accumulatesOneByOne: false,
    gflops: 80,
    nsPerByte: 0.4,
    callNs: 100_000,
  },
  webgpu: onGpu,
  webgl: { ...onGpu, gflops: 100 },
};

/** Traits of a backend by its name; one nobody knows counts as a GPU, of which least is taken for granted. */
export const traitsOf = (backend: string): BackendTraits => BACKENDS[backend] ?? onGpu;
