// The functions that a body of the algebra may call, by name: `m.call(elementary.exp, x)`.
import type { Scalar } from '../../../kernels/scalar/algebra.ts';
import * as libm from '../../../kernels/scalar/libm.ts';
import * as math from '../../../kernels/scalar/math.ts';

/** Functions of one float, and `pow` and `atan2` of two; devices that have one built in use theirs. */
export const elementary = {
  exp: math.exp,
  exp2: math.exp2,
  expm1: math.expm1,
  log: math.log,
  log1p: math.log1p,
  log2: math.log2,
  log10: math.log10,
  sin: math.sin,
  cos: math.cos,
  tan: math.tan,
  asin: libm.asin,
  acos: libm.acos,
  atan: libm.atan,
  sinh: math.sinh,
  cosh: math.cosh,
  tanh: math.tanh,
  asinh: libm.asinh,
  acosh: libm.acosh,
  atanh: libm.atanh,
  cbrt: libm.cbrt,
  erf: libm.erf,
  erfc: libm.erfc,
  sigmoid: math.sigmoid,
  softplus: math.softplus,
  pow: libm.pow,
  atan2: libm.atan2,
} as const satisfies Readonly<Record<string, Scalar>>;
