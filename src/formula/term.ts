// Terms: what formulas are made of. Immutable, and shared: within a pool, equal terms are one object.
import { isZero, over, negated, type Rational } from './rational.ts';

/** What a term is; a constant is π or e, a call is one of an elementwise op. */
export type TermKind = 'number' | 'constant' | 'symbol' | 'call';

/** A term of a pool. `name` is that of a constant, of a symbol, or of the op that is called; a number has none. */
export interface Term {
  readonly kind: TermKind;
  readonly name: string;
  readonly args: readonly Term[];
  /** Of a number. */
  readonly value: Rational | undefined;
  /** Unique in its pool; operands have smaller ones. Nothing that is seen depends on it. */
  readonly id: number;
}

const NO_TERMS: readonly Term[] = [];

/** Makes terms. Those of two pools are not to be mixed: `adopt` brings one over. */
export class Terms {
  readonly #known = new Map<string, Term>();

  get size(): number {
    return this.#known.size;
  }

  number(value: Rational): Term {
    const { numerator, denominator } = value;
    return this.#of(`${numerator}/${denominator}`, 'number', '', NO_TERMS, value);
  }

  whole(value: number): Term {
    return this.number({ numerator: BigInt(value), denominator: 1n });
  }

  constant(name: 'pi' | 'e'): Term {
    return this.#of(`=${name}`, 'constant', name, NO_TERMS, undefined);
  }

  symbol(name: string): Term {
    return this.#of(`$${name}`, 'symbol', name, NO_TERMS, undefined);
  }

  /** A function of terms. A quotient of two numbers and the negative of one are numbers. */
  call(name: string, args: readonly Term[]): Term {
    const [a, b] = args;
    if (name === 'negative' && a?.value !== undefined) return this.number(negated(a.value));
    if (name === 'divide' && a?.value !== undefined && b?.value !== undefined && !isZero(b.value))
      return this.number(over(a.value, b.value));
    let key = name;
    for (const { id } of args) key += `,${id}`;
    return this.#of(key, 'call', name, args, undefined);
  }

  /** The same term in this pool, with symbols replaced by terms of this pool. */
  adopt(root: Term, replaced: ReadonlyMap<string, Term> = new Map()): Term {
    return mapTerm(root, (term, args) => {
      if (term.kind === 'symbol') return replaced.get(term.name) ?? this.symbol(term.name);
      if (term.kind === 'number') return this.number(term.value!);
      return term.kind === 'constant' ? this.constant(term.name as 'pi' | 'e') : this.call(term.name, args);
    });
  }

  #of(key: string, kind: TermKind, name: string, args: readonly Term[], value: Rational | undefined): Term {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const made: Term = { kind, name, args, value, id: this.#known.size };
    this.#known.set(key, made);
    return made;
  }
}

/** The terms under a term, each once, operands first. */
export function ordered(roots: readonly Term[]): Term[] {
  const seen = new Set<Term>();
  const order: Term[] = [];
  const stack = [...roots].reverse();
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const before = stack.length;
    if (!seen.has(top))
      for (let i = top.args.length - 1; i >= 0; i--) if (!seen.has(top.args[i]!)) stack.push(top.args[i]!);
    if (stack.length > before) continue;
    stack.pop();
    if (seen.has(top)) continue;
    seen.add(top);
    order.push(top);
  }
  return order;
}

/** What becomes of a term when each under it, operands first, is made anew; each is made once. */
export function mapTerm<T>(root: Term, make: (term: Term, args: readonly T[]) => T): T {
  const made = new Map<Term, T>();
  for (const term of ordered([root]))
    made.set(
      term,
      make(
        term,
        term.args.map((arg) => made.get(arg)!),
      ),
    );
  return made.get(root)!;
}

/** Names of the symbols of a term, in the order of their code points. */
export const symbolsOf = (root: Term): string[] =>
  ordered([root])
    .filter(({ kind }) => kind === 'symbol')
    .map(({ name }) => name)
    .sort();
