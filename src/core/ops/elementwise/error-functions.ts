// The error function and the activation that is made of it.
import { erf, erfc, gelu } from '../../../../kernels/scalar/error-function.ts';
import { type OpRow, versioned } from '../define.ts';
import { fn } from './elementwise.ts';

/** Rows of this family. */
export const ERROR_FUNCTIONS: readonly OpRow[] = [
  fn('erf', 'Error function.', erf, ['odd']),
  fn('erfc', '1 − erf(x), with all of its digits where it is small.', erfc),
  versioned(
    2,
    fn(
      'gelu',
      '½ · x · (1 + erf(x / √2)), as ½ · x · erfc(−x / √2), which keeps its digits below 0; −0 at −∞, its limit.',
      gelu,
    ),
  ),
];
