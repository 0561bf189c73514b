// Draws of counts: composites that look uniform numbers up among running sums of probabilities, so that they are the
// same for a seed on every device.
import { ofNumbers } from '../../../../kernels/scalar/math-of-numbers.ts';
import { AttributeError } from '../../errors.ts';
import { numberAttribute } from '../attribute-values.ts';
import { type Called, type Calls, composite, type Composite } from '../composite.ts';
import type { AttributeSpec, AttributeValues } from '../define.ts';

const SHAPE: AttributeSpec = { kind: 'shape', doc: 'shape of the result' };
const SEED: AttributeSpec = { kind: 'seed', doc: 'equal seeds give equal elements on every machine' };

/** So many standard deviations from the mean, and 30 more, no number in [0, 1) of 53 bits leads. */
const REACH = 12;
/** Counts from `low` to `high`, as float64. */
const counts = <C extends Called>(call: Calls<C>, low: number, high: number): C =>
  call('arange', [], { start: low, stop: high + 1, dtype: 'float64' });

/** Draws of counts whose logarithms of probabilities are given, up to a constant. */
function looked<C extends Called>(call: Calls<C>, logs: C, low: number, attrs: AttributeValues): C {
  const sums = call('cumulative_sum', [call('exp', [logs])]);
  const last = sums.type.size - 1;
  const total = call('slice', [sums], { start: [last] });
  const { shape, seed } = attrs as { readonly shape: readonly number[]; readonly seed: number };
  const uniform = call('random_uniform', [], { shape, seed, dtype: 'float64' });
  const places = call('searchsorted', [sums, call('multiply', [uniform, total])], { side: 'right' });
  const within = call('minimum', [places, last]);
  return low === 0 ? within : call('add', [within, low]);
}

/** The counts around a mean that are drawn. */
function rangeAround(mean: number, variance: number, most: number): readonly [number, number] {
  const reach = REACH * Math.sqrt(variance);
  return [Math.max(0, Math.floor(mean - reach - 30)), Math.min(most, Math.ceil(mean + reach + 30))];
}

const poisson = composite({
  name: 'random_poisson',
  doc: 'Counts of events whose mean is lam, by the inverse of their distribution.',
  operands: [],
  attributes: { shape: SHAPE, lam: { kind: 'float', fallback: 1, doc: 'the mean' }, seed: SEED },
  positional: ['shape'],
  result: 'int32',
  expand: (call, _operands, attrs) => {
    const lam = numberAttribute(attrs, 'lam');
    if (!(lam >= 0 && lam <= 1e9)) throw new AttributeError(`random_poisson: lam is ${lam}; give 0 to 10⁹.`, { lam });
    if (lam === 0) return call('full', [], { shape: attrs['shape']!, value: 0, dtype: 'int32' });
    const [low, high] = rangeAround(lam, lam, Infinity);
    const k = counts(call, low, high);
    const logs = call('subtract', [
      call('multiply', [k, ofNumbers.log(lam)]),
      call('add', [call('lgamma', [call('add', [k, 1])]), lam]),
    ]);
    return looked(call, logs, low, attrs);
  },
});

const binomial = composite({
  name: 'random_binomial',
  doc: 'Successes of n trials, each with probability p, by the inverse of their distribution.',
  operands: [],
  attributes: {
    shape: SHAPE,
    n: { kind: 'int', fallback: 1, doc: 'how many trials' },
    p: { kind: 'float', fallback: 0.5, doc: 'how probable a success is' },
    seed: SEED,
  },
  positional: ['shape'],
  result: 'int32',
  expand: (call, _operands, attrs) => {
    const [n, p] = [numberAttribute(attrs, 'n'), numberAttribute(attrs, 'p')];
    if (!(n >= 0 && n <= 1e9)) throw new AttributeError(`random_binomial: n is ${n}; give 0 to 10⁹.`, { n });
    if (!(p >= 0 && p <= 1)) throw new AttributeError(`random_binomial: p is ${p}; give 0 to 1.`, { p });
    if (p === 0 || p === 1) return call('full', [], { shape: attrs['shape']!, value: n * p, dtype: 'int32' });
    const [low, high] = rangeAround(n * p, n * p * (1 - p), n);
    const k = counts(call, low, high);
    const rest = call('subtract', [n, k]);
    const ways = call('add', [call('lgamma', [call('add', [k, 1])]), call('lgamma', [call('add', [rest, 1])])]);
    const chances = call('add', [
      call('multiply', [k, ofNumbers.log(p)]),
      call('multiply', [rest, ofNumbers.log1p(-p)]),
    ]);
    const most = call('subtract', [chances, ways]);
    return looked(call, call('subtract', [most, call('max', [most])]), low, attrs);
  },
});

/** Composites of this family. */
export const COUNTING_DRAWS: readonly Composite[] = [poisson, binomial];
