// The two streams of NumPy programs: that of `default_rng(seed)` and that of `seed(seed)`.
import { Generator } from './generator.ts';
import { Mt19937 } from './mt19937.ts';
import { Pcg64 } from './pcg64.ts';
import { RandomState } from './random-state.ts';
import type { Seed } from './seed-sequence.ts';

/** As `numpy.random.default_rng(seed)`. */
export const pcg64 = (seed: Seed): Generator => new Generator(new Pcg64(seed));

/** As `numpy.random.RandomState(seed)`, and the functions of `numpy.random` after `numpy.random.seed(seed)`. */
export const mt19937 = (seed: Seed): RandomState => new RandomState(Mt19937.legacy(seed));
