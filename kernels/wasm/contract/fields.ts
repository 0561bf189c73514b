// Constants shared by the contract kernels and their caller: tile shape, parameter block, codes.
import { f32x4, f64x2, i32, i32x4, i64x2, tee, v128 } from '../code/assembler.ts';
import type { Expr, Local } from '../code/assembler.ts';

/** Float dtypes the contract skeleton has kernels for. */
export type FloatDtype = 'float32' | 'float64';

/** Dtypes the contract skeleton has kernels for; integers are words modulo 2^bits, signed or not. */
export type ContractDtype = FloatDtype | 'int32' | 'int64';

/** K is summed in blocks of this many products; part of sqs-num/1. */
export const K_BLOCK = 256;

/** Shape of the register tile: `rows` × `vectors` v128 accumulators. Does not affect the bits. */
export interface TileShape {
  readonly rows: number;
  readonly vectors: number;
}

/**
 * 5 × 2 accumulators + 2 of B + a broadcast and a product: 14 of the 15 SSE registers V8 hands out; 6 rows spill.
 * Measured, GF/s a thread at n = 256 (Sapphire Rapids / Zen 5): 5×2 33/57, 4×2 32/49, 6×2 32/33, 3×3 32, 2×4 33, 4×3
 * 31; unrolling K by 4 loses 20 %.
 */
export const TILE: TileShape = { rows: 5, vectors: 2 };

/** Vectors of a wide panel: two cache lines of B, and as many independent chains for a single row of A. */
export const WIDE_VECTORS = 8;

/** Columns of a slim product that are summed together, in bytes: 8 rows of them and the sums of 8 vectors fit L1. */
export const SLIM_CHUNK_BYTES = 2048;

/** Byte offsets of the parameter block shared by all kernels of the module. */
export const FIELD = {
  a: 0,
  aRowBytes: 4,
  aTileBytes: 8,
  aBlockBytes: 12,
  b: 16,
  bStepBytes: 20,
  bPanelBytes: 24,
  bBlockBytes: 28,
  c: 32,
  cRowBytes: 36,
  rows: 40,
  columns: 44,
  depth: 48,
  mode: 52,
  triangle: 56,
  diagonal: 60,
  source: 64,
  sourceRowBytes: 68,
  sums: 72,
  sumsRowBytes: 76,
  sumsBlockBytes: 80,
  chunks: 84,
  turned: 88,
  ends: 92,
} as const;

/** Size of the parameter block. */
export const PARAMETER_BYTES = 128;

/** Codes of the field `mode`: what happens to C with the first block sum. */
export const MODE = { store: 0, add: 1, subtract: 2 } as const;

/** Codes of the field `triangle`: tiles entirely outside it are skipped. */
export const TRIANGLE = { none: 0, lower: 1, upper: 2 } as const;

/** What a product does with elements of a dtype. */
export interface ContractLanes {
  readonly sizeBytes: number;
  readonly perVector: number;
  readonly broadcast: (address: Expr<'i32'>, offsetBytes?: number) => Expr<'v128'>;
  readonly add: (a: Expr<'v128'>, b: Expr<'v128'>) => Expr<'v128'>;
  readonly sub: (a: Expr<'v128'>, b: Expr<'v128'>) => Expr<'v128'>;
  readonly mul: (a: Expr<'v128'>, b: Expr<'v128'>) => Expr<'v128'>;
  /** The value as results have it: NaN has one spelling, so that equal results have equal bytes. */
  readonly canonical: (value: Expr<'v128'>, scratch: Local<'v128'>) => Expr<'v128'>;
}

/** What differs between the float dtypes. */
export interface Lanes extends ContractLanes {
  readonly div: (a: Expr<'v128'>, b: Expr<'v128'>) => Expr<'v128'>;
  readonly eq: (a: Expr<'v128'>, b: Expr<'v128'>) => Expr<'v128'>;
}

/** The bytes of vectors of quiet NaNs. */
const QUIET32 = v128.constant([...new Uint8Array(new Uint32Array(4).fill(0x7fc00000).buffer)]);
const QUIET64 = v128.constant([...new Uint8Array(new BigUint64Array(2).fill(0x7ff8000000000000n).buffer)]);

/** Instructions by float dtype. */
export const FLOAT_LANES: Readonly<Record<FloatDtype, Lanes>> = {
  float32: {
    sizeBytes: 4,
    perVector: 4,
    broadcast: v128.load32Splat,
    add: f32x4.add,
    sub: f32x4.sub,
    mul: f32x4.mul,
    div: f32x4.div,
    eq: f32x4.eq,
    canonical: (value, scratch) => v128.bitselect(tee(scratch, value), QUIET32, f32x4.eq(scratch, scratch)),
  },
  float64: {
    sizeBytes: 8,
    perVector: 2,
    broadcast: v128.load64Splat,
    add: f64x2.add,
    sub: f64x2.sub,
    mul: f64x2.mul,
    div: f64x2.div,
    eq: f64x2.eq,
    canonical: (value, scratch) => v128.bitselect(tee(scratch, value), QUIET64, f64x2.eq(scratch, scratch)),
  },
};

/** Instructions by dtype of a product. */
export const CONTRACT_LANES: Readonly<Record<ContractDtype, ContractLanes>> = {
  ...FLOAT_LANES,
  int32: {
    sizeBytes: 4,
    perVector: 4,
    broadcast: v128.load32Splat,
    add: i32x4.add,
    sub: i32x4.sub,
    mul: i32x4.mul,
    canonical: (value) => value,
  },
  int64: {
    sizeBytes: 8,
    perVector: 2,
    broadcast: v128.load64Splat,
    add: i64x2.add,
    sub: i64x2.sub,
    mul: i64x2.mul,
    canonical: (value) => value,
  },
};

/** A field of the parameter block, as an expression. */
export function read(params: Local<'i32'>, field: keyof typeof FIELD): Expr<'i32'> {
  return i32.load(params, FIELD[field]);
}
