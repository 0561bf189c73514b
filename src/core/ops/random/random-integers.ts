// Random integers and permutations with an explicit seed.
import { integers, permutation } from '../../../../kernels/js/random-integers.ts';
import { AttributeError } from '../../errors.ts';
import { numberAttribute, numbersAttribute } from '../attribute-values.ts';
import type { OpRow } from '../define.ts';
import { DRAWN_SEED, DRAWN_SHAPE, drawRow, seedSource } from './random.ts';

/** Rows of this family. */
export const RANDOM_INTEGERS: readonly OpRow[] = [
  drawRow(
    'random_integers',
    'Uniform integers in [low, high).',
    {
      shape: DRAWN_SHAPE,
      low: { kind: 'int', doc: 'smallest value' },
      high: { kind: 'int', doc: 'bound that is not reached' },
      seed: DRAWN_SEED,
    },
    (out, attrs, on, first) =>
      integers(
        on,
        seedSource(attrs),
        numberAttribute(attrs, 'low'),
        numberAttribute(attrs, 'high'),
        out as Int32Array,
        first,
      ),
    (attrs) => {
      const [low, high] = [numberAttribute(attrs, 'low'), numberAttribute(attrs, 'high')];
      if (!(high > low && low >= -(2 ** 31) && high <= 2 ** 31))
        throw new AttributeError(
          `random_integers: [${low}, ${high}) is not a range of int32; give low < high within ±2^31.`,
          { low, high },
        );
      return { dtype: 'int32', shape: numbersAttribute(attrs, 'shape') };
    },
  ),
  drawRow(
    'random_permutation',
    'The integers 0 to n − 1 in random order (Fisher–Yates).',
    { n: { kind: 'int', doc: 'how many' }, seed: DRAWN_SEED },
    (out, attrs, on) => out.set(permutation(on, seedSource(attrs), numberAttribute(attrs, 'n')) as never),
    (attrs) => ({ dtype: 'int32', shape: [numberAttribute(attrs, 'n')] }),
    'whole',
  ),
];
