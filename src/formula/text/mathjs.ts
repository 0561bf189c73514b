// Trees of mathjs as terms: those kinds of nodes that are formulas, and none that could name anything else.
import { FormulaError } from '../errors.ts';
import { FORMULA_FUNCTIONS } from '../functions.ts';
import type { Term, Terms } from '../term.ts';
import { parse } from './parser.ts';

/** What is read of a node of mathjs; it is data, and nothing of it is called. */
export interface MathjsNode {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** Operators of mathjs by the name of their function. */
const OPERATORS: ReadonlyMap<string, string> = new Map([
  ['add', 'add'],
  ['subtract', 'subtract'],
  ['multiply', 'multiply'],
  ['divide', 'divide'],
  ['pow', 'pow'],
  ['unaryMinus', 'negative'],
  ['unaryPlus', ''],
  ['equal', 'equal'],
  ['unequal', 'not_equal'],
  ['smaller', 'less'],
  ['smallerEq', 'less_equal'],
  ['larger', 'greater'],
  ['largerEq', 'greater_equal'],
  ['and', 'logical_and'],
  ['or', 'logical_or'],
  ['not', 'logical_not'],
]);

const NAME = /^[A-Za-zα-ω_][A-Za-z0-9α-ω_]*$/;
const MOST_NODES = 100_000;

const refused = (what: string, remedy: string): FormulaError =>
  new FormulaError('syntax', `fromMathjs: ${what}; ${remedy}.`, { node: what });

const nodesIn = (value: unknown): MathjsNode[] => {
  const all: unknown[] = Array.isArray(value) ? value : [value];
  const isNode = (each: unknown): each is MathjsNode =>
    typeof each === 'object' && each !== null && typeof (each as { type?: unknown }).type === 'string';
  if (!all.every(isNode)) throw refused('a node without its operands', 'give what math.parse answers');
  return all;
};

/** Nodes under a node that are operands. */
function operandsOfNode(node: MathjsNode): MathjsNode[] {
  if (node.type === 'ParenthesisNode') return nodesIn(node['content']);
  if (node.type === 'ConditionalNode')
    return ['condition', 'trueExpr', 'falseExpr'].flatMap((field) => nodesIn(node[field]));
  if (node.type === 'RelationalNode') return nodesIn(node['params']);
  return node.type === 'OperatorNode' || node.type === 'FunctionNode' ? nodesIn(node['args']) : [];
}

/** The term that a tree of mathjs is. */
export function termOfMathjs(terms: Terms, root: MathjsNode): Term {
  const done: Term[] = [];
  const open: { readonly node: MathjsNode; readonly count: number }[] = [];
  const waiting: MathjsNode[] = nodesIn(root);
  // Nodes are met before their operands, the last of these first, and made in the opposite order: operands in theirs.
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    const operands = operandsOfNode(node);
    open.push({ node, count: operands.length });
    if (open.length > MOST_NODES) throw refused(`more than ${MOST_NODES} nodes`, 'give a smaller tree');
    waiting.push(...operands);
  }
  for (const { node, count } of open.reverse()) {
    const args = count === 0 ? [] : done.splice(-count);
    done.push(made(terms, node, args));
  }
  return done[0]!;
}

function made(terms: Terms, node: MathjsNode, args: readonly Term[]): Term {
  const { type } = node;
  if (type === 'ConstantNode') return constant(terms, node['value']);
  if (type === 'SymbolNode') return named(terms, node['name']);
  if (type === 'ParenthesisNode') return args[0]!;
  if (type === 'ConditionalNode') return call(terms, 'where', args);
  if (type === 'RelationalNode') return related(terms, node['conditionals'], args);
  if (type === 'OperatorNode') {
    const fn = String(node['fn']);
    const name = OPERATORS.get(fn);
    if (name === undefined || node['isPercentage'] === true)
      throw refused(`the operator ${String(node['op'])} (${fn})`, `operators are ${[...OPERATORS.keys()].join(', ')}`);
    return name === '' ? args[0]! : call(terms, name, args);
  }
  if (type !== 'FunctionNode') throw refused(`a ${type}`, 'formulas have numbers, symbols, operators and functions');
  const [fn] = nodesIn(node['fn']);
  if (fn!.type !== 'SymbolNode') throw refused('a call of what is no name', 'write the name of a function');
  return call(terms, String(fn!['name']), args);
}

function constant(terms: Terms, value: unknown): Term {
  if (typeof value === 'boolean') return terms.whole(value ? 1 : 0);
  if (typeof value === 'number' && Number.isFinite(value)) return parse(String(value), terms).root;
  throw refused(`the constant ${String(value)}`, 'numbers are finite');
}

function named(terms: Terms, name: unknown): Term {
  if (typeof name !== 'string' || !NAME.test(name)) throw refused(`the name ${String(name)}`, 'use letters and digits');
  return parse(name, terms).root;
}

function call(terms: Terms, name: string, args: readonly Term[]): Term {
  const known = FORMULA_FUNCTIONS.get(name);
  if (known === undefined) throw refused(`the function ${name}`, 'functions are the elementwise ops by their names');
  if (args.length < known.least || args.length > known.most)
    throw refused(`${name} of ${args.length} operands`, `it takes ${known.least}`);
  return known.make(terms, name, args);
}

/** a < b ≤ c as a < b and b ≤ c. */
function related(terms: Terms, conditionals: unknown, args: readonly Term[]): Term {
  const names = Array.isArray(conditionals) ? conditionals.map((each) => OPERATORS.get(String(each))) : [];
  if (names.length === 0 || names.length !== args.length - 1)
    throw refused('a chain of comparisons', 'each stands between two operands');
  return names
    .map((name, i) => {
      if (name === undefined) throw refused(`the comparison ${String(name)}`, 'use <, <=, >, >=, == or !=');
      return call(terms, name, [args[i]!, args[i + 1]!]);
    })
    .reduce((all, each) => call(terms, 'logical_and', [all, each]));
}
