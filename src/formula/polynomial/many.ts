// Polynomials of several variables over the rationals, and what a term is as a quotient of two of them.
import { FormulaError } from '../errors.ts';
import { isZero, negated, ONE, over, plus, type Rational, times, wholeOf, NOUGHT } from '../rational.ts';
import { ordered, type Term, type Terms } from '../term.ts';

/** A monomial: the powers of the variables, and its coefficient, not 0. */
export interface Monomial {
  readonly powers: readonly number[];
  readonly coefficient: Rational;
}

/** Monomials by their powers, as text. */
export type Many = ReadonlyMap<string, Monomial>;

/** A quotient of polynomials. */
export interface Quotient {
  readonly above: Many;
  readonly below: Many;
}

/** Terms as quotients of polynomials of variables, which are terms that are no arithmetic. */
export interface Quotients {
  readonly variables: readonly Term[];
  readonly quotients: readonly Quotient[];
}

const MOST_MONOMIALS = 4096;
const MOST_POWER = 4096;

export function manyOf(monomials: Iterable<Monomial>): Many {
  const sum = new Map<string, Monomial>();
  for (const { powers, coefficient } of monomials) {
    const key = powers.join();
    const known = sum.get(key);
    const total = known === undefined ? coefficient : plus(known.coefficient, coefficient);
    if (isZero(total)) sum.delete(key);
    else sum.set(key, { powers, coefficient: total });
  }
  if (sum.size > MOST_MONOMIALS) throw tooMany(sum.size);
  return sum;
}

const tooMany = (monomials: number): FormulaError =>
  new FormulaError(
    'limit',
    `formula: ${monomials} monomials when multiplied out; take a smaller part (at most ${MOST_MONOMIALS}).`,
    { monomials },
  );

const manySum = (a: Many, b: Many): Many => manyOf([...a.values(), ...b.values()]);
export const manyScaled = (a: Many, by: Rational): Many =>
  manyOf([...a.values()].map(({ powers, coefficient }) => ({ powers, coefficient: times(coefficient, by) })));

export function manyProduct(a: Many, b: Many): Many {
  if (a.size * b.size > MOST_MONOMIALS * 64) throw tooMany(a.size * b.size);
  const parts: Monomial[] = [];
  for (const x of a.values())
    for (const y of b.values())
      parts.push({
        powers: x.powers.map((power, i) => power + y.powers[i]!),
        coefficient: times(x.coefficient, y.coefficient),
      });
  return manyOf(parts);
}

function manyPower(a: Many, power: number, one: Many): Many {
  let [product, base] = [one, a];
  for (let rest = power; rest > 0; rest >>= 1) {
    if (rest & 1) product = manyProduct(product, base);
    if (rest > 1) base = manyProduct(base, base);
  }
  return product;
}

/** By total degree, the largest first, then by the powers of the variables in order. */
export function byDegreeOf(a: Many): Monomial[] {
  const degree = ({ powers }: Monomial): number => powers.reduce((sum, power) => sum + power, 0);
  return [...a.values()].sort((x, y) => degree(y) - degree(x) || compareLexically(y.powers, x.powers));
}

function compareLexically(x: readonly number[], y: readonly number[]): number {
  const at = x.findIndex((power, i) => power !== y[i]);
  return at < 0 ? 0 : x[at]! - y[at]!;
}

/** a / b where b divides a; undefined where it does not. */
export function manyQuotient(a: Many, b: Many): Many | undefined {
  const leading = (p: Many): Monomial =>
    [...p.values()].reduce((x, y) => (compareLexically(y.powers, x.powers) > 0 ? y : x));
  const lead = leading(b);
  const quotient: Monomial[] = [];
  let rest = a;
  while (rest.size > 0) {
    const top = leading(rest);
    const powers = top.powers.map((power, i) => power - lead.powers[i]!);
    if (powers.some((power) => power < 0)) return undefined;
    const part = { powers, coefficient: over(top.coefficient, lead.coefficient) };
    quotient.push(part);
    rest = manySum(rest, manyScaled(manyProduct(manyOf([part]), b), { numerator: -1n, denominator: 1n }));
  }
  return manyOf(quotient);
}

const ARITHMETIC: ReadonlySet<string> = new Set([
  'add',
  'subtract',
  'multiply',
  'divide',
  'negative',
  'square',
  'reciprocal',
]);

/** The exponent of a power that is whole. */
function wholePower({ kind, name, args }: Term): number | undefined {
  const power = kind === 'call' && name === 'pow' ? args[1]!.value : undefined;
  const whole = power && wholeOf(power);
  return whole !== undefined && Math.abs(whole) <= MOST_POWER ? whole : undefined;
}

const isArithmetic = (term: Term): boolean =>
  term.kind === 'number' || (term.kind === 'call' && (ARITHMETIC.has(term.name) || wholePower(term) !== undefined));

/** The terms under terms, each once, operands first; what is no arithmetic is not looked into. */
function arithmeticOf(roots: readonly Term[]): Term[] {
  const reached = new Set<Term>(roots);
  for (const term of ordered(roots).reverse())
    if (reached.has(term) && isArithmetic(term)) for (const arg of operandsIn(term)) reached.add(arg);
  return ordered(roots).filter((term) => reached.has(term));
}

/** What of the operands is arithmetic: of a power its base. */
const operandsIn = ({ name, args }: Term): readonly Term[] => (name === 'pow' ? args.slice(0, 1) : args);

type Pair = readonly [Many, Many];

/** Terms as quotients of polynomials of the same variables; nothing is cancelled but where the divisors are equal. */
export function quotientsOf(roots: readonly Term[]): Quotients {
  const order = arithmeticOf(roots);
  const variables = order.filter((term) => !isArithmetic(term));
  const none = variables.map(() => 0);
  const number = (value: Rational): Many => manyOf([{ powers: none, coefficient: value }]);
  const one = number(ONE);
  const known = new Map<Term, Pair>();
  for (const term of order) {
    const at = variables.indexOf(term);
    if (at >= 0) known.set(term, [manyOf([{ powers: none.with(at, 1), coefficient: ONE }]), one]);
    else if (term.value !== undefined) known.set(term, [isZero(term.value) ? manyOf([]) : number(term.value), one]);
    else
      known.set(
        term,
        combinedPair(
          term,
          operandsIn(term).map((arg) => known.get(arg)!),
          one,
        ),
      );
  }
  return {
    variables,
    quotients: roots.map((root) => {
      const [above, below] = known.get(root)!;
      return { above, below };
    }),
  };
}

function combinedPair(term: Term, parts: readonly Pair[], one: Many): Pair {
  const [[a, b], [c, d] = [one, one]] = parts as readonly [Pair, Pair | undefined];
  const minus = (p: Many): Many => manyScaled(p, negated(ONE));
  if (term.name === 'add') return summed(a, b, c, d);
  if (term.name === 'subtract') return summed(a, b, minus(c), d);
  if (term.name === 'multiply') return [manyProduct(a, c), manyProduct(b, d)];
  if (term.name === 'divide') return over0(manyProduct(a, d), manyProduct(b, c));
  if (term.name === 'reciprocal') return over0(b, a);
  if (term.name === 'negative') return [minus(a), b];
  const power = term.name === 'square' ? 2 : wholePower(term)!;
  return power < 0
    ? over0(manyPower(b, -power, one), manyPower(a, -power, one))
    : [manyPower(a, power, one), manyPower(b, power, one)];
}

function summed(a: Many, b: Many, c: Many, d: Many): Pair {
  const isSame =
    b.size === d.size &&
    [...b].every(([key, { coefficient }]) => {
      const other = d.get(key)?.coefficient;
      return (
        other !== undefined &&
        other.numerator === coefficient.numerator &&
        other.denominator === coefficient.denominator
      );
    });
  return isSame ? [manySum(a, c), b] : [manySum(manyProduct(a, d), manyProduct(c, b)), manyProduct(b, d)];
}

function over0(above: Many, below: Many): Pair {
  if (below.size === 0)
    throw new FormulaError('domain', 'formula: it is divided by 0 when multiplied out; leave out that part.');
  return [above, below];
}

/** A polynomial as a term: a sum of products, the largest degree first. */
export function termOfMany(terms: Terms, polynomial: Many, variables: readonly Term[]): Term {
  let sum: Term | undefined;
  for (const { powers, coefficient } of byDegreeOf(polynomial)) {
    const isMinus = sum !== undefined && coefficient.numerator < 0n;
    const part = productOf(terms, isMinus ? negated(coefficient) : coefficient, powers, variables);
    sum = sum === undefined ? part : terms.call(isMinus ? 'subtract' : 'add', [sum, part]);
  }
  return sum ?? terms.number(NOUGHT);
}

function productOf(terms: Terms, coefficient: Rational, powers: readonly number[], variables: readonly Term[]): Term {
  const factors = powers.flatMap((power, i) => (power === 0 ? [] : [raisedTerm(terms, variables[i]!, power)]));
  const isOne = coefficient.denominator === 1n && coefficient.numerator === 1n;
  const isMinusOne = coefficient.denominator === 1n && coefficient.numerator === -1n;
  if (factors.length > 0 && isMinusOne) {
    factors[0] = terms.call('negative', [factors[0]!]);
  } else if (!isOne || factors.length === 0) factors.unshift(terms.number(coefficient));
  return factors.reduce((product, factor) => terms.call('multiply', [product, factor]));
}

export const raisedTerm = (terms: Terms, base: Term, power: number): Term =>
  power === 1 ? base : terms.call('pow', [base, terms.whole(power)]);
