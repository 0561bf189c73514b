// A library is not believed because it loads: it must agree with plain loops, and be worth calling.
import type { Blas, BlasArray, BlasDType, GemmCall, Lapack } from '../../../core/device/blas/types.ts';

/** Nanoseconds from a fixed point, monotonic. */
export type NanosecondClock = () => number;

type Level3 = Pick<Blas, 'gemm' | 'syrk' | 'trsm'>;

// The first is all edges; the second is past the small-matrix kernels and past one block in every direction.
const EXTENTS = [
  [5, 7, 3],
  [67, 45, 131],
] as const;
const BOTH = [false, true] as const;
const DTYPES = ['float32', 'float64'] as const;

/** Undefined when every result agrees with plain float64 loops; else the first that does not. */
export function probeLevel3(blas: Level3): string | undefined {
  for (const dtype of DTYPES) {
    for (const extents of EXTENTS) {
      for (const transposeA of BOTH) {
        for (const transposeB of BOTH) {
          const wrong = gemmDisagrees(blas, dtype, extents, transposeA, transposeB);
          if (wrong !== undefined) return wrong;
        }
      }
    }
    if (!solves(dtype, 9, (a, b) => triangularSolve(blas, dtype, a, b))) return `trsm and syrk are wrong for ${dtype}`;
  }
  return undefined;
}

/** Whether the factorizations solve a small system in both dtypes. */
export function probeLapack(lapack: Lapack): boolean {
  const shape = { n: 9, columns: 1, lda: 9, ldb: 1 };
  return DTYPES.every(
    (dtype) =>
      solves(dtype, 9, (a, b) => lapack.gesv({ dtype, ...shape, a, b })) &&
      solves(dtype, 9, (a, b) => {
        lapack.potrf({ dtype, triangle: 'lower', n: 9, a, lda: 9 });
        lapack.potrs({ dtype, triangle: 'lower', ...shape, a, b });
      }),
  );
}

/** Sides of the products that a library is timed by: one that it leaves to one thread, and one that threads share. */
export const TIMED_SIDES = { oneThread: 64, threads: 256 } as const;

/** The best float32 gemm rate of squares of side `n` in 1e9 flop/s, over at least 12 calls, or 20 ms. */
export function probeSpeed(blas: Level3, nowNs: NanosecondClock, n: number): number {
  const call: GemmCall = {
    dtype: 'float32',
    m: n,
    n,
    k: n,
    transposeA: false,
    transposeB: false,
    a: numbers('float32', n * n, 1),
    lda: n,
    b: numbers('float32', n * n, 2),
    ldb: n,
    c: new Float32Array(n * n),
    ldc: n,
  };
  const startNs = nowNs();
  let bestNs = Infinity;
  for (let run = 0; run < 12 || nowNs() - startNs < 20e6; run++) {
    const beforeNs = nowNs();
    blas.gemm(call);
    bestNs = Math.min(bestNs, nowNs() - beforeNs);
  }
  return (2 * n ** 3) / bestNs;
}

function gemmDisagrees(
  blas: Level3,
  dtype: BlasDType,
  [m, n, k]: readonly [number, number, number],
  transposeA: boolean,
  transposeB: boolean,
): string | undefined {
  const lda = (transposeA ? m : k) + 2;
  const ldb = (transposeB ? k : n) + 1;
  const ldc = n + 3;
  const a = numbers(dtype, lda * (transposeA ? k : m), 3);
  const b = numbers(dtype, ldb * (transposeB ? n : k), 5);
  const c = numbers(dtype, ldc * m, 7);
  const before = c.slice();
  blas.gemm({ dtype, m, n, k, transposeA, transposeB, a, lda, b, ldb, c, ldc, alpha: 0.5, beta: 2 });
  const tolerance = (dtype === 'float32' ? 2 ** -23 : 2 ** -52) * (k + 8);
  for (let at = 0; at < c.length; at++) {
    const row = Math.floor(at / ldc);
    const column = at % ldc;
    let expected = before[at] ?? 0;
    if (column < n) {
      let sum = 0;
      for (let l = 0; l < k; l++) {
        sum +=
          (a[transposeA ? l * lda + row : row * lda + l] ?? 0) *
          (b[transposeB ? column * ldb + l : l * ldb + column] ?? 0);
      }
      expected = 0.5 * sum + 2 * expected;
    }
    if (!(Math.abs((c[at] ?? 0) - expected) <= (column < n ? tolerance : 0))) {
      return (
        `gemm ${dtype} ${m}x${k} @ ${k}x${n} (transposed: ${transposeA}, ${transposeB}) gives ${c[at]} for ` +
        `${expected}`
      );
    }
  }
  return undefined;
}

/** Solves A x = b for a symmetric, diagonally dominant A with x = 1, 2, ... n known, and looks at x. */
function solves(dtype: BlasDType, n: number, solve: (a: BlasArray, b: BlasArray) => void): boolean {
  const a = numbers(dtype, n * n, 11);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) a[j * n + i] = a[i * n + j] ?? 0;
    a[i * n + i] = n;
  }
  const b = a.slice(0, n);
  for (let i = 0; i < n; i++) b[i] = sumOver(n, (j) => (a[i * n + j] ?? 0) * (j + 1));
  solve(a, b);
  return b.every((x, i) => Math.abs(x - (i + 1)) <= (dtype === 'float32' ? 1e-4 : 1e-12));
}

/** x = A^-1 b as (L Lᵀ)^-1 b with L from a plain Cholesky; syrk must give A back from L first. */
function triangularSolve(blas: Level3, dtype: BlasDType, a: BlasArray, b: BlasArray): void {
  const n = b.length;
  const factor = a.slice().fill(0);
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      const rest = (a[i * n + j] ?? 0) - sumOver(j, (l) => (factor[i * n + l] ?? 0) * (factor[j * n + l] ?? 0));
      factor[i * n + j] = i === j ? Math.sqrt(rest) : rest / (factor[j * n + j] ?? 0);
    }
  }
  const difference = a.slice();
  blas.syrk({
    dtype,
    triangle: 'lower',
    transposeA: false,
    n,
    k: n,
    a: factor,
    lda: n,
    c: difference,
    ldc: n,
    beta: -1,
  });
  const worst = Math.max(...Array.from(difference, (x, at) => (at % n <= Math.floor(at / n) ? Math.abs(x) : 0)));
  if (!(worst <= (dtype === 'float32' ? 1e-4 : 1e-12))) b.fill(NaN);
  const step = {
    dtype,
    side: 'left',
    triangle: 'lower',
    diagonal: 'stored',
    m: n,
    n: 1,
    a: factor,
    lda: n,
    b,
    ldb: 1,
  } as const;
  blas.trsm({ ...step, transposeA: false });
  blas.trsm({ ...step, transposeA: true });
}

function sumOver(count: number, term: (index: number) => number): number {
  let sum = 0;
  for (let index = 0; index < count; index++) sum += term(index);
  return sum;
}

/** Reproducible values in [-0.5, 0.5), exact in float32. */
function numbers(dtype: BlasDType, length: number, seed: number): BlasArray {
  const array = dtype === 'float32' ? new Float32Array(length) : new Float64Array(length);
  let state = seed;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    array[at] = (state >>> 16) / 65536 - 0.5;
  }
  return array;
}
