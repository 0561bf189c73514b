// A formula: read from text, differentiated, put into other forms, and computed on tensors.
import { checkOptions, type OptionSpec } from '../kit.ts';
import type { Tensor } from '../surface.ts';
import { derivative } from './calculus/diff.ts';
import { FormulaError } from './errors.ts';
import { scalarOf, valueOfTerm } from './lower/body.ts';
import { callTerm, type Operands, operandsFor } from './lower/calls.ts';
import { type Compiled, compileTerm } from './lower/compile.ts';
import { factored } from './polynomial/factor.ts';
import { rationalOf } from './rational.ts';
import { symbolsOf, type Term, Terms } from './term.ts';
import { type MathjsNode, termOfMathjs } from './text/mathjs.ts';
import { parse } from './text/parser.ts';
import { printText } from './text/print.ts';

/** What may stand for a symbol: another formula, its text, or a finite number. */
export type Replacement = Formula | string | number;

/** How a formula is compiled: as the calls it consists of, or as one op that rounds once. */
export interface CompileOptions {
  readonly as?: 'calls' | 'op';
}

const COMPILE: Readonly<Record<keyof CompileOptions, OptionSpec>> = {
  as: { expected: 'calls or op', accepts: (value) => value === 'calls' || value === 'op' },
};

/** A formula that loses fewer bits than another, and the mean bits of error in float64 of that one and of its own. */
export interface MoreAccurate {
  readonly formula: Formula;
  readonly before: number;
  readonly after: number;
}

/** Where roots are looked for. */
export interface SolveOptions {
  readonly on?: readonly [number, number];
}

/** Roots in order, each enclosed; `complete` where the whole interval was searched. */
export interface Solved {
  readonly roots: readonly {
    readonly low: number;
    readonly high: number;
    readonly is: 'certain' | 'possible';
    readonly exact: Formula | undefined;
  }[];
  readonly complete: boolean;
}

const isEnd = (value: unknown): boolean => typeof value === 'number' && !Number.isNaN(value);
const SOLVE: Readonly<Record<keyof SolveOptions, OptionSpec>> = {
  on: {
    expected: 'two numbers, the lower one first',
    accepts: (value) => Array.isArray(value) && value.length === 2 && value.every(isEnd) && value[0] <= value[1],
  },
};

/** A formula over the real numbers, with IEEE values at the edges (docs/format/formula.md). Immutable. */
export class Formula {
  readonly #terms: Terms;
  readonly #root: Term;
  /** Names of its symbols, in the order of their code points. */
  readonly symbols: readonly string[];

  constructor(terms: Terms, root: Term) {
    this.#terms = terms;
    this.#root = root;
    this.symbols = Object.freeze(symbolsOf(root));
  }

  /** Text that reads as the same formula. */
  toString(): string {
    return printText(this.#root);
  }

  /** Its derivative by a symbol, `times` over. A symbol that it has not gives 0. */
  diff(symbol: string, times = 1): Formula {
    if (!Number.isInteger(times) || times < 0 || times > MOST_DERIVATIVES)
      throw new FormulaError('limit', `diff: ${times} times; give a whole number from 0 to ${MOST_DERIVATIVES}.`, {
        times,
      });
    let root = this.#root;
    for (let i = 0; i < times; i++) root = derivative(this.#terms, root, symbol);
    return new Formula(this.#terms, root);
  }

  /** Its derivatives by symbols, by default by all it has, as a record. */
  gradient(symbols: readonly string[] = this.symbols): Readonly<Record<string, Formula>> {
    return Object.fromEntries(symbols.map((name) => [name, this.diff(name)]));
  }

  /** Its second derivatives by pairs of symbols, by default of all it has: rows of a symmetric matrix. */
  hessian(symbols: readonly string[] = this.symbols): readonly (readonly Formula[])[] {
    return symbols.map((row) => symbols.map((column) => this.diff(row).diff(column)));
  }

  /** Derivatives of formulas by symbols: a row for each formula. */
  static jacobian(formulas: readonly Formula[], symbols: readonly string[]): readonly (readonly Formula[])[] {
    return formulas.map((each) => symbols.map((name) => each.diff(name)));
  }

  /**
   * The product of its irreducible factors over the rational numbers, with what divides cancelled; functions of symbols
   * are symbols to it.
   */
  factor(): Formula {
    return new Formula(this.#terms, factored(this.#terms, this.#root));
  }

  /** A quotient of polynomials of a symbol as partial fractions: over powers of irreducible factors of its divisor. */
  async apart(symbol: string): Promise<Formula> {
    const { partialFractions } = await import('./calculus/apart.ts');
    return new Formula(this.#terms, partialFractions(this.#terms, this.#root, symbol));
  }

  /**
   * An antiderivative by a symbol; undefined where none is found. It was verified: its derivative is the formula at 16
   * points, where both are enclosed to 128 bits.
   */
  async integrate(symbol: string): Promise<Formula | undefined> {
    const { antiderivative } = await import('./calculus/integrate.ts');
    const root = antiderivative(this.#terms, this.#root, symbol);
    return root && new Formula(this.#terms, root);
  }

  /**
   * An equal formula that loses fewer bits in float64, found by rules that are tried by values, with the mean bits
   * of error of both over all floats of its domain; itself where none is found. Undefined where it has a function that
   * the rules know nothing of. What it gives depends on no clock.
   */
  async moreAccurate(): Promise<MoreAccurate | undefined> {
    const { moreAccurate } = await import('./egraph/simplify.ts');
    const found = moreAccurate(this.#terms, this.#root);
    if (found === undefined) return undefined;
    const { term, before, after } = found;
    return { formula: term === this.#root ? this : new Formula(this.#terms, term), before, after };
  }

  /**
   * Where a formula of one symbol is 0, in an interval, by default for all real numbers. Roots of linear and quadratic
   * factors are exact (`exact`); the others are enclosed, and `certain` where it was proved that there is one.
   */
  async solve(symbol: string, options: SolveOptions = {}): Promise<Solved> {
    checkOptions('solve', options, SOLVE);
    const others = this.symbols.filter((name) => name !== symbol);
    if (others.length > 0)
      throw new FormulaError('symbol', `solve: ${others.join(', ')} beside ${symbol}; put numbers in with subs.`, {
        symbols: others,
      });
    const { solutionsOf } = await import('./roots/solve.ts');
    const { roots, complete } = solutionsOf(this.#terms, this.#root, symbol, options.on ?? [-Infinity, Infinity]);
    return {
      complete,
      roots: roots.map(({ term, low, high, is }) => ({
        low,
        high,
        is,
        exact: term && new Formula(this.#terms, term),
      })),
    };
  }

  /** The formula with symbols replaced. */
  subs(replacements: Readonly<Record<string, Replacement>>): Formula {
    const replaced = new Map(
      Object.entries(replacements).map(([name, by]) => [name, this.#terms.adopt(termFor(name, by))]),
    );
    return new Formula(this.#terms, this.#terms.adopt(this.#root, replaced));
  }

  /** What it is for numbers in place of its symbols, in float64. */
  value(numbers: Readonly<Record<string, number>> = {}): number {
    const x = operandsFor(this.symbols, numbers) as number[];
    return valueOfTerm(this.#root, this.symbols, x);
  }

  /**
   * Its ops called on tensors and numbers, at least one tensor among them: the same calls, with the same keys, as a
   * chain that is written by hand.
   */
  apply(operands: Operands): Tensor {
    const given = operandsFor(this.symbols, operands);
    return callTerm(this.#root, Object.fromEntries(this.symbols.map((name, i) => [name, given[i]!])));
  }

  /**
   * A function that computes it. As `calls` (the default) it is `apply`; as one `op` it computes in float64, rounds
   * once, and has a key of its own.
   */
  compile(options: CompileOptions = {}): Compiled {
    checkOptions('compile', options, COMPILE);
    return options.as === 'op' ? compileTerm(this.#root, this.symbols) : (operands) => this.apply(operands);
  }

  /** The function it is of its symbols, in their order: what readings of bodies take. */
  get body(): ReturnType<typeof scalarOf> {
    return scalarOf(this.#root, this.symbols, 'formula');
  }

  /** The term it consists of. */
  get term(): Term {
    return this.#root;
  }
}

const MOST_DERIVATIVES = 64;

function termFor(name: string, by: Replacement): Term {
  if (by instanceof Formula) return by.term;
  if (typeof by === 'string') return parse(by).root;
  if (typeof by === 'number' && Number.isFinite(by)) return new Terms().number(rationalOf(by));
  throw new FormulaError('operand', `subs: ${name} is ${String(by)}; give a formula, its text or a finite number.`, {
    name,
  });
}

/** Reads a formula. Throws a FormulaError that says where its text is wrong, and what to write. */
export function formula(text: string): Formula {
  const terms = new Terms();
  return new Formula(terms, parse(text, terms).root);
}

/**
 * The formula that a tree of mathjs is (`math.parse(text)`). Only numbers, symbols, operators, conditions and functions
 * that formulas have are taken, and nothing of the tree is called.
 */
export function fromMathjs(node: MathjsNode): Formula {
  const terms = new Terms();
  return new Formula(terms, termOfMathjs(terms, node));
}
