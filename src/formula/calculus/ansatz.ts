// What an antiderivative may consist of: products of powers of the functions that occur, logarithms of what divides and
// arcs of quadratics. Bronstein, "Symbolic integration I", 2005, chapter 10 (parallel integration).
import { ONE, type Rational, ratio } from '../rational.ts';
import { type Term, type Terms } from '../term.ts';
import { parse } from '../text/parser.ts';
import { type Factor, splitMany } from '../polynomial/factor.ts';
import { type Many, manyOf, type Quotient, type Quotients, quotientsOf, termOfMany } from '../polynomial/many.ts';
import { derivative, simple } from './diff.ts';

/** A part that an antiderivative may have, times a number, and the derivative of that part. */
export interface Part {
  readonly value: Term;
  readonly slope: Term;
}

const MOST_VARIABLES = 7;
const MOST_PARTS = 220;

/** A formula of named terms. */
export function shaped(terms: Terms, text: string, named: Readonly<Record<string, Term>>): Term {
  return terms.adopt(parse(text).root, new Map(Object.entries(named)));
}

/** A function with all that its derivatives consist of, as quotients of polynomials; undefined where that is much. */
export function closed(terms: Terms, root: Term, symbol: string): Quotients | undefined {
  let found = quotientsOf([root, terms.symbol(symbol)]);
  for (;;) {
    const slopes = found.variables.map((variable) => derivative(terms, variable, symbol));
    const next = quotientsOf([root, terms.symbol(symbol), ...found.variables, ...slopes]);
    if (next.variables.length > MOST_VARIABLES) return undefined;
    if (next.variables.length === found.variables.length) return next;
    found = next;
  }
}

const degreeIn = (polynomial: Many, i: number): number =>
  Math.max(0, ...[...polynomial.values()].map(({ powers }) => powers[i]!));
const degreeOf = (polynomial: Many): number =>
  Math.max(0, ...[...polynomial.values()].map(({ powers }) => powers.reduce((sum, power) => sum + power, 0)));

/** The parts to try. */
export function candidatesFor(terms: Terms, { variables, quotients }: Quotients, symbol: string): Part[] {
  const { above, below } = quotients[0]!;
  const factors = splitMany(below, variables.length).factors;
  const reduced = factors.flatMap(({ polynomial, power }) =>
    power > 1 || !isOfSymbol(polynomial, variables, symbol) ? [{ polynomial, power: power - 1 }] : [],
  );
  const divisors = [denominatorOf(terms, reduced, variables)];
  if (factors.some(({ polynomial }) => !isOfSymbol(polynomial, variables, symbol)))
    divisors.push(denominatorOf(terms, factors, variables));
  const powers = exponents(variables, above, below);
  const made = [...new Set(divisors)].flatMap((divisor) =>
    powers.map((each): Part => {
      const value = simple(terms, 'divide', [
        termOfMany(terms, manyOf([{ powers: each, coefficient: ONE }]), variables),
        divisor,
      ]);
      return { value, slope: derivative(terms, value, symbol) };
    }),
  );
  return [
    ...made.slice(0, MOST_PARTS),
    ...factors.flatMap((factor) => logarithms(terms, factor, variables, symbol)),
    ...variables.flatMap((variable) => arcs(terms, variable, symbol)),
    ...trigonometric(terms, variables, symbol),
  ];
}

function isOfSymbol(polynomial: Many, variables: readonly Term[], symbol: string): boolean {
  return variables.every((variable, i) => variable.name === symbol || degreeIn(polynomial, i) === 0);
}

function denominatorOf(terms: Terms, factors: readonly Factor[], variables: readonly Term[]): Term {
  return factors
    .filter(({ power }) => power > 0)
    .map(({ polynomial, power }) =>
      simple(terms, 'pow', [termOfMany(terms, polynomial, variables), terms.whole(power)]),
    )
    .reduce((product, each) => simple(terms, 'multiply', [product, each]), terms.whole(1));
}

/** Powers of the variables up to one more than they have in a quotient. */
function exponents(variables: readonly Term[], above: Many, below: Many): number[][] {
  const total = Math.max(degreeOf(above) + 1, degreeOf(below) + 1);
  let all: number[][] = [[]];
  for (const i of variables.keys()) {
    const most = Math.max(degreeIn(above, i), degreeIn(below, i)) + 1;
    all = all.flatMap((powers) => {
      const left = total - powers.reduce((sum, power) => sum + power, 0);
      return Array.from({ length: Math.max(0, Math.min(most, left)) + 1 }, (_, power) => [...powers, power]);
    });
    if (all.length > 8 * MOST_PARTS) all = all.slice(0, 8 * MOST_PARTS);
  }
  const degree = (powers: readonly number[]): number => powers.reduce((sum, power) => sum + power, 0);
  return all.filter((powers) => degree(powers) > 0 || below.size > 1).sort((a, b) => degree(a) - degree(b));
}

/** log |p|, and of a quadratic its arc. */
function logarithms(terms: Terms, { polynomial }: Factor, variables: readonly Term[], symbol: string): Part[] {
  const p = termOfMany(terms, polynomial, variables);
  const value = shaped(terms, 'log(abs(p))', { p });
  const parts: Part[] = [{ value, slope: simple(terms, 'divide', [derivative(terms, p, symbol), p]) }];
  const used = variables.flatMap((variable, i) => (degreeIn(polynomial, i) > 0 ? [i] : []));
  if (used.length !== 1 || degreeIn(polynomial, used[0]!) !== 2) return parts;
  const at = variables[used[0]!]!;
  // The arc of a tangent has steps where the tangent has poles.
  if (at.kind === 'call' && at.name === 'tan') return parts;
  const coefficient = (power: number): Rational =>
    [...polynomial.values()].find(({ powers }) => powers[used[0]!] === power)?.coefficient ?? ratio(0n);
  const [a, b, c] = [terms.number(coefficient(2)), terms.number(coefficient(1)), terms.number(coefficient(0))];
  const isReal = coefficient(1).numerator ** 2n >= 4n * coefficient(2).numerator * coefficient(0).numerator;
  // Half the discriminant's root, so that 1 + x² has the arc of x.
  const s = root(terms, shaped(terms, isReal ? 'b^2/4-a*c' : 'a*c-b^2/4', { a, b, c }));
  const v = shaped(terms, 'a*g+b/2', { a, b, g: at });
  const slope = shaped(terms, 'd/p', { d: derivative(terms, at, symbol), p });
  const arc = isReal ? 'log(abs((v-s)/(v+s)))/(2*s)' : 'atan(v/s)/s';
  return [...parts, { value: tidy(terms, shaped(terms, arc, { v, s })), slope }];
}

/** Arithmetic of numbers done, and what changes nothing left out. */
export function tidy(terms: Terms, term: Term): Term {
  const made = new Map<Term, Term>();
  const stack = [term];
  while (stack.length > 0) {
    const top = stack.at(-1)!;
    const open = top.args.filter((arg) => !made.has(arg));
    if (open.length > 0) stack.push(...open);
    else {
      stack.pop();
      made.set(
        top,
        top.kind === 'call'
          ? simple(
              terms,
              top.name,
              top.args.map((arg) => made.get(arg)!),
            )
          : top,
      );
    }
  }
  return made.get(term)!;
}

/** The square root of a number, exact where it is one. */
function root(terms: Terms, term: Term): Term {
  const number = tidy(terms, term);
  const [n, d] = [
    number.value && wholeRoot(number.value.numerator),
    number.value && wholeRoot(number.value.denominator),
  ];
  return n !== undefined && d !== undefined ? terms.number(ratio(n, d)) : terms.call('sqrt', [number]);
}

function wholeRoot(n: bigint): bigint | undefined {
  if (n < 0n) return undefined;
  let low = BigInt(Math.floor(Math.sqrt(Number(n))));
  while (low * low > n) low--;
  while ((low + 1n) * (low + 1n) <= n) low++;
  return low * low === n ? low : undefined;
}

/** Parts whose derivatives are 1/√q for a quadratic q, and e^q for a q without a linear term. */
function arcs(terms: Terms, variable: Term, symbol: string): Part[] {
  const isRoot = variable.kind === 'call' && variable.name === 'sqrt';
  const isExponential = variable.kind === 'call' && variable.name === 'exp';
  if (!isRoot && !isExponential) return [];
  const { variables, quotients } = quotientsOf([variable.args[0]!]);
  const { above, below } = quotients[0] as Quotient;
  const isPlain = variables.length === 1 && variables[0]!.name === symbol && degreeOf(below) === 0;
  if (!isPlain || degreeIn(above, 0) !== 2) return [];
  const scale = [...below.values()][0]!.coefficient;
  const at = (power: number): Rational => {
    const c = above.get(String(power))?.coefficient ?? ratio(0n);
    return ratio(c.numerator * scale.denominator, c.denominator * scale.numerator);
  };
  const [a, b, c] = [at(2), at(1), at(0)];
  const named = { x: terms.symbol(symbol), a: terms.number(a), b: terms.number(b), c: terms.number(c), r: variable };
  const isUp = a.numerator > 0n;
  const k = root(terms, shaped(terms, isUp ? 'a' : '-a', named));
  if (isExponential) {
    if (b.numerator !== 0n || isUp) return [];
    const text = c.numerator === 0n ? 'sqrt(pi)*erf(k*x)/(2*k)' : 'sqrt(pi)*exp(c)*erf(k*x)/(2*k)';
    const value = shaped(terms, text, { ...named, k });
    return [{ value: tidy(terms, value), slope: variable }];
  }
  const s = root(terms, shaped(terms, 'b^2/4-a*c', named));
  const text = isUp ? 'log(abs(k*r+a*x+b/2))/k' : 'asin((-a*x-b/2)/s)/k';
  const value = tidy(terms, shaped(terms, text, { ...named, k, s }));
  const arc = { value, slope: shaped(terms, '1/r', { r: variable }) };
  if (b.numerator !== 0n || c.numerator === 0n) return [arc];
  const isAbove = c.numerator > 0n;
  const h = root(terms, shaped(terms, isAbove ? 'c' : '-c', named));
  const beside = shaped(terms, isAbove ? '-log(abs((h+r)/x))/h' : 'atan(r/h)/h', { ...named, h });
  return [arc, { value: tidy(terms, beside), slope: shaped(terms, '1/(x*r)', named) }];
}

/** Logarithms whose derivatives are sec and csc, and of the sines that occur. */
function trigonometric(terms: Terms, variables: readonly Term[], symbol: string): Part[] {
  return variables.flatMap((variable): Part[] => {
    if (variable.kind !== 'call') return [];
    const u = variable.args[0]!;
    const slope = derivative(terms, u, symbol);
    const part = (value: string, by: string): Part => ({
      value: shaped(terms, value, { u, f: variable }),
      slope: simple(terms, 'multiply', [shaped(terms, by, { u, f: variable }), slope]),
    });
    if (variable.name === 'cos') return [part('log(abs((1+sin(u))/cos(u)))', '1/cos(u)')];
    if (variable.name === 'sin') return [part('log(abs((1-cos(u))/sin(u)))', '1/sin(u)')];
    if (variable.name === 'tan') return [part('log(1+f^2)', '2*f'), part('log(abs(f))', '(1+f^2)/f')];
    if (variable.name === 'tanh') return [part('log(cosh(u))', 'f')];
    return [];
  });
}
