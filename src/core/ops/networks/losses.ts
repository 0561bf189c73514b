// Losses: how far predictions are from what is wanted, an element or a row at a time, and their mean or sum; dropout.
import { AttributeError } from '../../errors.ts';
import { normaliseAxis } from '../../tensor/shape.ts';
import { numberAttribute, numberOrNull, textAttribute } from '../attribute-values.ts';
import { type Called, type Calls, composite, type Composite } from '../composite.ts';
import type { AttributeSpec, AttributeValues, OperandSpec } from '../define.ts';

const REDUCTION: AttributeSpec = {
  kind: 'choice',
  choices: ['mean', 'sum', 'none'],
  fallback: 'mean',
  doc: 'what is given of all losses',
};
const TARGETS: readonly OperandSpec[] = [
  { name: 'x', kind: 'float' },
  { name: 'target', kind: 'float' },
];

const reduced = <C extends Called>(call: Calls<C>, losses: C, attrs: AttributeValues): C =>
  attrs['reduction'] === 'none' ? losses : call(textAttribute(attrs, 'reduction'), [losses]);

/** A loss of each element. */
const elementLoss = (
  name: string,
  doc: string,
  attributes: Composite['attributes'],
  loss: <C extends Called>(call: Calls<C>, x: C, target: C, attrs: AttributeValues) => C,
): Composite =>
  composite({
    name,
    doc,
    operands: TARGETS,
    attributes: { ...attributes, reduction: REDUCTION },
    expand: (call, [x, target], attrs) => reduced(call, loss(call, x!, target!, attrs), attrs),
  });

const CLASSES: Composite['attributes'] = {
  axis: { kind: 'axis', fallback: 1, doc: 'the axis of the classes' },
  ignore: { kind: 'axis', fallback: null, doc: 'number of a class that does not count' },
  reduction: REDUCTION,
};
const CLASSIFIED: readonly OperandSpec[] = [
  { name: 'x', kind: 'float' },
  { name: 'target', kind: 'index' },
  { name: 'weight', kind: 'float' },
];

/** Logarithms of the probabilities of the target classes, with the other sign, times the weights of the classes. */
function negativeLikelihood<C extends Called>(
  call: Calls<C>,
  op: string,
  [x, target, weight]: readonly [C, C, C | undefined],
  attrs: AttributeValues,
): C {
  const axis = normaliseAxis(op, numberAttribute(attrs, 'axis'), x.type.shape.length);
  const { dtype } = x.type;
  const ignore = numberOrNull(attrs, 'ignore');
  const counts = ignore === null ? undefined : call('not_equal', [target, ignore]);
  const known = counts === undefined ? target : call('where', [counts, target, 0]);
  const picked = call('take_along_axis', [x, call('expand_dims', [known], { axis })], { axis });
  const losses = call('negative', [call('squeeze', [picked], { axis: [axis] })]);
  if (weight === undefined && counts === undefined) return reduced(call, losses, attrs);
  const own =
    weight === undefined
      ? call('ones', [], { shape: target.type.shape, dtype })
      : call('take', [weight, known], { axis: 0 });
  const weights = counts === undefined ? own : call('where', [counts, own, 0]);
  // A class that does not count may have the likelihood 0, of which the logarithm is −∞.
  const weighted = call('multiply', [counts === undefined ? losses : call('where', [counts, losses, 0]), weights]);
  return attrs['reduction'] === 'mean'
    ? call('divide', [call('sum', [weighted]), call('sum', [weights])])
    : reduced(call, weighted, attrs);
}

const nllLoss = composite({
  name: 'nll_loss',
  doc: 'Logarithms of probabilities at the target classes with the other sign; a mean is that of the weights.',
  operands: CLASSIFIED,
  optional: 1,
  attributes: CLASSES,
  result: 'same',
  expand: (call, [x, target, weight], attrs) => negativeLikelihood(call, 'nll_loss', [x!, target!, weight], attrs),
});

const crossEntropy = composite({
  name: 'cross_entropy',
  doc: 'Cross entropy of the softmax of x and the target classes; a mean is that of the weights.',
  operands: CLASSIFIED,
  optional: 1,
  attributes: CLASSES,
  result: 'same',
  expand: (call, [x, target, weight], attrs) => {
    const logarithms = call('log_softmax', [x!], { axis: attrs['axis']! });
    return negativeLikelihood(call, 'cross_entropy', [logarithms, target!, weight], attrs);
  },
});

const klDivergence = composite({
  name: 'kl_divergence',
  doc: 'target · (log target − x), x being logarithms of probabilities; 0 where the target is.',
  operands: TARGETS,
  attributes: {
    reduction: {
      ...REDUCTION,
      choices: ['mean', 'sum', 'none', 'batch_mean'],
      doc: 'what is given of all; batch_mean: the sum over the length of the first axis',
    },
  },
  expand: (call, [x, target], attrs) => {
    const entropy = call('multiply', [target!, call('subtract', [call('log', [target!]), x!])]);
    const losses = call('where', [call('equal', [target!, 0]), 0, entropy]);
    return attrs['reduction'] === 'batch_mean'
      ? call('divide', [call('sum', [losses]), Math.max(1, losses.type.shape[0] ?? 1)])
      : reduced(call, losses, attrs);
  },
});

const dropout = composite({
  name: 'dropout',
  doc: 'Elements replaced by 0 with a probability, the others made larger so that the mean stays. The seed draws them.',
  operands: [{ name: 'x', kind: 'float' }],
  positional: ['rate'],
  attributes: {
    rate: { kind: 'float', doc: 'probability of 0, from 0 to before 1' },
    seed: { kind: 'seed', doc: 'which elements; another one draws others' },
  },
  result: 'same',
  expand: (call, [x], attrs) => {
    const rate = numberAttribute(attrs, 'rate');
    if (!(rate >= 0 && rate < 1))
      throw new AttributeError(`dropout: rate is ${rate}; give a probability from 0 to before 1.`, { rate });
    const drawn = call('random_uniform', [], { shape: x!.type.shape, seed: attrs['seed']! });
    return call('where', [call('greater_equal', [drawn, rate]), call('divide', [x!, 1 - rate]), 0]);
  },
});

/** Composites of this family. */
export const LOSSES: readonly Composite[] = [
  elementLoss('mse_loss', 'Squares of the differences.', {}, (call, x, target) =>
    call('square', [call('subtract', [x, target])]),
  ),
  elementLoss('l1_loss', 'Magnitudes of the differences.', {}, (call, x, target) =>
    call('abs', [call('subtract', [x, target])]),
  ),
  elementLoss(
    'huber_loss',
    'Half the square of a difference up to delta, and a line beyond.',
    { delta: { kind: 'float', fallback: 1, doc: 'where the square ends' } },
    (call, x, target, attrs) => {
      const delta = numberAttribute(attrs, 'delta');
      const distance = call('abs', [call('subtract', [x, target])]);
      return call('where', [
        call('less_equal', [distance, delta]),
        call('multiply', [call('square', [distance]), 0.5]),
        call('multiply', [call('subtract', [distance, delta / 2]), delta]),
      ]);
    },
  ),
  elementLoss(
    'binary_cross_entropy',
    'Cross entropy of the sigmoid of x and targets from 0 to 1: softplus(x) − x · target.',
    {},
    (call, x, target) => call('subtract', [call('softplus', [x]), call('multiply', [x, target])]),
  ),
  nllLoss,
  crossEntropy,
  klDivergence,
  dropout,
];
