// A term as the body of one function: what each device compiles, with every shared term computed once.
import { type Algebra, elementFunctionOf, type ElementFunction, type Scalar } from '../../kit.ts';
import { valueFor } from '../../../kernels/readings/plain.ts';
import { FormulaError } from '../errors.ts';
import { nearestFloat } from '../rational.ts';
import { ordered, type Term } from '../term.ts';

/** The number that a number or a constant is, rounded once. */
export function floatOf({ kind, name, value }: Term): number | undefined {
  if (kind === 'number') return nearestFloat(value!);
  if (kind === 'constant') return name === 'pi' ? Math.PI : Math.E;
  return undefined;
}

function elementOf({ name }: Term): ElementFunction {
  const element = elementFunctionOf(name);
  if (element === undefined)
    throw new FormulaError('name', `formula: ${name} is no elementwise op here; load symbolic-sheet/ops.`, { name });
  return element;
}

/** Values of terms as an algebra has them: a test is a mask, or 1 and 0 where a value is wanted. */
class Values<T, M> {
  readonly #m: Algebra<T, M>;
  readonly #values = new Map<Term, T>();
  readonly #masks = new Map<Term, M>();

  constructor(m: Algebra<T, M>) {
    this.#m = m;
  }

  set(term: Term, value: T): void {
    this.#values.set(term, value);
  }

  value(term: Term): T {
    const m = this.#m;
    return this.#values.get(term) ?? m.select(this.#masks.get(term)!, m.constant(1), m.constant(0));
  }

  #mask(term: Term): M {
    return this.#masks.get(term) ?? this.#m.ne(this.#values.get(term)!, this.#m.constant(0));
  }

  call(term: Term): void {
    const m = this.#m;
    const [a, b, c] = term.args as readonly [Term, Term, Term];
    if (term.name === 'where') this.set(term, m.select(this.#mask(a), this.value(b), this.value(c)));
    else if (term.name === 'logical_and') this.#masks.set(term, m.and(this.#mask(a), this.#mask(b)));
    else if (term.name === 'logical_or') this.#masks.set(term, m.or(this.#mask(a), this.#mask(b)));
    else if (term.name === 'logical_not') this.#masks.set(term, m.not(this.#mask(a)));
    else this.#apply(term, elementOf(term));
  }

  #apply(term: Term, element: ElementFunction): void {
    const m = this.#m;
    const x = term.args.map((arg) => this.value(arg));
    if (element.returns === 'mask') this.#masks.set(term, element.body(m, ...x));
    else if (element.arity > 2) this.set(term, element.body(m, ...x));
    else this.set(term, m.call(element, x[0]!, x[1]));
  }
}

/** How numbers and constants are read in an algebra. */
export type LiteralReading = <T, M>(m: Algebra<T, M>, term: Term) => T;

const rounded: LiteralReading = (m, term) => m.constant(floatOf(term)!);

/** The function that a term is of its symbols, in the order given; literals are rounded, or as a reading says. */
export function scalarOf(root: Term, symbols: readonly string[], name: string, literal = rounded): Scalar {
  const order = ordered([root]);
  const body = <T, M>(m: Algebra<T, M>, ...x: T[]): T => {
    const values = new Values(m);
    for (const term of order) {
      if (term.kind === 'call') values.call(term);
      else values.set(term, term.kind === 'symbol' ? x[symbols.indexOf(term.name)]! : literal(m, term));
    }
    return values.value(root);
  };
  return { name, arity: symbols.length, returns: 'value', body };
}

/** What a term is for numbers in place of its symbols, in float64. */
export const valueOfTerm = (root: Term, symbols: readonly string[], x: readonly number[]): number =>
  symbols.length === 0
    ? valueFor({ ...scalarOf(root, ['_'], 'formula'), arity: 1 }, [0])
    : valueFor(scalarOf(root, symbols, 'formula'), x);
