// Moving elements between memory and vector lanes, with the conversions of the map skeleton.
import type { ElementArray } from '../../js/map.ts';
import { f32x4, f64x2, i16x8, i32, i32x4, v128, type Expr, type Statement } from './assembler.ts';
import { vectorBytes, type LaneType, type Vector, type VectorAlgebra } from './vector-algebra.ts';

/** Element types that vector kernels read. */
export type ElementType = 'f32' | 'f64' | 'i32' | 'u32' | 'i16' | 'u16' | 'i8' | 'u8';
/**
 * What vector kernels write; a mask is one byte, 0 or 1. Floats saturate in integers, integers wrap in narrower ones.
 */
export type WrittenType = ElementType | 'mask';

/** Lanes that take part: all of them, or one. */
export type Width = 'all' | 'one';

/** Bytes of an element. */
export const SIZE_BYTES: Readonly<Record<ElementType | 'mask', number>> = {
  f32: 4,
  f64: 8,
  i32: 4,
  u32: 4,
  i16: 2,
  u16: 2,
  i8: 1,
  u8: 1,
  mask: 1,
};

/** Elements in one vector of the lane type. */
export const LANE_COUNT: Readonly<Record<LaneType, number>> = { f32x4: 4, f64x2: 2, i32x4: 4 };

/** The element type of an array; undefined where kernels do not read it (64-bit integers). */
export function elementType(array: ElementArray): ElementType | undefined {
  if (array instanceof Float32Array) return 'f32';
  if (array instanceof Float64Array) return 'f64';
  if (array instanceof Int32Array) return 'i32';
  if (array instanceof Uint32Array) return 'u32';
  if (array instanceof Int16Array) return 'i16';
  if (array instanceof Uint16Array) return 'u16';
  if (array instanceof Int8Array) return 'i8';
  return array instanceof Uint8Array ? 'u8' : undefined;
}

/** Lanes of the elements at an address: consecutive ones, or one element in every lane. */
export function loadElements(
  lanes: LaneType,
  type: ElementType,
  address: Expr<'i32'>,
  width: Width,
  offsetBytes = 0,
): Vector {
  const one = width === 'one';
  if (type === 'f64') return one ? v128.load64Splat(address, offsetBytes) : v128.load(address, offsetBytes);
  if (type === 'f32') {
    if (lanes === 'f32x4') return one ? v128.load32Splat(address, offsetBytes) : v128.load(address, offsetBytes);
    return f64x2.promoteLowF32x4(one ? v128.load32Splat(address, offsetBytes) : v128.load64Zero(address, offsetBytes));
  }
  const whole = one
    ? splatInteger(type, address, offsetBytes)
    : loadIntegers(LANE_COUNT[lanes], type, address, offsetBytes);
  if (lanes === 'i32x4') return whole;
  if (lanes === 'f32x4') return f32x4.convertI32x4S(whole);
  return type === 'u32' ? f64x2.convertLowI32x4U(whole) : f64x2.convertLowI32x4S(whole);
}

/** Writes lanes as consecutive elements, NaN in canonical bits; width 'one' writes lane 0. */
export function storeElements(
  m: VectorAlgebra,
  lanes: LaneType,
  type: WrittenType,
  address: Expr<'i32'>,
  value: Vector,
  width: Width,
  offsetBytes = 0,
): Statement {
  if (type === 'mask') {
    const ones = m.keep(v128.and(value, m.bits(new Uint8Array(16).fill(1))));
    return storeNarrow(1, address, ones, width, offsetBytes, LANE_COUNT[lanes], 16 / LANE_COUNT[lanes]);
  }
  if (isNarrow(type)) {
    const words = m.keep(lanes === 'i32x4' ? value : saturated(m, lanes, type, value));
    return storeNarrow(SIZE_BYTES[type] as 1 | 2, address, words, width, offsetBytes, LANE_COUNT[lanes]);
  }
  const count = width === 'one' ? 1 : LANE_COUNT[lanes];
  const bits = resultBits(m, lanes, type, value);
  const sizeBytes = count * SIZE_BYTES[type];
  if (sizeBytes === 16) return v128.store(address, bits, offsetBytes);
  return sizeBytes === 8
    ? v128.store64Lane(address, bits, 0, offsetBytes)
    : v128.store32Lane(address, bits, 0, offsetBytes);
}

function resultBits(
  m: VectorAlgebra,
  lanes: LaneType,
  type: Exclude<WrittenType, 'mask' | NarrowType>,
  value: Vector,
): Vector {
  if (lanes === 'i32x4') return value;
  if (type === 'f64') return canonicalNaN(m, 'f64x2', value);
  if (type === 'f32') return canonicalNaN(m, 'f32x4', lanes === 'f32x4' ? value : m.keep(f32x4.demoteF64x2Zero(value)));
  if (lanes === 'f32x4') return type === 'i32' ? i32x4.truncSatF32x4S(value) : i32x4.truncSatF32x4U(value);
  return type === 'i32' ? i32x4.truncSatF64x2SZero(value) : i32x4.truncSatF64x2UZero(value);
}

/** The value with every NaN replaced by 0x7fc00000 / 0x7ff8000000000000. */
function canonicalNaN(m: VectorAlgebra, lanes: 'f32x4' | 'f64x2', value: Vector): Vector {
  const single = lanes === 'f32x4';
  const quiet = single ? new Uint32Array(4).fill(0x7fc00000) : new BigUint64Array(2).fill(0x7ff8000000000000n);
  const isNumber = single ? f32x4.eq(value, value) : f64x2.eq(value, value);
  const kept = m.keep(v128.bitselect(value, m.bits(vectorBytes(quiet)), isNumber));
  return kept;
}

type NarrowType = 'i16' | 'u16' | 'i8' | 'u8';

const isNarrow = (type: ElementType): type is NarrowType => SIZE_BYTES[type] < 4;

/** The least and the most of integers narrower than a word. */
export const NARROW_RANGES: Readonly<Record<NarrowType, readonly [number, number]>> = {
  i16: [-32768, 32767],
  u16: [0, 65535],
  i8: [-128, 127],
  u8: [0, 255],
};

/** Floats as whole numbers that fit a narrow integer, in lanes of 32 bits; NaN gives 0. */
function saturated(m: VectorAlgebra, lanes: 'f32x4' | 'f64x2', type: NarrowType, value: Vector): Vector {
  const [low, high] = NARROW_RANGES[type];
  const bounded = m.min(m.max(value, m.constant(low)), m.constant(high));
  return lanes === 'f32x4' ? i32x4.truncSatF32x4S(bounded) : i32x4.truncSatF64x2SZero(bounded);
}

/** The lowest bytes of every lane, side by side; `stride` bytes from lane to lane. */
function storeNarrow(
  itemBytes: 1 | 2,
  address: Expr<'i32'>,
  value: Vector,
  width: Width,
  offsetBytes: number,
  count: number,
  stride = 4,
): Statement {
  if (width === 'one') return (itemBytes === 1 ? v128.store8Lane : v128.store16Lane)(address, value, 0, offsetBytes);
  const bytes = Array.from({ length: 16 }, (_, i) => (Math.floor(i / itemBytes) * stride + (i % itemBytes)) % 16);
  const packed = v128.shuffle(value, value, bytes);
  const sizeBytes = count * itemBytes;
  if (sizeBytes === 8) return v128.store64Lane(address, packed, 0, offsetBytes);
  return sizeBytes === 4
    ? v128.store32Lane(address, packed, 0, offsetBytes)
    : v128.store16Lane(address, packed, 0, offsetBytes);
}

function loadIntegers(count: number, type: ElementType, address: Expr<'i32'>, offsetBytes: number): Vector {
  if (type === 'i32' || type === 'u32')
    return count === 4 ? v128.load(address, offsetBytes) : v128.load64Zero(address, offsetBytes);
  const signed = type === 'i16' || type === 'i8';
  const widen = signed ? i32x4.extendLowS : i32x4.extendLowU;
  if (SIZE_BYTES[type] === 2)
    return widen(count === 4 ? v128.load64Zero(address, offsetBytes) : v128.load32Zero(address, offsetBytes));
  const bytes = count === 4 ? v128.load32Zero(address, offsetBytes) : v128.load16Splat(address, offsetBytes);
  return widen((signed ? i16x8.extendLowS : i16x8.extendLowU)(bytes));
}

function splatInteger(type: ElementType, address: Expr<'i32'>, offsetBytes: number): Vector {
  if (type === 'i16') return i32x4.splat(i32.load16S(address, offsetBytes));
  if (type === 'u16') return i32x4.splat(i32.load16U(address, offsetBytes));
  if (type === 'i8') return i32x4.splat(i32.load8S(address, offsetBytes));
  if (type === 'u8') return i32x4.splat(i32.load8U(address, offsetBytes));
  return v128.load32Splat(address, offsetBytes);
}
