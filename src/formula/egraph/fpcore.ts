// Reads FPCore, the notation of public suites of floating-point problems, and in the same way the texts of rules.
import type { Algebra } from '../../kit.ts';
import { FormatError } from '../../kit.ts';
import { apply, type Expression, number, parseFraction, Evaluation, symbol } from './expression.ts';
import { CORE_OPERATIONS } from './operations.ts';

type List = string | readonly List[];

/** A condition on points, in any reading. */
export type Condition = <T, M>(m: Algebra<T, M>, x: readonly T[]) => M;

/** A problem: a formula of some symbols and where it is asked for. */
export interface Core {
  readonly name: string;
  readonly symbols: readonly string[];
  readonly body: Expression;
  readonly where?: Condition;
}

/** The cores of a file; those with operations that are not known here are left out. */
export function readCores(text: string): Core[] {
  const tokens = text.replaceAll(/;.*/g, '').match(/"[^"]*"|[()]|[^\s()]+/g) ?? [];
  let at = 0;
  const list = (): List => {
    const token = tokens[at++];
    if (token === undefined) throw new FormatError('FPCore: the text ends within a list; close it.', { at });
    if (token !== '(') return token;
    const parts: List[] = [];
    while (tokens[at] !== ')') parts.push(list());
    at++;
    return parts;
  };
  const lists: List[] = [];
  while (at < tokens.length) lists.push(list());
  return lists.flatMap((found) => coreOf(found) ?? []);
}

/** An expression, or the pattern of a rule. */
export function readExpression(text: string): Expression {
  const core = readCores(`(FPCore () ${text})`)[0];
  if (core === undefined)
    throw new FormatError(`${text}: operations are ${Object.keys(CORE_OPERATIONS).join(' ')}.`, { text });
  return core.body;
}

function coreOf(list: List): Core | undefined {
  if (typeof list === 'string' || list[0] !== 'FPCore') return undefined;
  const symbols = (list[1] as readonly List[]).map(String);
  const property = (key: string): List | undefined => {
    const at = list.indexOf(key);
    return at < 0 ? undefined : list[at + 1];
  };
  const body = expressionOf(list.at(-1)!);
  const pre = property(':pre');
  if (body === undefined) return undefined;
  const where = pre === undefined ? undefined : conditionOf(pre, symbols);
  return { name: String(property(':name') ?? '').replaceAll('"', ''), symbols, body, ...(where && { where }) };
}

function expressionOf(list: List): Expression | undefined {
  if (typeof list === 'string') {
    const value = parseFraction(list);
    return value === undefined ? symbol(list) : number(value);
  }
  const [op, ...rest] = list;
  const of = rest.map(expressionOf);
  if (typeof op !== 'string' || of.some((part) => part === undefined)) return undefined;
  const operands = of as Expression[];
  if (op === '-' && operands.length === 1) return apply('neg', ...operands);
  return Object.hasOwn(CORE_OPERATIONS, op) ? apply(op, ...operands) : undefined;
}

const COMPARISONS = { '<': 'lt', '<=': 'le', '>': 'gt', '>=': 'ge', '==': 'eq', '!=': 'ne' } as const;

/** Comparisons of several operands are of neighbours, but for !=, which is of all pairs. */
function conditionOf(list: List, symbols: readonly string[]): Condition | undefined {
  if (typeof list === 'string') return undefined;
  const [op, ...rest] = list;
  if (op === 'and' || op === 'or') {
    const parts = rest.map((part) => conditionOf(part, symbols));
    if (parts.some((part) => part === undefined)) return undefined;
    return (m, x) => parts.map((part) => part!(m, x)).reduce((a, b) => m[op](a, b));
  }
  const compare = COMPARISONS[op as keyof typeof COMPARISONS];
  const operands = rest.map(expressionOf);
  if (compare === undefined || operands.some((part) => part === undefined)) return undefined;
  const programs = operands.map((part) => new Evaluation(part!, symbols));
  const pairs = programs.flatMap((a, i) =>
    (compare === 'ne' ? programs.slice(i + 1) : programs.slice(i + 1, i + 2)).map((b) => [a, b] as const),
  );
  return (m, x) => pairs.map(([a, b]) => m[compare](a.run(m, x), b.run(m, x))).reduce((a, b) => m.and(a, b));
}
