// The system's BLAS for Node, through koffi: the first library that opens, agrees with plain loops, and is fast.
// Threads stay as the library sets them (OPENBLAS_NUM_THREADS and kin). OpenBLAS's pool does not survive a bare
// fork(2); Node never does that: child_process and cluster start a fresh image. Worker threads share the loaded library
// and its pool, which takes their calls one after another. Neither the library nor koffi keeps the process alive; a
// running gemmAsync does.
import { blasAdvice, blasCandidates, type Environment } from './blas/candidates.ts';
import { loadKoffi, widenStacks, type KoffiImporter } from './blas/koffi.ts';
import { openBlasLibrary, type LibraryHost } from './blas/library.ts';
import type { NanosecondClock } from './blas/probe.ts';
import type { Blas, BlasAbsent, BlasRefusal } from '../../core/device/blas/types.ts';

export type {
  Blas,
  BlasAbsent,
  BlasArray,
  BlasDType,
  BlasRefusal,
  GemmCall,
  GesvCall,
  Lapack,
  PotrfCall,
  PotrsCall,
  SyrkCall,
  MatrixTriangle as Triangle,
  TrsmCall,
} from '../../core/device/blas/types.ts';

/** How to look for a BLAS. */
export type BlasOptions = {
  /** Sonames or paths, tried in this order instead of the platform's. */
  readonly candidates?: readonly string[];
  /** Why not to look at all, e.g. the setting that says so. */
  readonly disabled?: string;
  /** Where MKLROOT, CONDA_PREFIX, HOMEBREW_PREFIX and OPENBLAS_CORETYPE are read; `process.env` by default. */
  readonly env?: Environment;
  /** A `process.platform`. */
  readonly platform?: string;
  /**
   * float32 rate at n = 64 below which a library is refused: its one thread is judged, for on a busy machine several
   * threads wait for each other. Reference BLAS: about 4; OpenBLAS with AVX2: 26.
   */
  readonly minimumGflops?: number;
  readonly importKoffi?: KoffiImporter;
  readonly nowNs?: NanosecondClock;
};

/** The first usable library; never throws: what is missing is a reason. Costs a dlopen and about 40 ms of probing. */
export async function openBlas(options: BlasOptions = {}): Promise<Blas | BlasAbsent> {
  const { env = process.env, platform = process.platform } = options;
  if (options.disabled !== undefined)
    return absent(`BLAS is disabled by ${options.disabled}; remove that to use the system's library`);
  const loaded = await loadKoffi(options.importKoffi);
  if ('reason' in loaded) return absent(loaded.reason);
  const { koffi } = loaded;
  const host: LibraryHost = {
    koffi,
    stacks: widenStacks(koffi),
    nowNs: options.nowNs ?? (() => performance.now() * 1e6),
    minimumGflops: options.minimumGflops ?? 8,
    coreOverride: env['OPENBLAS_CORETYPE'],
  };
  const refused: BlasRefusal[] = [];
  for (const file of options.candidates ?? blasCandidates(platform, env)) {
    const opened = openBlasLibrary(file, host);
    if (typeof opened !== 'string') return { ...opened, refused };
    refused.push({ file, reason: opened });
  }
  return absent(`${summary(refused)}; ${blasAdvice(platform)}`, refused);
}

function absent(reason: string, refused: readonly BlasRefusal[] = []): BlasAbsent {
  return { found: false, reason, refused };
}

/** Libraries that opened and failed are named with the reason; those that are not there only counted. */
function summary(refused: readonly BlasRefusal[]): string {
  const opened = refused.filter(({ reason }) => !/load shared library/i.test(reason));
  if (opened.length === 0) return `none of ${refused.length} BLAS libraries is installed`;
  return opened.map(({ file, reason }) => `${file} was refused: ${reason}`).join('; ');
}
