// The SIMD instructions: prefix 0xfd, then the opcode as LEB128 (core spec 2.0, appendix "Index of Instructions").
import { binary, load, store, unary } from './instruction.ts';
import type { Opcode } from './instruction.ts';
import { expression, operandCode, unsignedLeb } from './expression.ts';
import type { Code, Expr, Operand, Statement, ValueType } from './expression.ts';

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
    expression(
      'v128',
      operandCode('i32', address),
      operandCode('v128', into),
      memoryLane(code, alignment, offsetBytes, lane),
    );
}

function storeLane(code: number, alignment: number) {
  return (address: Operand<'i32'>, from: Expr<'v128'>, lane: number, offsetBytes = 0): Statement =>
    expression(
      'void',
      operandCode('i32', address),
      operandCode('v128', from),
      memoryLane(code, alignment, offsetBytes, lane),
    );
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
  shuffle: (a: Expr<'v128'>, b: Expr<'v128'>, order: readonly number[]): Expr<'v128'> =>
    expression('v128', a.code, b.code, simd(13), sixteenBytes(order)),
  load: load(simd(0), 4, 'v128'),
  load8x8S: load(simd(1), 3, 'v128'),
  load8x8U: load(simd(2), 3, 'v128'),
  load16x4S: load(simd(3), 3, 'v128'),
  load16x4U: load(simd(4), 3, 'v128'),
  load32x2S: load(simd(5), 3, 'v128'),
  load32x2U: load(simd(6), 3, 'v128'),
  load8Splat: load(simd(7), 0, 'v128'),
  load16Splat: load(simd(8), 1, 'v128'),
  load32Splat: load(simd(9), 2, 'v128'),
  load64Splat: load(simd(10), 3, 'v128'),
  load32Zero: load(simd(92), 2, 'v128'),
  load64Zero: load(simd(93), 3, 'v128'),
  store: store(simd(11), 4, 'v128'),
  load8Lane: loadLane(84, 0),
  load16Lane: loadLane(85, 1),
  load32Lane: loadLane(86, 2),
  load64Lane: loadLane(87, 3),
  store8Lane: storeLane(88, 0),
  store16Lane: storeLane(89, 1),
  store32Lane: storeLane(90, 2),
  store64Lane: storeLane(91, 3),
  not: vector1(77),
  and: vector2(78),
  andnot: vector2(79),
  or: vector2(80),
  xor: vector2(81),
  anyTrue: reduce(83),
  /** Bits of `a` where `mask` is 1, of `b` where it is 0. */
  bitselect: (a: Expr<'v128'>, b: Expr<'v128'>, mask: Expr<'v128'>): Expr<'v128'> =>
    expression('v128', a.code, b.code, mask.code, simd(82)),
} as const;

export const i8x16 = {
  splat: splat(15, 'i32'),
  extractS: extract(21, 'i32'),
  extractU: extract(22, 'i32'),
  replace: replace(23, 'i32'),
  swizzle: vector2(14),
  eq: vector2(35),
  ne: vector2(36),
  ltS: vector2(37),
  ltU: vector2(38),
  gtS: vector2(39),
  gtU: vector2(40),
  leS: vector2(41),
  leU: vector2(42),
  geS: vector2(43),
  geU: vector2(44),
  abs: vector1(96),
  neg: vector1(97),
  popcnt: vector1(98),
  allTrue: reduce(99),
  bitmask: reduce(100),
  narrowS: vector2(101),
  narrowU: vector2(102),
  shl: shift(107),
  shrS: shift(108),
  shrU: shift(109),
  add: vector2(110),
  sub: vector2(113),
  minS: vector2(118),
  minU: vector2(119),
  maxS: vector2(120),
  maxU: vector2(121),
} as const;

export const i16x8 = {
  splat: splat(16, 'i32'),
  extractS: extract(24, 'i32'),
  extractU: extract(25, 'i32'),
  replace: replace(26, 'i32'),
  eq: vector2(45),
  ne: vector2(46),
  ltS: vector2(47),
  ltU: vector2(48),
  gtS: vector2(49),
  gtU: vector2(50),
  leS: vector2(51),
  leU: vector2(52),
  geS: vector2(53),
  geU: vector2(54),
  abs: vector1(128),
  neg: vector1(129),
  allTrue: reduce(131),
  bitmask: reduce(132),
  narrowS: vector2(133),
  narrowU: vector2(134),
  extendLowS: vector1(135),
  extendHighS: vector1(136),
  extendLowU: vector1(137),
  extendHighU: vector1(138),
  shl: shift(139),
  shrS: shift(140),
  shrU: shift(141),
  add: vector2(142),
  sub: vector2(145),
  mul: vector2(149),
  minS: vector2(150),
  minU: vector2(151),
  maxS: vector2(152),
  maxU: vector2(153),
} as const;

export const i32x4 = {
  splat: splat(17, 'i32'),
  extract: extract(27, 'i32'),
  replace: replace(28, 'i32'),
  eq: vector2(55),
  ne: vector2(56),
  ltS: vector2(57),
  ltU: vector2(58),
  gtS: vector2(59),
  gtU: vector2(60),
  leS: vector2(61),
  leU: vector2(62),
  geS: vector2(63),
  geU: vector2(64),
  abs: vector1(160),
  neg: vector1(161),
  allTrue: reduce(163),
  bitmask: reduce(164),
  extendLowS: vector1(167),
  extendHighS: vector1(168),
  extendLowU: vector1(169),
  extendHighU: vector1(170),
  shl: shift(171),
  shrS: shift(172),
  shrU: shift(173),
  add: vector2(174),
  sub: vector2(177),
  mul: vector2(181),
  minS: vector2(182),
  minU: vector2(183),
  maxS: vector2(184),
  maxU: vector2(185),
  dotI16x8S: vector2(186),
  truncSatF32x4S: vector1(248),
  truncSatF32x4U: vector1(249),
  truncSatF64x2SZero: vector1(252),
  truncSatF64x2UZero: vector1(253),
} as const;

export const i64x2 = {
  splat: splat(18, 'i64'),
  extract: extract(29, 'i64'),
  replace: replace(30, 'i64'),
  abs: vector1(192),
  neg: vector1(193),
  allTrue: reduce(195),
  bitmask: reduce(196),
  extendLowS: vector1(199),
  extendHighS: vector1(200),
  extendLowU: vector1(201),
  extendHighU: vector1(202),
  shl: shift(203),
  shrS: shift(204),
  shrU: shift(205),
  add: vector2(206),
  sub: vector2(209),
  mul: vector2(213),
  eq: vector2(214),
  ne: vector2(215),
  ltS: vector2(216),
  gtS: vector2(217),
  leS: vector2(218),
  geS: vector2(219),
  extmulLowI32x4U: vector2(222),
  extmulHighI32x4U: vector2(223),
} as const;

export const f32x4 = {
  splat: splat(19, 'f32'),
  extract: extract(31, 'f32'),
  replace: replace(32, 'f32'),
  eq: vector2(65),
  ne: vector2(66),
  lt: vector2(67),
  gt: vector2(68),
  le: vector2(69),
  ge: vector2(70),
  ceil: vector1(103),
  floor: vector1(104),
  trunc: vector1(105),
  nearest: vector1(106),
  abs: vector1(224),
  neg: vector1(225),
  sqrt: vector1(227),
  add: vector2(228),
  sub: vector2(229),
  mul: vector2(230),
  div: vector2(231),
  min: vector2(232),
  max: vector2(233),
  pmin: vector2(234),
  pmax: vector2(235),
  demoteF64x2Zero: vector1(94),
  convertI32x4S: vector1(250),
  convertI32x4U: vector1(251),
} as const;

export const f64x2 = {
  splat: splat(20, 'f64'),
  extract: extract(33, 'f64'),
  replace: replace(34, 'f64'),
  eq: vector2(71),
  ne: vector2(72),
  lt: vector2(73),
  gt: vector2(74),
  le: vector2(75),
  ge: vector2(76),
  ceil: vector1(116),
  floor: vector1(117),
  trunc: vector1(122),
  nearest: vector1(148),
  abs: vector1(236),
  neg: vector1(237),
  sqrt: vector1(239),
  add: vector2(240),
  sub: vector2(241),
  mul: vector2(242),
  div: vector2(243),
  min: vector2(244),
  max: vector2(245),
  pmin: vector2(246),
  pmax: vector2(247),
  promoteLowF32x4: vector1(95),
  convertLowI32x4S: vector1(254),
  convertLowI32x4U: vector1(255),
} as const;
