// Composites of networks that no vector and no runtime judges: formulas written out for lists of numbers.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PendingTensor, SheetError, SymbolicSheet, type Tensor } from '../../src/index.ts';
import { drawFrom } from '../../src/testing/random.ts';

let sheet: SymbolicSheet;
const random = drawFrom(5);
beforeAll(async () => {
  sheet = await SymbolicSheet.open({ devices: ['js'], store: 'memory' });
});
afterAll(() => sheet.close());

const drawn = (...shape: number[]): Tensor =>
  sheet.tensor(
    Float64Array.from({ length: shape.reduce((a, n) => a * n, 1) }, () => (random() - 0.5) * 4),
    shape,
  );
const listOf = async (x: Tensor): Promise<number[]> => [...((await x.data()) as Float64Array)];

async function expectNear(got: Tensor, wanted: readonly number[]): Promise<void> {
  const list = await listOf(got);
  expect(list.length).toBe(wanted.length);
  list.forEach((y, i) => expect(y).toBeCloseTo(wanted[i]!, 10));
}

/** Attention of one head, a query at a time. */
function attended(q: number[][], k: number[][], v: number[][], sees: (i: number, j: number) => boolean): number[] {
  return q.flatMap((query, i) => {
    const scores = k.map((key, j) =>
      sees(i, j) ? query.reduce((sum, x, d) => sum + x * key[d]!, 0) / Math.sqrt(query.length) : -Infinity,
    );
    const powers = scores.map((score) => Math.exp(score));
    const total = powers.reduce((a, b) => a + b, 0);
    return v[0]!.map((_, d) => (total === 0 ? 0 : powers.reduce((sum, w, j) => sum + w * v[j]![d]!, 0) / total));
  });
}

describe('attention', () => {
  it.each([0, 1, 2, 3])('of causal queries in blocks of %i is that of one query at a time', async (block) => {
    const [q, k, v] = [drawn(5, 4), drawn(7, 4), drawn(7, 3)];
    const rows = async (x: Tensor): Promise<number[][]> => (await x.toArray(2)) as number[][];
    const wanted = attended(await rows(q), await rows(k), await rows(v), (i, j) => j <= i + 1);
    await expectNear(q.attention(k, v, { causal: true, offset: 1, block }), wanted);
  });

  it('in blocks takes the rows of a mask that are theirs, and a query that sees no key gives 0', async () => {
    const [q, k, v] = [drawn(2, 4, 5, 3), drawn(2, 2, 6, 3), drawn(2, 2, 6, 2)];
    const seen = drawn(2, 1, 5, 6)
      .greater(0)
      .logicalAnd(sheet.arange(5).notEqual(3).reshape([5, 1]));
    const whole = await listOf(q.attention(k, v, seen));
    await expectNear(q.attention(k, v, seen, { block: 2 }), whole);
    expect(whole.slice(6, 8)).toEqual([0, 0]);
    const added = seen.where(0, sheet.full([], -Infinity, { dtype: 'float64' }));
    await expectNear(q.attention(k, v, added, { block: 3 }), whole);
  });
});

describe('losses', () => {
  const x = [0.5, -2, 3, 0.25];
  const y = [1, 0.25, 0, 0.5];
  const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;
  const each = (of: (x: number, y: number) => number): number[] => x.map((value, i) => of(value, y[i]!));
  const f64 = (list: readonly number[]): Tensor => sheet.tensor(Float64Array.from(list));

  it.each([
    ['mse_loss', {}, (a: number, b: number) => (a - b) ** 2],
    ['l1_loss', {}, (a: number, b: number) => Math.abs(a - b)],
    [
      'huber_loss',
      { delta: 1 },
      (a: number, b: number) => (Math.abs(a - b) <= 1 ? (a - b) ** 2 / 2 : Math.abs(a - b) - 0.5),
    ],
    [
      'binary_cross_entropy',
      {},
      (a: number, b: number) => -b * Math.log(1 / (1 + Math.exp(-a))) - (1 - b) * Math.log(1 / (1 + Math.exp(a))),
    ],
    ['kl_divergence', {}, (a: number, b: number) => (b === 0 ? 0 : b * (Math.log(b) - a))],
  ] as const)('%s is its formula, one by one, added and averaged', async (name, attributes, formula) => {
    const loss = (reduction: string): PendingTensor =>
      sheet.execute<string>(name, f64(x), f64(y), { ...attributes, reduction });
    await expectNear(loss('none'), each(formula));
    await expectNear(loss('sum'), [each(formula).reduce((a, b) => a + b, 0)]);
    await expectNear(loss('mean'), [mean(each(formula))]);
  });

  it('of rows that do not count is that of the others', async () => {
    const scores = drawn(3, 4);
    const some = scores.crossEntropy([1, -1, 2], { ignore: -1 });
    const others = scores.take([0, 2], { axis: 0 }).crossEntropy([1, 2]);
    await expectNear(some, await listOf(others));
  });
});

describe('dropout', () => {
  it('makes 0 of a share of elements, the same ones for a seed, and keeps the mean', async () => {
    const ones = sheet.ones([4000]);
    const list = await listOf(ones.dropout(0.25, { seed: 3 }));
    const kept = list.filter((value) => value !== 0);
    expect(new Set(kept)).toEqual(new Set([Math.fround(1 / 0.75)]));
    expect(kept.length / 4000).toBeCloseTo(0.75, 1);
    expect(await listOf(ones.dropout(0.25, { seed: 3 }))).toEqual(list);
    expect(await listOf(ones.dropout(0.25, { seed: 4 }))).not.toEqual(list);
  });
});

it.each([
  [() => drawn(2, 3, 8).conv(drawn(4, 2, 3)), 'conv: x is [2,3,8], weight is [4,2,3]'],
  [() => drawn(2, 3).attention(drawn(2, 4), drawn(2, 3)), 'attention: q is [2,3], k is [2,4]'],
  [() => drawn(2, 3, 4).groupNorm({ groups: 2 }), 'group_norm: x is [2,3,4], groups is 2'],
  [() => sheet.gru(drawn(2, 3, 4), drawn(6, 4), drawn(6, 5)), 'gru: x is [2,3,4]'],
  [() => drawn(3).dropout(1, { seed: 1 }), 'dropout: rate is 1'],
  [() => drawn(3).maxPool([4]), 'max_pool: a window spans 4 elements'],
  [
    () => drawn(3).pad([1], { mode: 'constant', value: 0, after: [-5] }),
    'pad: axis 0 of [3] with 1 before and -5 after',
  ],
] as const)('operands that do not fit are refused with what does (%#)', (make, message) => {
  expect(make).toThrow(SheetError);
  expect(make).toThrow(message);
});
