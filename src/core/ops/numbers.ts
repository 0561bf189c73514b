// The ops of the library on numbers one by one, by families: functions, signs, divisors, comparisons, draws.
import { COMPARING } from './elementwise/comparing.ts';
import type { Composite } from './composite.ts';
import type { OpRow } from './define.ts';
import { COUNTING_DRAWS } from './random/counting-draws.ts';
import { DISTRIBUTIONS } from './random/distributions.ts';
import { ERROR_FUNCTIONS } from './elementwise/error-functions.ts';
import { FOURIER } from './spectra/fourier.ts';
import { GAMMA_DRAWS } from './random/gamma-draws.ts';
import { INVERSE_FUNCTIONS } from './elementwise/inverse-functions.ts';
import { RANDOM_INTEGERS } from './random/random-integers.ts';
import { SIGNS } from './elementwise/signs.ts';
import { SPECTRA } from './spectra/spectra.ts';
import { SPECIAL_COMPOSITES, SPECIAL_FUNCTIONS } from './elementwise/special-functions.ts';
import { WHOLE_NUMBERS } from './elementwise/whole-numbers.ts';

/** Rows by what they are listed under. */
export const NUMBER_ROWS = {
  'Inverse functions': INVERSE_FUNCTIONS,
  'Error functions': ERROR_FUNCTIONS,
  'Special functions': SPECIAL_FUNCTIONS,
  'Signs and neighbours': SIGNS,
  'Shifts and divisors': WHOLE_NUMBERS,
  'Fourier transforms': FOURIER,
  'Random integers': RANDOM_INTEGERS,
} as const satisfies Record<string, readonly OpRow[]>;

/** Composites by what they are listed under. */
export const NUMBER_COMPOSITES = {
  'Special functions of several calls': SPECIAL_COMPOSITES,
  'Nearly equal': COMPARING,
  'Further distributions': DISTRIBUTIONS,
  'Draws of counts': COUNTING_DRAWS,
  'Gamma and beta draws': GAMMA_DRAWS,
  'Spectra and complex pairs': SPECTRA,
} as const satisfies Record<string, readonly Composite[]>;
