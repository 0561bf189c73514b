// Where a fast BLAS may live, per platform, best first: what the environment names, OpenBLAS, BLIS, the system's own
// choice. MKL is tried only where MKLROOT asks for it: an incomplete MKL ends the whole process at its first call, with
// no error to catch.
import { join } from 'node:path';

/** Environment variables, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

type Place = {
  /** Names for the dynamic loader, or absolute paths. */
  readonly files: readonly string[];
  /** Paths below a prefix that an environment variable names (conda, MKL, Homebrew). */
  readonly below: readonly (readonly [variable: string, path: string])[];
  readonly advice: string;
};

const LINUX: Place = {
  files: [
    // Fedora's libopenblas.so.0 is the serial build, its threaded one ends in p; Debian has one name for whichever is
    // installed.
    'libopenblasp.so.0',
    'libopenblas_pthreads.so.0',
    'libopenblas.so.0',
    'libopenblas.so.3',
    'libopenblas.so',
    'libblis.so.4',
    'libblis.so.3',
    'libblis.so',
    'libflexiblas.so.3',
    'libcblas.so.3',
    'libblas.so.3',
    'libopenblas64.so.0',
    'libopenblas64_.so.0',
    'libopenblas64_.so',
    'libblis64.so.4',
    'libblas64.so.3',
  ],
  below: [
    ['MKLROOT', 'lib/libmkl_rt.so'],
    ['MKLROOT', 'lib/intel64/libmkl_rt.so'],
    ['CONDA_PREFIX', 'lib/libopenblas.so.0'],
  ],
  advice:
    'apt install libopenblas0 (Debian, Ubuntu), dnf install openblas-threads (Fedora) or apk add openblas (Alpine)',
};

const MACOS: Place = {
  files: [
    '/System/Library/Frameworks/Accelerate.framework/Accelerate',
    '/opt/homebrew/opt/openblas/lib/libopenblas.dylib',
    '/usr/local/opt/openblas/lib/libopenblas.dylib',
  ],
  below: [
    ['HOMEBREW_PREFIX', 'opt/openblas/lib/libopenblas.dylib'],
    ['CONDA_PREFIX', 'lib/libopenblas.dylib'],
  ],
  advice: 'brew install openblas',
};

const WINDOWS: Place = {
  files: ['libopenblas.dll', 'openblas.dll'],
  below: [
    ['MKLROOT', 'bin/mkl_rt.3.dll'],
    ['MKLROOT', 'bin/mkl_rt.2.dll'],
    ['CONDA_PREFIX', 'Library/bin/openblas.dll'],
  ],
  advice: 'put libopenblas.dll on PATH, or pass its path in candidates',
};

const PLACES: Readonly<Record<string, Place>> = { darwin: MACOS, win32: WINDOWS };

/** The libraries to try, best first: an activated environment (conda, MKLROOT) before what the system has. */
export function blasCandidates(platform: string, env: Environment): string[] {
  const place = PLACES[platform] ?? LINUX;
  const chosen = place.below.flatMap(([variable, path]) => {
    const prefix = env[variable];
    return prefix === undefined || prefix === '' ? [] : [join(prefix, path)];
  });
  return [...chosen, ...place.files];
}

/** What to install where no candidate was usable. */
export function blasAdvice(platform: string): string {
  return (PLACES[platform] ?? LINUX).advice;
}
