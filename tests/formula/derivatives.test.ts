// Derivatives of formulas, against differences of their values in float64 and what readings of bodies say.
import { describe, expect, it } from 'vitest';
import { dual } from '../../kernels/readings/dual.ts';
import { floatAlgebra } from '../../kernels/scalar/js-algebra.ts';
import { readIn } from '../../kernels/readings/apply.ts';
import { Formula, formula } from '../../src/formula.ts';
import { FORMULA_FUNCTIONS } from '../../src/formula/functions.ts';
import { ordered } from '../../src/formula/term.ts';
import { drawFrom } from '../../src/testing/random.ts';

const random = drawFrom(3);
const between = (low: number, high: number): number => low + (high - low) * random();
/** Where functions have values and no steps; elsewhere -2 to 2. */
const DOMAIN: Readonly<Record<string, readonly [number, number]>> = {
  sqrt: [0.1, 4],
  log: [0.1, 4],
  log2: [0.1, 4],
  log10: [0.1, 4],
  log1p: [-0.8, 2],
  pow: [0.2, 3],
  asin: [-0.9, 0.9],
  acos: [-0.9, 0.9],
  atanh: [-0.9, 0.9],
  acosh: [1.1, 4],
  reciprocal: [0.3, 3],
  divide: [0.3, 3],
  cbrt: [0.2, 3],
  remainder: [0.4, 0.9],
  tan: [-1.2, 1.2],
};
/** Tests and operators have no brackets in text. */
const written = (name: string, args: readonly string[]): string => `${name}(${args.join(', ')})`;

describe('the derivative of each function', () => {
  const names = [...FORMULA_FUNCTIONS].filter(
    ([name]) => !/^(add|subtract|multiply|divide|negative|less|great|equal|not_|logical)/.test(name),
  );

  it.each(names)('%s: differences of values agree, and the reading of its body', (name, { least, slopes }) => {
    const symbols = ['x', 'y', 'z'].slice(0, least);
    const f = formula(written(name, symbols));
    const [low, high] = DOMAIN[name] ?? [-2, 2];
    for (let k = 0; k < 12; k++) {
      const at = symbols.map((_, i) => (name === 'where' && i === 0 ? k % 2 : between(low, high)));
      const numbers = (moved: number, by: number) =>
        Object.fromEntries(symbols.map((symbol, i) => [symbol, at[i]! + (i === moved ? by : 0)]));
      for (const [i, symbol] of symbols.entries()) {
        if (name === 'where' && i === 0) continue;
        const h = 1e-5;
        const got = f.diff(symbol).value(numbers(-1, 0));
        if (slopes[i] !== '0') {
          const difference = (f.value(numbers(i, h)) - f.value(numbers(i, -h))) / (2 * h);
          expect(Math.abs(got - difference)).toBeLessThan(1e-7 * (1 + Math.abs(difference)) + 1e-6);
        }
        const seeded = at.map((value, j) => ({ value, slope: i === j ? 1 : undefined }));
        const read = readIn(dual(floatAlgebra), f.body, seeded).slope ?? 0;
        expect(Math.abs(got - read)).toBeLessThan(1e-9 * (1 + Math.abs(read)));
      }
    }
  });
});

describe('derivatives', () => {
  it.each([
    ['x^2', 'x', '2*x'],
    ['x^y', 'y', 'x^y*log(x)'],
    ['3', 'x', '0'],
    ['x', 'y', '0'],
    ['sin(2x)', 'x', '2*cos(2*x)'],
    ['exp(-x)', 'x', '-exp(-x)'],
    ['where(x > 0, log(x), 0)', 'x', 'where(x > 0, 1/x, 0)'],
    ['maximum(x, 0)', 'x', 'where(x >= 0, 1, 0)'],
  ])('of %s by %s', (text, symbol, wanted) => {
    expect(formula(text).diff(symbol).toString()).toBe(wanted);
  });

  it('do not let what is not taken into a value', () => {
    expect(formula('where(x > 0, sqrt(x), 0)').diff('x').value({ x: 0 })).toBe(0);
    expect(formula('where(x > 0, log(x), x)').diff('x').value({ x: -1 })).toBe(1);
  });

  it('share what is shared: twenty levels stay small', () => {
    let f = formula('x');
    for (let i = 0; i < 20; i++) f = formula('sin(f)*(f + 1)').subs({ f });
    const terms = ordered([f.term, f.diff('x').term]).length;
    expect(terms).toBeLessThanOrEqual(20 * 10);
  });

  it('come as gradients, Hessians and Jacobians', () => {
    const f = formula('x^2*y + sin(y)');
    expect(Object.entries(f.gradient()).map(([name, d]) => [name, d.value({ x: 2, y: 1 })])).toEqual([
      ['x', 4],
      ['y', 4 + Math.cos(1)],
    ]);
    const hessian = f.hessian().map((row) => row.map((d) => d.value({ x: 2, y: 1 })));
    expect(hessian).toEqual([
      [2, 4],
      [4, -Math.sin(1)],
    ]);
    expect(Formula.jacobian([formula('x*y'), formula('x + y')], ['x', 'y']).map((row) => row.map(String))).toEqual([
      ['y', 'x'],
      ['1', '1'],
    ]);
    expect(formula('x^5').diff('x', 3).value({ x: 2 })).toBe(240);
    expect(() => f.diff('x', -1)).toThrow(/give a whole number/);
  });
});
