// Antiderivatives: those of functions of linear operands by table, others from parts whose derivatives add up to the
// function. None is given whose derivative was not seen to be the function.
import { FormulaError } from '../errors.ts';
import { factored } from '../polynomial/factor.ts';
import { agreement } from '../proof/enclose.ts';
import { isZero, negated, wholeOf } from '../rational.ts';
import { ordered, mapTerm, type Term, type Terms } from '../term.ts';
import { closed, candidatesFor, shaped, tidy } from './ansatz.ts';
import { derivative, simple } from './diff.ts';
import { numbersFor, rewritten } from './generators.ts';

/** Antiderivatives of functions, as formulas in u. */
const TABLE: Readonly<Record<string, string>> = {
  exp: 'exp(u)',
  exp2: 'exp2(u)/log(2)',
  expm1: 'exp(u)-u',
  log: 'u*log(u)-u',
  log2: '(u*log(u)-u)/log(2)',
  log10: '(u*log(u)-u)/log(10)',
  log1p: '(1+u)*log1p(u)-u',
  sqrt: '2/3*u*sqrt(u)',
  cbrt: '3/4*u*cbrt(u)',
  square: 'u^3/3',
  reciprocal: 'log(abs(u))',
  sin: '-cos(u)',
  cos: 'sin(u)',
  tan: '-log(abs(cos(u)))',
  sinh: 'cosh(u)',
  cosh: 'sinh(u)',
  tanh: 'log(cosh(u))',
  asin: 'u*asin(u)+sqrt(1-u^2)',
  acos: 'u*acos(u)-sqrt(1-u^2)',
  atan: 'u*atan(u)-log(1+u^2)/2',
  asinh: 'u*asinh(u)-sqrt(u^2+1)',
  acosh: 'u*acosh(u)-sqrt(u-1)*sqrt(u+1)',
  atanh: 'u*atanh(u)+log(1-u^2)/2',
  erf: 'u*erf(u)+exp(-u^2)/sqrt(pi)',
  abs: 'u*abs(u)/2',
  sigmoid: 'softplus(u)',
};

/** An antiderivative of a term by a symbol, seen to be one; undefined where none is found. */
export function antiderivative(terms: Terms, root: Term, symbol: string): Term | undefined {
  const found = new Integrator(terms, symbol).of(root);
  if (found === undefined) return undefined;
  const value = tidy(terms, found);
  return agreement(terms, root, derivative(terms, value, symbol)) === true ? value : undefined;
}

class Integrator {
  readonly #terms: Terms;
  readonly #symbol: string;
  readonly #x: Term;

  constructor(terms: Terms, symbol: string) {
    this.#terms = terms;
    this.#symbol = symbol;
    this.#x = terms.symbol(symbol);
  }

  of(f: Term): Term | undefined {
    return this.#byForm(f) ?? this.#bySubstitution(f) ?? this.#byParts(f);
  }

  #isFree(term: Term): boolean {
    return !ordered([term]).includes(this.#x);
  }

  /** Sums, multiples, and functions of linear operands. */
  #byForm(f: Term): Term | undefined {
    const t = this.#terms;
    if (this.#isFree(f)) return simple(t, 'multiply', [f, this.#x]);
    if (f === this.#x) return shaped(t, 'u^2/2', { u: f });
    const [a, b] = f.args as readonly [Term, Term | undefined];
    if (f.name === 'negative') return this.#then([a], ([A]) => simple(t, 'negative', [A!]));
    if (f.name === 'add' || f.name === 'subtract') {
      const whole = this.#byParts(f);
      return whole ?? this.#then([a, b!], (parts) => simple(t, f.name, parts));
    }
    if (f.name === 'multiply' && this.#isFree(a)) return this.#then([b!], ([B]) => simple(t, 'multiply', [a, B!]));
    if (f.name === 'multiply' && this.#isFree(b!)) return this.#then([a], ([A]) => simple(t, 'multiply', [b!, A!]));
    if (f.name === 'divide' && this.#isFree(b!)) return this.#then([a], ([A]) => simple(t, 'divide', [A!, b!]));
    if (f.name === 'divide' && this.#isFree(a) && a.name !== '' && a.kind !== 'number') {
      const one = t.call('divide', [t.whole(1), b!]);
      return this.#then([one], ([A]) => simple(t, 'multiply', [a, A!]));
    }
    return this.#ofLinear(f);
  }

  #then(parts: readonly Term[], make: (parts: readonly Term[]) => Term): Term | undefined {
    const made = parts.map((part) => this.of(part));
    return made.includes(undefined) ? undefined : make(made as Term[]);
  }

  #ofLinear(f: Term): Term | undefined {
    const t = this.#terms;
    const moving = f.args.filter((arg) => !this.#isFree(arg));
    if (moving.length !== 1) return undefined;
    const slope = derivative(t, moving[0]!, this.#symbol);
    if (!this.#isFree(slope)) return undefined;
    const named = { u: moving[0]!, s: slope };
    if (f.name === 'divide' && f.args[1] === moving[0])
      return shaped(t, 'c*log(abs(u))/s', { ...named, c: f.args[0]! });
    const text = Object.hasOwn(TABLE, f.name) ? `(${TABLE[f.name]})/s` : undefined;
    if (text !== undefined) return shaped(t, text, named);
    if (f.name !== 'pow') return undefined;
    const [base, exponent] = f.args as readonly [Term, Term];
    if (exponent === moving[0]) return shaped(t, 'p/(s*log(b))', { ...named, p: f, b: base });
    const isMinusOne = exponent.value !== undefined && wholeOf(exponent.value) === -1;
    return isMinusOne ? shaped(t, 'log(abs(u))/s', named) : shaped(t, 'u^(n+1)/((n+1)*s)', { ...named, n: exponent });
  }

  /** f = h(g) g′: an antiderivative of h at g. */
  #bySubstitution(f: Term): Term | undefined {
    const t = this.#terms;
    const u = t.symbol('_u');
    for (const g of ordered([f]).reverse()) {
      // Antiderivatives by the tangent would have steps where it has poles.
      if (g.kind !== 'call' || g === f || g.name === 'tan' || this.#isFree(g)) continue;
      const slope = derivative(t, g, this.#symbol);
      const rest = cancelled(t, t.call('divide', [f, slope]));
      const h =
        rest &&
        mapTerm<Term>(rest, (term, args) => (term === g ? u : term.kind === 'call' ? t.call(term.name, args) : term));
      if (h === undefined || ordered([h]).includes(this.#x) || ordered([h]).length > 40) continue;
      const integrator = new Integrator(t, '_u');
      const H = integrator.#byForm(h) ?? integrator.#byParts(h);
      if (H !== undefined) return t.adopt(H, new Map([['_u', g]]));
    }
    return undefined;
  }

  /** A sum of parts, times numbers, whose derivatives add up. */
  #byParts(f: Term): Term | undefined {
    const t = this.#terms;
    const prepared = rewritten(t, f);
    const set = closed(t, prepared, this.#symbol);
    if (set === undefined) return undefined;
    if (set.variables.some((variable) => this.#isFree(variable))) return undefined;
    const parts = candidatesFor(t, set, this.#symbol);
    const numbers = numbersFor(prepared, parts);
    if (numbers === undefined) return undefined;
    return parts.reduce<Term>((sum, { value }, i) => {
      const by = numbers[i]!;
      if (isZero(by)) return sum;
      const isMinus = by.numerator < 0n && sum.value === undefined;
      const part = simple(t, 'multiply', [t.number(isMinus ? negated(by) : by), value]);
      return simple(t, isMinus ? 'subtract' : 'add', [sum, part]);
    }, t.whole(0));
  }
}

/** A quotient in lowest terms; undefined where it is too large to tell. */
function cancelled(terms: Terms, f: Term): Term | undefined {
  try {
    return factored(terms, f);
  } catch (error) {
    if (error instanceof FormulaError) return undefined;
    throw error;
  }
}
