// A sheet of formulas as a recursion over maps of cells: nothing is kept, ordered or shared; sums are of integers
// without bounds.
import type { FormulaNode, Line } from '../../src/atomsheet/formula-node.ts';
import { parseFormula } from '../../src/atomsheet/parse.ts';
import { exactSumOf } from './exact.ts';

/** Values; errors are texts with a sign that no cell has. */
export type OracleValue = number | string | boolean | undefined;

const ERROR = '\u0000';
const error = (code: string): string => ERROR + code;
const isError = (value: unknown): value is string => typeof value === 'string' && value.startsWith(ERROR);

/** Unwinds to the cell that a circle begins at; all cells on the way have its error. */
class Circle extends Error {
  readonly key: string;

  constructor(key: string) {
    super('circle');
    this.key = key;
  }
}

export class Oracle {
  readonly sheets = new Set<string>();
  readonly cells = new Map<string, OracleValue | { readonly formula: string }>();
  #known = new Map<string, OracleValue>();
  readonly #open = new Set<string>();

  /** The value of a cell; only what this call computes is remembered. */
  values(keys: readonly string[]): OracleValue[] {
    this.#known = new Map();
    return keys.map((key) => {
      const value = this.#value(key);
      return isError(value) ? value.slice(1) : value;
    });
  }

  #value(key: string): OracleValue {
    const cell = this.cells.get(key);
    if (typeof cell !== 'object') return cell;
    if (this.#known.has(key)) return this.#known.get(key);
    if (this.#open.has(key)) throw new Circle(key);
    this.#open.add(key);
    const value = this.#computed(key, cell.formula);
    this.#known.set(key, value);
    return value;
  }

  #computed(key: string, formula: string): OracleValue {
    const [, sheet, x, y] = /^(.*)!(\d+),(\d+)$/.exec(key)!;
    try {
      const at = { sheet: sheet!, x: Number(x), y: Number(y) };
      return this.#evaluate(parseFormula(formula, at.x, at.y), at) ?? 0;
    } catch (found) {
      if (!(found instanceof Circle)) throw found;
      this.#known.set(key, error('#CYCLE!'));
      if (found.key === key) return error('#CYCLE!');
      throw found;
    } finally {
      this.#open.delete(key);
    }
  }

  #evaluate(node: FormulaNode, at: CellPlace): OracleValue {
    if (node.kind === 'value') return node.value;
    if (node.kind === 'reference') {
      const keys = this.#keysOf(node, at);
      return isError(keys) ? keys : this.#value(keys[0]!);
    }
    if (node.kind === 'unary') {
      const value = number(this.#evaluate(node.operand, at));
      return isError(value) ? value : node.operator === '-' ? -value : value / 100;
    }
    if (node.kind === 'binary') {
      const [a, b] = [this.#evaluate(node.left, at), this.#evaluate(node.right, at)];
      return binary(node.operator, a, b);
    }
    return node.kind === 'call' ? this.#call(node.name, node.operands, at) : undefined;
  }

  #call(name: string, operands: readonly FormulaNode[], at: CellPlace): OracleValue {
    const [first, second, third] = operands;
    if (name === 'IF') {
      const test = this.#evaluate(first!, at);
      if (isError(test)) return test;
      return this.#evaluate(test !== undefined && test !== false && test !== 0 ? second! : third!, at);
    }
    if (name === 'IFERROR') {
      const value = this.#evaluate(first!, at);
      return isError(value) ? this.#evaluate(second!, at) : value;
    }
    const apply = ONE[name];
    if (apply !== undefined) {
      const value = number(this.#evaluate(first!, at));
      return typeof value === 'string' ? value : finite(apply(value));
    }
    const keys = this.#keysOf(first!, at);
    if (isError(keys)) return keys;
    const values = keys.map((key) => this.#value(key));
    const wrong = values.find(isError);
    if (name === 'COUNT') return values.filter((value) => typeof value === 'number').length;
    if (wrong !== undefined) return wrong;
    const numbers = values.filter((value) => typeof value === 'number');
    if (name === 'MAX') return numbers.length === 0 ? 0 : Math.max(...numbers);
    const sum = exactSumOf(numbers);
    if (name === 'SUM') return finite(sum);
    return numbers.length === 0 ? error('#DIV/0!') : finite(sum / numbers.length);
  }

  #keysOf(node: FormulaNode, at: CellPlace): string[] | string {
    if (node.kind !== 'reference') throw new TypeError('the oracle takes ranges here');
    const { sheet = at.sheet, first, last } = node.reference;
    if (!this.sheets.has(sheet)) return error('#REF!');
    const ends = (a: Line, b: Line, own: number): number[] =>
      [a, b].map((line) => (line.isAbsolute ? line.value : own + line.value)).sort((p, q) => p - q);
    const [x0, x1] = ends(first.column, last.column, at.x);
    const [y0, y1] = ends(first.row, last.row, at.y);
    if (x0! < 0 || y0! < 0) return error('#REF!');
    const keys: string[] = [];
    for (let x = x0!; x <= x1!; x++) for (let y = y0!; y <= y1!; y++) keys.push(`${sheet}!${x},${y}`);
    return keys;
  }
}

interface CellPlace {
  readonly sheet: string;
  readonly x: number;
  readonly y: number;
}

const ONE: Readonly<Record<string, (x: number) => number>> = { ABS: Math.abs, INT: Math.floor, SQRT: Math.sqrt };

const finite = (value: number): OracleValue => (Number.isFinite(value) ? value : error('#NUM!'));

function number(value: OracleValue): number | string {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value === undefined) return 0;
  return isError(value) ? value : /^[-+]?[0-9.]+$/.test(value) ? Number(value) : error('#VALUE!');
}

function binary(operator: string, a: OracleValue, b: OracleValue): OracleValue {
  if (operator === '&') {
    if (isError(a)) return a;
    return isError(b) ? b : text(a) + text(b);
  }
  if (operator === '>') {
    if (isError(a)) return a;
    return isError(b) ? b : isAbove(a, b);
  }
  const [x, y] = [number(a), number(b)];
  if (typeof x === 'string') return x;
  if (typeof y === 'string') return y;
  if (operator === '/') return y === 0 ? error('#DIV/0!') : finite(x / y);
  return finite(operator === '+' ? x + y : operator === '-' ? x - y : x * y);
}

const text = (value: OracleValue): string =>
  value === undefined ? '' : typeof value === 'string' ? value : String(value).toUpperCase();

function isAbove(a: OracleValue, b: OracleValue): boolean {
  const rank = { number: 0, string: 1, boolean: 2 } as const;
  const like = (other: OracleValue): OracleValue =>
    typeof other === 'string' ? '' : typeof other === 'boolean' ? false : 0;
  const [x, y] = [a ?? like(b), b ?? like(a)] as const;
  const [p, q] = [rank[typeof x as 'number'], rank[typeof y as 'number']];
  return p === q ? x! > y! : p > q;
}
