// koffi, the optional FFI package, as far as BLAS needs it: a loader, stacks that BLAS fits on, typed native functions.
import { requirePackage } from '../packages.ts';

/** Called when an asynchronous native call is over. */
export type Done = (error: unknown) => void;

/** A native function: called on this thread, or with `.async` on a thread of the libuv pool. */
export type Native<A extends readonly unknown[], R = void> = {
  (...args: A): R;
  /** koffi keeps no reference to typed arrays while the call runs: `done` must, or freed memory is written. */
  async(...args: [...A, Done]): void;
};

/** A loaded shared library. */
export type NativeLibrary = { func(name: string, result: string, parameters: readonly string[]): unknown };

/** The stacks koffi runs native code on; they cannot change after the first library is loaded. */
export type StackSizes = { readonly sync_stack_size: number; readonly async_stack_size: number };

/** The part of koffi in use. */
export type Koffi = {
  load(file: string): NativeLibrary;
  config(settings?: Partial<StackSizes>): StackSizes;
};

/** Brings the module; the default looks for the installed one. */
export type KoffiImporter = () => Promise<unknown>;

/** koffi, or why there is none. */
type KoffiResult = { readonly koffi: Koffi } | { readonly reason: string };

/** Loads koffi if it is installed. */
export async function loadKoffi(
  importKoffi: KoffiImporter = async () => requirePackage('koffi'),
): Promise<KoffiResult> {
  try {
    const imported = (await importKoffi()) as { readonly default?: unknown };
    const koffi = (imported.default ?? imported) as Partial<Koffi>;
    if (typeof koffi.load === 'function' && typeof koffi.config === 'function') return { koffi: koffi as Koffi };
    return { reason: 'the koffi module has no load and config functions; npm install koffi@3' };
  } catch (error) {
    return { reason: `koffi is not usable (${firstLine(error)}); npm install koffi` };
  }
}

/**
 * Native code on the libuv pool needs at least this much stack; below it a call runs on the JavaScript thread instead.
 */
export const SAFE_ASYNC_STACK_BYTES = 1024 * 1024;

/**
 * Gives native code the stack of an ordinary main thread, where koffi still allows it, and returns what holds now.
 * Threaded OpenBLAS keeps (build threads)^2 * 128 bytes of job table on the stack: 128 KiB at 32 threads, the whole of
 * koffi's default asynchronous stack; before 0.3.11 up to 3 MiB, and getrf keeps one per level of recursion.
 */
export function widenStacks(koffi: Koffi): StackSizes {
  const wanted = 8 * 1024 * 1024;
  const present = koffi.config();
  if (present.sync_stack_size >= wanted && present.async_stack_size >= wanted) return present;
  try {
    koffi.config({
      sync_stack_size: Math.max(wanted, present.sync_stack_size),
      async_stack_size: Math.max(wanted, present.async_stack_size),
    });
  } catch {
    // Another user of koffi loaded a library first; the caller reads the sizes and decides.
  }
  return koffi.config();
}

/**
 * The function of that name, or undefined where the library has none. The caller names the type that `parameters`
 * describe.
 */
export function bindNative<F>(
  library: NativeLibrary,
  name: string,
  result: string,
  parameters: readonly string[],
): F | undefined {
  try {
    return library.func(name, result, parameters) as F;
  } catch {
    return undefined;
  }
}

/** The first line of an error's message. */
export function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0] ?? '';
}
