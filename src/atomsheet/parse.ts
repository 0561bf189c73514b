// The grammar of formulas, by precedence and with stacks of its own: operators wait until what binds more is complete.
import { columnOfLetters, MOST_LINES } from './address.ts';
import type { BinaryOperator, Corner, FormulaNode, Line, Reference } from './formula-node.ts';
import { formulaError, type SheetWord, formulaWords } from './lexer.ts';

/** Nodes above one another that a formula has at most. */
const MOST_DEPTH = 1024;

/** What binds more is computed first; all operators are taken from the left. */
const BINDING: Readonly<Record<string, number>> = {
  '=': 1,
  '<>': 1,
  '<': 1,
  '<=': 1,
  '>': 1,
  '>=': 1,
  '&': 2,
  '+': 3,
  '-': 3,
  '*': 4,
  '/': 4,
  '^': 5,
};
/** A sign binds more than a power: -2^2 is 4. */
const SIGN_BINDING = 6;

type Waiting =
  | { readonly kind: 'binary'; readonly operator: BinaryOperator; readonly binding: number }
  | { readonly kind: 'sign'; readonly operator: '+' | '-'; readonly binding: number }
  | { readonly kind: 'group'; readonly at: number }
  | { readonly kind: 'call'; readonly at: number; readonly name: string; readonly operands: Deep[] };

interface Deep {
  readonly node: FormulaNode;
  readonly depth: number;
}

/** The tree of a formula that stands in a cell; throws FormatError with the character where it is wrong. */
export function parseFormula(formula: string, x: number, y: number): FormulaNode {
  return new Parser(formula, x, y).parsed();
}

class Parser {
  readonly #formula: string;
  readonly #x: number;
  readonly #y: number;
  readonly #words: readonly SheetWord[];
  #next = 0;
  readonly #done: Deep[] = [];
  readonly #waiting: Waiting[] = [];

  constructor(formula: string, x: number, y: number) {
    this.#formula = formula;
    this.#x = x;
    this.#y = y;
    this.#words = formulaWords(formula);
  }

  parsed(): FormulaNode {
    let isOperandWanted = true;
    while (this.#next < this.#words.length) {
      const word = this.#words[this.#next++]!;
      isOperandWanted = isOperandWanted ? this.#operand(word) : this.#afterOperand(word);
    }
    if (isOperandWanted) throw this.#wrong(this.#formula.length, 'a value is missing at the end. Add one.');
    this.#reduce(0);
    const open = this.#waiting.at(-1);
    if (open !== undefined)
      throw this.#wrong('at' in open ? open.at : 0, "this parenthesis is not closed. Add ')' at the end.");
    return this.#done[0]!.node;
  }

  #wrong(at: number, what: string) {
    return formulaError(this.#formula, at, what);
  }

  /** Takes a word where a value may begin; whether one is still to come. */
  #operand(word: SheetWord): boolean {
    const { kind, text, at } = word;
    if (kind === 'operator' && (text === '-' || text === '+')) {
      this.#waiting.push({ kind: 'sign', operator: text, binding: SIGN_BINDING });
      return true;
    }
    if (kind === 'open') {
      this.#waiting.push({ kind: 'group', at });
      return true;
    }
    if (kind === 'name' && this.#words[this.#next]?.kind === 'open') {
      this.#waiting.push({ kind: 'call', at, name: text.toUpperCase(), operands: [] });
      this.#next++;
      return true;
    }
    const open = this.#waiting.at(-1);
    if (open?.kind === 'call' && (kind === 'comma' || kind === 'close')) {
      if (kind === 'comma' || open.operands.length > 0) this.#push({ kind: 'missing' }, 1);
      return this.#afterOperand(word);
    }
    this.#push(this.#leaf(word), 1);
    return false;
  }

  #leaf(word: SheetWord): FormulaNode {
    const { kind, text, at } = word;
    if (kind === 'number') return { kind: 'value', value: this.#number(text, at) };
    if (kind === 'text') return { kind: 'value', value: text.slice(1, -1).replaceAll('""', '"') };
    if (kind === 'fault') return { kind: 'fault', code: text };
    if (kind === 'cell') return { kind: 'reference', reference: this.#reference(word, undefined) };
    if (kind === 'sheet') {
      const cell = this.#words[this.#next++];
      if (cell?.kind !== 'cell')
        throw this.#wrong(cell?.at ?? this.#formula.length, `${text} wants an address, as A1.`);
      const name = text.startsWith("'") ? text.slice(1, -2).replaceAll("''", "'") : text.slice(0, -1);
      return { kind: 'reference', reference: this.#reference(cell, name) };
    }
    const name = text.toUpperCase();
    if (kind === 'name' && (name === 'TRUE' || name === 'FALSE')) return { kind: 'value', value: name === 'TRUE' };
    const what = kind === 'name' ? `there is nothing named ${text}` : `a value is missing before ${text}`;
    throw this.#wrong(at, `${what}. Give a number, a "text", an address or a call.`);
  }

  #number(text: string, at: number): number {
    const value = Number(text);
    if (Number.isFinite(value)) return value;
    throw this.#wrong(at, `${text.slice(0, 40)} is above the largest number. Give one up to 1.797E308.`);
  }

  #reference(word: SheetWord, sheet: string | undefined): Reference {
    const first = this.#corner(word);
    if (this.#words[this.#next]?.text !== ':') return { sheet, first, last: first, isRange: false };
    const other = this.#words[this.#next + 1];
    if (other?.kind !== 'cell')
      throw this.#wrong(other?.at ?? this.#formula.length, 'a range ends with an address, as A1:B9. Add one.');
    this.#next += 2;
    return { sheet, first, last: this.#corner(other), isRange: true };
  }

  #corner({ text, at }: SheetWord): Corner {
    const [, fixed, letters, pinned, row] = /^(\$?)([A-Za-z]+)(\$?)([0-9]+)$/.exec(text)!;
    const [column, line] = [columnOfLetters(letters!), Number(row) - 1];
    if (column >= MOST_LINES || line >= MOST_LINES)
      throw this.#wrong(at, `${text} lies outside the sheet. Columns and rows number ${MOST_LINES} each.`);
    return { column: lineOf(fixed === '$', column, this.#x), row: lineOf(pinned === '$', line, this.#y) };
  }

  /** Takes a word where a value has ended; whether another one is to come. */
  #afterOperand(word: SheetWord): boolean {
    const { kind, text, at } = word;
    if (text === '%' && kind === 'operator') {
      this.#wrap((operand) => ({ kind: 'unary', operator: '%', operand }));
      return false;
    }
    const binding = kind === 'operator' ? BINDING[text] : undefined;
    if (binding !== undefined) {
      this.#reduce(binding);
      this.#waiting.push({ kind: 'binary', operator: text as BinaryOperator, binding });
      return true;
    }
    if (kind !== 'comma' && kind !== 'close')
      throw this.#wrong(at, `${text.slice(0, 40)} follows a value. Put an operator between them.`);
    this.#reduce(0);
    const open = this.#waiting.at(-1);
    if (kind === 'comma' && open?.kind === 'call') {
      open.operands.push(this.#done.pop()!);
      return true;
    }
    if (kind === 'close' && open !== undefined) {
      this.#close();
      return false;
    }
    throw this.#wrong(at, kind === 'comma' ? 'a comma outside a call. Remove it.' : "')' closes nothing. Remove it.");
  }

  #close(): void {
    const open = this.#waiting.pop()!;
    if (open.kind !== 'call') return;
    // A call without arguments has left nothing.
    const isEmpty = this.#words[this.#next - 2]?.kind === 'open' && open.operands.length === 0;
    const operands = isEmpty ? [] : [...open.operands, this.#done.pop()!];
    const depth = operands.reduce((most, operand) => Math.max(most, operand.depth), 0);
    this.#push({ kind: 'call', name: open.name, operands: operands.map(({ node }) => node) }, depth + 1);
  }

  /** Applies the operators that wait and bind at least as much. */
  #reduce(binding: number): void {
    for (;;) {
      const operator = this.#waiting.at(-1);
      if (operator === undefined || !('binding' in operator) || operator.binding < binding) return;
      this.#waiting.pop();
      if (operator.kind === 'sign') {
        const { operator: sign } = operator;
        this.#wrap((operand) => ({ kind: 'unary', operator: sign, operand }));
        continue;
      }
      const right = this.#done.pop()!;
      const left = this.#done.pop()!;
      const node: FormulaNode = { kind: 'binary', operator: operator.operator, left: left.node, right: right.node };
      this.#push(node, Math.max(left.depth, right.depth) + 1);
    }
  }

  #wrap(around: (operand: FormulaNode) => FormulaNode): void {
    const { node, depth } = this.#done.pop()!;
    this.#push(around(node), depth + 1);
  }

  #push(node: FormulaNode, depth: number): void {
    if (depth > MOST_DEPTH)
      throw this.#wrong(0, `it has more than ${MOST_DEPTH} parts within one another. Split it over several cells.`);
    this.#done.push({ node, depth });
  }
}

const lineOf = (isAbsolute: boolean, value: number, own: number): Line => ({
  isAbsolute,
  value: isAbsolute ? value : value - own,
});
