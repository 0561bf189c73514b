// The functions that readings know by what they mean: their bodies are approximations, which say nothing of derivatives
// and enclosures.
import type { ElementFunction } from '../scalar/algebra.ts';
import * as libm from '../scalar/libm.ts';
import * as math from '../scalar/math.ts';

/** Scalars by the name of the real function that they approximate. */
export const FUNCTIONS_BY_NAME = {
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
  silu: math.silu,
  softplus: math.softplus,
  gelu: libm.gelu,
  pow: libm.pow,
  atan2: libm.atan2,
} as const;

/** The name of a function that readings have rules for. */
export type FunctionName = keyof typeof FUNCTIONS_BY_NAME;
/** Those of one operand. */
export type UnaryName = Exclude<FunctionName, 'pow' | 'atan2'>;

const names = new Map<ElementFunction, FunctionName>(
  Object.entries(FUNCTIONS_BY_NAME).map(([name, f]) => [f, name as FunctionName]),
);

/** Which function an element function is, where readings have a rule for it; else its body is what it means. */
export const nameOfFunction = (f: ElementFunction): FunctionName | undefined => names.get(f);
