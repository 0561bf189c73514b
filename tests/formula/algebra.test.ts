// Factors and antiderivatives of formulas, against answers that are known and against their own meaning.
import { describe, expect, it } from 'vitest';
import { formula, FormulaError, fromMathjs } from '../../src/formula.ts';
import { factored } from '../../src/formula/polynomial/factor.ts';
import { wholeFactors, wholeProduct } from '../../src/formula/polynomial/whole.ts';
import { agreement, exactNumber } from '../../src/formula/proof/enclose.ts';
import { Terms } from '../../src/formula/term.ts';
import { parse } from '../../src/formula/text/parser.ts';
import { drawFrom } from '../../src/testing/random.ts';

const same = (a: string, b: string): true | readonly number[] | undefined => {
  const terms = new Terms();
  return agreement(terms, parse(a, terms).root, parse(b, terms).root);
};

describe('factors', () => {
  it.each([
    ['x^4 + 4', '(x^2 - 2*x + 2)*(x^2 + 2*x + 2)'],
    ['x^6 - 1', '(x - 1)*(x + 1)*(x^2 - x + 1)*(x^2 + x + 1)'],
    ['6*x^2 + 5*x + 1', '(2*x + 1)*(3*x + 1)'],
    ['x^3 + y^3', '(x + y)*(x^2 - x*y + y^2)'],
    ['x*y + x + y + 1', '(x + 1)*(y + 1)'],
    ['2/3*x^2 - 8/3', '2/3*(x - 2)*(x + 2)'],
    ['(x^2 - 1)/(x - 1)', 'x + 1'],
    ['1/(x + 1) - 2/x + 1/(x - 1)', '2/(x*(x - 1)*(x + 1))'],
    ['exp(x)^2 - 1', '(exp(x) - 1)*(exp(x) + 1)'],
    ['x^3 + y^3 + z^3 - 3*x*y*z', '(x + y + z)*(x^2 - x*y - x*z + y^2 - y*z + z^2)'],
    ['x^4 - 10*x^2 + 1', 'x^4 - 10*x^2 + 1'],
    ['x - x', '0'],
  ])('%s is %s', (text, factors) => {
    expect(formula(text).factor().toString()).toBe(factors);
  });

  it('finds the nine factors of x^100 - 1, and those of a derivative that was multiplied out', () => {
    expect(formula('x^100 - 1').factor().toString().split(')*(').length).toBe(9);
    const sum = Array.from({ length: 21 }, (_, k) => `${binomial(20, k)}*x^${k}`).join(' + ');
    expect(formula(sum).diff('x').factor().toString()).toBe('20*(x + 1)^19');
  });

  it('multiplies back to what was factored, and splits no factor again', () => {
    const random = drawFrom(11);
    const whole = (most: number): bigint => BigInt(Math.floor((2 * most + 1) * random()) - most);
    for (let run = 0; run < 40; run++) {
      const parts = Array.from({ length: 1 + Math.floor(3 * random()) }, () => [
        ...Array.from({ length: 1 + Math.floor(3 * random()) }, () => whole(6)),
        1n + BigInt(Math.floor(4 * random())),
      ]);
      const product = parts.reduce((all, part) => [...wholeProduct(all, part)], [1n]);
      const found = wholeFactors(product)!;
      const back = found.flatMap(({ factor, power }) => Array.from({ length: power }, () => factor));
      const multiplied = back.reduce((all, factor) => [...wholeProduct(all, factor)], [1n]);
      const [lead, top] = [product.at(-1)!, multiplied.at(-1)!];
      expect(multiplied.map((c) => (c * lead) / top)).toEqual(product);
      for (const { factor } of found) expect(wholeFactors(factor)).toEqual([{ factor, power: 1 }]);
    }
  });

  it('says what is too large, and what divides by nothing', () => {
    expect(() => formula('x^300 - 1').factor()).toThrow(FormulaError);
    expect(() => formula('(x + y + z + 1)^40').factor()).toThrow(/monomials/);
    expect(() => formula('1/(x - x)').factor()).toThrow(/divided by 0/);
  });
});

const binomial = (n: number, k: number): number => (k === 0 ? 1 : (binomial(n, k - 1) * (n - k + 1)) / k);

describe('partial fractions', () => {
  it.each([
    ['1/(x^2 - 1)', '0.5*(1/(x - 1)) - 0.5*(1/(x + 1))'],
    ['1/(x^2*(x + 1))', '-(1/x) + 1/x^2 + 1/(x + 1)'],
    ['x^3/(x^2 + 1)', 'x - x/(x^2 + 1)'],
    ['(x + 1)^2', 'x^2 + 2*x + 1'],
    ['3/2', '1.5'],
    ['x - x', '0'],
  ])('of %s are %s', async (text, sum) => {
    const found = (await formula(text).apart('x')).toString();
    expect(found).toBe(sum);
    expect(same(found, text)).toBe(true);
  });

  it('are of one symbol', async () => {
    await expect(formula('1/(x + y)').apart('x')).rejects.toThrow(/more than numbers and x/);
  });
});

describe('equality at points', () => {
  it('tells identities from what differs somewhere, if only by a little', () => {
    expect(same('sin(x)^2 + cos(x)^2', '1')).toBe(true);
    expect(same('exp(x/3)^3', 'exp(x)')).toBe(true);
    expect(same('tan(7*pi/10) + sqrt(1 + 2/sqrt(5))', '0')).toBe(true);
    expect(same('(2^(1/3) + 4^(1/3))^3 - 6*(2^(1/3) + 4^(1/3)) - 6', '0')).toBe(true);
    expect(same('sqrt(x^2)', 'x')).toEqual([expect.any(Number)]);
    expect(same('x*y', 'y*x + 1e-18')).toEqual([expect.any(Number), expect.any(Number)]);
  });

  it('has no answer where nothing is defined', () => {
    expect(same('log(-1 - x^2)', '1')).toBeUndefined();
    const terms = new Terms();
    expect(exactNumber(parse('1/3', terms).root)).toBe(1 / 3);
    expect(exactNumber(factored(terms, parse('2/6 + 0.1', terms).root))).toBe(13 / 30);
  });
});

describe('antiderivatives', () => {
  it.each([
    ['x*exp(x)', '-exp(x) + x*exp(x)'],
    ['1/(x^2 + 1)', 'atan(x)'],
    ['exp(-x^2)', 'sqrt(pi)*erf(x)/2'],
    ['exp(exp(x))*exp(x)', 'exp(exp(x))'],
    ['x^x*(1 + log(x))', 'exp(x*log(x))'],
    ['cos(x)/(1 + sin(x)^2)', 'atan(sin(x))'],
    ['sin(a*x)', '-cos(a*x)/a'],
  ])('of %s: %s', async (text, integral) => {
    expect((await formula(text).integrate('x'))!.toString()).toBe(integral);
  });

  it('have the function as their derivative', async () => {
    const texts = [
      'x^2*sin(x)',
      'log(x)^2',
      '1/(x^4 - 1)',
      '1/(x^3 + 1)',
      'x/sqrt(x + 1)',
      '1/cos(x)',
      'sqrt(x^2 + 1)',
    ];
    for (const text of [...texts, 'exp(sqrt(x))', 'tan(x)^2', '1/(1 + cos(x))', 'exp(2*x)*cos(3*x)', '1/(a*x + b)']) {
      const found = (await formula(text).integrate('x'))!;
      expect(same(found.diff('x').toString(), text)).toBe(true);
    }
  });

  it('are not given where none is found', async () => {
    expect(await formula('exp(x)/x').integrate('x')).toBeUndefined();
    expect(await formula('sin(x)/x').integrate('x')).toBeUndefined();
  });
});

describe('roots', () => {
  const solved = async (text: string, on?: readonly [number, number]) => formula(text).solve('x', on && { on });

  it.each([
    ['x^2 - 2', ['-sqrt(2)', 'sqrt(2)']],
    ['3*x - 1', ['1/3']],
    ['(x - 1)^2*(x + 2)', ['-2', '1']],
    ['x/(x - 1) - 1/(x - 1)', []],
    ['(x - 1)^2/(x - 1)', []],
    ['x^2 + x - 1', ['(-1 - sqrt(5))/2', '(-1 + sqrt(5))/2']],
    ['x^2 + 1', []],
  ])('of %s are %j', async (text, roots) => {
    const { roots: found, complete } = await solved(text);
    expect(complete).toBe(true);
    expect(found.length).toBe(roots.length);
    for (const [i, { exact, low, high, is }] of found.entries()) {
      expect(same(exact!.toString(), roots[i]!)).toBe(true);
      expect([is, high - low <= 2 ** -50 && low <= exact!.value() && exact!.value() <= high]).toEqual([
        'certain',
        true,
      ]);
    }
  });

  it('that have no formula are enclosed, and proved', async () => {
    for (const [text, root] of [
      ['x^5 - x - 1', 1.1673039782614187],
      ['cos(x) - x', 0.7390851332151607],
      ['exp(x) - 3', Math.log(3)],
    ] as const) {
      const { roots } = await solved(text, [-4, 4]);
      expect(roots.map(({ is }) => is)).toEqual(['certain']);
      expect(Math.abs(roots[0]!.low - root) + Math.abs(roots[0]!.high - root)).toBeLessThan(1e-12);
    }
    expect((await solved('sqrt(x) + x - 2', [0, 9])).roots.map(({ low }) => Math.round(low))).toEqual([1]);
  });

  it('are asked of one symbol, in an interval', async () => {
    await expect(formula('x - y').solve('x')).rejects.toThrow(/y beside x; put numbers in with subs/);
    await expect(solved('x - 1', [2, 1])).rejects.toThrow(/two numbers, the lower one first/);
    expect((await solved('x^2 - 4', [0, 9])).roots.map(({ exact }) => String(exact))).toEqual(['2']);
    expect((await solved('x - x')).roots.map(({ is }) => is)).toEqual(['possible']);
  });
});

describe('trees of mathjs', () => {
  const number = (value: unknown) => ({ type: 'ConstantNode', value });
  const name = (text: string) => ({ type: 'SymbolNode', name: text });
  const op = (sign: string, fn: string, ...args: readonly object[]) => ({ type: 'OperatorNode', op: sign, fn, args });
  const called = (fn: object, ...args: readonly object[]) => ({ type: 'FunctionNode', fn, args });

  it('are formulas', () => {
    const x = name('x');
    const power = op('^', 'pow', called(name('sin'), x), number(2));
    const sum = op('+', 'add', power, { type: 'ParenthesisNode', content: op('-', 'unaryMinus', number(0.1)) });
    expect(fromMathjs(sum).toString()).toBe(formula('sin(x)^2 + -0.1').toString());
    const chain = { type: 'RelationalNode', conditionals: ['smaller', 'smallerEq'], params: [number(0), x, number(1)] };
    const chosen = { type: 'ConditionalNode', condition: chain, trueExpr: name('pi'), falseExpr: x };
    expect(fromMathjs(chosen).value({ x: 2 })).toBe(2);
    expect(fromMathjs(chosen).value({ x: 1 })).toBe(Math.PI);
    expect(fromMathjs(op('-', 'subtract', number(5), op('-', 'subtract', number(3), number(1)))).value()).toBe(3);
  });

  it('of other kinds are refused, by name', () => {
    const refusals = [
      [{ type: 'AssignmentNode' }, /a AssignmentNode/],
      [number('text'), /the constant text/],
      [number(Infinity), /the constant Infinity/],
      [op('!', 'factorial', number(3)), /the operator ! \(factorial\)/],
      [{ ...op('%', 'divide', number(3), number(4)), isPercentage: true }, /the operator %/],
      [called(name('import'), name('x')), /the function import/],
      [called(name('sin'), name('x'), name('y')), /sin of 2 operands/],
      [called({ type: 'AccessorNode' }, name('x')), /no name/],
      [name('__proto__'), /__proto__/],
      [name('x.constructor'), /the name x.constructor/],
      [op('+', 'add', number(1), null as unknown as object), /without its operands/],
    ] as const;
    for (const [node, reason] of refusals) expect(() => fromMathjs(node)).toThrow(reason);
  });

  it('may be deep', () => {
    let deep: object = name('x');
    for (let i = 0; i < 20_000; i++) deep = op('-', 'unaryMinus', deep);
    expect(fromMathjs(deep as never).value({ x: 3 })).toBe(3);
    for (let i = 0; i < 90_000; i++) deep = op('-', 'unaryMinus', deep);
    expect(() => fromMathjs(deep as never)).toThrow(/more than 100000 nodes/);
  });
});
