// Stability rewrites: better where it is hard, the same where it is easy, never silent, and never applied unless asked
// for.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SymbolicSheet, type Tensor } from '../../src/index.ts';
import type { PendingTensor } from '../../src/core/handle/tensor.ts';
import { REAL_RULES } from '../../src/core/expr/rules/real.ts';
import { difference } from './bits.ts';

type Form = (x: Tensor, y: Tensor, sheet: SymbolicSheet) => PendingTensor;

interface Case {
  readonly formula: string;
  readonly form: Form;
  /**
   * Inputs on which the form as written fails or loses digits, and the true values there (from float64, to which they
   * are exact enough).
   */
  readonly hard: { readonly x: readonly number[]; readonly y?: readonly number[]; readonly truth: readonly number[] };
}

const at = (
  formula: string,
  form: Form,
  x: readonly number[],
  truth: readonly number[],
  y?: readonly number[],
): Case => ({ formula, form, hard: { x, truth, ...(y && { y }) } });
const f32 = Math.fround;
const small = [1e-6, 3e-5, -2e-7].map(f32);
const large = [10000.5, 10001.25, 10000.75, 10001].map(f32);
const mean = large.reduce((sum, x) => sum + x, 0) / 4;

const CASES: readonly Case[] = [
  at(
    'log(sum(exp(x))) → logsumexp(x)',
    (x) => x.exp().sum().log(),
    [100, 101, 99],
    [101 + Math.log1p(Math.exp(-1) + Math.exp(-2))],
  ),
  at(
    'exp(x) / sum(exp(x)) → softmax(x)',
    (x, _, sheet) => sheet.divide(x.exp(), x.exp().sum()),
    [100, 101],
    [1 / (1 + Math.E), Math.E / (1 + Math.E)],
  ),
  at('exp(x) / (1 + exp(x)) → sigmoid(x)', (x) => x.exp().divide(x.exp().add(1)), [95, 120], [1, 1]),
  at('log(softmax(x)) → log_softmax(x)', (x) => x.softmax().log(), [0, 200], [-200, 0]),
  at(
    'log(exp(x) + exp(y)) → logaddexp(x, y)',
    (x, y) => x.exp().add(y.exp()).log(),
    [100, -120],
    [100 + Math.log1p(Math.exp(-1)), -120 + Math.log1p(Math.exp(-2))],
    [99, -122],
  ),
  at('log(1 + exp(x)) → softplus(x)', (x) => x.exp().add(1).log(), [100, -20], [100, Math.log1p(Math.exp(-20))]),
  at('log1p(exp(x)) → softplus(x)', (x) => x.exp().log1p(), [100, 200], [100, 200]),
  at('log(sigmoid(x)) → −softplus(−x)', (x) => x.sigmoid().log(), [-120, 20], [-120, -Math.log1p(Math.exp(-20))]),
  at('log(1 + x) → log1p(x)', (x, _, sheet) => sheet.add(1, x).log(), small, small.map(Math.log1p)),
  at('exp(x) − 1 → expm1(x)', (x) => x.exp().subtract(1), small, small.map(Math.expm1)),
  at(
    '1 − sigmoid(x) → sigmoid(−x)',
    (x, _, sheet) => sheet.subtract(1, x.sigmoid()),
    [16, 20],
    [1 / (1 + Math.exp(16)), 1 / (1 + Math.exp(20))],
  ),
  at(
    '1 − cos(x) → 2·sin(x/2)²',
    (x, _, sheet) => sheet.subtract(1, x.cos()),
    [1e-4, 3e-4].map(f32),
    [1e-4, 3e-4].map((x) => 2 * Math.sin(f32(x) / 2) ** 2),
  ),
  at('mean(x²) − mean(x)² → var(x)', (x) => x.square().mean().subtract(x.mean().square()), large, [
    large.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 4,
  ]),
  at(
    'x² − y² → (x − y)·(x + y)',
    (x, y) => x.square().subtract(y.multiply(y)),
    [10000.5, 3e25].map(f32),
    [(f32(10000.5) - f32(10000.25)) * (f32(10000.5) + f32(10000.25)), 0],
    [10000.25, 3e25].map(f32),
  ),
  at(
    '√(x + c) − √x → c / (√(x + c) + √x)',
    (x) => x.add(1).sqrt().subtract(x.sqrt()),
    [4e6, 1e7],
    [4e6, 1e7].map((x) => 1 / (Math.sqrt(x + 1) + Math.sqrt(x))),
  ),
  at('√sum(x²) → norm(x)', (x) => x.square().sum().sqrt(), [3e25, 4e25].map(f32), [Math.hypot(f32(3e25), f32(4e25))]),
  at(
    '√(x² + y²) → hypot(x, y)',
    (x, y) => x.square().add(y.square()).sqrt(),
    [3e25, 3e-25].map(f32),
    [Math.hypot(f32(3e25), f32(4e25)), Math.hypot(f32(3e-25), f32(4e-25))],
    [4e25, 4e-25].map(f32),
  ),
];

describe('stability rewrites', () => {
  const sheets = {} as Record<'apply' | 'offer' | 'off', SymbolicSheet>;
  beforeAll(async () => {
    for (const mode of ['apply', 'offer', 'off'] as const)
      sheets[mode] = await SymbolicSheet.open({ rewrites: mode, class: 'exact', devices: ['js'] });
  });
  afterAll(async () => {
    for (const sheet of Object.values(sheets)) await sheet.close();
  });

  it('make no NaN of a difference of roots that is a number', async () => {
    for (const [step, wanted] of [
      [0, [0, 0]],
      [1e-60, [0, 0]],
      [Infinity, [Infinity, Infinity]],
      [1, [1, 1 / (Math.sqrt(3) + Math.SQRT2)]],
    ] as const) {
      const x = sheets.apply.tensor(Float32Array.of(0, 2));
      const found = await x.add(step).sqrt().subtract(x.sqrt()).data();
      expect(Array.from(found), `${step}`).toEqual(wanted.map((value) => Math.fround(value)));
    }
  });

  const run = async (
    mode: keyof typeof sheets,
    form: Form,
    x: readonly number[],
    y: readonly number[] = x,
  ): Promise<{ data: Float32Array; text: string }> => {
    const sheet = sheets[mode];
    const result = form(sheet.tensor(Float32Array.from(x)), sheet.tensor(Float32Array.from(y)), sheet);
    return { data: (await result.data()) as Float32Array, text: sheet.explain(await result).toString() };
  };

  const errorOf = (found: Float32Array, truth: readonly number[]): number =>
    Math.max(
      ...truth.map((t, i) =>
        Number.isFinite(found[i]) ? Math.abs(found[i]! - t) / Math.max(Math.abs(t), 1e-300) : Infinity,
      ),
    );

  it('have a case here, each', () => {
    expect(CASES.map((each) => each.formula)).toEqual(REAL_RULES.map((rule) => rule.formula));
  });

  for (const { formula, form, hard } of CASES) {
    it(`${formula}: the error on a hard input falls a hundredfold at least`, async () => {
      const [written, better] = [await run('off', form, hard.x, hard.y), await run('apply', form, hard.x, hard.y)];
      const error = errorOf(better.data, hard.truth);
      expect(error).toBeLessThan(1e-6);
      expect(errorOf(written.data, hard.truth)).toBeGreaterThan(100 * error);
    });

    it(`${formula}: agrees with the form as written on ordinary inputs`, async () => {
      const x = [0.5, 1.25, 2, 0.75, 1.5].map(f32);
      const y = [1.75, 0.25, 1, 0.625, 2.5].map(f32);
      const [written, better] = [await run('off', form, x, y), await run('apply', form, x, y)];
      expect(written.data.length).toBe(better.data.length);
      written.data.forEach((value, i) =>
        expect(Math.abs(value - better.data[i]!)).toBeLessThanOrEqual(2e-6 * Math.max(1, Math.abs(value))),
      );
    });

    it(
      `${formula}: is explained and noted on the trace where it is applied, and where it is only offered changes ` +
        'no bit',
      async () => {
        expect((await run('apply', form, hard.x, hard.y)).text).toContain(`rewritten: ${formula}`);
        expect(
          sheets.apply.trace.annotations().some(({ note }) => note?.startsWith(`rewritten: ${formula}`) === true),
        ).toBe(true);
        const [off, offer] = [await run('off', form, hard.x, hard.y), await run('offer', form, hard.x, hard.y)];
        expect(difference(offer.data, off.data)).toBeUndefined();
        expect(offer.text).toContain(`a better form exists: ${formula}`);
        expect(off.text).not.toContain('better form');
      },
    );
  }

  it('keep shape and dtype, along axes and with axes kept', async () => {
    const x = sheets.apply.tensor(Float32Array.from([1, 2, 3, 4, 5, 6]), [2, 3]);
    const soft = sheets.apply.divide(x.exp(), x.exp().sum({ axis: 1, keepdims: true }));
    expect([
      soft.shape,
      sheets.apply
        .explain(await soft)
        .toString()
        .includes('rewritten'),
    ]).toEqual([[2, 3], true]);
    const spread = x
      .square()
      .mean({ axis: 0 })
      .subtract(x.mean({ axis: 0 }).square());
    expect([spread.shape, Array.from((await spread.data()) as Float32Array)]).toEqual([[3], [2.25, 2.25, 2.25]]);
  });

  it('leave forms alone that only look alike', async () => {
    const { apply } = sheets;
    const [x, y] = [
      apply.tensor(Float32Array.from([1, 2, 3, 4]), [2, 2]),
      apply.tensor(Float32Array.from([4, 3, 2, 1]), [2, 2]),
    ];
    const lookAlikes = [
      x.exp().divide(y.exp().sum()),
      x.exp().divide(x.exp().sum({ axis: 0 })),
      x.exp().divide(x.exp().sum()),
      x
        .square()
        .mean({ axis: 0 })
        .subtract(x.mean({ axis: 1 }).square()),
      x.add(2).log(),
      x.exp().subtract(2),
      x.cos().subtract(1),
      x.add(1).sqrt().subtract(y.sqrt()),
      x.multiply(y).subtract(y.square()),
      x.pow(3).subtract(y.square()),
    ];
    for (const form of lookAlikes) expect(apply.explain(await form).toString()).not.toContain('rewritten');
  });

  it("have results that are no one else's: a rewritten result is not taken for one as written", async () => {
    const view = sheets.apply.with({ class: 'tolerance' });
    expect(view.tensor([1]).exp().subtract(1).call.semantics).not.toBe(
      sheets.off.tensor([1]).exp().subtract(1).call.semantics,
    );
  });
});
