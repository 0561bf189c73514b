// Reading a formula: words to a term, by precedence, on a stack of its own, so that no depth of brackets is too deep.
import { nearest } from '../../kit.ts';
import { faultAt, type FormulaError, type Span } from '../errors.ts';
import { FORMULA_FUNCTIONS } from '../functions.ts';
import { type Term, Terms } from '../term.ts';
import { INFIX, type Infix, LEVEL, PREFIX } from './grammar.ts';
import { type FormulaWord, wordsOf } from './lexer.ts';

/** What was read. */
interface Parsed {
  readonly root: Term;
}

/** What waits for operands: an operator, a bracket, or the brackets of a call. */
type Waiting =
  | { readonly is: 'infix' | 'prefix'; readonly operator: Infix; readonly word: FormulaWord }
  | { readonly is: 'bracket'; readonly word: FormulaWord }
  | { readonly is: 'call'; readonly word: FormulaWord; readonly count: number };

/** An operand that was read: its term and its place. */
interface Read {
  readonly term: Term;
  readonly span: Span;
}

const RESERVED: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Reads a formula into a pool. Throws a FormulaError that says where, and what to write. */
export const parse = (text: string, terms: Terms = new Terms()): Parsed => new Parser(text, terms).read();

class Parser {
  readonly #text: string;
  readonly #terms: Terms;
  readonly #words: readonly FormulaWord[];
  readonly #operands: Read[] = [];
  readonly #waiting: Waiting[] = [];
  #at = 0;

  constructor(text: string, terms: Terms) {
    this.#text = text;
    this.#terms = terms;
    this.#words = wordsOf(text);
  }

  read(): Parsed {
    for (let wantsOperand = true; ;) {
      if (wantsOperand) wantsOperand = this.#operand();
      else {
        const word = this.#next();
        if (word.kind === 'end') break;
        wantsOperand = this.#after(word);
      }
    }
    this.#reduce(0);
    const open = this.#waiting.at(-1);
    if (open !== undefined)
      throw this.#fault(open.word.span, 'syntax', 'the bracket is not closed', 'write ) where it ends');
    return { root: this.#operands[0]!.term };
  }

  /** Reads a word where an operand stands; answers whether one is still wanted. */
  #operand(): boolean {
    const word = this.#next();
    const { kind, text, span } = word;
    if (kind === 'number') {
      this.#push(this.#terms.number(word.value!), span);
      return this.#implied(word);
    }
    const prefix = PREFIX.get(text);
    if (prefix !== undefined) this.#waiting.push({ is: 'prefix', operator: prefix, word });
    else if (kind === 'name' && !INFIX.has(text)) return this.#name(word);
    else if (text === '(') this.#waiting.push({ is: 'bracket', word });
    else if (text !== '+') throw this.#missing(word);
    return true;
  }

  #missing({ kind, span, text }: FormulaWord): FormulaError {
    if (kind === 'end' && this.#at === 1)
      return this.#fault(span, 'syntax', 'there is nothing', "write one, as 'x + 1'");
    const before = this.#words[this.#at - 2];
    const remedy =
      text === ')' && before?.text === '(' ? 'write what is in the brackets' : 'write a number, a name or (';
    return this.#fault(
      span,
      'syntax',
      kind === 'end' ? 'it ends where an operand is due' : 'an operand is due',
      remedy,
    );
  }

  /** A constant, a symbol, or a function before its brackets. */
  #name(word: FormulaWord): boolean {
    const { text, span } = word;
    const next = this.#words[this.#at]!;
    if (RESERVED.has(text)) throw this.#fault(span, 'name', `${text} is no name of a symbol`, 'take another one');
    if (next.text === '(' && next.kind === 'operator') {
      if (!FORMULA_FUNCTIONS.has(text)) throw this.#unknownFunction(word);
      this.#at++;
      this.#waiting.push({ is: 'call', word, count: 1 });
      return true;
    }
    if (FORMULA_FUNCTIONS.has(text)) throw this.#withoutBrackets(word, next);
    this.#push(text === 'pi' || text === 'e' ? this.#terms.constant(text) : this.#terms.symbol(text), span);
    return false;
  }

  #unknownFunction({ text, span }: FormulaWord): FormulaError {
    const near = nearest(text, [...FORMULA_FUNCTIONS.keys()]);
    const reason = `${text} is no function`;
    if (near !== undefined) return this.#fault(span, 'name', reason, `did you mean ${near}`, { name: text });
    return this.#fault(span, 'ambiguous', reason, `write ${text}*( for a product`, { name: text });
  }

  #withoutBrackets({ text, span }: FormulaWord, next: FormulaWord): FormulaError {
    const argument = next.kind === 'name' || next.kind === 'number' ? next.text : 'x';
    const remedy = next.text === '^' ? `write ${text}(x)^2 for the power of a function` : `write ${text}(${argument})`;
    return this.#fault(span, 'syntax', `${text} is a function and has no brackets`, remedy);
  }

  /** A number before a name or a bracket is a factor of it, where that can be read in one way only. */
  #implied(word: FormulaWord): boolean {
    const next = this.#words[this.#at]!;
    const isFactor = (next.kind === 'name' && !INFIX.has(next.text)) || next.text === '(' || next.text === '√';
    if (!isFactor) return false;
    const top = this.#waiting.at(-1);
    const operator = top?.is === 'infix' ? top.word.text : '';
    if (operator === '/' || operator === '^') {
      const span = { start: top!.word.span.start, end: next.span.end };
      const remedy = operator === '/' ? 'write 1/(2*x) or (1/2)*x' : 'write x^(2*y) or (x^2)*y';
      throw this.#fault(span, 'ambiguous', `a product without * after ${operator} could be read in two ways`, remedy);
    }
    const product = { ...INFIX.get('*')!, level: LEVEL.product };
    this.#reduce(product.level);
    this.#waiting.push({ is: 'infix', operator: product, word });
    return true;
  }

  /** Reads a word after an operand; answers whether another is wanted. */
  #after(word: FormulaWord): boolean {
    const { text, span } = word;
    if (text === ')') return this.#close(word);
    if (text === ',') {
      this.#reduce(0);
      const call = this.#waiting.pop();
      if (call?.is !== 'call') throw this.#fault(span, 'syntax', 'the comma is in no call', 'write . for decimals');
      this.#waiting.push({ ...call, count: call.count + 1 });
      return true;
    }
    const operator = INFIX.get(text);
    if (operator === undefined) throw this.#noOperator(word);
    this.#reduce(operator.side === 'right' ? operator.level + 1 : operator.level);
    if (operator.side === 'none') this.#refuseChain(operator, span);
    this.#waiting.push({ is: 'infix', operator, word });
    return true;
  }

  #noOperator({ span, text, kind }: FormulaWord): FormulaError {
    const before = this.#operands.at(-1)!;
    const [left, right] = [this.#shown(before.span), kind === 'end' ? '' : text];
    if (left === '' || text === '√' || kind !== 'operator' || text === '(') {
      const product = text === '(' ? `${left}*(` : `${left}*${right}`;
      return this.#fault(
        { start: before.span.start, end: span.end },
        'ambiguous',
        'an operator is missing',
        `write ${product}`,
      );
    }
    return this.#fault(span, 'syntax', `${text} does not belong here`, 'leave it out');
  }

  #shown({ start, end }: Span): string {
    return end - start <= 20 ? this.#text.slice(start, end) : '(…)';
  }

  #refuseChain({ level }: Infix, span: Span): void {
    const made = this.#operands.at(-1)!;
    if (this.#chained?.term === made.term && this.#chained.level === level)
      throw this.#fault(span, 'ambiguous', 'comparisons do not chain', 'write a < b and b < c');
  }

  /** The comparison that was read last, where nothing was read after it. */
  #chained: { readonly term: Term; readonly level: number } | undefined;

  #close({ span }: FormulaWord): boolean {
    this.#reduce(0);
    const open = this.#waiting.pop();
    if (open === undefined || open.is === 'infix' || open.is === 'prefix')
      throw this.#fault(span, 'syntax', 'there is no bracket to close', 'leave ) out');
    if (open.is === 'call') this.#call(open, { start: open.word.span.start, end: span.end });
    else {
      const { term } = this.#operands.pop()!;
      this.#push(term, { start: open.word.span.start, end: span.end });
    }
    this.#chained = undefined;
    return false;
  }

  #call({ word, count }: Waiting & { is: 'call' }, span: Span): void {
    const { least, most } = FORMULA_FUNCTIONS.get(word.text)!;
    if (count < least || count > most) {
      const wanted = least === most ? `${least}` : `${least} to ${most}`;
      const remedy = `give it ${wanted} argument${most === 1 ? '' : 's'}`;
      throw this.#fault(span, 'operand', `${word.text} has ${count} argument${count === 1 ? '' : 's'}`, remedy);
    }
    const args = this.#operands.splice(this.#operands.length - count).map(({ term }) => term);
    this.#push(FORMULA_FUNCTIONS.get(word.text)!.make(this.#terms, word.text, args), span);
  }

  /** Applies the operators that wait and bind at least so closely. */
  #reduce(level: number): void {
    for (let top = this.#waiting.at(-1); top?.is === 'infix' || top?.is === 'prefix'; top = this.#waiting.at(-1)) {
      if (top.operator.level < level) return;
      this.#waiting.pop();
      const right = this.#operands.pop()!;
      const left = top.is === 'infix' ? this.#operands.pop()! : undefined;
      const args = left === undefined ? [right.term] : [left.term, right.term];
      const start = left === undefined ? top.word.span.start : left.span.start;
      const term = this.#terms.call(top.operator.name, args);
      this.#push(term, { start, end: right.span.end });
      this.#chained = top.operator.side === 'none' ? { term, level: top.operator.level } : undefined;
    }
  }

  #push(term: Term, span: Span): void {
    this.#operands.push({ term, span });
  }

  #next(): FormulaWord {
    return this.#words[this.#at++]!;
  }

  #fault(
    span: Span,
    fault: Parameters<typeof faultAt>[2],
    reason: string,
    remedy: string,
    details?: Readonly<Record<string, unknown>>,
  ): FormulaError {
    return faultAt(this.#text, span, fault, reason, remedy, details);
  }
}
