// Where a term is 0: its factors first, exact where they are linear or quadratic, else enclosed by interval Newton.
import { balls } from '../../../kernels/readings/ball.ts';
import { toNumber } from '../../../kernels/readings/big.ts';
import { shaped, tidy } from '../calculus/ansatz.ts';
import { derivative } from '../calculus/diff.ts';
import { factorsOf } from '../polynomial/factor.ts';
import { termOfMany } from '../polynomial/many.ts';
import { exactScalarOf } from '../proof/enclose.ts';
import { ratio } from '../rational.ts';
import { ordered, symbolsOf, type Term, type Terms } from '../term.ts';
import { type Root, rootsOf } from './newton.ts';

/** A root: enclosed, and exact where it has a term. */
export interface Solution extends Root {
  readonly term: Term | undefined;
}

/** Roots in order, and whether the whole interval was searched. */
export interface Solutions {
  readonly roots: readonly Solution[];
  readonly complete: boolean;
}

/** The real roots in an interval of a term of one symbol. */
export function solutionsOf(terms: Terms, root: Term, symbol: string, on: readonly [number, number]): Solutions {
  const { variables, factors, content } = factorsOf(root);
  if (content.numerator === 0n)
    return { roots: [{ low: on[0], high: on[1], is: 'possible', term: undefined }], complete: true };
  const parts = factors
    .filter(({ power }) => power > 0)
    .map(({ polynomial }) => ofFactor(terms, termOfMany(terms, polynomial, variables), symbol, on));
  const roots = parts
    .flatMap((part) => part.roots)
    .filter(({ low, high }) => high >= on[0] && low <= on[1])
    .flatMap((found) => confirmed(terms, root, symbol, found))
    .sort((a, b) => a.low - b.low || a.high - b.high);
  return { roots, complete: parts.every(({ complete }) => complete) };
}

function ofFactor(terms: Terms, factor: Term, symbol: string, on: readonly [number, number]): Solutions {
  const exact = exactRoots(terms, factor, symbol);
  if (exact !== undefined)
    return { roots: exact.map((term) => ({ ...enclosed(term), is: 'certain', term })), complete: true };
  const { roots, complete } = rootsOf(exactScalarOf(factor, [symbol]), on);
  return { roots: roots.map((found) => ({ ...found, term: undefined })), complete };
}

/** Roots of a polynomial of degree 1 or 2; undefined of what is none. */
function exactRoots(terms: Terms, factor: Term, symbol: string): Term[] | undefined {
  const zero = new Map([[symbol, terms.whole(0)]]);
  const slopes = [factor];
  for (let i = 0; i < 3; i++) slopes.push(derivative(terms, slopes[i]!, symbol));
  if (ordered([factor]).some(({ kind, name }) => kind === 'call' && !POLYNOMIAL.has(name))) return undefined;
  const [c, b, twice, third] = slopes.map((slope) => tidy(terms, terms.adopt(slope, zero)).value);
  if (third?.numerator !== 0n || symbolsOf(slopes[3]!).length > 0 || !c || !b || !twice) return undefined;
  if (slopes[3]!.value?.numerator !== 0n) return undefined;
  const named = {
    b: terms.number(b),
    c: terms.number(c),
    a: terms.number(ratio(twice.numerator, 2n * twice.denominator)),
  };
  if (twice.numerator === 0n) return [tidy(terms, shaped(terms, '-c/b', named))];
  const d = tidy(terms, shaped(terms, 'b^2-4*a*c', named));
  if (d.value!.numerator < 0n) return [];
  return ['-', '+'].map((sign) => tidy(terms, shaped(terms, `(-b${sign}sqrt(d))/(2*a)`, { ...named, d })));
}

const POLYNOMIAL: ReadonlySet<string> = new Set(['add', 'subtract', 'multiply', 'negative', 'pow', 'square']);
const BITS = 256;

function enclosed(term: Term): { readonly low: number; readonly high: number } {
  const { low, high } = exactScalarOf(term, []).body(balls(BITS));
  return { low: toNumber(low, 'down'), high: toNumber(high, 'up') };
}

/** A root of a factor as one of the whole, which has it only where it is defined. */
function confirmed(terms: Terms, root: Term, symbol: string, found: Solution): Solution[] {
  const m = balls(BITS);
  const x = { low: m.constant(found.low).low, high: m.constant(found.high).high, nan: false };
  const value =
    found.term === undefined
      ? exactScalarOf(root, [symbol]).body(m, x)
      : exactScalarOf(terms.adopt(root, new Map([[symbol, found.term]])), []).body(m);
  const [low, high] = [toNumber(value.low, 'down'), toNumber(value.high, 'up')];
  if (low > high || low > 0 || high < 0) return [];
  return [value.nan ? { ...found, is: 'possible' } : found];
}
