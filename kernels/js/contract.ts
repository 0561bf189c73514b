// The contract skeleton in plain JavaScript: C (=|+=|−=) op(A)·op(B); the reference semantics of matrix products,
// sqs-num/1.
//
// Float dtypes, for every element of C: K in blocks of 256; inside a block sequential, acc = acc + a·b with both
// operations rounded to the dtype, from 0; the block sums enter C in order (the first is stored, added or subtracted,
// the others added or subtracted). Integer dtypes wrap modulo 2^bits, where order does not matter. The WebAssembly
// kernels give the same bits (kernels/wasm/contract/contract.ts).
import { type BigIntArray, isBigIntArray } from '../big-integers.ts';
import { canonicaliseNaN } from './map.ts';

/** Float storage of a matrix. */
export type FloatArray = Float32Array | Float64Array;
/** Integer storage of a matrix of numbers. */
export type IntegerArray = Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array;
/** Storage of a matrix of any dtype. */
export type MatrixArray = FloatArray | IntegerArray | BigIntArray;

/** Element (i, j) is values[offset + i·stride + j]. */
export interface Matrix<V> {
  readonly values: V;
  readonly offset: number;
  readonly stride: number;
}

/** How block sums enter C. */
type ContractMode = 'store' | 'add' | 'subtract';
/** Which part of C is computed. */
type Triangle = 'none' | 'lower' | 'upper';

/** One product; m×n = m×k · k×n after transposition. C may not overlap A or B. */
export interface Contraction<V> {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Matrix<V>;
  readonly transposeA: boolean;
  readonly b: Matrix<V>;
  readonly transposeB: boolean;
  readonly c: Matrix<V>;
  readonly mode: ContractMode;
  readonly triangle: Triangle;
}

/** K is summed in blocks of this many products; part of sqs-num/1 (the WebAssembly kernels have the same constant). */
const K_BLOCK = 256;

/** Product of matrices of one dtype, whichever it is. */
export function contractAny(spec: Contraction<MatrixArray>): void {
  const { values } = spec.c;
  if (values instanceof Float32Array || values instanceof Float64Array) contract(spec as Contraction<FloatArray>);
  else if (isBigIntArray(values)) contractBigIntegers(spec as Contraction<BigIntArray>);
  else contractIntegers(spec as Contraction<IntegerArray>);
}

/** Product of float matrices of one dtype, in the order of sqs-num/1. */
export function contract<V extends FloatArray>(spec: Contraction<V>): void {
  if (spec.k === 0 && spec.mode === 'store') return clear(spec);
  const sums = newLike(spec.c.values, spec.n);
  const addRow = spec.c.values instanceof Float32Array ? addScaledRow32 : addScaledRow64;
  for (let k = 0; k < spec.k; k += K_BLOCK) {
    const depth = Math.min(K_BLOCK, spec.k - k);
    const block = rowsOfB(spec, k, depth);
    const mode = k > 0 && spec.mode === 'store' ? 'add' : spec.mode;
    for (let i = 0; i < spec.m; i++) {
      const [first, last] = columnsOf(spec, i);
      sums.fill(0);
      for (let p = 0; p < depth; p++)
        addRow(sums, elementOfA(spec, i, k + p), block.values, block.offset + p * block.stride, first, last);
      mergeRow(spec.c, i, sums, mode, first, last);
      canonicaliseNaN(
        spec.c.values,
        spec.c.offset + i * spec.c.stride + first,
        spec.c.offset + i * spec.c.stride + last,
      );
    }
  }
}

/** Product of integer matrices of one dtype, modulo 2^bits. */
export function contractIntegers(spec: Contraction<IntegerArray>): void {
  const sums = new Int32Array(spec.n);
  for (let i = 0; i < spec.m; i++) {
    const [first, last] = columnsOf(spec, i);
    sums.fill(0);
    for (let k = 0; k < spec.k; k++) {
      const a = elementOfA(spec, i, k);
      for (let j = first; j < last; j++) sums[j] = sums[j]! + Math.imul(a, elementOfB(spec, k, j));
    }
    mergeRow(spec.c, i, sums, spec.mode, first, last);
  }
}

/** Product of 64-bit integer matrices, modulo 2^64. */
export function contractBigIntegers(spec: Contraction<BigIntArray>): void {
  for (let i = 0; i < spec.m; i++) {
    const [first, last] = columnsOf(spec, i);
    for (let j = first; j < last; j++) {
      let sum = 0n;
      for (let k = 0; k < spec.k; k++) sum = BigInt.asIntN(64, sum + elementOfA(spec, i, k) * elementOfB(spec, k, j));
      const at = spec.c.offset + i * spec.c.stride + j;
      const old = spec.c.values[at] ?? 0n;
      spec.c.values[at] = spec.mode === 'store' ? sum : spec.mode === 'add' ? old + sum : old - sum;
    }
  }
}

/**
 * op(A)·op(B) of float matrices with sequential float64 accumulation, m×n row-major: an independent yardstick for error
 * bounds.
 */
export function contractOracle(spec: Omit<Contraction<FloatArray>, 'c' | 'mode' | 'triangle'>): Float64Array {
  const out = new Float64Array(spec.m * spec.n);
  for (let i = 0; i < spec.m; i++) {
    for (let k = 0; k < spec.k; k++) {
      const a = elementOfA(spec, i, k);
      for (let j = 0; j < spec.n; j++) out[i * spec.n + j]! += a * elementOfB(spec, k, j);
    }
  }
  return out;
}

type Operands<V> = Omit<Contraction<V>, 'c' | 'mode' | 'triangle'>;
type ElementOf<V> = V extends BigIntArray ? bigint : number;

function elementOfA<V extends MatrixArray>({ a, transposeA }: Operands<V>, i: number, k: number): ElementOf<V> {
  return a.values[a.offset + (transposeA ? k * a.stride + i : i * a.stride + k)] as ElementOf<V>;
}

function elementOfB<V extends MatrixArray>({ b, transposeB }: Operands<V>, k: number, j: number): ElementOf<V> {
  return b.values[b.offset + (transposeB ? j * b.stride + k : k * b.stride + j)] as ElementOf<V>;
}

function columnsOf(spec: { readonly n: number; readonly triangle: Triangle }, i: number): readonly [number, number] {
  if (spec.triangle === 'lower') return [0, Math.min(spec.n, i + 1)];
  return [spec.triangle === 'upper' ? Math.min(spec.n, i) : 0, spec.n];
}

function newLike<V extends FloatArray>(values: V, length: number): V {
  return (values instanceof Float32Array ? new Float32Array(length) : new Float64Array(length)) as V;
}

// Rows [k, k + depth) of op(B), turned where it is transposed so that the inner loop runs along memory.
function rowsOfB<V extends FloatArray>(spec: Contraction<V>, k: number, depth: number): Matrix<V> {
  if (!spec.transposeB) return { ...spec.b, offset: spec.b.offset + k * spec.b.stride };
  const values = newLike(spec.b.values, depth * spec.n);
  for (let j = 0; j < spec.n; j++) for (let p = 0; p < depth; p++) values[p * spec.n + j] = elementOfB(spec, k + p, j);
  return { values, offset: 0, stride: spec.n };
}

// The product is rounded by fround and the sum by the store; rounding the exact float64 sum of two float32 once more is
// harmless.
function addScaledRow32(sums: FloatArray, a: number, b: FloatArray, at: number, first: number, last: number): void {
  for (let j = first; j < last; j++) sums[j] = sums[j]! + Math.fround(a * b[at + j]!);
}

function addScaledRow64(sums: FloatArray, a: number, b: FloatArray, at: number, first: number, last: number): void {
  for (let j = first; j < last; j++) sums[j] = sums[j]! + a * b[at + j]!;
}

function mergeRow(
  c: Matrix<FloatArray | IntegerArray>,
  i: number,
  sums: FloatArray | Int32Array,
  mode: ContractMode,
  first: number,
  last: number,
): void {
  const { values } = c;
  const row = c.offset + i * c.stride;
  if (mode === 'store') for (let j = first; j < last; j++) values[row + j] = sums[j]!;
  else if (mode === 'add') for (let j = first; j < last; j++) values[row + j] = values[row + j]! + sums[j]!;
  else for (let j = first; j < last; j++) values[row + j] = values[row + j]! - sums[j]!;
}

function clear(spec: Contraction<FloatArray>): void {
  for (let i = 0; i < spec.m; i++)
    spec.c.values.fill(0, spec.c.offset + i * spec.c.stride, spec.c.offset + i * spec.c.stride + spec.n);
}
