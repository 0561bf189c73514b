// The instruction table: one entry per WebAssembly instruction that kernels use (core spec 2.0, appendix "Index of Instructions").
// Reads as the text format does: f32x4.add(a, b), i32.load(address, offsetBytes), v128.store(address, value, offsetBytes).
import { constantCode, expression, operandCode, unsignedLeb } from './expression.ts';
import type { Code, Expr, Operand, Statement, ValueType } from './expression.ts';

type Opcode = readonly number[];
type Unary<A extends ValueType, R extends ValueType> = (a: Operand<A>) => Expr<R>;
type Binary<A extends ValueType, B extends ValueType, R extends ValueType> = (a: Operand<A>, b: Operand<B>) => Expr<R>;

function unary<A extends ValueType, R extends ValueType>(opcode: Opcode, a: A, result: R): Unary<A, R> {
  return (x) => expression(result, operandCode(a, x), opcode);
}

function binary<A extends ValueType, B extends ValueType, R extends ValueType>(opcode: Opcode, a: A, b: B, result: R): Binary<A, B, R> {
  return (x, y) => expression(result, operandCode(a, x), operandCode(b, y), opcode);
}

function load<R extends ValueType>(opcode: Opcode, alignment: number, result: R) {
  return (address: Operand<'i32'>, offsetBytes = 0): Expr<R> =>
    expression(result, operandCode('i32', address), opcode, [alignment], unsignedLeb(offsetBytes));
}

function store<V extends ValueType>(opcode: Opcode, alignment: number, type: V) {
  return (address: Operand<'i32'>, value: Operand<V>, offsetBytes = 0): Statement =>
    expression('void', operandCode('i32', address), operandCode(type, value), opcode, [alignment], unsignedLeb(offsetBytes));
}

function constant<T extends ValueType>(type: T) {
  return (value: Extract<Operand<T>, number | bigint>): Expr<T> => expression(type, constantCode(type, value));
}

// --- scalar instructions: one opcode byte ---
const test = <T extends ValueType>(code: number, type: T) => unary([code], type, 'i32');
const one = <T extends ValueType>(code: number, type: T) => unary([code], type, type);
const two = <T extends ValueType>(code: number, type: T) => binary([code], type, type, type);
const compare = <T extends ValueType>(code: number, type: T) => binary([code], type, type, 'i32');
const convert = <A extends ValueType, R extends ValueType>(code: number, from: A, to: R) => unary([code], from, to);
const saturate = <A extends ValueType, R extends ValueType>(code: number, from: A, to: R) => unary([0xfc, code], from, to);

export const i32 = {
  constant: constant('i32'),
  load: load([0x28], 2, 'i32'), load8S: load([0x2c], 0, 'i32'), load8U: load([0x2d], 0, 'i32'), load16S: load([0x2e], 1, 'i32'), load16U: load([0x2f], 1, 'i32'),
  store: store([0x36], 2, 'i32'), store8: store([0x3a], 0, 'i32'), store16: store([0x3b], 1, 'i32'),
  eqz: test(0x45, 'i32'), eq: compare(0x46, 'i32'), ne: compare(0x47, 'i32'), ltS: compare(0x48, 'i32'), ltU: compare(0x49, 'i32'), gtS: compare(0x4a, 'i32'),
  gtU: compare(0x4b, 'i32'), leS: compare(0x4c, 'i32'), leU: compare(0x4d, 'i32'), geS: compare(0x4e, 'i32'), geU: compare(0x4f, 'i32'),
  clz: one(0x67, 'i32'), ctz: one(0x68, 'i32'), popcnt: one(0x69, 'i32'), add: two(0x6a, 'i32'), sub: two(0x6b, 'i32'), mul: two(0x6c, 'i32'),
  divS: two(0x6d, 'i32'), divU: two(0x6e, 'i32'), remS: two(0x6f, 'i32'), remU: two(0x70, 'i32'), and: two(0x71, 'i32'), or: two(0x72, 'i32'), xor: two(0x73, 'i32'),
  shl: two(0x74, 'i32'), shrS: two(0x75, 'i32'), shrU: two(0x76, 'i32'), rotl: two(0x77, 'i32'), rotr: two(0x78, 'i32'),
  wrap: convert(0xa7, 'i64', 'i32'), reinterpret: convert(0xbc, 'f32', 'i32'), extend8S: one(0xc0, 'i32'), extend16S: one(0xc1, 'i32'),
  truncSatF32S: saturate(0, 'f32', 'i32'), truncSatF32U: saturate(1, 'f32', 'i32'), truncSatF64S: saturate(2, 'f64', 'i32'), truncSatF64U: saturate(3, 'f64', 'i32'),
} as const;

export const i64 = {
  constant: constant('i64'), load: load([0x29], 3, 'i64'), load32S: load([0x34], 2, 'i64'), load32U: load([0x35], 2, 'i64'), store: store([0x37], 3, 'i64'),
  eqz: test(0x50, 'i64'), eq: compare(0x51, 'i64'), ne: compare(0x52, 'i64'), ltS: compare(0x53, 'i64'), ltU: compare(0x54, 'i64'), gtS: compare(0x55, 'i64'),
  gtU: compare(0x56, 'i64'), leS: compare(0x57, 'i64'), leU: compare(0x58, 'i64'), geS: compare(0x59, 'i64'), geU: compare(0x5a, 'i64'),
  clz: one(0x79, 'i64'), ctz: one(0x7a, 'i64'), popcnt: one(0x7b, 'i64'), add: two(0x7c, 'i64'), sub: two(0x7d, 'i64'), mul: two(0x7e, 'i64'),
  divS: two(0x7f, 'i64'), divU: two(0x80, 'i64'), remS: two(0x81, 'i64'), remU: two(0x82, 'i64'), and: two(0x83, 'i64'), or: two(0x84, 'i64'), xor: two(0x85, 'i64'),
  shl: two(0x86, 'i64'), shrS: two(0x87, 'i64'), shrU: two(0x88, 'i64'), rotl: two(0x89, 'i64'), rotr: two(0x8a, 'i64'),
  extendS: convert(0xac, 'i32', 'i64'), extendU: convert(0xad, 'i32', 'i64'), reinterpret: convert(0xbd, 'f64', 'i64'),
  truncSatF32S: saturate(4, 'f32', 'i64'), truncSatF32U: saturate(5, 'f32', 'i64'), truncSatF64S: saturate(6, 'f64', 'i64'), truncSatF64U: saturate(7, 'f64', 'i64'),
} as const;

export const f32 = {
  constant: constant('f32'), load: load([0x2a], 2, 'f32'), store: store([0x38], 2, 'f32'),
  eq: compare(0x5b, 'f32'), ne: compare(0x5c, 'f32'), lt: compare(0x5d, 'f32'), gt: compare(0x5e, 'f32'), le: compare(0x5f, 'f32'), ge: compare(0x60, 'f32'),
  abs: one(0x8b, 'f32'), neg: one(0x8c, 'f32'), ceil: one(0x8d, 'f32'), floor: one(0x8e, 'f32'), trunc: one(0x8f, 'f32'), nearest: one(0x90, 'f32'), sqrt: one(0x91, 'f32'),
  add: two(0x92, 'f32'), sub: two(0x93, 'f32'), mul: two(0x94, 'f32'), div: two(0x95, 'f32'), min: two(0x96, 'f32'), max: two(0x97, 'f32'), copysign: two(0x98, 'f32'),
  convertI32S: convert(0xb2, 'i32', 'f32'), convertI32U: convert(0xb3, 'i32', 'f32'), convertI64S: convert(0xb4, 'i64', 'f32'), convertI64U: convert(0xb5, 'i64', 'f32'),
  demote: convert(0xb6, 'f64', 'f32'), reinterpret: convert(0xbe, 'i32', 'f32'),
} as const;

export const f64 = {
  constant: constant('f64'), load: load([0x2b], 3, 'f64'), store: store([0x39], 3, 'f64'),
  eq: compare(0x61, 'f64'), ne: compare(0x62, 'f64'), lt: compare(0x63, 'f64'), gt: compare(0x64, 'f64'), le: compare(0x65, 'f64'), ge: compare(0x66, 'f64'),
  abs: one(0x99, 'f64'), neg: one(0x9a, 'f64'), ceil: one(0x9b, 'f64'), floor: one(0x9c, 'f64'), trunc: one(0x9d, 'f64'), nearest: one(0x9e, 'f64'), sqrt: one(0x9f, 'f64'),
  add: two(0xa0, 'f64'), sub: two(0xa1, 'f64'), mul: two(0xa2, 'f64'), div: two(0xa3, 'f64'), min: two(0xa4, 'f64'), max: two(0xa5, 'f64'), copysign: two(0xa6, 'f64'),
  convertI32S: convert(0xb7, 'i32', 'f64'), convertI32U: convert(0xb8, 'i32', 'f64'), convertI64S: convert(0xb9, 'i64', 'f64'), convertI64U: convert(0xba, 'i64', 'f64'),
  promote: convert(0xbb, 'f32', 'f64'), reinterpret: convert(0xbf, 'i64', 'f64'),
} as const;

// --- bulk memory ---
export const memory = {
  /** Copies bytes as if through a buffer of their own. */
  copy: (to: Operand<'i32'>, from: Operand<'i32'>, sizeBytes: Operand<'i32'>): Statement =>
    expression('void', operandCode('i32', to), operandCode('i32', from), operandCode('i32', sizeBytes), 0xfc, 0x0a, 0, 0),
} as const;

// --- SIMD instructions: prefix 0xfd, then the opcode as LEB128 ---
const simd = (code: number): Opcode => [0xfd, ...unsignedLeb(code)];
const vector1 = (code: number) => unary(simd(code), 'v128', 'v128');
const vector2 = (code: number) => binary(simd(code), 'v128', 'v128', 'v128');
const shift = (code: number) => binary(simd(code), 'v128', 'i32', 'v128');
const reduce = (code: number) => unary(simd(code), 'v128', 'i32');
const splat = <T extends ValueType>(code: number, type: T) => unary(simd(code), type, 'v128');

function extract<R extends ValueType>(code: number, result: R) {
  return (a: Expr<'v128'>, lane: number): Expr<R> => expression(result, operandCode('v128', a), simd(code), [lane]);
}

function replace<T extends ValueType>(code: number, type: T) {
  return (a: Expr<'v128'>, lane: number, value: Operand<T>): Expr<'v128'> =>
    expression('v128', operandCode('v128', a), operandCode(type, value), simd(code), [lane]);
}

function loadLane(code: number, alignment: number) {
  return (address: Operand<'i32'>, into: Expr<'v128'>, lane: number, offsetBytes = 0): Expr<'v128'> =>
    expression('v128', operandCode('i32', address), operandCode('v128', into), memoryLane(code, alignment, offsetBytes, lane));
}

function storeLane(code: number, alignment: number) {
  return (address: Operand<'i32'>, from: Expr<'v128'>, lane: number, offsetBytes = 0): Statement =>
    expression('void', operandCode('i32', address), operandCode('v128', from), memoryLane(code, alignment, offsetBytes, lane));
}

function memoryLane(code: number, alignment: number, offsetBytes: number, lane: number): Code {
  return [...simd(code), alignment, ...unsignedLeb(offsetBytes), lane];
}

function sixteenBytes(bytes: readonly number[]): readonly number[] {
  if (bytes.length !== 16) throw new RangeError(`${bytes.length} bytes given, a v128 has 16`);
  return bytes;
}

export const v128 = {
  /** Sixteen bytes, little-endian lanes. */
  constant: (bytes: readonly number[]): Expr<'v128'> => expression('v128', simd(12), sixteenBytes(bytes)),
  /** Byte `i` of the result is byte `order[i]` of a ‖ b (0…31). */
  shuffle: (a: Expr<'v128'>, b: Expr<'v128'>, order: readonly number[]): Expr<'v128'> => expression('v128', a.code, b.code, simd(13), sixteenBytes(order)),
  load: load(simd(0), 4, 'v128'), load8x8S: load(simd(1), 3, 'v128'), load8x8U: load(simd(2), 3, 'v128'), load16x4S: load(simd(3), 3, 'v128'),
  load16x4U: load(simd(4), 3, 'v128'), load32x2S: load(simd(5), 3, 'v128'), load32x2U: load(simd(6), 3, 'v128'), load8Splat: load(simd(7), 0, 'v128'),
  load16Splat: load(simd(8), 1, 'v128'), load32Splat: load(simd(9), 2, 'v128'), load64Splat: load(simd(10), 3, 'v128'),
  load32Zero: load(simd(92), 2, 'v128'), load64Zero: load(simd(93), 3, 'v128'), store: store(simd(11), 4, 'v128'),
  load8Lane: loadLane(84, 0), load16Lane: loadLane(85, 1), load32Lane: loadLane(86, 2), load64Lane: loadLane(87, 3),
  store8Lane: storeLane(88, 0), store16Lane: storeLane(89, 1), store32Lane: storeLane(90, 2), store64Lane: storeLane(91, 3),
  not: vector1(77), and: vector2(78), andnot: vector2(79), or: vector2(80), xor: vector2(81), anyTrue: reduce(83),
  /** Bits of `a` where `mask` is 1, of `b` where it is 0. */
  bitselect: (a: Expr<'v128'>, b: Expr<'v128'>, mask: Expr<'v128'>): Expr<'v128'> => expression('v128', a.code, b.code, mask.code, simd(82)),
} as const;

export const i8x16 = {
  splat: splat(15, 'i32'), extractS: extract(21, 'i32'), extractU: extract(22, 'i32'), replace: replace(23, 'i32'), swizzle: vector2(14),
  eq: vector2(35), ne: vector2(36), ltS: vector2(37), ltU: vector2(38), gtS: vector2(39), gtU: vector2(40), leS: vector2(41), leU: vector2(42), geS: vector2(43), geU: vector2(44),
  abs: vector1(96), neg: vector1(97), popcnt: vector1(98), allTrue: reduce(99), bitmask: reduce(100), narrowS: vector2(101), narrowU: vector2(102),
  shl: shift(107), shrS: shift(108), shrU: shift(109), add: vector2(110), sub: vector2(113), minS: vector2(118), minU: vector2(119), maxS: vector2(120), maxU: vector2(121),
} as const;

export const i16x8 = {
  splat: splat(16, 'i32'), extractS: extract(24, 'i32'), extractU: extract(25, 'i32'), replace: replace(26, 'i32'),
  eq: vector2(45), ne: vector2(46), ltS: vector2(47), ltU: vector2(48), gtS: vector2(49), gtU: vector2(50), leS: vector2(51), leU: vector2(52), geS: vector2(53), geU: vector2(54),
  abs: vector1(128), neg: vector1(129), allTrue: reduce(131), bitmask: reduce(132), narrowS: vector2(133), narrowU: vector2(134),
  extendLowS: vector1(135), extendHighS: vector1(136), extendLowU: vector1(137), extendHighU: vector1(138), shl: shift(139), shrS: shift(140), shrU: shift(141),
  add: vector2(142), sub: vector2(145), mul: vector2(149), minS: vector2(150), minU: vector2(151), maxS: vector2(152), maxU: vector2(153),
} as const;

export const i32x4 = {
  splat: splat(17, 'i32'), extract: extract(27, 'i32'), replace: replace(28, 'i32'),
  eq: vector2(55), ne: vector2(56), ltS: vector2(57), ltU: vector2(58), gtS: vector2(59), gtU: vector2(60), leS: vector2(61), leU: vector2(62), geS: vector2(63), geU: vector2(64),
  abs: vector1(160), neg: vector1(161), allTrue: reduce(163), bitmask: reduce(164), extendLowS: vector1(167), extendHighS: vector1(168), extendLowU: vector1(169),
  extendHighU: vector1(170), shl: shift(171), shrS: shift(172), shrU: shift(173), add: vector2(174), sub: vector2(177), mul: vector2(181),
  minS: vector2(182), minU: vector2(183), maxS: vector2(184), maxU: vector2(185), dotI16x8S: vector2(186),
  truncSatF32x4S: vector1(248), truncSatF32x4U: vector1(249), truncSatF64x2SZero: vector1(252), truncSatF64x2UZero: vector1(253),
} as const;

export const i64x2 = {
  splat: splat(18, 'i64'), extract: extract(29, 'i64'), replace: replace(30, 'i64'), abs: vector1(192), neg: vector1(193), allTrue: reduce(195), bitmask: reduce(196),
  extendLowS: vector1(199), extendHighS: vector1(200), extendLowU: vector1(201), extendHighU: vector1(202), shl: shift(203), shrS: shift(204), shrU: shift(205),
  add: vector2(206), sub: vector2(209), mul: vector2(213), eq: vector2(214), ne: vector2(215), ltS: vector2(216), gtS: vector2(217), leS: vector2(218), geS: vector2(219),
  extmulLowI32x4U: vector2(222), extmulHighI32x4U: vector2(223),
} as const;

export const f32x4 = {
  splat: splat(19, 'f32'), extract: extract(31, 'f32'), replace: replace(32, 'f32'),
  eq: vector2(65), ne: vector2(66), lt: vector2(67), gt: vector2(68), le: vector2(69), ge: vector2(70), ceil: vector1(103), floor: vector1(104), trunc: vector1(105), nearest: vector1(106),
  abs: vector1(224), neg: vector1(225), sqrt: vector1(227), add: vector2(228), sub: vector2(229), mul: vector2(230), div: vector2(231),
  min: vector2(232), max: vector2(233), pmin: vector2(234), pmax: vector2(235),
  demoteF64x2Zero: vector1(94), convertI32x4S: vector1(250), convertI32x4U: vector1(251),
} as const;

export const f64x2 = {
  splat: splat(20, 'f64'), extract: extract(33, 'f64'), replace: replace(34, 'f64'),
  eq: vector2(71), ne: vector2(72), lt: vector2(73), gt: vector2(74), le: vector2(75), ge: vector2(76), ceil: vector1(116), floor: vector1(117), trunc: vector1(122), nearest: vector1(148),
  abs: vector1(236), neg: vector1(237), sqrt: vector1(239), add: vector2(240), sub: vector2(241), mul: vector2(242), div: vector2(243),
  min: vector2(244), max: vector2(245), pmin: vector2(246), pmax: vector2(247),
  promoteLowF32x4: vector1(95), convertLowI32x4S: vector1(254), convertLowI32x4U: vector1(255),
} as const;
