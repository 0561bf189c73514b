// Partial fractions: a quotient of polynomials of one symbol as a sum of quotients by powers of irreducible factors.
import { FormulaError } from '../errors.ts';
import { factorsOf } from '../polynomial/factor.ts';
import { termOfMany } from '../polynomial/many.ts';
import { isZero, negated } from '../rational.ts';
import type { Term, Terms } from '../term.ts';
import { simple } from './diff.ts';
import { numbersFor } from './generators.ts';

/** The sum that a quotient is, with numbers in front. */
export function partialFractions(terms: Terms, root: Term, symbol: string): Term {
  const { variables, content, factors } = factorsOf(root);
  const others = variables.filter(({ kind, name }) => kind !== 'symbol' || name !== symbol);
  if (others.length > 0)
    throw new FormulaError('symbol', `apart: it has more than numbers and ${symbol}; put numbers in with subs.`, {
      symbol,
    });
  if (isZero(content)) return terms.whole(0);
  const x = terms.symbol(symbol);
  const degree = (sign: number): number =>
    factors
      .filter(({ power }) => power * sign > 0)
      .reduce((sum, { polynomial, power }) => sum + Math.abs(power) * degreeOfOne(polynomial), 0);
  const upTo = (count: number): Term[] =>
    Array.from({ length: count }, (_, i) => simple(terms, 'pow', [x, terms.whole(i)]));
  const parts = [
    ...upTo(Math.max(0, degree(1) - degree(-1) + 1)).reverse(),
    ...factors.flatMap(({ polynomial, power }) => {
      const divisor = termOfMany(terms, polynomial, variables);
      return Array.from({ length: Math.max(0, -power) }, (_, k) => k + 1).flatMap((k) =>
        upTo(degreeOfOne(polynomial))
          .reverse()
          .map((above) => simple(terms, 'divide', [above, simple(terms, 'pow', [divisor, terms.whole(k)])])),
      );
    }),
  ];
  const numbers = numbersFor(
    root,
    parts.map((value) => ({ value, slope: value })),
  )!;
  return parts.reduce<Term>((sum, part, i) => {
    const by = numbers[i]!;
    if (isZero(by)) return sum;
    const isMinus = by.numerator < 0n && sum.value === undefined;
    const scaled = simple(terms, 'multiply', [terms.number(isMinus ? negated(by) : by), part]);
    return simple(terms, isMinus ? 'subtract' : 'add', [sum, scaled]);
  }, terms.whole(0));
}

const degreeOfOne = (polynomial: ReturnType<typeof factorsOf>['factors'][number]['polynomial']): number =>
  Math.max(...[...polynomial.values()].map(({ powers }) => powers[0]!));
