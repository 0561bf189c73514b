// Draws from further distributions: composites of uniform numbers and permutations, so that they are the same for a
// seed on every device.
import { AttributeError } from '../../errors.ts';
import { formatShape, normaliseAxis } from '../../tensor/shape.ts';
import { dtypeAttribute, numberAttribute } from '../attribute-values.ts';
import { type Called, type Calls, composite, type Composite } from '../composite.ts';
import type { AttributeSpec, AttributeValues } from '../define.ts';

const SHAPE: AttributeSpec = { kind: 'shape', doc: 'shape of the result' };
const SEED: AttributeSpec = { kind: 'seed', doc: 'equal seeds give equal elements on every machine' };
const DTYPE: AttributeSpec = { kind: 'dtype', fallback: 'float32', doc: 'float32 or float64' };

type Shaped = <C extends Called>(call: Calls<C>, attrs: AttributeValues, shape: readonly number[]) => C;

/** Draws of a shape, of a floating dtype, with two parameters at most. */
function drawn(
  name: string,
  doc: string,
  parameters: Readonly<Record<string, AttributeSpec>>,
  draw: Shaped,
): Composite {
  return composite({
    name,
    doc,
    operands: [],
    attributes: { shape: SHAPE, ...parameters, seed: SEED, dtype: DTYPE },
    positional: ['shape'],
    result: 'attribute',
    expand: (call, _operands, attrs) => draw(call, attrs, attrs['shape'] as readonly number[]),
  });
}

/** Uniform in [0, 1). */
const uniform = <C extends Called>(call: Calls<C>, attrs: AttributeValues, shape: readonly number[]): C =>
  call('random_uniform', [], { shape, seed: attrs['seed']!, dtype: attrs['dtype']! });

/** Of mean 1: −log(1 − u). */
const exponential = <C extends Called>(call: Calls<C>, attrs: AttributeValues, shape: readonly number[]): C =>
  call('negative', [call('log1p', [call('negative', [uniform(call, attrs, shape)])])]);

/** −log(e) of numbers e of mean 1, the least of which is not 0. */
function gumbel<C extends Called>(call: Calls<C>, attrs: AttributeValues, shape: readonly number[]): C {
  const least = dtypeAttribute(attrs, 'dtype') === 'float64' ? 2 ** -54 : 2 ** -25;
  return call('negative', [call('log', [call('maximum', [exponential(call, attrs, shape), least])])]);
}

/** x · scale + location, without calls that change nothing. */
function placed<C extends Called>(call: Calls<C>, x: C, attrs: AttributeValues): C {
  const [scale, location] = [attrs['scale'] ?? 1, attrs['location'] ?? 0] as [number, number];
  const scaled = scale === 1 ? x : call('multiply', [x, scale]);
  return location === 0 ? scaled : call('add', [scaled, location]);
}

const SCALE: AttributeSpec = { kind: 'float', fallback: 1, doc: 'what the numbers are multiplied by' };
const LOCATION: AttributeSpec = { kind: 'float', fallback: 0, doc: 'what is added to them then' };

const bernoulli = composite({
  name: 'random_bernoulli',
  doc: 'True with a probability.',
  operands: [],
  attributes: { shape: SHAPE, p: { kind: 'float', fallback: 0.5, doc: 'how probable true is' }, seed: SEED },
  positional: ['shape'],
  result: 'bool',
  expand: (call, _operands, attrs) => {
    const p = numberAttribute(attrs, 'p');
    if (!(p >= 0 && p <= 1)) throw new AttributeError(`random_bernoulli: p is ${p}; give 0 to 1.`, { p });
    const of = { ...attrs, dtype: 'float64' };
    return call('less', [uniform(call, of, attrs['shape'] as readonly number[]), p]);
  },
});

/** Logits of probabilities, and a number from Gumbel's distribution beside each: the largest is a draw of one. */
function perturbed<C extends Called>(call: Calls<C>, logits: C, attrs: AttributeValues, shape: readonly number[]): C {
  const of = { ...attrs, dtype: 'float64' };
  return call('add', [gumbel(call, of, shape), logits]);
}

const categorical = composite({
  name: 'random_categorical',
  doc: 'Indices of the last axis, as probable as the exponentials of its logits; so many draws a row, in a first axis.',
  operands: [{ name: 'logits', kind: 'float' }],
  attributes: { count: { kind: 'int', doc: 'draws of every row' }, seed: SEED },
  result: 'int32',
  expand: (call, [logits], attrs) => {
    const shape = [numberAttribute(attrs, 'count'), ...logits!.type.shape];
    return call('argmax', [perturbed(call, logits!, attrs, shape)], { axis: shape.length - 1 });
  },
});

const CHOICE: Readonly<Record<string, AttributeSpec>> = {
  count: { kind: 'int', doc: 'how many' },
  replace: { kind: 'bool', fallback: true, doc: 'slices may be chosen several times' },
  seed: SEED,
};

/** Slices of the first axis by their indices. */
function slices<C extends Called>(call: Calls<C>, name: string, x: C, p: C | undefined, attrs: AttributeValues): C {
  const [n, count, replace] = [x.type.shape[0] ?? 0, numberAttribute(attrs, 'count'), attrs['replace'] === true];
  if (count < 0 || (count > 0 && n === 0) || (!replace && count > n))
    throw new AttributeError(`${name}: ${count} of ${n} slices; give 0 to ${n}, or { replace: true }.`, { count, n });
  if (p !== undefined && (p.type.shape.length !== 1 || p.type.size !== n))
    throw new AttributeError(
      `${name}: p has shape ${formatShape(p.type.shape)}; give a probability for each of ${n}.`,
      {
        p: p.type.shape,
        n,
      },
    );
  return call('take', [x, chosen(call, { n, count, replace }, p, attrs)], { axis: 0 });
}

const choice = composite({
  name: 'random_choice',
  doc: 'Slices of the first axis, all as probable.',
  operands: [{ name: 'x', kind: 'any' }],
  attributes: CHOICE,
  result: 'same',
  expand: (call, [x], attrs) => slices(call, 'random_choice', x!, undefined, attrs),
});

const weightedChoice = composite({
  name: 'random_choice_weighted',
  doc: 'As `random_choice`, as probable as p says; p need not sum to 1.',
  operands: [
    { name: 'x', kind: 'any' },
    { name: 'p', kind: 'float' },
  ],
  attributes: CHOICE,
  result: 'same',
  expand: (call, [x, p], attrs) => slices(call, 'random_choice_weighted', x!, p, attrs),
});

interface Choice {
  readonly n: number;
  readonly count: number;
  readonly replace: boolean;
}

/** Indices: with p, where its running sums pass uniform numbers, or by the largest of perturbed logarithms. */
function chosen<C extends Called>(
  call: Calls<C>,
  { n, count, replace }: Choice,
  p: C | undefined,
  attrs: AttributeValues,
): C {
  const seed = attrs['seed']!;
  if (p === undefined && replace)
    return call('random_integers', [], { shape: [count], low: 0, high: Math.max(1, n), seed });
  if (p === undefined) return call('slice', [call('random_permutation', [], { n, seed })], { stop: [count] });
  const wide = call('astype', [p], { dtype: 'float64' });
  if (!replace) {
    const order = call('argsort', [perturbed(call, call('log', [wide]), attrs, [n])], { descending: true });
    return call('slice', [order], { stop: [count] });
  }
  const sums = call('cumulative_sum', [wide]);
  const scaled = call('multiply', [
    uniform(call, { ...attrs, dtype: 'float64' }, [count]),
    call('slice', [sums], { start: [n - 1] }),
  ]);
  return call('minimum', [call('searchsorted', [sums, scaled], { side: 'right' }), Math.max(0, n - 1)]);
}

const shuffle = composite({
  name: 'random_shuffle',
  doc: 'The slices of an axis in random order.',
  operands: [{ name: 'x', kind: 'any' }],
  attributes: { axis: { kind: 'int', fallback: 0, doc: 'the axis' }, seed: SEED },
  result: 'same',
  expand: (call, [x], attrs) => {
    const axis = normaliseAxis('random_shuffle', numberAttribute(attrs, 'axis'), x!.type.shape.length);
    const order = call('random_permutation', [], { n: x!.type.shape[axis]!, seed: attrs['seed']! });
    return call('take', [x!, order], { axis });
  },
});

/** Composites of this family. */
export const DISTRIBUTIONS: readonly Composite[] = [
  bernoulli,
  drawn('random_exponential', 'Exponential: −log(1 − u), times the scale.', { scale: SCALE }, (call, attrs, shape) =>
    placed(call, exponential(call, attrs, shape), attrs),
  ),
  drawn(
    'random_laplace',
    'Laplace: the difference of two exponential numbers, times the scale.',
    { location: LOCATION, scale: SCALE },
    (call, attrs, shape) => {
      const both = exponential(call, attrs, [2, ...shape]);
      const one = (i: number): typeof both =>
        call('squeeze', [call('slice', [both], { start: [i], stop: [i + 1] })], { axis: [0] });
      return placed(call, call('subtract', [one(0), one(1)]), attrs);
    },
  ),
  drawn(
    'random_gumbel',
    'Gumbel’s, of largest values: −log of exponential numbers.',
    { location: LOCATION, scale: SCALE },
    (call, attrs, shape) => placed(call, gumbel(call, attrs, shape), attrs),
  ),
  categorical,
  choice,
  weightedChoice,
  shuffle,
];
