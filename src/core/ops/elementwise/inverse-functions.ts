// Inverse trigonometric and hyperbolic functions.
import * as inverse from '../../../../kernels/scalar/inverse.ts';
import type { OpRow } from '../define.ts';
import { fn, fn2 } from './elementwise.ts';

/** Rows of this family. */
export const INVERSE_FUNCTIONS: readonly OpRow[] = [
  fn('asin', 'Inverse sine, in radians.', inverse.asin, ['odd']),
  fn('acos', 'Inverse cosine, in radians.', inverse.acos),
  fn('atan', 'Inverse tangent, in radians.', inverse.atan, ['odd']),
  fn2('atan2', 'Angle of the point (x, y), in radians: that of y / x, in the quadrant of the point.', inverse.atan2, {
    names: ['y', 'x'],
  }),
  fn('asinh', 'Inverse hyperbolic sine.', inverse.asinh, ['odd']),
  fn('acosh', 'Inverse hyperbolic cosine.', inverse.acosh),
  fn('atanh', 'Inverse hyperbolic tangent.', inverse.atanh, ['odd']),
];
