// The ops of the library on numbers one by one, by families: functions, signs, divisors, comparisons, draws.
import { COMPARING } from './comparing.ts';
import type { Composite } from './composite.ts';
import type { OpRow } from './define.ts';
import { DISTRIBUTIONS } from './distributions.ts';
import { ERROR_FUNCTIONS } from './error-functions.ts';
import { FOURIER } from './fourier.ts';
import { INVERSE_FUNCTIONS } from './inverse-functions.ts';
import { RANDOM_INTEGERS } from './random-integers.ts';
import { SIGNS } from './signs.ts';
import { SPECTRA } from './spectra.ts';
import { SPECIAL_COMPOSITES, SPECIAL_FUNCTIONS } from './special-functions.ts';
import { WHOLE_NUMBERS } from './whole-numbers.ts';

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
  'Spectra and complex pairs': SPECTRA,
} as const satisfies Record<string, readonly Composite[]>;
