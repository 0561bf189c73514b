// Gamma and beta draws: composites of normal and uniform numbers, so that they are the same for a seed on every device.
import { AttributeError } from '../../errors.ts';
import { numberAttribute } from '../attribute-values.ts';
import { type Called, type Calls, composite, type Composite } from '../composite.ts';
import type { AttributeSpec, AttributeValues } from '../define.ts';

const SHAPE: AttributeSpec = { kind: 'shape', doc: 'shape of the result' };
const SEED: AttributeSpec = { kind: 'seed', doc: 'equal seeds give equal elements on every machine' };
const DTYPE: AttributeSpec = { kind: 'dtype', fallback: 'float32', doc: 'float32 or float64' };

/** Proposals for each element. Of one in 2·10¹⁰ elements at most none is accepted, and the first is taken. */
const PROPOSALS = 8;
/** How far apart the seeds of independent draws are. */
const APART = 1_351_617_903_427_111;

const seedAt = (seed: number, place: number): number =>
  Number((BigInt(seed) + BigInt(place) * BigInt(APART)) % BigInt(Number.MAX_SAFE_INTEGER));

/** A gamma number of a shape of at least 1, and what its logarithm has besides where the shape is less. */
interface Drawn<C> {
  readonly number: C;
  readonly besides: C | undefined;
}

/** Marsaglia and Tsang 2000: the first of some proposals that is accepted; a small shape is raised by 1. */
function standardGammas<C extends Called>(
  call: Calls<C>,
  alpha: number,
  shape: readonly number[],
  seed: number,
): Drawn<C> {
  const b = (alpha < 1 ? alpha + 1 : alpha) - 1 / 3;
  const of = (op: string, place: number, lead: readonly number[]): C =>
    call(op, [], { shape: [...lead, ...shape], seed: seedAt(seed, place), dtype: 'float64' });
  const x = of('random_normal', 0, [PROPOSALS]);
  const root = call('add', [call('multiply', [x, 1 / Math.sqrt(9 * b)]), 1]);
  const isPositive = call('greater', [root, 0]);
  const within = call('where', [isPositive, root, 1]);
  const v = call('multiply', [call('square', [within]), within]);
  const rest = call('add', [call('subtract', [1, v]), call('log', [v])]);
  const bound = call('add', [call('multiply', [call('square', [x]), 0.5]), call('multiply', [rest, b])]);
  const isBelow = call('less', [call('log', [of('random_uniform', 1, [PROPOSALS])]), bound]);
  const accepted = call('astype', [call('logical_and', [isPositive, isBelow])], { dtype: 'int32' });
  const first = call('argmax', [accepted], { axis: 0, keepdims: true });
  const chosen = call('squeeze', [call('take_along_axis', [v, first], { axis: 0 })], { axis: [0] });
  const number = call('multiply', [chosen, b]);
  if (alpha >= 1) return { number, besides: undefined };
  const logs = call('log1p', [call('negative', [of('random_uniform', 2, [])])]);
  return { number, besides: call('divide', [logs, alpha]) };
}

function positive(op: string, attrs: AttributeValues, name: string): number {
  const value = numberAttribute(attrs, name);
  if (value > 0 && value < Infinity) return value;
  throw new AttributeError(`${op}: ${name} is ${value}; give more than 0.`, { [name]: value });
}

const shapeOf = (attrs: AttributeValues): readonly number[] => attrs['shape'] as readonly number[];

const gammaDraws = composite({
  name: 'random_gamma',
  doc: 'Gamma numbers of a shape alpha, times the scale: their mean is the product of both.',
  operands: [],
  attributes: {
    shape: SHAPE,
    alpha: { kind: 'float', fallback: 1, doc: 'what the distribution is shaped by' },
    scale: { kind: 'float', fallback: 1, doc: 'what the numbers are multiplied by' },
    seed: SEED,
    dtype: DTYPE,
  },
  positional: ['shape'],
  result: 'attribute',
  expand: (call, _operands, attrs) => {
    const alpha = positive('random_gamma', attrs, 'alpha');
    const { number, besides } = standardGammas(call, alpha, shapeOf(attrs), numberAttribute(attrs, 'seed'));
    const whole = besides === undefined ? number : call('multiply', [number, call('exp', [besides])]);
    const scaled = call('multiply', [whole, numberAttribute(attrs, 'scale')]);
    return call('astype', [scaled], { dtype: attrs['dtype']! });
  },
});

const betaDraws = composite({
  name: 'random_beta',
  doc: 'Beta numbers in [0, 1] of shapes a and b: the share of one gamma number in the sum of two.',
  operands: [],
  attributes: {
    shape: SHAPE,
    a: { kind: 'float', fallback: 1, doc: 'the shape of the part' },
    b: { kind: 'float', fallback: 1, doc: 'the shape of the rest' },
    seed: SEED,
    dtype: DTYPE,
  },
  positional: ['shape'],
  result: 'attribute',
  expand: (call, _operands, attrs) => {
    const logs = ['a', 'b'].map((name, i) => {
      const seed = seedAt(numberAttribute(attrs, 'seed'), 3 * i);
      const drawn = standardGammas(call, positive('random_beta', attrs, name), shapeOf(attrs), seed);
      const log = call('log', [drawn.number]);
      return drawn.besides === undefined ? log : call('add', [log, drawn.besides]);
    });
    const share = call('sigmoid', [call('subtract', [logs[0]!, logs[1]!])]);
    return call('astype', [share], { dtype: attrs['dtype']! });
  },
});

/** Composites of this family. */
export const GAMMA_DRAWS: readonly Composite[] = [gammaDraws, betaDraws];
