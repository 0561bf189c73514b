// The map skeleton in plain JavaScript: any elementwise function over broadcast, strided operands of mixed dtypes.
import type { Algebra, ElementFunction } from '../scalar/algebra.ts';
import { type BigIntArray, isBigIntArray } from '../big-integers.ts';
import { mapDense } from './map-dense.ts';
import {
  floatAlgebra,
  int16Algebra,
  int32Algebra,
  int64Algebra,
  int8Algebra,
  uint16Algebra,
  uint32Algebra,
  uint64Algebra,
  uint8Algebra,
} from '../scalar/js-algebra.ts';
import { broadcastStrides, collapse, elementCount, forEachRow, rowMajorStrides, type LoopNest } from '../strides.ts';

/** Storage of one tensor; bool is a Uint8Array of 0 and 1. */
export type NumberArray =
  | Float32Array
  | Float64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;
export type ElementArray = NumberArray | BigIntArray;

/** A strided view: element (i, j, …) lies at offset + i * strides[0] + j * strides[1] + …; default row-major from 0. */
export interface StridedOperand {
  readonly array: ElementArray;
  readonly shape: readonly number[];
  readonly strides?: readonly number[];
  readonly offset?: number;
}

/** What a map computes in. */
export type Domain = Algebra<number, boolean> | Algebra<bigint, boolean>;

const integerDomains: ReadonlyMap<unknown, Domain> = new Map<unknown, Domain>([
  [Int32Array, int32Algebra],
  [Uint32Array, uint32Algebra],
  [Int16Array, int16Algebra],
  [Uint16Array, uint16Algebra],
  [Int8Array, int8Algebra],
  [Uint8Array, uint8Algebra],
  [BigInt64Array, int64Algebra],
  [BigUint64Array, uint64Algebra],
]);

const integerLimits: ReadonlyMap<unknown, readonly [number, number]> = new Map<unknown, readonly [number, number]>([
  [Int32Array, [-2147483648, 2147483647]],
  [Uint32Array, [0, 4294967295]],
  [Int16Array, [-32768, 32767]],
  [Uint16Array, [0, 65535]],
  [Int8Array, [-128, 127]],
  [Uint8Array, [0, 255]],
]);

/**
 * out[i] = fn(operands[i]…) for every index of `shape` (the broadcast shape); `out` is row-major and holds its element
 * count. Computed in float64 when a float takes part, else in the integer dtype of `out`; float results are rounded
 * once, NaN is written in canonical bits; float -> integer truncates and saturates (NaN -> 0), integer -> integer
 * wraps.
 */
export function map(
  fn: ElementFunction,
  operands: readonly StridedOperand[],
  out: ElementArray,
  shape: readonly number[],
): void {
  checkCall(fn, operands, out, shape);
  if (mapDense(fn, operands, out)) return;
  const nest = loopNest(operands, shape);
  const domain = domainFor(
    fn.returns,
    operands.map((operand) => operand.array),
    out,
  );
  const loads = operands.map((operand) => loaderFor(domain, operand.array));
  const store = storeFor(fn.returns, domain, out);
  const inner = nest.shape[nest.shape.length - 1]!;
  const steps = nest.strides.map((s) => s[s.length - 1]!);
  const rowOf = rowLoop(fn, domain, loads, steps, store);
  forEachRow(
    nest,
    operands.map((operand) => operand.offset ?? 0),
    (offsets, row) => rowOf(offsets, row * inner, inner),
  );
}

/** The merged loop nest of a map: one stride vector per operand, the out walked densely in the same order. */
export function loopNest(operands: readonly StridedOperand[], shape: readonly number[]): LoopNest {
  return collapse({
    shape,
    strides: operands.map((operand) =>
      broadcastStrides(operand.shape, operand.strides ?? rowMajorStrides(operand.shape), shape),
    ),
  });
}

/** Whether the array holds floats. */
export function isFloatArray(array: ElementArray): array is Float32Array | Float64Array {
  return array instanceof Float32Array || array instanceof Float64Array;
}

/** Where a function of these arrays is computed: float64 if a float takes part, else the integers of `out`. */
export function domainFor(
  returns: ElementFunction['returns'],
  arrays: readonly ElementArray[],
  out: ElementArray,
): Domain {
  if (isFloatArray(out) || arrays.some(isFloatArray)) return floatAlgebra;
  if (returns === 'value') return integerDomains.get(out.constructor)!;
  return arrays.some(isBigIntArray) ? unboundedIntegers : floatAlgebra;
}

/** Overwrites every NaN of a float array, in place, with the canonical quiet NaN (0x7fc00000, 0x7ff8000000000000). */
export function canonicaliseNaN(array: ElementArray, start = 0, end = array.length): void {
  if (!isFloatArray(array)) return;
  const words = new Uint32Array(array.buffer, array.byteOffset, array.byteLength >>> 2);
  const single = array instanceof Float32Array;
  for (let i = start; i < end; i++) {
    if (array[i] === array[i]) continue;
    if (single) words[i] = 0x7fc00000;
    else writeNaN64(words, i);
  }
}

/** A number, a bigint or a truth value, by domain. */
type ElementValue = number | bigint | boolean;

function checkCall(
  fn: ElementFunction,
  operands: readonly StridedOperand[],
  out: ElementArray,
  shape: readonly number[],
): void {
  if (operands.length !== fn.arity) {
    throw new RangeError(`${fn.name} takes ${fn.arity} operands, got ${operands.length}`);
  }
  if (out.length !== elementCount(shape)) {
    throw new RangeError(`out holds ${out.length} elements, shape [${shape.join(', ')}] has ${elementCount(shape)}`);
  }
}

// Comparisons of int64 with uint64 operands must not wrap either of them.
const unboundedIntegers: Domain = { ...int64Algebra, constant: BigInt };

/** Reads an element into the domain. */
export function loaderFor(domain: Domain, array: ElementArray): (index: number) => ElementValue {
  if (domain === floatAlgebra) return isBigIntArray(array) ? (i) => Number(array[i]!) : (i) => array[i]!;
  if (typeof domain.constant(0) === 'number') {
    const wrap = (x: number): ElementValue => domain.constant(x);
    return isBigIntArray(array) ? (i) => wrap(Number(BigInt.asIntN(32, array[i]!))) : (i) => wrap(array[i]!);
  }
  // BigInt(x) of a bigint is itself; storing wraps, so only operations need the wrapped form.
  const wrap = domain === uint64Algebra ? (x: bigint) => BigInt.asUintN(64, x) : (x: bigint) => x;
  return (i) => wrap(BigInt(array[i]!));
}

type Load = (index: number) => ElementValue;
type Store = (index: number, value: ElementValue) => void;

/** One row: elements at offsets + i * steps to the out from `at` on; the usual arities without an array per element. */
function rowLoop(fn: ElementFunction, domain: Domain, loads: readonly Load[], steps: readonly number[], store: Store) {
  const apply = fn.body as (m: Domain, ...x: readonly ElementValue[]) => ElementValue;
  const [load0, load1] = loads as readonly [Load, Load];
  const [step0, step1] = steps as readonly [number, number];
  if (fn.arity === 1) {
    return ([a]: readonly number[], at: number, count: number): void => {
      for (let i = 0; i < count; i++) store(at + i, apply(domain, load0(a! + i * step0)));
    };
  }
  if (fn.arity === 2) {
    return ([a, b]: readonly number[], at: number, count: number): void => {
      for (let i = 0; i < count; i++) store(at + i, apply(domain, load0(a! + i * step0), load1(b! + i * step1)));
    };
  }
  return (offsets: readonly number[], at: number, count: number): void => {
    for (let i = 0; i < count; i++)
      store(at + i, apply(domain, ...loads.map((load, k) => load(offsets[k]! + i * steps[k]!))));
  };
}

/** Writes a value of the domain (or a mask) with the conversion of `map`. */
export function storeFor(
  returns: ElementFunction['returns'],
  domain: Domain,
  out: ElementArray,
): (index: number, value: ElementValue) => void {
  if (returns === 'mask') return storeMask(out);
  if (isBigIntArray(out)) return domain === floatAlgebra ? storeSaturated64(out) : (i, v) => (out[i] = v as bigint);
  if (isFloatArray(out)) return storeFloat(out);
  if (domain !== floatAlgebra) return (i, v) => (out[i] = v as number);
  const [low, high] = integerLimits.get(out.constructor)!;
  return (i, v) => (out[i] = v === v ? Math.max(low, Math.min(high, Math.trunc(v as number))) : 0);
}

function storeMask(out: ElementArray): (index: number, value: ElementValue) => void {
  if (isBigIntArray(out)) return (i, v) => (out[i] = v ? 1n : 0n);
  return (i, v) => (out[i] = v ? 1 : 0);
}

function storeSaturated64(out: BigIntArray): (index: number, value: ElementValue) => void {
  const [low, high] = out instanceof BigInt64Array ? [-(2n ** 63n), 2n ** 63n - 1n] : [0n, 2n ** 64n - 1n];
  return (i, v) => {
    const x = v as number;
    if (!Number.isFinite(x)) out[i] = x === Infinity ? high : x === -Infinity ? low : 0n;
    else {
      const whole = BigInt(Math.trunc(x));
      out[i] = whole < low ? low : whole > high ? high : whole;
    }
  };
}

// A NaN that reaches a typed array keeps whatever bits the machine gave it, and they differ between interpreter and
// compiled code, so NaNs are written as words.
function storeFloat(out: Float32Array | Float64Array): (index: number, value: ElementValue) => void {
  const words = new Uint32Array(out.buffer, out.byteOffset, out.byteLength >>> 2);
  if (out instanceof Float32Array) {
    return (i, v) => {
      if (v === v) out[i] = v as number;
      else words[i] = 0x7fc00000;
    };
  }
  return (i, v) => {
    if (v === v) out[i] = v as number;
    else writeNaN64(words, i);
  };
}

function writeNaN64(words: Uint32Array, index: number): void {
  words[2 * index] = 0;
  words[2 * index + 1] = 0x7ff80000;
}
