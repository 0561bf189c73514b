// Products by others: tfjs on WebAssembly, the system BLAS called directly, and the three loops everybody writes first.
import type * as Tf from '@tensorflow/tfjs-core';
import { openBlas } from '../../src/host/node/blas.ts';
import type { ProductShape } from '../measure/oracle.ts';
import { startTfjs } from './rivals.ts';

/** Operands and shape of a product. */
export interface Product extends ProductShape {
  readonly a: Float32Array;
  readonly b: Float32Array;
}

/** Computes a product whose operands it was given before; the elements are in memory when it returns. */
export interface Multiplier {
  readonly multiply: () => void;
  /** A copy of what the last call gave. */
  readonly read: () => ArrayLike<number>;
  readonly close: () => void;
}

/**
 * tfjs on its WASM backend, operands in its own memory. Its kernels are done when the call returns; reading would copy.
 */
export async function tfjsProduct({ a, b, m, n, k }: Product): Promise<Multiplier> {
  const tf = await startTfjs('wasm');
  const [x, y] = [tf.tensor2d(a, [m, k]), tf.tensor2d(b, [k, n])];
  let result: Tf.Tensor | undefined;
  return {
    multiply: () => {
      result?.dispose();
      result = tf.matMul(x, y);
    },
    read: () => (result as Tf.Tensor).dataSync(),
    close: () => [x, y, result].forEach((tensor) => tensor?.dispose()),
  };
}

/**
 * The system's BLAS through the same binding as the sheet's device, into one reused result; undefined where there is
 * none.
 */
export async function blasProduct({ a, b, m, n, k }: Product): Promise<Multiplier | undefined> {
  const blas = await openBlas();
  if (!blas.found) return undefined;
  const c = new Float32Array(m * n);
  const call = {
    dtype: 'float32',
    m,
    n,
    k,
    transposeA: false,
    transposeB: false,
    a,
    lda: k,
    b,
    ldb: n,
    c,
    ldc: n,
  } as const;
  return { multiply: () => blas.gemm(call), read: () => c.slice(), close: () => {} };
}

/** i, j, p over plain arrays. */
export function naiveProduct({ a, b, m, n, k }: Product): Multiplier {
  const c = new Float32Array(m * n);
  return { multiply: () => threeLoops(a, b, c, { m, n, k }), read: () => c.slice(), close: () => {} };
}

function threeLoops(a: Float32Array, b: Float32Array, c: Float32Array, { m, n, k }: ProductShape): void {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let p = 0; p < k; p++) sum += a[i * k + p]! * b[p * n + j]!;
      c[i * n + j] = sum;
    }
  }
}
