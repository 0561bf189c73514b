// One candidate: opened, bound, identified, probed; a `Blas`, or the reason it was refused.
import { level3Calls } from './calls.ts';
import { identifyBlas, type LibraryIdentity } from './identity.ts';
import { firstLine, SAFE_ASYNC_STACK_BYTES, type Koffi, type NativeLibrary, type StackSizes } from './koffi.ts';
import { lapackCalls } from './lapack.ts';
import { bindBlas } from './native.ts';
import type { NativeBlas } from './abi.ts';
import { probeLapack, probeLevel3, probeSpeed, TIMED_SIDES, type NanosecondClock } from './probe.ts';
import type { Blas } from '../../../core/device/blas/types.ts';

/** What opening one library depends on. */
export type LibraryHost = {
  readonly koffi: Koffi;
  readonly stacks: StackSizes;
  readonly nowNs: NanosecondClock;
  readonly minimumGflops: number;
  readonly coreOverride: string | undefined;
};

/** A library that passed, before the list of those refused ahead of it is added. */
type OpenedBlas = Omit<Blas, 'refused'>;

/** Opens `file` and trusts it only after its results agree with plain loops and its speed is worth a call. */
export function openBlasLibrary(file: string, host: LibraryHost): OpenedBlas | string {
  try {
    const library = host.koffi.load(file);
    const native = bindBlas(library);
    return typeof native === 'string' ? native : assemble(file, library, native, host);
  } catch (error) {
    return firstLine(error);
  }
}

function assemble(file: string, library: NativeLibrary, native: NativeBlas, host: LibraryHost): OpenedBlas | string {
  const calls = level3Calls(native, { nativeAsync: host.stacks.async_stack_size >= SAFE_ASYNC_STACK_BYTES });
  const wrong = probeLevel3(calls);
  if (wrong !== undefined) return `wrong result: ${wrong}`;
  const rate = probeSpeed(calls, host.nowNs, TIMED_SIDES.oneThread);
  if (!(rate >= host.minimumGflops)) {
    return (
      `slow: ${rate.toPrecision(3)} Gflop/s at n = ${TIMED_SIDES.oneThread}, below ${host.minimumGflops} (the ` +
      'reference BLAS gives about 4)'
    );
  }
  const identity = identifyBlas(library, native, file);
  const lapack = lapackCalls(native, calls.trsm);
  const solves = lapack !== undefined && probeLapack(lapack);
  const notes = notesOn(identity, host);
  if (lapack !== undefined && !solves)
    notes.push('its LAPACK solves a 9 x 9 system wrongly and is not used; install another BLAS');
  return {
    found: true,
    ...identity,
    file,
    integerBytes: native.integerBytes,
    symbols: native.symbols,
    gflops: probeSpeed(calls, host.nowNs, TIMED_SIDES.threads),
    signature: signatureOf(identity, native),
    notes,
    ...calls,
    ...(solves ? { lapack } : {}),
  };
}

function signatureOf({ name, version, threads }: LibraryIdentity, { integerBytes }: NativeBlas): string {
  return `${name}|${version}|threads=${threads ?? 'unknown'}|integers=${integerBytes}`;
}

function notesOn({ name, version }: LibraryIdentity, { stacks, coreOverride }: LibraryHost): string[] {
  const notes: string[] = [];
  if (stacks.async_stack_size < SAFE_ASYNC_STACK_BYTES) {
    notes.push(
      `koffi gives asynchronous calls ${stacks.async_stack_size} bytes of stack, too little for BLAS, so ` +
        'gemmAsync blocks; ' +
        'open BLAS before any other koffi library',
    );
  }
  if (name === 'OpenBLAS' && / Prescott /.test(version)) {
    notes.push(
      'OpenBLAS does not know this processor and runs its SSE3 kernels; install a newer OpenBLAS, ' +
        'or set OPENBLAS_CORETYPE to Haswell (AVX2) or SkylakeX (AVX-512) before the process starts',
    );
  }
  if (coreOverride !== undefined && name === 'OpenBLAS') {
    notes.push(
      `OPENBLAS_CORETYPE=${coreOverride} chooses the kernels; unset it unless OpenBLAS does not know this processor`,
    );
  }
  return notes;
}
