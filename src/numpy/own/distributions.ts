// The distributions of NumPy's generators by their signatures: which parameters each has, and what these may be.
import { AttributeError } from '../../kit.ts';
import type { DType, Tensor } from '../../surface.ts';
import { shapeOf } from '../calls.ts';
import type { Arguments, Context } from '../context.ts';
import type { DistributionName, Draws } from '../random/draws.ts';
import { commonShape } from './shape.ts';

/** A method of a generator: its signature, and what it draws. */
export type DrawMethod<G> = readonly [signature: string, draw: (on: Drawing<G>) => unknown];

/** One call of a method. */
export interface Drawing<G> {
  readonly np: Context;
  readonly stream: G;
  readonly given: Arguments;
  /** So many elements as the size asks for, in its shape; one without a size. */
  readonly fill: (draw: (count: number) => unknown, dtype?: DType, shape?: readonly number[]) => Tensor;
}

export const sizeOfDraw = (given: Arguments): readonly number[] =>
  given.has('size') ? shapeOf(given.raw('size')) : [];

/** What a parameter may be, and how that is said. */
const RULES = {
  any: [() => true, 'a number'],
  count: [(x: number) => Number.isInteger(x) && x >= 0, 'an integer, 0 or more'],
  least0: [(x: number) => x >= 0, '0 or more'],
  positive: [(x: number) => x > 0, 'more than 0'],
  above1: [(x: number) => x > 1, 'more than 1'],
  share: [(x: number) => x >= 0 && x <= 1, '0 to 1'],
  chance: [(x: number) => x > 0 && x <= 1, 'more than 0, at most 1'],
  below1: [(x: number) => x >= 0 && x < 1, '0 or more, less than 1'],
} as const satisfies Readonly<Record<string, readonly [(x: number) => boolean, string]>>;

/**
 * Parameters as `name:rule` or `name:rule=fallback`, in order; integers are given where there is an exclamation mark.
 */
const DISTRIBUTIONS: Readonly<Record<DistributionName, string>> = {
  beta: 'a:positive b:positive',
  binomial: '! n:count p:share',
  chisquare: 'df:positive',
  f: 'dfnum:positive dfden:positive',
  gamma: 'shape:least0 scale:least0=1',
  geometric: '! p:chance',
  gumbel: 'loc:any=0 scale:least0=1',
  hypergeometric: '! ngood:count nbad:count nsample:count',
  laplace: 'loc:any=0 scale:least0=1',
  logistic: 'loc:any=0 scale:least0=1',
  lognormal: 'mean:any=0 sigma:least0=1',
  logseries: '! p:below1',
  negative_binomial: '! n:positive p:chance',
  noncentral_chisquare: 'df:positive nonc:least0',
  noncentral_f: 'dfnum:positive dfden:positive nonc:least0',
  pareto: 'a:positive',
  poisson: '! lam:least0=1',
  power: 'a:positive',
  rayleigh: 'scale:least0=1',
  standard_cauchy: '',
  standard_gamma: 'shape:least0',
  standard_t: 'df:positive',
  triangular: 'left:any mode:any right:any',
  vonmises: 'mu:any kappa:least0',
  wald: 'mean:positive scale:positive',
  weibull: 'a:least0',
  zipf: '! a:above1',
};

interface ParameterOfDraw {
  readonly name: string;
  readonly rule: keyof typeof RULES;
  readonly fallback: string | undefined;
}

function parametersOf(listed: string): readonly ParameterOfDraw[] {
  return listed
    .split(' ')
    .filter((part) => part.includes(':'))
    .map((part) => {
      const [name, rest] = part.split(':') as [string, string];
      const [rule, fallback] = rest.split('=');
      return { name, rule: rule as keyof typeof RULES, fallback };
    });
}

/** Values of a parameter: one, or a list of them with its shape. */
interface Values {
  readonly shape: readonly number[];
  readonly flat: readonly number[];
}

function valuesOf(given: Arguments, { name, rule }: ParameterOfDraw): Values {
  const flat: number[] = [];
  const shape: number[] = [];
  const read = (value: unknown, depth: number): void => {
    if (Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))) {
      const list = Array.from(value as ArrayLike<unknown>);
      shape[depth] ??= list.length;
      if (shape[depth] !== list.length) throw given.wrong(name, 'lists of one length');
      for (const each of list) read(each, depth + 1);
    } else if (typeof value === 'number' || typeof value === 'bigint') flat.push(Number(value));
    else throw given.wrong(name, 'a number or a list of numbers: what is drawn is drawn now, so that none is awaited');
  };
  read(given.raw(name), 0);
  const [isAllowed, words] = RULES[rule];
  const wrong = flat.find((value) => !isAllowed(value) && !Number.isNaN(value));
  if (wrong !== undefined)
    throw new AttributeError(`np.random: ${name} is ${wrong}; give ${words}.`, { [name]: wrong });
  return { shape, flat };
}

/** Where an index of the result lies in values that stretch to it. */
function placeIn({ shape }: Values, whole: readonly number[], flat: number): number {
  let [rest, place, stride] = [flat, 0, 1];
  for (let axis = whole.length - 1; axis >= 0; axis--) {
    const at = rest % whole[axis]!;
    rest = Math.floor(rest / whole[axis]!);
    const own = shape[axis - whole.length + shape.length];
    if (own === undefined) continue;
    if (own > 1) place += at * stride;
    stride *= own;
  }
  return place;
}

/** What several parameters have to be together. */
function checkTogether(name: string, values: readonly number[]): void {
  const [a = 0, b = 0, c = 0] = values;
  if (name === 'triangular' && !(a <= b && b <= c && a < c))
    throw new AttributeError('np.random.triangular: give left <= mode <= right, and left < right.', { values });
  if (name === 'hypergeometric' && c > a + b)
    throw new AttributeError(`np.random.hypergeometric: ${c} of ${a + b} are drawn; give nsample of that at most.`, {
      values,
    });
}

function distribution<G extends Draws>(name: DistributionName, listed: string): DrawMethod<G> {
  const parameters = parametersOf(listed);
  const signature = parameters.map((each) => `${each.name}: any${each.fallback ? `=${each.fallback}` : ''}`);
  return [
    `${name}(${[...signature, 'size=None'].join(', ')})`,
    ({ stream, given, fill }) => {
      const values = parameters.map((parameter) => valuesOf(given, parameter));
      const own = commonShape(
        values.map(({ shape }) => shape),
        `random.${name}`,
      );
      const shape = given.has('size') ? sizeOfDraw(given) : own;
      const whole = commonShape([shape, own], `random.${name}`);
      const at = (i: number): number[] => {
        const each = values.map((value) => value.flat[placeIn(value, whole, i)]!);
        checkTogether(name, each);
        return each;
      };
      const draw = (count: number): unknown => {
        const drawn = stream.distributed(name, count, own.length === 0 ? always(at(0)) : at);
        return listed.startsWith('!') ? BigInt64Array.from(drawn, BigInt) : drawn;
      };
      return fill(draw, undefined, whole);
    },
  ];
}

const always =
  (values: readonly number[]): (() => readonly number[]) =>
  () =>
    values;

/** A list of numbers, each of which may be of one kind. */
function listOf(given: Arguments, name: string, rule: keyof typeof RULES): readonly number[] {
  const { shape, flat } = valuesOf(given, { name, rule, fallback: undefined });
  if (shape.length !== 1 || flat.length === 0) throw given.wrong(name, 'a list of numbers that is not empty');
  return flat;
}

const outcomes = <G extends Draws>(): readonly DrawMethod<G>[] => [
  [
    'multinomial(n: any, pvals: any, size=None)',
    ({ stream, given, fill }) => {
      const pvals = listOf(given, 'pvals', 'share');
      const [n] = valuesOf(given, { name: 'n', rule: 'count', fallback: undefined }).flat as [number];
      const sum = pvals.slice(0, -1).reduce((total, p) => total + p, 0);
      if (sum > 1 + 1e-12) throw given.wrong('pvals', 'probabilities of which all but the last sum to at most 1');
      const lead = sizeOfDraw(given);
      return fill((count) => stream.multinomial(n, pvals, count / pvals.length), 'int64', [...lead, pvals.length]);
    },
  ],
  [
    'dirichlet(alpha: any, size=None)',
    ({ stream, given, fill }) => {
      const alpha = listOf(given, 'alpha', 'least0');
      const shape = [...sizeOfDraw(given), alpha.length];
      return fill((count) => stream.dirichlet(alpha, count / alpha.length), undefined, shape);
    },
  ],
];

/** The distributions that both sources of random numbers have. */
export const distributions = <G extends Draws>(): readonly DrawMethod<G>[] => [
  ...Object.entries(DISTRIBUTIONS).map(([name, listed]) => distribution<G>(name as DistributionName, listed)),
  ...outcomes<G>(),
];
