// NumPy's random generators over a sheet: their draws, bit for bit, are tensors from outside, as those of files are.
import { AttributeError } from '../../kit.ts';
import type { PendingTensor, Tensor } from '../../surface.ts';
import { arrayOf } from '../arrays.ts';
import { shapeOf } from '../calls.ts';
import { Arguments, type Context, isPlain, type Own } from '../context.ts';
import type { DrawnIntegers, IntegerDType } from '../random/bounded.ts';
import type { Generator } from '../random/generator.ts';
import type { RandomState } from '../random/random-state.ts';
import type { Seed } from '../random/seed-sequence.ts';
import { mt19937, pcg64 } from '../random/streams.ts';
import { bind, parseSignature } from '../signature.ts';
import { distributions, type DrawMethod, type Drawing, sizeOfDraw } from './distributions.ts';

function methodsOf<G>(np: Context, stream: G, draws: readonly DrawMethod<G>[], owner: string): Record<string, unknown> {
  return Object.fromEntries(
    draws.map(([text, draw]) => {
      const signature = { ...parseSignature(text), name: `${owner}.${parseSignature(text).name}` };
      const method = (...args: readonly unknown[]): unknown => {
        const given = new Arguments(np, signature.name, bind(signature, args));
        const fill: Drawing<G>['fill'] = (elements, dtype, shape = sizeOfDraw(given)) => {
          const count = shape.reduce((product, length) => product * length, 1);
          return np.sheet.tensor(elements(count), shape, dtype === undefined ? {} : { dtype });
        };
        return draw({ np, stream, given, fill });
      };
      return [parseSignature(text).name, method];
    }),
  );
}

/** A row of standard draws, moved and scaled; by tensors in the shape they have together. */
function moved<G>(
  { np, given, fill }: Drawing<G>,
  plain: (loc: number, scale: number) => (count: number) => unknown,
  standard: (count: number) => unknown,
  names: readonly [loc: string | undefined, scale: string],
): Tensor {
  const value = (name: string | undefined): unknown => (name === undefined ? 0 : given.raw(name));
  const [loc, scale] = names.map(value);
  if (isPlain(loc) && isPlain(scale)) return fill(plain(Number(loc), Number(scale)));
  const [at, by] = [loc, scale].map((each) => arrayOf(np.sheet, each, 'float64')) as [Tensor, Tensor];
  const shape = given.has('size') ? shapeOf(given.raw('size')) : np.call('add', at, by).shape;
  return fill(standard, undefined, shape).multiply(by).add(at);
}

function integers<G>(
  { given, fill }: Drawing<G>,
  draw: (low: bigint, high: bigint, count: number, dtype: IntegerDType) => DrawnIntegers<IntegerDType>,
): Tensor {
  const isOne = !given.has('high');
  const low = isOne ? 0n : BigInt(given.number('low'));
  const high = BigInt(given.number(isOne ? 'low' : 'high')) + (given.flag('endpoint') ? 1n : 0n);
  if (high <= low)
    throw new AttributeError(`np.random: there is no integer from ${low} to before ${high}; give low < high.`, {
      low,
      high,
    });
  const dtype = given.dtype() ?? 'int64';
  return fill((count) => draw(low, high, count, dtype as IntegerDType), dtype);
}

function permutation<G>({ np, given }: Drawing<G>, draw: (n: number) => BigInt64Array): Tensor {
  const x = given.raw('x');
  if (typeof x === 'number') return np.sheet.tensor(draw(x));
  const array = given.array('x');
  return array.take(np.sheet.tensor(draw(array.shape[0] ?? 0)), { axis: 0 });
}

function choice<G>(
  { np, given }: Drawing<G>,
  draw: (
    n: number,
    count: number,
    options: { replace: boolean; p?: ArrayLike<number>; shuffle: boolean },
  ) => BigInt64Array,
): PendingTensor | Tensor {
  const [a, p] = [given.raw('a'), given.raw('p')];
  const array = typeof a === 'number' ? undefined : given.array('a');
  if (given.has('p') && !Array.isArray(p) && !ArrayBuffer.isView(p)) throw given.wrong('p', 'a list of probabilities');
  const shape = sizeOfDraw(given);
  const count = shape.reduce((product, length) => product * length, 1);
  const options = { replace: given.flag('replace'), shuffle: given.raw('shuffle') !== false };
  const drawn = draw(array?.shape[0] ?? Number(a), count, {
    ...options,
    ...(given.has('p') && { p: p as ArrayLike<number> }),
  });
  const indices = np.sheet.tensor(drawn, shape);
  return array === undefined ? indices : array.take(indices, { axis: 0 });
}

const GENERATOR: readonly DrawMethod<Generator>[] = [
  [
    'random(size=None, dtype=None)',
    ({ stream, given, fill }) =>
      fill((n) => (given.raw('dtype') === 'float32' ? stream.randomFloat32(n) : stream.random(n))),
  ],
  [
    'uniform(low: any=0, high: any=1, size=None)',
    (on) => uniform(on, (low, high) => (n) => on.stream.uniform(low, high, n)),
  ],
  ['standard_normal(size=None)', ({ stream, fill }) => fill((n) => stream.standardNormal(n))],
  [
    'normal(loc: any=0, scale: any=1, size=None)',
    (on) =>
      moved(
        on,
        (loc, scale) => (n) => on.stream.normal(loc, scale, n),
        (n) => on.stream.standardNormal(n),
        ['loc', 'scale'],
      ),
  ],
  ['standard_exponential(size=None)', ({ stream, fill }) => fill((n) => stream.standardExponential(n))],
  [
    'exponential(scale: any=1, size=None)',
    (on) =>
      moved(
        on,
        (_loc, scale) => (n) => on.stream.exponential(scale, n),
        (n) => on.stream.standardExponential(n),
        [undefined, 'scale'],
      ),
  ],
  [
    'integers(low: number, high: number=None, size=None, dtype=None, endpoint=False)',
    (on) => integers(on, (low, high, n, dtype) => on.stream.integers(low, high, n, dtype)),
  ],
  ['permutation(x: any)', (on) => permutation(on, (n) => on.stream.permutation(n))],
  [
    'choice(a: any, size=None, replace=True, p: any=None, shuffle=True)',
    (on) => choice(on, (n, count, options) => on.stream.choice(n, count, options)),
  ],
  ...distributions<Generator>(),
];

const STATE: readonly DrawMethod<RandomState>[] = [
  ['rand(*d: any)', ({ stream, given, fill }) => fill((n) => stream.rand(n), undefined, shapeOf(given.raw('d')))],
  ['randn(*d: any)', ({ stream, given, fill }) => fill((n) => stream.randn(n), undefined, shapeOf(given.raw('d')))],
  ['random(size=None)', ({ stream, fill }) => fill((n) => stream.rand(n))],
  ['random_sample(size=None)', ({ stream, fill }) => fill((n) => stream.rand(n))],
  ['standard_normal(size=None)', ({ stream, fill }) => fill((n) => stream.randn(n))],
  [
    'uniform(low: any=0, high: any=1, size=None)',
    (on) => uniform(on, (low, high) => (n) => on.stream.uniform(low, high, n)),
  ],
  [
    'normal(loc: any=0, scale: any=1, size=None)',
    (on) =>
      moved(
        on,
        (loc, scale) => (n) => on.stream.normal(loc, scale, n),
        (n) => on.stream.randn(n),
        ['loc', 'scale'],
      ),
  ],
  [
    'randint(low: number, high: number=None, size=None, dtype=None)',
    (on) => integers(on, (low, high, n, dtype) => on.stream.randint(low, high, n, dtype)),
  ],
  ['permutation(x: any)', (on) => permutation(on, (n) => on.stream.permutation(n))],
  [
    'choice(a: any, size=None, replace=True, p: any=None)',
    (on) => choice(on, (n, count, options) => on.stream.choice(n, count, options)),
  ],
  ['standard_exponential(size=None)', ({ stream, fill }) => fill((n) => stream.exponential(1, n))],
  [
    'exponential(scale: any=1, size=None)',
    (on) =>
      moved(
        on,
        (_loc, scale) => (n) => on.stream.exponential(scale, n),
        (n) => on.stream.exponential(1, n),
        [undefined, 'scale'],
      ),
  ],
  ...distributions<RandomState>(),
];

function uniform<G>(on: Drawing<G>, plain: (low: number, high: number) => (count: number) => unknown): Tensor {
  const [low, high] = [on.given.raw('low'), on.given.raw('high')];
  if (!isPlain(low) || !isPlain(high)) throw on.given.wrong(isPlain(low) ? 'high' : 'low', 'a number');
  return on.fill(plain(Number(low), Number(high)));
}

/** The seed of a generator: results are found again by it, so that there is none of the machine's own. */
function seedOf(given: Arguments): Seed {
  if (!given.has('seed')) throw given.wrong('seed', 'an integer or a list of them: what is drawn shall be found again');
  return given.raw('seed') as Seed;
}

export const defaultRng: Own = (np, given) => methodsOf(np, pcg64(seedOf(given)), GENERATOR, 'random.Generator');
export const randomState: Own = (np, given) => methodsOf(np, mt19937(seedOf(given)), STATE, 'random.RandomState');

/** The signatures of the methods of both, for their types and the page of what is there. */
export const DRAWS: Readonly<Record<string, readonly string[]>> = {
  Generator: GENERATOR.map(([signature]) => signature),
  RandomState: STATE.map(([signature]) => signature),
};
