// Constants shared by the contract kernels and their caller: tile shape, parameter block, codes.
import { f32x4, f64x2, i32, v128 } from './assembler.ts';
import type { Expr, Local } from './assembler.ts';

/** Float dtypes the contract skeleton has kernels for. */
export type FloatDtype = 'float32' | 'float64';

/** K is summed in blocks of this many products; part of sqs-num/1. */
export const K_BLOCK = 256;

/** Shape of the register tile: `rows` × `vectors` v128 accumulators. Does not affect the bits. */
export interface TileShape {
  readonly rows: number;
  readonly vectors: number;
}

/**
 * 5 × 2 accumulators + 2 of B + a broadcast and a product: 14 of the 15 SSE registers V8 hands out; 6 rows spill.
 * Measured, GF/s a thread at n = 256 (Sapphire Rapids / Zen 5): 5×2 33/57, 4×2 32/49, 6×2 32/33, 3×3 32, 2×4 33, 4×3 31; unrolling K by 4 loses 20 %.
 */
export const TILE: TileShape = { rows: 5, vectors: 2 };

/** Vectors of a wide panel: two cache lines of B, and as many independent chains for a single row of A. */
export const WIDE_VECTORS = 8;

/** Columns of a slim product that are summed together, in bytes: 8 rows of them and the sums of 8 vectors fit L1. */
export const SLIM_CHUNK_BYTES = 2048;

/** Byte offsets of the parameter block shared by all kernels of the module. */
export const FIELD = {
  a: 0, aRowBytes: 4, aTileBytes: 8, aBlockBytes: 12, b: 16, bStepBytes: 20, bPanelBytes: 24, bBlockBytes: 28, c: 32, cRowBytes: 36,
  rows: 40, columns: 44, depth: 48, mode: 52, triangle: 56, diagonal: 60, source: 64, sourceRowBytes: 68, sums: 72, sumsRowBytes: 76, sumsBlockBytes: 80, chunks: 84,
  turned: 88, ends: 92,
} as const;

/** Size of the parameter block. */
export const PARAMETER_BYTES = 128;

/** Codes of the field `mode`: what happens to C with the first block sum. */
export const MODE = { store: 0, add: 1, subtract: 2 } as const;

/** Codes of the field `triangle`: tiles entirely outside it are skipped. */
export const TRIANGLE = { none: 0, lower: 1, upper: 2 } as const;

/** What differs between the dtypes. */
export interface Lanes {
  readonly sizeBytes: number;
  readonly perVector: number;
  readonly broadcast: (address: Expr<'i32'>, offsetBytes?: number) => Expr<'v128'>;
  readonly add: (a: Expr<'v128'>, b: Expr<'v128'>) => Expr<'v128'>;
  readonly sub: (a: Expr<'v128'>, b: Expr<'v128'>) => Expr<'v128'>;
  readonly mul: (a: Expr<'v128'>, b: Expr<'v128'>) => Expr<'v128'>;
  readonly div: (a: Expr<'v128'>, b: Expr<'v128'>) => Expr<'v128'>;
  readonly eq: (a: Expr<'v128'>, b: Expr<'v128'>) => Expr<'v128'>;
  /** The bytes of a vector of canonical NaNs. */
  readonly quietNaN: readonly number[];
}

/** Instructions by dtype. */
export const LANES: Readonly<Record<FloatDtype, Lanes>> = {
  float32: { sizeBytes: 4, perVector: 4, broadcast: v128.load32Splat, add: f32x4.add, sub: f32x4.sub, mul: f32x4.mul, div: f32x4.div, eq: f32x4.eq, quietNaN: [...new Uint8Array(new Uint32Array(4).fill(0x7fc00000).buffer)] },
  float64: { sizeBytes: 8, perVector: 2, broadcast: v128.load64Splat, add: f64x2.add, sub: f64x2.sub, mul: f64x2.mul, div: f64x2.div, eq: f64x2.eq, quietNaN: [...new Uint8Array(new BigUint64Array(2).fill(0x7ff8000000000000n).buffer)] },
};

/** A field of the parameter block, as an expression. */
export function read(params: Local<'i32'>, field: keyof typeof FIELD): Expr<'i32'> {
  return i32.load(params, FIELD[field]);
}
