// Every pullback against central differences in float64, in a direction drawn for each case.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gradients } from '../../src/grad.ts';
import { SymbolicSheet, type Tensor } from '../../src/index.ts';
import { OPS } from '../../src/core/ops/index.ts';
import { pullbackOf } from '../../src/core/ops/pullbacks/index.ts';
import { drawFrom } from '../../src/testing/random.ts';

/** Shapes of the operands, where they lie, and how the op is called on them. */
interface Case {
  readonly shapes: readonly (readonly number[])[];
  readonly range?: readonly [number, number];
  readonly call: (sheet: SymbolicSheet, ...x: Tensor[]) => Tensor;
}

const on = (
  shapes: readonly (readonly number[])[],
  call: (sheet: SymbolicSheet, ...x: Tensor[]) => Tensor,
  range?: readonly [number, number],
): Case => ({ shapes, call, ...(range && { range }) });

const map = (op: string, range: readonly [number, number] = [-2, 2], operands = 1): Case => ({
  shapes: [[2, 3], [3], [1]].slice(0, operands),
  range,
  call: (sheet, ...x) => sheet.execute<string>(op, ...x),
});

const reduce = (op: string, options: object = {}, range?: readonly [number, number]): Case[] =>
  [{}, { axis: 1 }, { axis: [0, 2], keepdims: true }].map((axes) =>
    on([[2, 3, 2]], (sheet, x) => sheet.execute<string>(op, x, { ...axes, ...options }), range),
  );

const spd = (sheet: SymbolicSheet, x: Tensor): Tensor =>
  x.matmul(x, { transposeB: true }).add(sheet.eye(3, { dtype: 'float64' }));

const transform = (op: string): Case[] =>
  [{}, { axis: 0, norm: 'ortho' }, { n: 3, axis: 1, norm: 'forward' }, { n: 7, axis: 1 }].map((attrs) =>
    on([op === 'rfft' ? [2, 5] : [2, 4, 2]], (sheet, x) => sheet.execute<string>(op, x, attrs)),
  );

const matrices = (op: string, shapes: readonly (readonly number[])[], attrs: object = {}): Case[] =>
  shapes.map((shape) => on([shape], (sheet, x) => sheet.execute<string>(op, x, attrs)));

const SQUARE = [
  [3, 3],
  [2, 3, 3],
] as const;
const OBLONG = [
  [4, 3],
  [3, 4],
] as const;

const UNARY =
  'negative abs square exp expm1 sin cos tan sinh cosh tanh asinh atan erf relu sigmoid silu softplus gelu ' +
  'erfc exp2 sinc log_sigmoid positive deg2rad rad2deg';
const POSITIVE = 'sqrt log log1p log2 log10 reciprocal gamma lgamma';
const POOL = { stride: [2, 1], before: [1, 0], after: [0, 1] } as const;

const CASES: Readonly<Record<string, readonly Case[]>> = {
  ...Object.fromEntries(UNARY.split(' ').map((op) => [op, [map(op, [-1.4, 1.4])]])),
  ...Object.fromEntries(POSITIVE.split(' ').map((op) => [op, [map(op, [0.2, 2])]])),
  ...Object.fromEntries(['asin', 'acos', 'atanh'].map((op) => [op, [map(op, [-0.9, 0.9])]])),
  acosh: [map('acosh', [1.2, 3])],
  cbrt: [map('cbrt', [0.2, 2])],
  logit: [map('logit', [0.1, 0.9])],
  erfinv: [map('erfinv', [-0.9, 0.9])],
  fmod: [map('fmod', [1, 4], 2)],
  heaviside: [
    on([[3]], (sheet, x) => sheet.execute<string>('heaviside', sheet.tensor([-1, 0, 2], { dtype: 'float64' }), x)),
  ],
  ...Object.fromEntries(
    [
      'add',
      'subtract',
      'multiply',
      'maximum',
      'minimum',
      'logaddexp',
      'hypot',
      'atan2',
      'fmax',
      'fmin',
      'copysign',
    ].map((op) => [op, [map(op, [-2, 2], 2)]]),
  ),
  divide: [map('divide', [0.5, 2], 2)],
  remainder: [map('remainder', [1, 4], 2)],
  pow: [map('pow', [0.5, 2], 2)],
  clip: [on([[3, 3]], (_sheet, x) => x.clip(-0.5, 0.7)), map('clip', [-2, 2], 3)],
  leaky_relu: [map('leaky_relu', [-2, 2], 2)],
  elu: [map('elu', [-2, 2], 2)],
  where: [on([[2, 3], [3]], (sheet, x, y) => sheet.where([true, false, true], x, y))],
  astype: [on([[3]], (_sheet, x) => x.astype('float64'))],
  ...Object.fromEntries(
    ['sum', 'mean', 'prod', 'max', 'min', 'logsumexp', 'norm', 'norm1', 'norm_inf'].map((op) => [op, reduce(op)]),
  ),
  var: reduce('var', { correction: 1 }),
  std: reduce('std'),
  softmax: [on([[2, 4]], (_sheet, x) => x.softmax({ axis: 0 }))],
  log_softmax: [on([[2, 4]], (_sheet, x) => x.logSoftmax())],
  cumulative_sum: [
    on([[3, 4]], (_sheet, x) => x.cumulativeSum({ axis: 1 })),
    on([[3]], (_sheet, x) => x.cumulativeSum({ axis: 0, includeInitial: true })),
  ],
  permute_dims: [on([[2, 3, 4]], (_sheet, x) => x.permuteDims([2, 0, 1]))],
  moveaxis: [on([[2, 3, 4]], (_sheet, x) => x.moveaxis(0, 2))],
  reshape: [on([[2, 6]], (_sheet, x) => x.reshape([3, 4]))],
  expand_dims: [on([[2]], (_sheet, x) => x.expandDims(1))],
  squeeze: [on([[2, 1]], (_sheet, x) => x.squeeze(1))],
  flip: [on([[2, 3]], (_sheet, x) => x.flip({ axis: 1 }))],
  tril: [on([[3, 3]], (_sheet, x) => x.tril())],
  triu: [on([[3, 3]], (_sheet, x) => x.triu({ k: 1 }))],
  broadcast_to: [on([[3, 1]], (_sheet, x) => x.broadcastTo([2, 3, 4]))],
  identity: [on([[3]], (_sheet, x) => x.identity())],
  slice: [
    on([[5, 6]], (_sheet, x) => x.slice([1, 5], [4, 0], [2, -2])),
    on([[5, 6]], (_sheet, x) => x.slice([-3], [null])),
    on([[4]], (_sheet, x) => x.slice([null], [null], [-1])),
    on([[7]], (_sheet, x) => x.slice([1], [6], [3])),
  ],
  diagonal: [-1, 0, 2].map((offset) => on([[3, 4]], (_sheet, x) => x.diagonal({ offset }))),
  concat: [
    on(
      [
        [2, 3],
        [2, 2],
      ],
      (sheet, x, y) => sheet.concat([x, y], { axis: 1 }),
    ),
  ],
  stack: [
    on(
      [
        [2, 3],
        [2, 3],
      ],
      (sheet, x, y) => sheet.stack([x, y], { axis: 1 }),
    ),
  ],
  take: [
    on([[3, 4, 2]], (_sheet, x) =>
      x.take(
        [
          [0, -1],
          [3, 0],
        ],
        { axis: 1 },
      ),
    ),
  ],
  take_along_axis: [
    on([[3, 4]], (_sheet, x) =>
      x.takeAlongAxis(
        [
          [0, 0],
          [3, -1],
          [1, 2],
        ],
        { axis: 1 },
      ),
    ),
  ],
  sort: [on([[3, 4]], (_sheet, x) => x.sort({ axis: 0, descending: true }))],
  repeat: [on([[2, 3]], (_sheet, x) => x.repeat(2, { axis: 1 }))],
  tile: [on([[2, 3]], (_sheet, x) => x.tile([2, 1, 3]))],
  roll: [on([[2, 3]], (_sheet, x) => x.roll([1], { axis: 1 })), on([[2, 3]], (_sheet, x) => x.roll([2]))],
  pad: [
    on([[2, 3]], (_sheet, x) => x.pad([1, 0], [0, 2])),
    on([[4]], (_sheet, x) => x.pad([2], [1], { mode: 'reflect' })),
  ],
  segment_sum: [on([[4, 2]], (_sheet, x) => x.segmentSum([0, 2, 0, 1], 3))],
  sliding_windows: [on([[2, 5]], (_sheet, x) => x.slidingWindows([2], { stride: [2], dilation: [2] }))],
  fold_windows: [on([[2, 4]], (_sheet, x) => x.foldWindows([5]))],
  sum_pool: [on([[2, 5, 4]], (_sheet, x) => x.sumPool([3, 2], POOL))],
  average_pool: [
    on([[2, 5, 4]], (_sheet, x) => x.averagePool([3, 2], POOL)),
    on([[5, 4]], (_sheet, x) => x.averagePool([3, 2], { ...POOL, ceil: true, includePadding: true })),
  ],
  max_pool: [on([[2, 5, 4]], (_sheet, x) => x.maxPool([3, 2], { ...POOL, ceil: true }))],
  matmul: [
    on(
      [
        [2, 3],
        [3, 4],
      ],
      (_sheet, x, y) => x.matmul(y),
    ),
    on(
      [
        [3, 2],
        [4, 3],
      ],
      (_sheet, x, y) => x.matmul(y, { transposeA: true, transposeB: true }),
    ),
    on(
      [
        [2, 2, 3],
        [4, 3],
      ],
      (_sheet, x, y) => x.matmul(y, { transposeB: true }),
    ),
    on([[3], [2, 3, 2]], (_sheet, x, y) => x.matmul(y)),
    on([[2, 3], [3]], (_sheet, x, y) => x.matmul(y)),
    on([[3], [3]], (_sheet, x, y) => x.matmul(y)),
  ],
  outer: [on([[2], [3]], (_sheet, x, y) => x.outer(y))],
  trace: [on([[2, 3, 4]], (_sheet, x) => x.trace())],
  solve: [
    on(
      [
        [3, 3],
        [3, 2],
      ],
      (sheet, x, y) => spd(sheet, x).solve(y),
    ),
    on([[3, 3], [3]], (sheet, x, y) => spd(sheet, x).solve(y)),
  ],
  solve_triangular: [
    on(
      [
        [3, 3],
        [3, 2],
      ],
      (sheet, x, y) => spd(sheet, x).solveTriangular(y),
    ),
    on([[3, 3], [3]], (sheet, x, y) => spd(sheet, x).solveTriangular(y, { lower: false, transposeA: true })),
  ],
  cholesky: [on([[3, 3]], (sheet, x) => spd(sheet, x).cholesky())],
  eigh_packed: matrices('eigh_packed', SQUARE),
  eigvalsh: matrices('eigvalsh', SQUARE),
  svd_packed: [
    ...matrices('svd_packed', [...OBLONG, ...SQUARE], { fullMatrices: false }),
    ...matrices('svd_packed', SQUARE, { fullMatrices: true }),
  ],
  svdvals: matrices('svdvals', OBLONG),
  qr_packed: [...matrices('qr_packed', [...OBLONG, ...SQUARE]), ...matrices('qr_packed', SQUARE, { mode: 'complete' })],
  lu_packed: matrices('lu_packed', SQUARE),
  det: matrices('det', SQUARE),
  expm: matrices('expm', SQUARE),
  ...Object.fromEntries(['fft', 'ifft', 'rfft', 'irfft'].map((op) => [op, transform(op)])),
  scatter: ['none', 'add'].flatMap((reduction) => [
    on(
      [
        [4, 2],
        [3, 2],
      ],
      (sheet, x, updates) =>
        sheet.execute<string>('scatter', x, sheet.tensor([1, -1, 1], { dtype: 'int32' }), updates, { reduction }),
    ),
    on([[4], [1]], (sheet, x, updates) =>
      sheet.execute<string>('scatter', x, sheet.tensor([[0, 2]], { dtype: 'int32' }), updates, { reduction }),
    ),
  ]),
  cumulative_prod: [
    on([[3, 4]], (_sheet, x) => x.cumulativeProd({ axis: 1 })),
    on([[3]], (_sheet, x) => x.cumulativeProd({ includeInitial: true })),
    on([[5]], (sheet, x) => x.multiply(sheet.tensor([1, 1, 0, 1, 0], { dtype: 'float64' })).cumulativeProd()),
  ],
  cumulative_max: [on([[3, 5]], (_sheet, x) => x.cumulativeMax({ axis: 1 }))],
  cumulative_min: [on([[5, 3]], (_sheet, x) => x.cumulativeMin({ axis: 0 }))],
};

describe('the pullback of', () => {
  let sheet: SymbolicSheet;
  beforeAll(async () => {
    sheet = await SymbolicSheet.open({ devices: ['js'], store: 'memory' });
  });
  afterAll(() => sheet.close());

  it('every op that has one is tried here', () => {
    const known = [...OPS.keys()].filter((op) => typeof pullbackOf(op) === 'object');
    expect(known.filter((op) => !Object.hasOwn(CASES, op))).toEqual([]);
  });

  it.each(Object.entries(CASES))('%s is what central differences say', async (_op, cases) => {
    for (const [number, { shapes, range = [-2, 2] as const, call }] of cases.entries()) {
      const draw = drawFrom(17 + number);
      const random = (shape: readonly number[], [low, high]: readonly [number, number]): Tensor => {
        const size = shape.reduce((product, n) => product * n, 1);
        return sheet.tensor(
          Float64Array.from({ length: size }, () => low + (high - low) * draw()),
          shape,
        );
      };
      const x = shapes.map((shape) => random(shape, range));
      const result = call(sheet, ...x);
      const seed = random(result.shape, [-1, 1]);
      const directions = shapes.map((shape) => random(shape, [-1, 1]));
      const found = gradients(result, x, { seed }) as readonly Tensor[];
      const along = await Promise.all(found.map((g, i) => g.multiply(directions[i]!).sum().item()));
      const h = 1e-6;
      const at = (by: number): Promise<number> =>
        call(sheet, ...x.map((each, i) => each.add(directions[i]!.multiply(by))))
          .multiply(seed)
          .sum()
          .item() as Promise<number>;
      const wanted = ((await at(h)) - (await at(-h))) / (2 * h);
      const got = along.reduce<number>((sum, value) => sum + Number(value), 0);
      expect(Math.abs(got - wanted), `case ${number}: ${got} for ${wanted}`).toBeLessThan(
        2e-6 * (1 + Math.abs(wanted)),
      );
    }
  });
});
