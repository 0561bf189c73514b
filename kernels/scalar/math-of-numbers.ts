// The bodies of the algebra as functions of plain numbers.
import type { Scalar } from './algebra.ts';
import { floatAlgebra } from './js-algebra.ts';
import * as libm from './libm.ts';
import * as math from './math.ts';

const ofOne =
  ({ body }: Scalar) =>
  (x: number): number =>
    body(floatAlgebra, x);

/** By their names. */
export const ofNumbers = {
  acos: ofOne(libm.acos),
  cos: ofOne(math.cos),
  exp: ofOne(math.exp),
  expm1: ofOne(math.expm1),
  log: ofOne(math.log),
  log1p: ofOne(math.log1p),
} as const;
