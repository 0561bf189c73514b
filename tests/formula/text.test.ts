// The text of formulas: what is read, what is refused and what to write for it, and that printing loses nothing.
import { describe, expect, it } from 'vitest';
import { formula, FormulaError } from '../../src/formula.ts';
import { FORMULA_FUNCTIONS } from '../../src/formula/functions.ts';
import { nearestFloat, ratio, numberText } from '../../src/formula/rational.ts';
import { type Term, Terms } from '../../src/formula/term.ts';
import { parse } from '../../src/formula/text/parser.ts';
import { printText } from '../../src/formula/text/print.ts';
import { drawFrom } from '../../src/testing/random.ts';

const faultOf = (text: string): FormulaError => {
  try {
    formula(text);
  } catch (error) {
    if (error instanceof FormulaError) return error;
    throw error;
  }
  throw new Error(`${text} was read`);
};

describe('a formula is read', () => {
  it.each([
    ['-x^2', '-x^2', { x: 3 }, -9],
    ['2^-x', '2^(-x)', { x: 1 }, 0.5],
    ['2^3^2', '2^3^2', {}, 512],
    ['2x^2 + 3(x + 1)', '2*x^2 + 3*(x + 1)', { x: 2 }, 17],
    ['8 - 4 - 2', '8 - 4 - 2', {}, 2],
    ['8 - (4 - 2)', '8 - (4 - 2)', {}, 6],
    ['x×y ÷ 2 − √(x)·π', 'x*y/2 - sqrt(x)*pi', { x: 4, y: 3 }, 6 - 2 * Math.PI],
    ['x² + y¹⁰', 'x^2 + y^10', { x: 3, y: 1 }, 10],
    ['where(x < 0 or not y == 1, -x, x)', 'where(x < 0 or not y == 1, -x, x)', { x: 2, y: 1 }, 2],
    ['maximum(x, y, 3)', 'maximum(maximum(x, y), 3)', { x: 1, y: 2 }, 3],
    ['α_1 + β', 'α_1 + β', { α_1: 1, β: 2 }, 3],
    ['1/3*x', '1/3*x', { x: 3 }, 1],
    ['1e400/1e399', '10', {}, 10],
  ] as const)('%s', (text, printed, numbers, value) => {
    expect(formula(text).toString()).toBe(printed);
    expect(formula(text).value(numbers)).toBeCloseTo(value, 12);
  });

  it('with numbers that lose nothing, rounded once where they are used', () => {
    const numbers = ['0.1', '1e400', '1e-400', '12345678901234567890.5', '0.30000000000000004', '5e-324', '1e23'];
    for (const text of numbers) {
      expect(formula(text).value()).toBe(Number(text));
      expect(formula(formula(text).toString()).term.value).toEqual(formula(text).term.value);
    }
  });

  it('at any depth and of a million characters', () => {
    const depth = 100_000;
    expect(formula('('.repeat(depth) + 'x' + ')'.repeat(depth)).toString()).toBe('x');
    expect(formula(`${'-'.repeat(depth)}x`).value({ x: 2 })).toBe(2);
    const sum = formula(new Array<string>(depth).fill('sin(x)').join(' + '));
    expect(sum.diff('x').value({ x: 0 })).toBe(depth);
    expect(faultOf('x'.repeat(2 ** 20 + 1)).details['fault']).toBe('limit');
  });
});

describe('a formula is refused', () => {
  it.each([
    ['sin x', 'syntax', 'write sin(x)'],
    ['sin^2(x)', 'syntax', 'write sin(x)^2 for the power of a function'],
    ['1/2x', 'ambiguous', 'write 1/(2*x) or (1/2)*x'],
    ['x(y + 1)', 'ambiguous', 'write x*( for a product'],
    ['x y', 'ambiguous', 'write x*y'],
    ['x 2', 'ambiguous', 'write x*2'],
    ['a < b < c', 'ambiguous', 'write a < b and b < c'],
    ['sine(x)', 'name', 'did you mean sin'],
    ['sin()', 'syntax', 'write what is in the brackets'],
    ['atan2(x)', 'operand', 'give it 2 arguments'],
    ['50%', 'syntax', 'write x/100, or remainder(x, y)'],
    ['n!', 'syntax', 'gamma(n + 1) for a factorial'],
    ["f'", 'syntax', 'call diff on the formula'],
    ['.5', 'number', 'write 0.5'],
    ['5.', 'number', 'write 5 or 5.0'],
    ['1e99999', 'limit', 'write at most 10000'],
    ['x = 2', 'syntax', 'write == to compare'],
    ['x ** 2', 'syntax', 'write ^ for a power'],
    ['х + 1', 'character', 'names have letters'],
    ['ｘ + 1', 'character', 'write x if that is meant'],
    ['a\u202eb', 'character', 'leave it out'],
    ['__proto__', 'name', 'take another one'],
    ['constructor(x)', 'name', 'take another one'],
    ['(x', 'syntax', 'write ) where it ends'],
    ['x)', 'syntax', 'leave ) out'],
    ['1,2', 'syntax', 'write . for decimals'],
    ['', 'syntax', "write one, as 'x + 1'"],
    ['x +', 'syntax', 'write a number, a name or ('],
  ])('%s', (text, fault, remedy) => {
    const error = faultOf(text);
    expect([error.code, error.details['fault']]).toEqual(['FORMULA', fault]);
    expect(error.message).toContain(remedy);
    expect(error.span?.start).toBeLessThanOrEqual(text.length);
  });

  it('whatever is numberText, with an error of its own kind', () => {
    const random = drawFrom(7);
    const pieces = [
      'x',
      '1',
      '2.5',
      '+',
      '-',
      '*',
      '/',
      '^',
      '(',
      ')',
      ',',
      'sin',
      'where',
      '<',
      'and',
      'not',
      '√',
      '²',
      ' ',
    ];
    for (let k = 0; k < 3000; k++) {
      const text = Array.from(
        { length: 1 + Math.floor(random() * 12) },
        () => pieces[Math.floor(random() * pieces.length)],
      );
      try {
        expect(printText(parse(text.join('')).root)).toBeTypeOf('string');
      } catch (error) {
        expect(error).toBeInstanceOf(FormulaError);
      }
    }
  });
});

describe('text and terms', () => {
  const random = drawFrom(11);
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!;
  const functions = [...FORMULA_FUNCTIONS].filter(([, { least, most }]) => least === most);

  function drawn(terms: Terms, depth: number): Term {
    if (depth === 0 || random() < 0.2) {
      const numerator = BigInt(Math.floor(random() * 2000) - 1000);
      const number = terms.number(ratio(numerator, pick([1n, 1n, 2n, 3n, 10n, 1000n])));
      return pick([number, terms.symbol(pick(['x', 'y', 'α'])), terms.constant(pick(['pi', 'e']))]);
    }
    const [name, { least }] = pick(functions);
    return terms.call(
      name,
      Array.from({ length: least }, () => drawn(terms, depth - 1)),
    );
  }

  it('are the same after printing and reading, for 2,000 random terms', () => {
    for (let k = 0; k < 2000; k++) {
      const terms = new Terms();
      const term = drawn(terms, 5);
      expect(parse(printText(term), terms).root).toBe(term);
    }
  });

  it('round to the float that is nearest, as division of the language does where both are exact', () => {
    for (let k = 0; k < 2000; k++) {
      const [n, d] = [Math.floor(random() * 2 ** 53), 1 + Math.floor(random() * 2 ** 53)];
      expect(nearestFloat(ratio(BigInt(n), BigInt(d)))).toBe(n / d);
      const text = `${n}e${Math.floor(random() * 660) - 345}`;
      expect(nearestFloat(formula(text).term.value!)).toBe(Number(text));
    }
    expect(numberText(ratio(-1n, 3n))).toBe('-1/3');
  });

  it('of what is shared without end are refused before they are numberText', () => {
    let f = formula('x');
    for (let i = 0; i < 40; i++) f = formula('sin(f)*(f + 1)').subs({ f });
    expect(() => f.toString()).toThrow(/more than 1048576 characters/);
  });
});
