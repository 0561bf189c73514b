// Functions of high precision as formulas of others. Where small operands would cancel, more bits are asked for.
import type { Algebra } from '../scalar/algebra.ts';
import { FUNCTIONS_BY_NAME as f, type UnaryName } from './functions.ts';

type Formula = <T, M>(m: Algebra<T, M>, x: T) => T;

/** Odd functions by what they are of |x|. */
const odd =
  (formula: Formula): Formula =>
  (m, x) =>
    m.copySign(formula(m, m.abs(x)), x);

const one = <T, M>(m: Algebra<T, M>): T => m.constant(1);
const twice = <T, M>(m: Algebra<T, M>, x: T): T => m.add(x, x);
const half = <T, M>(m: Algebra<T, M>, x: T): T => m.mul(m.constant(0.5), x);

/** By enclosures of exp, log, log1p, sin, cos, atan and erfc. */
export const FORMULAS: Readonly<Partial<Record<UnaryName, Formula>>> = {
  exp2: (m, x) => m.call(f.exp, m.mul(x, m.call(f.log, m.constant(2)))),
  expm1: (m, x) => m.sub(m.call(f.exp, x), one(m)),
  log1p: (m, x) => m.call(f.log, m.add(one(m), x)),
  log2: (m, x) => m.div(m.call(f.log, x), m.call(f.log, m.constant(2))),
  log10: (m, x) => m.div(m.call(f.log, x), m.call(f.log, m.constant(10))),
  tan: (m, x) => m.div(m.call(f.sin, x), m.call(f.cos, x)),
  asin: (m, x) => m.call(f.atan, m.div(x, m.sqrt(m.mul(m.sub(one(m), x), m.add(one(m), x))))),
  acos: (m, x) => twice(m, m.call(f.atan, m.sqrt(m.div(m.sub(one(m), x), m.add(one(m), x))))),
  sinh: odd((m, x) => half(m, m.sub(m.call(f.exp, x), m.call(f.exp, m.neg(x))))),
  cosh: (m, x) => half(m, m.add(m.call(f.exp, x), m.call(f.exp, m.neg(x)))),
  tanh: odd((m, x) => m.sub(one(m), m.div(m.constant(2), m.add(m.call(f.exp, twice(m, x)), one(m))))),
  asinh: odd((m, x) => m.call(f.log, m.add(x, m.sqrt(m.add(m.mul(x, x), one(m)))))),
  acosh: (m, x) => {
    const t = m.sub(x, one(m));
    return m.call(f.log1p, m.add(t, m.sqrt(m.mul(t, m.add(t, m.constant(2))))));
  },
  atanh: odd((m, x) => half(m, m.call(f.log1p, m.div(twice(m, x), m.sub(one(m), x))))),
  cbrt: odd((m, x) => m.call(f.exp, m.div(m.call(f.log, x), m.constant(3)))),
  erf: odd((m, x) => m.sub(one(m), m.call(f.erfc, x))),
  sigmoid: (m, x) => m.div(one(m), m.add(one(m), m.call(f.exp, m.neg(x)))),
  silu: (m, x) => m.mul(x, m.call(f.sigmoid, x)),
  softplus: (m, x) => m.add(m.max(x, m.constant(0)), m.call(f.log1p, m.call(f.exp, m.neg(m.abs(x))))),
  gelu: (m, x) => m.mul(half(m, x), m.call(f.erfc, m.neg(m.mul(x, m.sqrt(m.constant(0.5)))))),
};

/** Values at −∞, at ∞, and at 0 where that is exact. */
export const LIMITS: Readonly<Partial<Record<UnaryName, readonly (number | undefined)[]>>> = {
  exp: [0, Infinity, 1],
  exp2: [0, Infinity, 1],
  expm1: [-1, Infinity, 0],
  log: [undefined, Infinity, -Infinity],
  log1p: [undefined, Infinity, 0],
  log2: [undefined, Infinity, -Infinity],
  log10: [undefined, Infinity, -Infinity],
  sin: [undefined, undefined, 0],
  cos: [undefined, undefined, 1],
  tan: [undefined, undefined, 0],
  asin: [undefined, undefined, 0],
  atan: [undefined, undefined, 0],
  sinh: [-Infinity, Infinity, 0],
  cosh: [Infinity, Infinity, 1],
  tanh: [-1, 1, 0],
  asinh: [-Infinity, Infinity, 0],
  acosh: [undefined, Infinity],
  atanh: [undefined, undefined, 0],
  cbrt: [-Infinity, Infinity, 0],
  erf: [-1, 1, 0],
  erfc: [2, 0, 1],
  sigmoid: [0, 1, 0.5],
  silu: [0, Infinity, 0],
  softplus: [0, Infinity],
  gelu: [0, Infinity, 0],
};

/** Functions that are x near 0, but for less than x² or |x|³. */
export const NEAR_IDENTITY: Readonly<Partial<Record<UnaryName, 2 | 3>>> = {
  expm1: 2,
  log1p: 2,
  sin: 3,
  tan: 3,
  asin: 3,
  atan: 3,
  sinh: 3,
  tanh: 3,
  asinh: 3,
  atanh: 3,
};
