// Derivatives of terms, by the formulas of their functions. What is shared stays shared: a term has one derivative.
import { FORMULA_FUNCTIONS } from '../functions.ts';
import { isOne, isZero, minus, plus, raised, times, wholeOf } from '../rational.ts';
import { ordered, type Term, Terms } from '../term.ts';
import { parse } from '../text/parser.ts';

const rules = new Terms();
const parsed = new Map<string, Term>();

function ruleOf(text: string): Term {
  let rule = parsed.get(text);
  if (rule === undefined) parsed.set(text, (rule = parse(text, rules).root));
  return rule;
}

/** The derivative of a term by a symbol. */
export function derivative(terms: Terms, root: Term, symbol: string): Term {
  const zero = terms.whole(0);
  const known = new Map<Term, Term>();
  for (const term of ordered([root])) {
    if (term.kind !== 'call') known.set(term, term.kind === 'symbol' && term.name === symbol ? terms.whole(1) : zero);
    else
      known.set(
        term,
        chained(terms, term, (arg) => known.get(arg)!),
      );
  }
  return known.get(root)!;
}

/** The sum over operands of the derivative by each times its own. */
function chained(terms: Terms, term: Term, slopeOf: (arg: Term) => Term): Term {
  const moving = term.args.map(slopeOf).map((slope, i) => ({ slope, i }));
  const parts = moving.filter(({ slope }) => slope.value === undefined || !isZero(slope.value));
  if (parts.length > 0 && term.name === 'where') return branches(terms, term, slopeOf);
  const { slopes } = FORMULA_FUNCTIONS.get(term.name)!;
  return parts.reduce(
    (sum, { slope, i }) =>
      simple(terms, 'add', [sum, simple(terms, 'multiply', [applied(terms, slopes[i]!, term), slope])]),
    terms.whole(0),
  );
}

/** A selection of the slopes, so that what is not taken has no part in the derivative, whatever it is there. */
const branches = (terms: Terms, { args: [condition, x, y] }: Term, slopeOf: (arg: Term) => Term): Term =>
  terms.call('where', [condition!, slopeOf(x!), slopeOf(y!)]);

/** A formula of x, y, z and f for the operands and the value of a term. */
function applied(terms: Terms, text: string, term: Term): Term {
  const made = new Map<Term, Term>();
  for (const each of ordered([ruleOf(text)])) {
    if (each.kind === 'symbol') made.set(each, each.name === 'f' ? term : term.args['xyz'.indexOf(each.name)]!);
    else if (each.kind === 'number') made.set(each, terms.number(each.value!));
    else if (each.kind === 'constant') made.set(each, terms.constant(each.name as 'pi' | 'e'));
    else
      made.set(
        each,
        simple(
          terms,
          each.name,
          each.args.map((arg) => made.get(arg)!),
        ),
      );
  }
  return made.get(ruleOf(text))!;
}

const EXACT = { add: plus, subtract: minus, multiply: times } as const;

/** A call without what adds nothing: sums with 0, products with 1 and 0, powers of 1 and 0, arithmetic of numbers. */
export function simple(terms: Terms, name: string, args: readonly Term[]): Term {
  const [a, b] = args as readonly [Term, Term | undefined];
  const [x, y] = [a.value, b?.value];
  if (x !== undefined && y !== undefined && Object.hasOwn(EXACT, name))
    return terms.number(EXACT[name as keyof typeof EXACT](x, y));
  if (name === 'add') {
    if (x !== undefined && isZero(x)) return b!;
    if (y !== undefined && isZero(y)) return a;
  }
  if (name === 'subtract' && y !== undefined && isZero(y)) return a;
  if (name === 'multiply') return product(terms, a, b!);
  if (name === 'divide' && y !== undefined && isOne(y)) return a;
  if (name === 'negative' && a.name === 'negative' && a.kind === 'call') return a.args[0]!;
  if (name === 'pow' && y !== undefined) return power(terms, a, b!);
  return terms.call(name, args);
}

function product(terms: Terms, a: Term, b: Term): Term {
  for (const [one, other] of [
    [a, b],
    [b, a],
  ] as const) {
    if (one.value === undefined) continue;
    if (isZero(one.value)) return one;
    if (isOne(one.value)) return other;
    if (wholeOf(one.value) === -1) return simple(terms, 'negative', [other]);
  }
  return terms.call('multiply', b.value !== undefined ? [b, a] : [a, b]);
}

const MOST_POWER = 64;

function power(terms: Terms, base: Term, exponent: Term): Term {
  const whole = wholeOf(exponent.value!);
  if (whole === 1) return base;
  if (whole === 0) return terms.whole(1);
  const { value } = base;
  if (value !== undefined && whole !== undefined && Math.abs(whole) <= MOST_POWER && !(isZero(value) && whole < 0))
    return terms.number(raised(value, whole));
  return terms.call('pow', [base, exponent]);
}
