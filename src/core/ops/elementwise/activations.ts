// Activations that are a few elementwise calls, which devices compute as one.
import { numberAttribute } from '../attribute-values.ts';
import { type Called, type Calls, composite, type Composite } from '../composite.ts';
import type { AttributeValues } from '../define.ts';

type Attributes = Readonly<Record<string, readonly [fallback: number, doc: string]>>;

const activation = (
  name: string,
  doc: string,
  attributes: Attributes,
  expand: <C extends Called>(call: Calls<C>, x: C, value: (name: string) => number) => C,
): Composite =>
  composite({
    name,
    doc,
    operands: [{ name: 'x', kind: 'float' }],
    attributes: Object.fromEntries(
      Object.entries(attributes).map(([key, [fallback, about]]) => [key, { kind: 'float', fallback, doc: about }]),
    ),
    result: 'same',
    expand: (call, [x], attrs: AttributeValues) => expand(call, x!, (key) => numberAttribute(attrs, key)),
  });

const SLOPE: Attributes = { alpha: [1 / 6, 'slope'], beta: [0.5, 'value at 0'] };
const LAMBDA: Attributes = { lambda: [0.5, 'from where on elements are kept'] };

const hardSigmoid = <C extends Called>(call: Calls<C>, x: C, alpha: number, beta: number): C =>
  call('clip', [call('add', [call('multiply', [x, alpha]), beta]), 0, 1]);

/** Composites of this family. */
export const ACTIVATIONS: readonly Composite[] = [
  activation('hard_sigmoid', 'alpha · x + beta limited to [0, 1].', SLOPE, (call, x, value) =>
    hardSigmoid(call, x, value('alpha'), value('beta')),
  ),
  activation('hard_swish', 'x · hard_sigmoid(x).', SLOPE, (call, x, value) =>
    call('multiply', [x, hardSigmoid(call, x, value('alpha'), value('beta'))]),
  ),
  activation('mish', 'x · tanh(softplus(x)).', {}, (call, x) =>
    call('multiply', [x, call('tanh', [call('softplus', [x])])]),
  ),
  activation(
    'selu',
    'gamma · x where positive, gamma · alpha · (eˣ − 1) elsewhere.',
    { alpha: [1.6732632423543772, 'limit below'], gamma: [1.0507009873554805, 'slope above'] },
    (call, x, value) => call('multiply', [call('elu', [x, value('alpha')]), value('gamma')]),
  ),
  activation(
    'celu',
    'x where positive, alpha · (e^(x / alpha) − 1) elsewhere.',
    { alpha: [1, 'limit below'] },
    (call, x, value) => {
      const below = call('expm1', [call('divide', [call('minimum', [x, 0]), value('alpha')])]);
      return call('add', [call('maximum', [x, 0]), call('multiply', [below, value('alpha')])]);
    },
  ),
  activation('thresholded_relu', 'x above alpha, 0 elsewhere.', { alpha: [1, 'the threshold'] }, (call, x, value) =>
    call('where', [call('greater', [x, value('alpha')]), x, 0]),
  ),
  activation('hard_shrink', 'x beyond ±lambda, 0 between.', LAMBDA, (call, x, value) =>
    call('where', [call('less_equal', [call('abs', [x]), value('lambda')]), 0, x]),
  ),
  activation('soft_shrink', 'x moved by lambda towards 0, 0 between ±lambda.', LAMBDA, (call, x, value) =>
    call('subtract', [x, call('clip', [x, -value('lambda'), value('lambda')])]),
  ),
  activation('gelu_tanh', '½ · x · (1 + tanh(√(2 / π) · (x + 0.044715 · x³))).', {}, (call, x) => {
    const cube = call('multiply', [call('multiply', [call('square', [x]), x]), 0.044715]);
    const bent = call('tanh', [call('multiply', [call('add', [x, cube]), Math.sqrt(2 / Math.PI)])]);
    return call('multiply', [call('multiply', [x, 0.5]), call('add', [bent, 1])]);
  }),
];
