// Factors of terms over the rationals. Several variables are one for a while: x, y, … are read as x, x^d, x^d², …
// (Kronecker, "Grundzüge einer arithmetischen Theorie der algebraischen Größen", 1882).
import { FormulaError } from '../errors.ts';
import { gcd, isOne, ONE, over, type Rational, ratio } from '../rational.ts';
import type { Term, Terms } from '../term.ts';
import {
  byDegreeOf,
  type Many,
  manyOf,
  manyQuotient,
  manyScaled,
  type Monomial,
  quotientsOf,
  raisedTerm,
  termOfMany,
} from './many.ts';
import { MOST_DEGREE, type Whole, wholeFactors, wholeProduct } from './whole.ts';

/** An irreducible polynomial, primitive, and its power: below 0 of what divides. */
export interface Factor {
  readonly polynomial: Many;
  readonly power: number;
}

/** A number and irreducible factors, whose product a term is. */
interface Factored {
  readonly variables: readonly Term[];
  readonly content: Rational;
  readonly factors: readonly Factor[];
}

/** The irreducible factors of a term, with what divides cancelled. */
export function factorsOf(root: Term): Factored {
  const { variables, quotients } = quotientsOf([root]);
  const { above, below } = quotients[0]!;
  if (above.size === 0) return { variables, content: { numerator: 0n, denominator: 1n }, factors: [] };
  const [top, bottom] = [splitMany(above, variables.length), splitMany(below, variables.length)];
  const powers = new Map<string, { polynomial: Many; power: number }>();
  const count = (polynomial: Many, power: number): void => {
    const key = textOfMany(polynomial);
    powers.set(key, { polynomial, power: (powers.get(key)?.power ?? 0) + power });
  };
  for (const { polynomial, power } of top.factors) count(polynomial, power);
  for (const { polynomial, power } of bottom.factors) count(polynomial, -power);
  const factors = [...powers.values()].filter(({ power }) => power !== 0);
  return { variables, content: over(top.content, bottom.content), factors };
}

/** The product of the irreducible factors of a term. */
export function factored(terms: Terms, root: Term): Term {
  const { variables, content, factors } = factorsOf(root);
  const made = (sign: number): Term[] =>
    factors
      .filter(({ power }) => power * sign > 0)
      .map(({ polynomial, power }) => raisedTerm(terms, termOfMany(terms, polynomial, variables), Math.abs(power)));
  const [top, bottom] = [made(1), made(-1)];
  if (!isOne(content) || top.length === 0) top.unshift(terms.number(content));
  const multiply = (parts: readonly Term[]): Term => parts.reduce((a, b) => terms.call('multiply', [a, b]));
  return bottom.length === 0 ? multiply(top) : terms.call('divide', [multiply(top), multiply(bottom)]);
}

export const textOfMany = (polynomial: Many): string =>
  byDegreeOf(polynomial)
    .map(({ powers, coefficient }) => `${powers.join()}:${coefficient.numerator}/${coefficient.denominator}`)
    .join(' ');

/** Content and irreducible factors of a polynomial, not 0, of so many variables: powers of variables first. */
export function splitMany(polynomial: Many, count: number): { content: Rational; factors: Factor[] } {
  const { content, polynomial: whole } = primitiveMany(polynomial);
  const least = Array.from({ length: count }, (_, i) =>
    Math.min(...[...whole.values()].map(({ powers }) => powers[i]!)),
  );
  const unit = least.map(() => 0);
  const factors: Factor[] = least.flatMap((power, i) =>
    power === 0 ? [] : [{ polynomial: manyOf([{ powers: unit.with(i, 1), coefficient: ONE }]), power }],
  );
  const rest = manyOf(
    [...whole.values()].map(({ powers, coefficient }) => ({
      powers: powers.map((power, i) => power - least[i]!),
      coefficient,
    })),
  );
  return { content, factors: [...factors, ...irreducible(rest, count)] };
}

/** Whole coefficients without a common divisor, the first one positive, and what they were divided by. */
function primitiveMany(polynomial: Many): { content: Rational; polynomial: Many } {
  const all = byDegreeOf(polynomial);
  const below = all.reduce((lcm, { coefficient: { denominator: d } }) => (lcm / gcd(lcm, d)) * d, 1n);
  const above = all.reduce((common, { coefficient: c }) => gcd(common, (c.numerator * below) / c.denominator), 0n);
  const content = ratio(all[0]!.coefficient.numerator < 0n ? -above : above, below);
  return { content, polynomial: manyScaled(polynomial, over(ONE, content)) };
}

/** Irreducible factors of a primitive polynomial that no variable divides. */
function irreducible(polynomial: Many, count: number): Factor[] {
  const used = Array.from({ length: count }, (_, i) => i).filter((i) =>
    [...polynomial.values()].some(({ powers }) => powers[i]! > 0),
  );
  if (used.length === 0) return [];
  const totals = new Set([...polynomial.values()].map(({ powers }) => powers.reduce((sum, power) => sum + power, 0)));
  // A homogeneous polynomial loses a variable: what it is at 1 there has factors of the same powers.
  if (used.length > 1 && totals.size === 1) return homogeneous(polynomial, used.at(-1)!, count);
  const base = 1 + Math.max(...used.map((i) => Math.max(...[...polynomial.values()].map(({ powers }) => powers[i]!))));
  const image = imageOf(polynomial, used, base);
  const found = image.length > MOST_DEGREE + 1 ? undefined : wholeFactors(image);
  if (found === undefined) throw tooLarge(image.length - 1);
  if (used.length === 1)
    return found.map(({ factor, power }) => ({ polynomial: backOf(factor, used, base, count), power }));
  return together(
    polynomial,
    found.flatMap(({ factor, power }) => Array.from({ length: power }, () => factor)),
    (factor) => backOf(factor, used, base, count),
  );
}

const tooLarge = (degree: number): FormulaError =>
  new FormulaError('limit', `factor: a polynomial of degree ${degree} takes too long; factor smaller parts.`, {
    degree,
  });

function homogeneous(polynomial: Many, last: number, count: number): Factor[] {
  const at = manyOf(
    [...polynomial.values()].map(({ powers, coefficient }) => ({ powers: powers.with(last, 0), coefficient })),
  );
  return irreducible(at, count).map(({ polynomial: factor, power }) => {
    const total = ({ powers }: Monomial): number => powers.reduce((sum, each) => sum + each, 0);
    const degree = Math.max(...[...factor.values()].map(total));
    const made = [...factor.values()].map((each) => ({
      powers: each.powers.with(last, degree - total(each)),
      coefficient: each.coefficient,
    }));
    return { polynomial: manyOf(made), power };
  });
}

function imageOf(polynomial: Many, used: readonly number[], base: number): Whole {
  const at = ({ powers }: Monomial): number => used.reduce((sum, i, k) => sum + powers[i]! * base ** k, 0);
  const monomials = [...polynomial.values()];
  const image = new Array<bigint>(Math.min(1 + Math.max(...monomials.map(at)), MOST_DEGREE + 2)).fill(0n);
  for (const each of monomials) if (at(each) < image.length) image[at(each)] = each.coefficient.numerator;
  return image;
}

function backOf(image: Whole, used: readonly number[], base: number, count: number): Many {
  const made = image.flatMap((coefficient, place) => {
    if (coefficient === 0n) return [];
    const powers = new Array<number>(count).fill(0);
    let rest = place;
    for (const i of used) {
      powers[i] = i === used.at(-1) ? rest : rest % base;
      rest = Math.floor(rest / base);
    }
    return [{ powers, coefficient: ratio(coefficient) }];
  });
  return primitiveMany(manyOf(made)).polynomial;
}

const MOST_SETS = 4096;

/** Products of factors of the image whose polynomials divide, fewest factors first. */
function together(polynomial: Many, images: readonly Whole[], back: (image: Whole) => Many): Factor[] {
  const found = new Map<string, { polynomial: Many; power: number }>();
  const add = (factor: Many): void => {
    const key = textOfMany(factor);
    found.set(key, { polynomial: factor, power: (found.get(key)?.power ?? 0) + 1 });
  };
  let [rest, open, steps] = [polynomial, images, 0];
  for (let size = 1; 2 * size <= open.length;) {
    const sets = subsetsOf(open.length, size);
    const divisor = sets.find((set) => {
      if (++steps > MOST_SETS) throw tooLarge(images.reduce((sum, image) => sum + image.length - 1, 0));
      const factor = back(set.reduce((product, i) => wholeProduct(product, open[i]!), [1n] as Whole));
      const quotient = manyQuotient(rest, factor);
      if (quotient === undefined) return false;
      rest = quotient;
      add(factor);
      return true;
    });
    if (divisor === undefined) size++;
    else open = open.filter((_, i) => !divisor.includes(i));
  }
  if (open.length > 0) add(primitiveMany(rest).polynomial);
  return [...found.values()];
}

function subsetsOf(count: number, size: number): number[][] {
  const sets: number[][] = size === 0 ? [[]] : [];
  if (size === 0) return sets;
  for (let first = 0; first <= count - size && sets.length <= MOST_SETS; first++)
    for (const rest of subsetsOf(count - first - 1, size - 1)) sets.push([first, ...rest.map((i) => i + first + 1)]);
  return sets;
}
