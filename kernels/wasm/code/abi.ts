// The one kernel ABI: every exported kernel is (params, start, end) => void.
//
//   params   address of a parameter block in linear memory: i32/f32/f64 fields at fixed offsets that the module of the
//            kernel states (addresses and sizes as i32 read unsigned); 64-byte aligned when it comes from the heap
//   start    first index of the part of the parallel range this call does
//   end      one past its last index
//
// A kernel is a pure function of memory: any split of the range into calls, on any threads and in any order, gives the
// same bits. V8 has no on-stack replacement for WebAssembly: a long first call runs in baseline code, so callers keep a
// call short.

/** An exported kernel. */
export type Kernel = (params: number, start: number, end: number) => void;

/** Functions a module imports besides env.memory: scope → name → function. */
type KernelImports = Readonly<Record<string, Readonly<Record<string, (...args: number[]) => number>>>>;

/** The kernels of a module, by exported name. */
export type Kernels = Readonly<Record<string, Kernel>>;

/** A kernel that is ready to run, on any thread that loads `bytes`. */
export interface CompiledKernel {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Exported name. */
  readonly name: string;
  readonly call: Kernel;
}

const encoded = new WeakMap<object, Map<string, Uint8Array<ArrayBuffer>>>();
const compiled = new WeakMap<Uint8Array<ArrayBuffer>, WebAssembly.Module>();

/**
 * A module that is encoded once for all memories, and kept while its owner lives: the function that it computes, or the
 * one that encodes it. The key names all else that it depends on.
 */
export function encodedOnce(
  owner: object,
  key: string,
  encode: () => Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  let known = encoded.get(owner);
  if (known === undefined) encoded.set(owner, (known = new Map()));
  let bytes = known.get(key);
  if (bytes === undefined) known.set(key, (bytes = encode()));
  return bytes;
}

/** The module of these bytes; compiled at the first call, so that its optimised code serves later memories too. */
export function moduleOf(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  let module = compiled.get(bytes);
  if (module === undefined) compiled.set(bytes, (module = new WebAssembly.Module(bytes)));
  return module;
}

/** Compiles and instantiates a module on a memory; synchronous, for modules are a few KB. */
export function instantiate(
  bytes: Uint8Array<ArrayBuffer>,
  memory: WebAssembly.Memory,
  imports: KernelImports = {},
): Kernels {
  const { env, ...scopes } = imports;
  const instance = new WebAssembly.Instance(moduleOf(bytes), {
    ...scopes,
    env: { ...env, memory },
  });
  return instance.exports as unknown as Kernels;
}

/** Elements of a call, a few tens of microseconds: V8 replaces baseline code at calls only. */
export const CALL_ELEMENTS = 1 << 16;

/** Calls a kernel over its whole range in calls of a moderate length, where each index stands for so many elements. */
export function callOver(kernel: Kernel, params: number, range: number, elementsEach = 1): void {
  const grain = Math.ceil(CALL_ELEMENTS / Math.max(1, elementsEach));
  for (let start = 0; start < range; start += grain) kernel(params, start, Math.min(range, start + grain));
}
