// Terms of formulas for the search for accuracy, and back.
import type { Term, Terms } from '../term.ts';
import { improve } from './accuracy.ts';
import { apply, type Expression, isOfFloats, number, symbol, whole } from './expression.ts';

/** What ops of terms are called here. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ['add', '+'],
  ['subtract', '-'],
  ['multiply', '*'],
  ['divide', '/'],
  ['negative', 'neg'],
  ['abs', 'fabs'],
  ...['sqrt', 'cbrt', 'exp', 'expm1', 'log', 'log1p', 'sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'atan2'].map(
    (name) => [name, name] as const,
  ),
  ...['sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh', 'erf', 'erfc', 'pow', 'hypot'].map(
    (name) => [name, name] as const,
  ),
]);
const OPS: ReadonlyMap<string, string> = new Map([...NAMES].map(([op, name]) => [name, op]));

/** Undefined where there is something that rules know nothing of. */
function expressionFor(term: Term): Expression | undefined {
  const { kind, name, args, value } = term;
  if (kind === 'symbol') return symbol(name);
  if (kind === 'number') {
    const found = { n: value!.numerator, d: value!.denominator };
    return isOfFloats(found) ? number(found) : undefined;
  }
  if (kind === 'constant') return undefined;
  if (name === 'where') return choiceFor(args as readonly [Term, Term, Term]);
  const of = args.map(expressionFor);
  if (of.includes(undefined)) return undefined;
  const parts = of as Expression[];
  if (name === 'square') return apply('*', parts[0]!, parts[0]!);
  if (name === 'reciprocal') return apply('/', whole(1), parts[0]!);
  const op = NAMES.get(name);
  return op === undefined ? undefined : apply(op, ...parts);
}

function choiceFor([test, ...sides]: readonly [Term, Term, Term]): Expression | undefined {
  if (test.name !== 'less') return undefined;
  const of = [...test.args, ...sides].map(expressionFor);
  return of.includes(undefined) ? undefined : apply('where<', ...(of as Expression[]));
}

function termFrom(terms: Terms, { op, of, value, name }: Expression): Term {
  if (op === 'symbol') return terms.symbol(name!);
  if (op === 'number') return terms.number({ numerator: value!.n, denominator: value!.d });
  const args = of.map((part) => termFrom(terms, part));
  if (op !== 'where<') return terms.call(OPS.get(op)!, args);
  return terms.call('where', [terms.call('less', args.slice(0, 2)), ...args.slice(2)]);
}

/** A term that is equal where this one has a value, and the mean bits of error of both in float64. */
interface Improved {
  readonly term: Term;
  readonly before: number;
  readonly after: number;
}

/**
 * What `simplify` for accuracy makes of a term: the term itself where nothing better is found, undefined where it has
 * something that rules know nothing of.
 */
export function moreAccurate(terms: Terms, term: Term): Improved | undefined {
  const expression = expressionFor(term);
  if (expression === undefined) return undefined;
  const { expression: found, before, after } = improve(expression);
  return { term: found === expression ? term : termFrom(terms, found), before, after };
}
