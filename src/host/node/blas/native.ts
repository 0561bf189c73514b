// Binds a loaded library to one set of native functions, shaped as CBLAS whatever the library exports.
import { bindNative, type NativeLibrary } from './koffi.ts';
import { int64Slot, repeated, type Factorizations, type Level3, type Naming, type NativeBlas } from './abi.ts';
import { fortranLevel3 } from './fortran.ts';
import type { BlasDType } from '../../../core/device/blas/types.ts';

const NAMINGS: readonly Naming[] = [
  { prefix: '', cblas: '', fortran: '_' },
  { prefix: '', cblas: '64_', fortran: '_64_' }, // OpenBLAS built with SYMBOLSUFFIX=64_ (Fedora, Julia)
  { prefix: '', cblas: '_64', fortran: '_64_' }, // MKL and reference BLAS >= 3.11
  { prefix: 'scipy_', cblas: '', fortran: '_' }, // the OpenBLAS inside NumPy and SciPy wheels
  { prefix: 'scipy_', cblas: '64_', fortran: '_64_' },
];
const SCALARS: Readonly<Record<BlasDType, readonly [letter: string, type: string]>> = {
  float32: ['s', 'float'],
  float64: ['d', 'double'],
};

/** Binds the library, or says why it cannot be used. */
export function bindBlas(library: NativeLibrary): NativeBlas | string {
  for (const symbols of ['cblas', 'fortran'] as const) {
    for (const naming of NAMINGS) {
      if (!hasGemm(library, naming, symbols)) continue;
      const integerBytes = integerWidth(library, naming, symbols);
      if (integerBytes === undefined) return 'its integers are neither 32 nor 64 bits wide by the dscal probe';
      const bind = symbols === 'cblas' ? cblasLevel3 : fortranLevel3;
      const float32 = bind(library, naming, SCALARS.float32, integerBytes);
      const float64 = bind(library, naming, SCALARS.float64, integerBytes);
      if (float32 === undefined || float64 === undefined) return 'it lacks gemm, syrk or trsm for float32 or float64';
      return {
        naming,
        symbols,
        integerBytes,
        level3: { float32, float64 },
        factorizations: bindLapack(library, naming),
      };
    }
  }
  return 'it has neither cblas_sgemm nor sgemm_';
}

function hasGemm(library: NativeLibrary, naming: Naming, symbols: 'cblas' | 'fortran'): boolean {
  const name = symbols === 'cblas' ? `cblas_sgemm${naming.cblas}` : `sgemm${naming.fortran}`;
  return bindNative(library, naming.prefix + name, 'void', []) !== undefined;
}

/**
 * Asks the library how wide its integers are: dscal doubles one number, with a count whose low half is 1 and whose high
 * half is -1. A 32-bit callee reads 1 and doubles; a 64-bit one reads a negative count and, by the standard, does
 * nothing.
 */
function integerWidth(library: NativeLibrary, naming: Naming, symbols: 'cblas' | 'fortran'): 4 | 8 | undefined {
  const scale = symbols === 'cblas' ? cblasScale(library, naming) : fortranScale(library, naming);
  if (scale === undefined || scale(1, 0) !== 2) return undefined;
  return scale(1, -1) === 2 ? 4 : 8;
}

function cblasScale(library: NativeLibrary, naming: Naming): ((low: number, high: number) => number) | undefined {
  const types = ['int64_t', 'double', 'void *', 'int64_t'];
  type Scale = (n: bigint, alpha: number, x: Float64Array, step: bigint) => void;
  const dscal = bindNative<Scale>(library, `${naming.prefix}cblas_dscal${naming.cblas}`, 'void', types);
  return (
    dscal &&
    ((low, high) => {
      const x = Float64Array.of(1);
      dscal(BigInt(high) * 2n ** 32n + BigInt(low), 2, x, 1n);
      return x[0] ?? 0;
    })
  );
}

function fortranScale(library: NativeLibrary, naming: Naming): ((low: number, high: number) => number) | undefined {
  type Scale = (n: Int32Array, alpha: Float64Array, x: Float64Array, step: Int32Array) => void;
  const types = ['void *', 'void *', 'void *', 'void *'];
  const dscal = bindNative<Scale>(library, `${naming.prefix}dscal${naming.fortran}`, 'void', types);
  return (
    dscal &&
    ((low, high) => {
      const x = Float64Array.of(1);
      dscal(Int32Array.of(low, high), Float64Array.of(2), x, int64Slot(1));
      return x[0] ?? 0;
    })
  );
}

function cblasLevel3(
  library: NativeLibrary,
  naming: Naming,
  [letter, scalar]: readonly [string, string],
  integerBytes: 4 | 8,
): Level3 | undefined {
  const int = integerBytes === 4 ? 'int' : 'int64_t';
  const name = (op: string): string => `${naming.prefix}cblas_${letter}${op}${naming.cblas}`;
  const operand = ['void *', int];
  const gemm = bindNative<Level3['gemm']>(library, name('gemm'), 'void', [
    'int',
    'int',
    'int',
    int,
    int,
    int,
    scalar,
    ...operand,
    ...operand,
    scalar,
    ...operand,
  ]);
  const syrk = bindNative<Level3['syrk']>(library, name('syrk'), 'void', [
    'int',
    'int',
    'int',
    int,
    int,
    scalar,
    ...operand,
    scalar,
    ...operand,
  ]);
  const trsm = bindNative<Level3['trsm']>(library, name('trsm'), 'void', [
    'int',
    'int',
    'int',
    'int',
    'int',
    int,
    int,
    scalar,
    ...operand,
    ...operand,
  ]);
  return gemm && syrk && trsm && { gemm, syrk, trsm };
}

function bindLapack(library: NativeLibrary, naming: Naming): NativeBlas['factorizations'] {
  const bind = (letter: string): Factorizations | undefined => {
    const name = (op: string): string => `${naming.prefix}${letter}${op}${naming.fortran}`;
    const potrf = bindNative<Factorizations['potrf']>(library, name('potrf'), 'void', [
      ...repeated('void *', 5),
      'size_t',
    ]);
    const getrf = bindNative<Factorizations['getrf']>(library, name('getrf'), 'void', repeated('void *', 6));
    return potrf && getrf && { potrf, getrf };
  };
  const float32 = bind('s');
  const float64 = bind('d');
  return float32 && float64 && { float32, float64 };
}
