// Programs under laws, with the one verdict that is right for them wherever they run.
import { type LawSet, PolicyError, type SymbolicSheet, type Tensor } from '../../src/index.ts';
import type { Sheet } from '../../src/core/sheet/sheet.ts';

/** Elements of what the programs work on. */
export const SIZES = [3, 40_000];

/** What a program works on. */
export interface Inputs {
  readonly sheet: Sheet;
  readonly n: number;
  /** n elements of one value. */
  readonly filled: (value: number) => Tensor;
  /** Ones, but for the last, which is NaN. */
  readonly spoilt: () => Tensor;
}

/** Inputs of n elements, made of arrays by `root`. */
export function inputsOf(
  sheet: Sheet,
  n: number,
  root: (array: Float32Array<ArrayBuffer>) => Tensor = (array) => sheet.tensor(array),
): Inputs {
  return {
    sheet,
    n,
    filled: (value) => root(new Float32Array(n).fill(value)),
    spoilt: () => root(new Float32Array(n).fill(1).fill(NaN, n - 1)),
  };
}

/** A program under laws, and what should become of it. */
export interface Probe {
  readonly laws: LawSet;
  /** The law that is broken; none where the program may run. */
  readonly broken?: keyof LawSet;
  readonly program: string;
  readonly run: (on: Inputs) => Tensor;
  /** The verdict of a replay where a trace does not have what the law is about: scalars are literals there. */
  readonly replayed?: 'passes';
}

/** The table. */
export const PROBES: readonly Probe[] = [
  {
    laws: { finite: 'deny' },
    broken: 'finite',
    program: '1 / exp(1000)',
    run: (p) => p.filled(1000).exp().reciprocal(),
  },
  {
    laws: { finite: 'deny' },
    broken: 'finite',
    program: 'sum(where(log(x − 1) < 0, 0, 1))',
    run: (p) => p.sheet.where(p.filled(1).subtract(1).log().less(0), 0, 1).sum(),
  },
  {
    laws: { finite: 'deny' },
    broken: 'finite',
    program: 'max(1 / (0 · x))',
    run: (p) => p.filled(2).multiply(0).reciprocal().max(),
  },
  {
    laws: { finite: 'deny' },
    broken: 'finite',
    program: 'min(x · 3e38 · 10, 1)',
    run: (p) => p.filled(1).multiply(3e38).multiply(10).minimum(1),
  },
  {
    laws: { finite: 'deny' },
    broken: 'finite',
    program: 'reshape of NaN',
    run: (p) => p.spoilt().reshape([1, p.n]),
  },
  {
    laws: { finite: 'deny' },
    broken: 'finite',
    program: 'reshape of NaN to its own shape',
    run: (p) => p.spoilt().reshape([p.n]),
  },
  {
    laws: { finite: 'deny' },
    broken: 'finite',
    program: 'reshape there and back',
    run: (p) => p.spoilt().reshape([1, p.n]).reshape([p.n]),
  },
  {
    laws: { finite: 'deny' },
    broken: 'finite',
    program: 'expand_dims, squeeze of NaN',
    run: (p) => p.spoilt().expandDims(0).squeeze(0),
  },
  {
    laws: { finite: 'deny' },
    broken: 'finite',
    program: 'astype to its own dtype',
    run: (p) => p.spoilt().astype('float32'),
  },
  {
    laws: { finite: 'deny' },
    broken: 'finite',
    program: 'transposed twice',
    run: (p) => p.spoilt().reshape([1, p.n]).permuteDims([1, 0]).permuteDims([1, 0]),
  },
  { laws: { finite: 'deny' }, broken: 'finite', program: 'concat of one', run: (p) => p.sheet.concat([p.spoilt()]) },
  {
    laws: { finite: 'deny' },
    broken: 'finite',
    program: 'full of infinity',
    run: (p) => p.sheet.full([p.n], Infinity),
  },
  {
    laws: { finite: 'deny' },
    broken: 'finite',
    program: 'a scalar of infinity',
    run: (p) => p.sheet.full([], Infinity).add(1),
  },
  {
    laws: { finite: 'deny' },
    program: 'exp(1), a chain',
    run: (p) => p.filled(1).exp().add(1).reciprocal().reshape([1, p.n]).sum(),
  },
  { laws: { finite: 'deny' }, program: 'the root itself', run: (p) => p.filled(1) },
  {
    laws: { finiteInputs: 'deny' },
    broken: 'finiteInputs',
    program: 'a root with NaN',
    run: (p) => p.spoilt().add(1),
  },
  {
    laws: { finiteInputs: 'deny' },
    broken: 'finiteInputs',
    program: 'a reshaped root with NaN',
    run: (p) => p.spoilt().reshape([1, p.n]),
  },
  { laws: { finiteInputs: 'deny' }, broken: 'finiteInputs', program: 'the root with NaN', run: (p) => p.spoilt() },
  {
    laws: { finiteInputs: 'deny' },
    broken: 'finiteInputs',
    program: 'a literal NaN',
    run: (p) => p.filled(1).add(NaN),
  },
  {
    laws: { finiteInputs: 'deny' },
    broken: 'finiteInputs',
    program: 'a literal infinity',
    run: (p) => p.filled(1).minimum(Infinity),
  },
  { laws: { finiteInputs: 'deny' }, program: '1 / 0', run: (p) => p.filled(0).reciprocal() },
  {
    laws: { forbid: ['exp'] },
    broken: 'forbid',
    program: 'exp inside a chain',
    run: (p) => p.filled(1).add(1).exp().reciprocal().sum(),
  },
  {
    laws: { forbid: ['reshape'] },
    broken: 'forbid',
    program: 'an alias',
    run: (p) => p.filled(1).reshape([p.n]).add(1),
  },
  {
    laws: { forbid: ['astype'] },
    broken: 'forbid',
    program: 'a cast that changes nothing',
    run: (p) => p.filled(1).astype('float32').add(1),
  },
  {
    laws: { forbid: ['permute_dims'] },
    broken: 'forbid',
    program: 'a transpose under a product',
    run: (p) => p.sheet.matmul(p.filled(1).reshape([p.n, 1]).permuteDims([1, 0]), p.filled(1).reshape([p.n, 1])),
  },
  {
    laws: { forbid: ['random_normal'] },
    broken: 'forbid',
    program: 'random numbers',
    run: (p) => p.sheet.randomNormal([p.n], { seed: 1 }),
  },
  {
    laws: { forbid: ['random_normal'] },
    broken: 'forbid',
    program: 'one random number',
    run: (p) => p.filled(1).add(p.sheet.randomNormal([], { seed: 1 })),
  },
  {
    laws: { forbid: ['full'] },
    broken: 'forbid',
    program: 'a scalar that is asked for',
    run: (p) => p.sheet.full([], 2).multiply(1),
    replayed: 'passes',
  },
  { laws: { forbid: ['full', 'zeros'] }, program: 'literals', run: (p) => p.filled(1).add(1).multiply(2.5) },
  { laws: { allow: ['add'] }, program: 'literals of an op that is allowed', run: (p) => p.filled(1).add(1) },
  { laws: { allow: ['add'] }, broken: 'allow', program: 'another op', run: (p) => p.filled(1).add(1).abs() },
  { laws: { allow: ['add'] }, broken: 'allow', program: 'a source', run: (p) => p.filled(1).add(p.sheet.ones([])) },
  { laws: { maxElements: 2 }, broken: 'maxElements', program: 'a sum of many', run: (p) => p.filled(1).add(1) },
  {
    laws: { maxBytes: 8 },
    broken: 'maxBytes',
    program: 'an alias of many bytes',
    run: (p) => p.filled(1).reshape([p.n]),
  },
  { laws: { maxElements: 2 }, program: 'a sum to one', run: (p) => p.filled(1).sum() },
];

/** How a result is asked for. */
export const READS: Readonly<Record<string, (s: Sheet, make: () => Tensor) => Promise<unknown>>> = {
  data: (_, make) => make().data(),
  toArray: (_, make) => make().toArray(),
  borrow: (_, make) => make().borrow((array) => array.length),
  fingerprint: (_, make) => make().fingerprint(),
  'compute, then data': async (s, make) => {
    const result = make();
    await (s as SymbolicSheet).compute(result);
    return result.data();
  },
  'as an operand of memo': async (s, make) => s.memo('reads', (x: Tensor) => x.data().then((d) => d.length))(make()),
  'as a result of memo': async (s, make) => (await s.memo('makes', async () => make())()).data(),
};

/** The law that a run broke; `passes` where it broke none. */
export const verdictOf = async (run: () => Promise<unknown>): Promise<string> => {
  try {
    await run();
    return 'passes';
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    return String(error.details['law']);
  }
};
