// Elementwise arithmetic, rounding, comparison and logic.
import { elementTest, elementwise } from './elementwise.ts';
import type { OpRow } from '../define.ts';

/** Rows of this family. */
export const ARITHMETIC: readonly OpRow[] = [
  elementwise('add', 'Sum x + y. Integers wrap.', 2, (m, x, y) => m.add(x, y), { laws: ['commutative'] }),
  elementwise('subtract', 'Difference x − y. Integers wrap.', 2, (m, x, y) => m.sub(x, y)),
  elementwise('multiply', 'Product x · y. Integers wrap.', 2, (m, x, y) => m.mul(x, y), { laws: ['commutative'] }),
  elementwise(
    'divide',
    'Quotient x / y of floating operands; integers are cast to float32 first.',
    2,
    (m, x, y) => m.div(x, y),
    { promotion: 'float', deviation: 'integer operands are divided as float32' },
  ),
  elementwise('floor_divide', 'Largest integer not above x / y.', 2, (m, x, y) => m.floorDivide(x, y), {
    flops: 4,
    deviation: 'integer division by 0 gives 0',
  }),
  elementwise('remainder', 'x − y · floor(x / y): the sign is that of y.', 2, (m, x, y) => m.remainder(x, y), {
    flops: 4,
    deviation: 'integer remainder by 0 gives 0',
  }),
  elementwise('negative', 'Negation −x.', 1, (m, x) => m.neg(x), { laws: ['involution', 'odd'] }),
  elementwise('abs', 'Absolute value |x|.', 1, (m, x) => m.abs(x), { laws: ['idempotent', 'even'] }),
  elementwise(
    'sign',
    'Sign of x: −1, 0 or 1; NaN stays NaN, zeros keep their sign.',
    1,
    (m, x) => m.select(m.gt(x, m.constant(0)), m.constant(1), m.select(m.lt(x, m.constant(0)), m.constant(-1), x)),
    { laws: ['idempotent'] },
  ),
  elementwise('square', 'x · x.', 1, (m, x) => m.mul(x, x), { laws: ['even'] }),
  elementwise('sqrt', 'Square root; NaN below zero.', 1, (m, x) => m.sqrt(x), { kind: 'float', flops: 4 }),
  elementwise('reciprocal', '1 / x.', 1, (m, x) => m.div(m.constant(1), x), { kind: 'float', laws: ['odd'] }),
  elementwise('maximum', 'The larger of x and y; NaN if either is NaN.', 2, (m, x, y) => m.max(x, y), {
    laws: ['commutative', 'idempotent'],
    literals: ['least', 'least'],
  }),
  elementwise('minimum', 'The smaller of x and y; NaN if either is NaN.', 2, (m, x, y) => m.min(x, y), {
    laws: ['commutative', 'idempotent'],
    literals: ['most', 'most'],
  }),
  elementwise(
    'clip',
    'x limited to [least, most]: min(max(x, least), most).',
    3,
    (m, x, least, most) => m.min(m.max(x, least), most),
    {
      names: ['x', 'least', 'most'],
      laws: ['idempotent'],
      deviation: 'both bounds are operands and required',
      literals: [undefined, 'least', 'most'],
    },
  ),
  elementwise('floor', 'Largest integer not above x.', 1, (m, x) => m.floor(x), { laws: ['idempotent'] }),
  elementwise('ceil', 'Smallest integer not below x.', 1, (m, x) => m.ceil(x), { laws: ['idempotent'] }),
  elementwise('trunc', 'x without its fraction.', 1, (m, x) => m.trunc(x), { laws: ['idempotent', 'odd'] }),
  elementwise('round', 'Nearest integer, ties to even.', 1, (m, x) => m.nearest(x), { laws: ['idempotent', 'odd'] }),

  elementTest('equal', 'x = y; NaN equals nothing.', 2, (m, x, y) => m.eq(x, y), {
    laws: ['commutative'],
    literals: ['same', 'same'],
  }),
  elementTest('not_equal', 'x ≠ y.', 2, (m, x, y) => m.ne(x, y), { laws: ['commutative'], literals: ['same', 'same'] }),
  elementTest('less', 'x < y.', 2, (m, x, y) => m.lt(x, y), { literals: ['down', 'up'] }),
  elementTest('less_equal', 'x ≤ y.', 2, (m, x, y) => m.le(x, y), { literals: ['up', 'down'] }),
  elementTest('greater', 'x > y.', 2, (m, x, y) => m.gt(x, y), { literals: ['up', 'down'] }),
  elementTest('greater_equal', 'x ≥ y.', 2, (m, x, y) => m.ge(x, y), { literals: ['down', 'up'] }),
  elementTest('isnan', 'Whether x is NaN.', 1, (m, x) => m.ne(x, x), { kind: 'numeric' }),
  elementTest('isinf', 'Whether x is +∞ or −∞.', 1, (m, x) => m.eq(m.abs(x), m.constant(Infinity)), { kind: 'float' }),
  elementTest('isfinite', 'Whether x is neither NaN nor infinite.', 1, (m, x) => m.lt(m.abs(x), m.constant(Infinity)), {
    kind: 'float',
  }),
  elementTest('logical_and', 'Both are true.', 2, (m, x, y) => m.and(m.ne(x, m.constant(0)), m.ne(y, m.constant(0))), {
    kind: 'bool',
    laws: ['commutative'],
  }),
  elementTest(
    'logical_or',
    'At least one is true.',
    2,
    (m, x, y) => m.or(m.ne(x, m.constant(0)), m.ne(y, m.constant(0))),
    { kind: 'bool', laws: ['commutative'] },
  ),
  elementTest('logical_xor', 'Exactly one is true.', 2, (m, x, y) => m.ne(x, y), {
    kind: 'bool',
    laws: ['commutative'],
  }),
  elementTest('logical_not', 'False becomes true and true false.', 1, (m, x) => m.eq(x, m.constant(0)), {
    kind: 'bool',
    laws: ['involution'],
  }),
  elementwise('bitwise_and', 'Bits set in both; of bool, both are true.', 2, (m, x, y) => m.bitAnd(x, y), {
    kind: 'integerOrBool',
    laws: ['commutative', 'idempotent'],
  }),
  elementwise('bitwise_or', 'Bits set in either; of bool, at least one is true.', 2, (m, x, y) => m.bitOr(x, y), {
    kind: 'integerOrBool',
    laws: ['commutative', 'idempotent'],
  }),
  elementwise('bitwise_xor', 'Bits set in exactly one; of bool, exactly one is true.', 2, (m, x, y) => m.bitXor(x, y), {
    kind: 'integerOrBool',
    laws: ['commutative'],
  }),
];
