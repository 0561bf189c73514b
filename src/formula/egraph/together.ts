// Sums of quotients over one denominator: the numerator expanded, so that what cancels in it is gone.
import { apply, type Expression, type Fraction, fraction, number, symbol, coreText, whole } from './expression.ts';

/** A product of powers of atoms, by their texts, with its coefficient. */
interface Term {
  readonly powers: ReadonlyMap<string, number>;
  readonly factor: Fraction;
}

/** A sum of terms over a product of expressions. */
interface Quotient {
  readonly terms: readonly Term[];
  readonly below: readonly Expression[];
}

const MOST_TERMS = 60;

/** The expression as one quotient; undefined where it has fewer than two quotients, or becomes too large. */
export function together(expression: Expression): Expression | undefined {
  const divisions = (part: Expression): number =>
    part.of.reduce((sum, x) => sum + divisions(x), Number(part.op === '/'));
  if (divisions(expression) < 2) return undefined;
  const atoms = new Map<string, Expression>();
  const found = quotientOf(expression, atoms);
  if (found === undefined || found.below.length < 2) return undefined;
  const above = sumOf(found.terms, atoms);
  return apply(
    '/',
    above,
    found.below.reduce((product, factor) => apply('*', product, factor)),
  );
}

function quotientOf(expression: Expression, atoms: Map<string, Expression>): Quotient | undefined {
  const { op, of, value } = expression;
  if (op === 'number') return { terms: [{ powers: new Map(), factor: value! }], below: [] };
  if (!['+', '-', '*', '/', 'neg'].includes(op)) return atomOf(expression, atoms);
  const parts = of.map((part) => quotientOf(part, atoms));
  const [a, b] = parts;
  if (a === undefined || (of.length > 1 && b === undefined)) return undefined;
  if (op === 'neg') return { ...a, terms: scaled(a.terms, fraction(-1n)) };
  if (op === '*') return { terms: product(a.terms, b!.terms), below: [...a.below, ...b!.below] };
  if (op === '/')
    return {
      terms: b!.below.reduce((terms, x) => times(terms, x, atoms), a.terms),
      below: [...a.below, aboveOf(of[1]!, b!, atoms)],
    };
  const left = b!.below.filter((x) => !isAmong(a.below, x));
  const missing = a.below.filter((x) => !isAmong(b!.below, x));
  const first = left.reduce((terms, x) => times(terms, x, atoms), a.terms);
  const second = missing.reduce((terms, x) => times(terms, x, atoms), b!.terms);
  const sum = added(first, op === '-' ? scaled(second, fraction(-1n)) : second);
  return sum.length > MOST_TERMS ? undefined : { terms: sum, below: [...a.below, ...left] };
}

const isAmong = (list: readonly Expression[], x: Expression): boolean => list.some((y) => coreText(y) === coreText(x));

const aboveOf = (divisor: Expression, quotient: Quotient, atoms: ReadonlyMap<string, Expression>): Expression =>
  quotient.below.length === 0 ? divisor : sumOf(quotient.terms, atoms);

function atomOf(expression: Expression, atoms: Map<string, Expression>): Quotient {
  const key = coreText(expression);
  atoms.set(key, expression);
  return { terms: [{ powers: new Map([[key, 1]]), factor: fraction(1n) }], below: [] };
}

function times(terms: readonly Term[], factor: Expression, atoms: Map<string, Expression>): readonly Term[] {
  const found = quotientOf(factor, atoms);
  const atom = found !== undefined && found.below.length === 0 ? found : atomOf(factor, atoms);
  return product(terms, atom.terms);
}

const scaled = (terms: readonly Term[], by: Fraction): Term[] =>
  terms.map(({ powers, factor }) => ({ powers, factor: fraction(factor.n * by.n, factor.d * by.d) }));

const keyOf = (powers: ReadonlyMap<string, number>): string =>
  [...powers]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([atom, power]) => `${atom}^${power}`)
    .join(' ');

function added(a: readonly Term[], b: readonly Term[]): Term[] {
  const sum = new Map<string, Term>();
  for (const term of [...a, ...b]) {
    const key = keyOf(term.powers);
    const { n, d } = sum.get(key)?.factor ?? { n: 0n, d: 1n };
    const factor = fraction(n * term.factor.d + term.factor.n * d, d * term.factor.d);
    sum.set(key, { powers: term.powers, factor });
  }
  return [...sum.values()].filter(({ factor }) => factor.n !== 0n);
}

const product = (a: readonly Term[], b: readonly Term[]): Term[] =>
  added(
    [],
    a.flatMap((x) =>
      b.map((y) => {
        const powers = new Map(x.powers);
        for (const [atom, power] of y.powers) powers.set(atom, (powers.get(atom) ?? 0) + power);
        return { powers, factor: fraction(x.factor.n * y.factor.n, x.factor.d * y.factor.d) };
      }),
    ),
  );

function sumOf(terms: readonly Term[], atoms: ReadonlyMap<string, Expression>): Expression {
  const parts = terms.map(({ powers, factor }) => {
    const factors = [...powers].flatMap(([atom, power]) =>
      Array.from({ length: power }, () => atoms.get(atom) ?? symbol(atom)),
    );
    if (factors.length === 0) return number(factor);
    const body = factors.reduce((left, x) => apply('*', left, x));
    return factor.n === 1n && factor.d === 1n ? body : apply('*', number(factor), body);
  });
  return parts.length === 0 ? whole(0) : parts.reduce((sum, part) => apply('+', sum, part));
}
