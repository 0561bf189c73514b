// Stability rewrites
//
// Formulas that are right on paper and wrong in floating point: where they fail, and what a sheet does about it.
import { SymbolicSheet, type Tensor } from 'symbolic-sheet';
import { lineChart, notebook } from './lib/show.ts';

const { show, done } = notebook(import.meta.url);

// %% Two sheets The same formula is given to both. One computes what is written, the other may replace it by a form
// that is equal on paper and keeps more digits. What a sheet may do is said when it is opened: `rewrites` is `'offer'`
// (the default: compute as written, mention the better form), `'apply'`, or `'off'`.
await using written = await SymbolicSheet.open({ rewrites: 'off' });
await using stable = await SymbolicSheet.open({ rewrites: 'apply' });

type Formula = (sheet: SymbolicSheet, hardness: number) => Tensor;
type Truth = (hardness: number) => number;

/** Relative error of a formula at every hardness, against the truth in float64. */
async function errors(
  sheet: SymbolicSheet,
  formula: Formula,
  truth: Truth,
  hardness: readonly number[],
): Promise<number[]> {
  const errors: number[] = [];
  for (const h of hardness) {
    const value = Number(await formula(sheet, h).item());
    const error = Math.abs(value - truth(h)) / Math.abs(truth(h));
    errors.push(Number.isNaN(error) ? Infinity : Math.max(error, 1e-9));
  }
  return errors;
}

async function compare(formula: Formula, truth: Truth, hardness: readonly number[], x: string): Promise<string> {
  return lineChart({
    series: [
      { name: 'as written', x: hardness, y: await errors(written, formula, truth, hardness) },
      { name: 'rewritten', x: hardness, y: await errors(stable, formula, truth, hardness) },
    ],
    x,
    y: 'relative error',
    scales: { x: 'log', y: 'log' },
  });
}

const powers = (from: number, to: number): number[] =>
  Array.from({ length: (to - from) * 4 + 1 }, (_, i) => 10 ** (from + i / 4));

// %% log(1 + x), small x
// 1 + x rounds x to the digits that fit beside the 1. Below 6·10⁻⁸ nothing of it is left, and the result is 0.
const logOnePlus: Formula = (sheet, x) => sheet.tensor([x]).add(1).log();

await show('log(1 + x)', await compare(logOnePlus, (x) => Math.log1p(Math.fround(x)), powers(-10, 0), 'x'));

// %% eˣ − 1, small x
// The same loss on the way back.
const expMinusOne: Formula = (sheet, x) => sheet.tensor([x]).exp().subtract(1);

await show('eˣ − 1', await compare(expMinusOne, (x) => Math.expm1(Math.fround(x)), powers(-10, 0), 'x'));

// %% Variance as mean(x²) − mean(x)² Far from 0 both means are huge and nearly equal. The digits that differ are the
// ones that were rounded away, and the result can even be negative.
const around = (offset: number): Float32Array => Float32Array.from({ length: 1000 }, (_, i) => offset + Math.sin(i));
const variance: Formula = (sheet, offset) => {
  const x = sheet.tensor(around(offset));
  return x.square().mean().subtract(x.mean().square());
};
const twoPass: Truth = (offset) => {
  const x = Array.from(around(offset));
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  return x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
};

await show('Variance', await compare(variance, twoPass, powers(0, 4), 'distance from 0'));

// %% Overflow in the middle
// Results that are ordinary numbers, by ways that leave the range of float32.
const cases: Record<string, { readonly formula: (sheet: SymbolicSheet) => Tensor; readonly truth: number }> = {
  'log(Σ eˣ) at 100': { formula: (sheet) => sheet.tensor([100, 100]).exp().sum().log(), truth: 100 + Math.LN2 },
  'eˣ / Σ eˣ at 200': {
    formula: (sheet) => {
      const e = sheet.tensor([200, 200]).exp();
      return e.divide(e.sum()).max();
    },
    truth: 0.5,
  },
  '√(x² + y²) at 10²⁵': {
    formula: (sheet) => {
      const [x, y] = [sheet.tensor([3e25]), sheet.tensor([4e25])];
      return x.square().add(y.square()).sqrt();
    },
    truth: 5e25,
  },
};
const answers = await Promise.all(
  Object.entries(cases).map(async ([name, { formula, truth }]) => {
    const [asWritten, rewritten] = await Promise.all(
      [written, stable].map(async (sheet) => Number(await formula(sheet).item())),
    );
    return { formula: name, truth: Math.fround(truth), 'as written': asWritten ?? NaN, rewritten: rewritten ?? NaN };
  }),
);
await show('Overflow', answers);

// %% Nothing happens in silence What was rewritten is explained, and recorded on the trace. With `'offer'` the result
// is the one that was written, to the bit, and the better form is only named.
await using offering = await SymbolicSheet.open({ rewrites: 'offer' });
const offered = logOnePlus(offering, 1e-8);
const applied = logOnePlus(stable, 1e-8);
await offering.compute(offered);
await stable.compute(applied);
await show('Offered', offering.explain(offered));
await show('Applied', stable.explain(applied));
await show('Values', [{ offer: await offered.item(), apply: await applied.item() }]);

done();
