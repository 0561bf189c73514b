// Functions put so that their derivatives are polynomials of one another, and numbers by which parts add up to one.
import { type Factor, splitMany, textOfMany } from '../polynomial/factor.ts';
import { type Equation, solution } from '../polynomial/linear.ts';
import {
  type Many,
  manyOf,
  manyProduct,
  manyQuotient,
  manyScaled,
  type Monomial,
  type Quotient,
  quotientsOf,
  termOfMany,
} from '../polynomial/many.ts';
import { ONE, over, type Rational, NOUGHT } from '../rational.ts';
import { ordered, mapTerm, type Term, type Terms } from '../term.ts';
import { type Part, shaped } from './ansatz.ts';
import { simple } from './diff.ts';

/** Roots for half powers, powers for exponentials of multiples, sines and cosines for tangents beside them. */
export function rewritten(terms: Terms, f: Term): Term {
  const names = new Set(ordered([f]).map(({ name }) => name));
  return mapTerm<Term>(f, (term, args) => {
    if (term.kind !== 'call') return term;
    const [a, b] = args as readonly [Term, Term];
    const power = term.name === 'pow' ? b.value : undefined;
    if (power !== undefined && power.denominator === 2n)
      return simple(terms, 'pow', [terms.call('sqrt', [a]), terms.whole(Number(power.numerator))]);
    if (term.name === 'pow' && b.value === undefined && a.kind === 'constant' && a.name === 'e')
      return exponential(terms, b);
    if (term.name === 'exp') return exponential(terms, a);
    if (term.name === 'pow' && b.value === undefined) return shaped(terms, 'exp(b*log(a))', { a, b });
    if (term.name === 'tan' && (names.has('sin') || names.has('cos'))) return shaped(terms, 'sin(u)/cos(u)', { u: a });
    return terms.call(term.name, args);
  });
}

/** e^(2 a − b) as (e^a)² / e^b. */
function exponential(terms: Terms, exponent: Term): Term {
  const { variables, quotients } = quotientsOf([exponent]);
  const { above, below } = quotients[0] as Quotient;
  const plain = [...below.values()].every(({ powers }) => powers.every((power) => power === 0));
  if (!plain || above.size === 0 || isQuadratic(above)) return terms.call('exp', [exponent]);
  const scale = [...below.values()][0]!.coefficient;
  return [...above.values()]
    .map(({ powers, coefficient }): Term => {
      const { numerator, denominator } = over(coefficient, scale);
      const unit = manyOf([{ powers, coefficient: { numerator: 1n, denominator } }]);
      const inner = terms.call('exp', [termOfMany(terms, unit, variables)]);
      return simple(terms, 'pow', [inner, terms.whole(Number(numerator))]);
    })
    .reduce((product, each) => simple(terms, 'multiply', [product, each]));
}

const isQuadratic = (polynomial: Many): boolean =>
  [...polynomial.values()].some(({ powers }) => powers.reduce((sum, power) => sum + power, 0) > 1);

/** Numbers by which the slopes of parts add up to a term; undefined where there are none. */
export function numbersFor(f: Term, parts: readonly Part[]): Rational[] | undefined {
  const { variables, quotients } = quotientsOf([f, ...parts.map(({ slope }) => slope)]);
  const common = commonDivisor(
    quotients.map(({ below }) => below),
    variables.length,
  );
  const relations = relationsOf(variables);
  const [goal, ...columns] = quotients.map(({ above, below }) =>
    reduced(manyProduct(above, manyQuotient(common, below)!), relations),
  );
  const equations = new Map<string, { coefficients: Map<number, Rational>; value: Rational }>();
  const at = (key: string): { coefficients: Map<number, Rational>; value: Rational } => {
    const known = equations.get(key) ?? { coefficients: new Map<number, Rational>(), value: NOUGHT };
    equations.set(key, known);
    return known;
  };
  for (const [key, { coefficient }] of goal!) at(key).value = coefficient;
  for (const [i, column] of columns.entries())
    for (const [key, { coefficient }] of column) at(key).coefficients.set(i, coefficient);
  return solution([...equations.values()] satisfies Equation[], parts.length);
}

/** A common multiple of divisors. */
function commonDivisor(divisors: readonly Many[], count: number): Many {
  const factors = new Map<string, Factor>();
  const seen = new Set<string>();
  for (const divisor of divisors) {
    const text = textOfMany(divisor);
    if (seen.has(text)) continue;
    seen.add(text);
    for (const factor of splitMany(divisor, count).factors) {
      const key = textOfMany(factor.polynomial);
      if (factor.power > (factors.get(key)?.power ?? 0)) factors.set(key, factor);
    }
  }
  let product = manyOf([{ powers: new Array<number>(count).fill(0), coefficient: ONE }]);
  for (const { polynomial, power } of factors.values())
    for (let i = 0; i < power; i++) product = manyProduct(product, polynomial);
  return product;
}

/** A variable to a power is a polynomial. */
interface Relation {
  readonly variable: number;
  readonly power: number;
  readonly is: Many;
}

/** sin² = 1 − cos², cosh² = 1 + sinh², and what roots are of. */
function relationsOf(variables: readonly Term[]): Relation[] {
  const none = variables.map(() => 0);
  return variables.flatMap((term, variable): Relation[] => {
    const [u] = term.args as readonly [Term];
    const beside = (name: string): number =>
      variables.findIndex((other) => other.name === name && other.kind === 'call' && other.args[0] === u);
    const squared = (other: number, sign: bigint): Relation[] => [
      {
        variable,
        power: 2,
        is: manyOf([
          { powers: none, coefficient: ONE },
          { powers: none.with(other, 2), coefficient: { numerator: sign, denominator: 1n } },
        ]),
      },
    ];
    if (term.kind !== 'call') return [];
    if (term.name === 'sin' && beside('cos') >= 0) return squared(beside('cos'), -1n);
    if (term.name === 'cosh' && beside('sinh') >= 0) return squared(beside('sinh'), 1n);
    if (term.name !== 'sqrt' && term.name !== 'cbrt') return [];
    const inner = quotientsOf([u, ...variables]);
    const { above, below } = inner.quotients[0] as Quotient;
    const isKnown = below.size === 1 && inner.variables.every((each) => variables.includes(each));
    if (!isKnown || [...below.values()][0]!.powers.some((power) => power > 0)) return [];
    const placed = (each: Monomial): Monomial => ({
      powers: variables.map((of) => each.powers[inner.variables.indexOf(of)] ?? 0),
      coefficient: over(each.coefficient, [...below.values()][0]!.coefficient),
    });
    return [{ variable, power: term.name === 'sqrt' ? 2 : 3, is: manyOf([...above.values()].map(placed)) }];
  });
}

/** A polynomial with no power of a variable that is another polynomial. */
function reduced(polynomial: Many, relations: readonly Relation[]): Many {
  let rest = polynomial;
  for (let round = 0; round < 64; round++) {
    const relation = relations.find(({ variable, power }) =>
      [...rest.values()].some(({ powers }) => powers[variable]! >= power),
    );
    if (relation === undefined) break;
    const { variable, power, is } = relation;
    rest = manyOf(
      [...rest.values()].flatMap((each): Monomial[] => {
        const left = each.powers[variable]! - power;
        if (left < 0) return [each];
        const unit = manyOf([{ powers: each.powers.with(variable, left), coefficient: ONE }]);
        return [...manyScaled(manyProduct(unit, is), each.coefficient).values()];
      }),
    );
  }
  return rest;
}
