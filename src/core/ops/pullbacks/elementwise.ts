// Pullbacks of elementwise ops. Conventions: |x|′ = 0 and relu′ = 0 at 0, √′ = ∞ at 0, and what maximum and minimum
// cannot tell apart gets half of the adjoint each.
import type { Called, Calls } from '../composite.ts';
import type { Pullback, Pullbacks, Pulling } from './pullback.ts';

/** A body with one operand: the partial by x and the result. */
type Partial1 = <C extends Called>(call: Calls<C>, x: C, y: C) => C | number;

const times = (partial: Partial1): Pullback => ({
  pull: ({ call, g, operands: [x], result, times: product }) => [product(g, partial(call, x!, result))],
});

const over = (denominator: Partial1): Pullback => ({
  pull: ({ call, g, operands: [x], result, over: quotient }) => [quotient(g, denominator(call, x!, result))],
});

/** A pullback of two operands, of which each has a part. */
const both = (
  left: <C extends Called>(pulling: Pulling<C>, x: C, y: C) => C,
  right: <C extends Called>(pulling: Pulling<C>, x: C, y: C) => C,
): Pullback => ({
  pull: (pulling) => {
    const [x, y] = pulling.operands;
    return [left(pulling, x!, y!), right(pulling, x!, y!)];
  },
});

const squared = <C extends Called>(call: Calls<C>, x: C): C => call('square', [x]);
const oneMinus = <C extends Called>(call: Calls<C>, x: C): C => call('subtract', [1, x]);
const onePlus = <C extends Called>(call: Calls<C>, x: C): C => call('add', [x, 1]);

/** x to where a test holds, 0 elsewhere. */
const selected = <C extends Called>(call: Calls<C>, test: C, x: C): C => call('where', [test, x, 0]);

/** Of the larger or smaller of two: all to the one that was taken, half to each where they are equal. */
const chosen = (taken: 'greater' | 'less'): Pullback => ({
  selects: true,
  pull: ({ call, g, operands: [x, y] }) => {
    const half = call('multiply', [g, 0.5]);
    const part = (a: typeof g, b: typeof g): typeof g =>
      call('where', [call(taken, [a, b]), g, selected(call, call('equal', [a, b]), half)]);
    return [part(x!, y!), part(y!, x!)];
  },
});

const power = both(
  ({ call, g, times: product }, x, exponent) =>
    product(g, call('multiply', [exponent, call('pow', [x, call('subtract', [exponent, 1])])])),
  ({ call, g, result, times: product }, x) => {
    const isPositive = call('greater', [x, 0]);
    const logarithm = call('log', [call('where', [isPositive, x, 1])]);
    return product(g, call('multiply', [result, logarithm]));
  },
);

/** min(max(x, least), most): to x within the bounds, to the bound that was taken elsewhere. */
const clip: Pullback = {
  selects: true,
  pull: ({ call, g, operands: [x, least, most] }) => {
    const [isBelow, isAbove] = [call('less', [x!, least!]), call('greater', [call('maximum', [x!, least!]), most!])];
    const isInside = call('logical_not', [call('logical_or', [isBelow, isAbove])]);
    const isLeast = call('logical_and', [isBelow, call('logical_not', [isAbove])]);
    return [selected(call, isInside, g), selected(call, isLeast, g), selected(call, isAbove, g)];
  },
};

/** A side that is chosen by the sign of x: the adjoint there, and a multiple of it below. */
const bySign = <C extends Called>(call: Calls<C>, x: C, above: C, below: C): C =>
  call('where', [call('greater', [x, 0]), above, below]);

const leakyRelu: Pullback = {
  selects: true,
  pull: ({ call, g, operands: [x, slope] }) => [
    bySign(call, x!, g, call('multiply', [g, slope!])),
    call('where', [call('greater', [x!, 0]), 0, call('multiply', [g, x!])]),
  ],
};

const elu: Pullback = {
  selects: true,
  pull: ({ call, g, operands: [x, alpha], result }) => [
    bySign(call, x!, g, call('multiply', [g, call('add', [result, alpha!])])),
    call('where', [call('greater', [x!, 0]), 0, call('multiply', [g, call('expm1', [call('minimum', [x!, 0])])])]),
  ],
};

const GAUSSIAN = 1 / Math.sqrt(2 * Math.PI);

/** Φ(x) + x · φ(x). */
const geluPartial: Partial1 = (call, x) => {
  const below = call('multiply', [call('add', [call('erf', [call('multiply', [x, Math.SQRT1_2])]), 1]), 0.5]);
  const density = call('multiply', [call('exp', [call('multiply', [squared(call, x), -0.5])]), GAUSSIAN]);
  return call('add', [below, call('multiply', [x, density])]);
};

const siluPartial: Partial1 = (call, x, y) => {
  const s = call('sigmoid', [x]);
  return call('add', [s, call('multiply', [y, oneMinus(call, s)])]);
};

/** −(π²x / 3)(1 − u / 10 + u² / 280 − …), u = (πx)², where cos(πx) − sinc(x) cancels. */
const SINC_SERIES = [-1 / 172972800, 1 / 1330560, -1 / 15120, 1 / 280, -1 / 10, 1];

const sincPartial: Partial1 = (call, x, y) => {
  const u = squared(call, call('multiply', [x, Math.PI]));
  const series = SINC_SERIES.slice(1).reduce<typeof x>(
    (sum, coefficient) => call('add', [call('multiply', [sum, u]), coefficient]),
    call('full_like', [x], { value: SINC_SERIES[0]! }),
  );
  const isSmall = call('less', [call('abs', [x]), 0.1]);
  const near = call('multiply', [call('multiply', [x, -(Math.PI ** 2) / 3]), series]);
  const far = call('divide', [
    call('subtract', [call('cos', [call('multiply', [x, Math.PI])]), y]),
    call('where', [isSmall, 1, x]),
  ]);
  return call('where', [isSmall, near, far]);
};

/** 1 where x has the sign of y, −1 elsewhere, 0 at 0. */
const copysign: Pullback = {
  pull: ({ call, g, operands: [x, y], times: product }) => [
    product(g, call('multiply', [call('sign', [x!]), call('copysign', [call('ones_like', [x!]), y!])])),
    undefined,
  ],
};

/** As of `maximum` and `minimum`, but that a number is taken before NaN. */
const chosenNumber = (taken: 'greater' | 'less'): Pullback => ({
  selects: true,
  pull: ({ call, g, operands: [x, y] }) => {
    const half = call('multiply', [g, 0.5]);
    const part = (a: typeof g, b: typeof g): typeof g => {
      const isTaken = call('logical_or', [call(taken, [a, b]), call('isnan', [b])]);
      return call('where', [isTaken, g, selected(call, call('equal', [a, b]), half)]);
    };
    return [part(x!, y!), part(y!, x!)];
  },
});

export const ELEMENTWISE_PULLBACKS: Pullbacks = {
  add: { pull: ({ g }) => [g, g] },
  subtract: { pull: ({ call, g }) => [g, call('negative', [g])] },
  multiply: both(
    ({ g, times: product }, _x, y) => product(g, y),
    ({ g, times: product }, x) => product(g, x),
  ),
  divide: both(
    ({ g, over: quotient }, _x, y) => quotient(g, y),
    ({ call, g, result, times: product, over: quotient }, _x, y) => call('negative', [product(quotient(g, y), result)]),
  ),
  remainder: both(
    ({ g }) => g,
    ({ call, g, times: product }, x, y) => call('negative', [product(g, call('floor', [call('divide', [x, y])]))]),
  ),
  negative: { pull: ({ call, g }) => [call('negative', [g])] },
  abs: times((call, x) => call('sign', [x])),
  square: times((call, x) => call('multiply', [x, 2])),
  sqrt: over((call, _x, y) => call('multiply', [y, 2])),
  reciprocal: times((call, _x, y) => call('negative', [squared(call, y)])),
  maximum: chosen('greater'),
  minimum: chosen('less'),
  clip,
  exp: times((_call, _x, y) => y),
  expm1: times((call, _x, y) => onePlus(call, y)),
  log: over((_call, x) => x),
  log1p: over((call, x) => onePlus(call, x)),
  log2: over((call, x) => call('multiply', [x, Math.LN2])),
  log10: over((call, x) => call('multiply', [x, Math.LN10])),
  logaddexp: both(
    ({ call, g, times: product }, x, y) => product(g, call('sigmoid', [call('subtract', [x, y])])),
    ({ call, g, times: product }, x, y) => product(g, call('sigmoid', [call('subtract', [y, x])])),
  ),
  pow: power,
  hypot: both(
    ({ call, g, result, times: product }, x) => product(g, call('divide', [x, result])),
    ({ call, g, result, times: product }, _x, y) => product(g, call('divide', [y, result])),
  ),
  sin: times((call, x) => call('cos', [x])),
  cos: times((call, x) => call('negative', [call('sin', [x])])),
  tan: times((call, _x, y) => onePlus(call, squared(call, y))),
  asin: over((call, x) => call('sqrt', [oneMinus(call, squared(call, x))])),
  acos: over((call, x) => call('negative', [call('sqrt', [oneMinus(call, squared(call, x))])])),
  atan: over((call, x) => onePlus(call, squared(call, x))),
  atan2: both(
    ({ call, g, times: product }, y, x) => product(g, call('divide', [x, sumOfSquares(call, y, x)])),
    ({ call, g, times: product }, y, x) =>
      call('negative', [product(g, call('divide', [y, sumOfSquares(call, y, x)]))]),
  ),
  sinh: times((call, x) => call('cosh', [x])),
  cosh: times((call, x) => call('sinh', [x])),
  tanh: times((call, _x, y) => oneMinus(call, squared(call, y))),
  asinh: over((call, x) => call('sqrt', [onePlus(call, squared(call, x))])),
  acosh: over((call, x) => call('sqrt', [call('subtract', [squared(call, x), 1])])),
  atanh: over((call, x) => oneMinus(call, squared(call, x))),
  erf: times((call, x) =>
    call('multiply', [call('exp', [call('negative', [squared(call, x)])]), 2 / Math.sqrt(Math.PI)]),
  ),
  erfc: times((call, x) =>
    call('multiply', [call('exp', [call('negative', [squared(call, x)])]), -2 / Math.sqrt(Math.PI)]),
  ),
  lgamma: times((call, x) => call('digamma', [x])),
  gamma: times((call, x, y) => call('multiply', [y, call('digamma', [x])])),
  erfinv: times((call, _x, y) => call('multiply', [call('exp', [squared(call, y)]), Math.sqrt(Math.PI) / 2])),
  exp2: times((call, _x, y) => call('multiply', [y, Math.LN2])),
  cbrt: over((call, _x, y) => call('multiply', [squared(call, y), 3])),
  sinc: times(sincPartial),
  logit: over((call, x) => call('multiply', [x, oneMinus(call, x)])),
  log_sigmoid: times((call, x) => call('sigmoid', [call('negative', [x])])),
  positive: { pull: ({ g }) => [g] },
  deg2rad: times(() => Math.PI / 180),
  rad2deg: times(() => 180 / Math.PI),
  fmod: both(
    ({ g }) => g,
    ({ call, g, times: product }, x, y) => call('negative', [product(g, call('trunc', [call('divide', [x, y])]))]),
  ),
  fmax: chosenNumber('greater'),
  fmin: chosenNumber('less'),
  copysign,
  heaviside: {
    selects: true,
    pull: ({ call, g, operands: [x] }) => [undefined, selected(call, call('equal', [x!, 0]), g)],
  },
  relu: { selects: true, pull: ({ call, g, operands: [x] }) => [selected(call, call('greater', [x!, 0]), g)] },
  leaky_relu: leakyRelu,
  elu,
  sigmoid: times((call, _x, y) => call('multiply', [y, oneMinus(call, y)])),
  silu: times(siluPartial),
  softplus: times((call, x) => call('sigmoid', [x])),
  gelu: times(geluPartial),
  where: {
    selects: true,
    pull: ({ call, g, operands: [condition] }) => [
      undefined,
      selected(call, condition!, g),
      call('where', [condition!, 0, g]),
    ],
  },
  astype: { pull: ({ g }) => [g] },
};

function sumOfSquares<C extends Called>(call: Calls<C>, a: C, b: C): C {
  return call('add', [squared(call, a), squared(call, b)]);
}
