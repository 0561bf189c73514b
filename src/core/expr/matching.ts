// Finds patterns in graphs. A pattern is prepared once, into records of one form.
import { FULL } from '../ops/movement/creation.ts';
import type { OpRow } from '../ops/define.ts';
import type { Bindings, Pattern, PatternNode } from './pattern.ts';
import { constantOf, isSame } from './same.ts';

/** A pattern, prepared. Whatever it does not ask for is undefined. */
export interface Matcher {
  readonly name: string | undefined;
  readonly constant: number | undefined;
  readonly row: OpRow | undefined;
  readonly holds: ((node: PatternNode) => boolean) | undefined;
  readonly operands: readonly Matcher[];
  /** Two operands that may stand in either order. */
  readonly commutes: boolean;
  /** Alternatives, tried in order; a matcher that has them asks for nothing else. */
  readonly options: readonly Matcher[] | undefined;
}

const ANY: Matcher = {
  name: undefined,
  constant: undefined,
  row: undefined,
  holds: undefined,
  operands: [],
  commutes: false,
  options: undefined,
};

/** Prepares a pattern. */
export function prepare(pattern: Pattern): Matcher {
  if (typeof pattern === 'string') return { ...ANY, name: pattern };
  if (typeof pattern === 'number') return { ...ANY, constant: pattern };
  if ('anyOf' in pattern) return { ...ANY, options: pattern.anyOf.map(prepare) };
  if ('as' in pattern) return { ...prepare(pattern.is), name: pattern.as };
  if ('holds' in pattern) return { ...prepare(pattern.is), holds: pattern.holds };
  const [row, ...operands] = pattern;
  const commutes = operands.length === 2 && row.laws.includes('commutative');
  return { ...ANY, row, operands: operands.map(prepare), commutes };
}

/** The rows that a node of this pattern may have; undefined where it may have any. */
export function rowsAt({ options, row, constant }: Matcher): readonly OpRow[] | undefined {
  if (options === undefined) return row !== undefined ? [row] : constant !== undefined ? [FULL] : undefined;
  const rows = options.map(rowsAt);
  return rows.includes(undefined) ? undefined : rows.flatMap((each) => each ?? []);
}

/** The nodes that stand for the names of a pattern; undefined where it does not fit. */
export function match<N extends PatternNode>(matcher: Matcher, node: N): Bindings<N> | undefined {
  const found = solve({ matcher, node, next: undefined }, { name: '', node, rest: undefined });
  if (found === undefined) return undefined;
  const bindings: Record<string, N> = {};
  for (let each = found; each.rest !== undefined; each = each.rest) bindings[each.name] = each.node;
  return bindings;
}

/** Whether a node fits by itself, its operands and names left aside. */
function fitsAlone({ row, operands, constant, holds }: Matcher, node: PatternNode): boolean {
  if (row !== undefined && (node.row !== row || node.operands.length !== operands.length)) return false;
  if (constant !== undefined && constantOf(node) !== constant) return false;
  return holds === undefined || holds(node);
}

/** A node that has to fit, and what has to fit after it. */
interface Goal<N> {
  readonly matcher: Matcher;
  readonly node: N;
  readonly next: Goal<N> | undefined;
}

/** Names that are bound, the newest first; the last of them is none. */
interface Bound<N> {
  readonly name: string;
  readonly node: N;
  readonly rest: Bound<N> | undefined;
}

/** The bindings with which all goals are met, added to those there are; undefined where there are none. */
function solve<N extends PatternNode>(goal: Goal<N> | undefined, bound: Bound<N>): Bound<N> | undefined {
  if (goal === undefined) return bound;
  const { matcher, node, next } = goal;
  const { name, options } = matcher;
  if (options !== undefined) {
    for (const option of options) {
      const found = solve({ matcher: option, node, next }, bound);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  const known = name === undefined ? undefined : lookUp(name, bound);
  if (known !== undefined) return isSame(known, node) ? solve(next, bound) : undefined;
  if (!fitsAlone(matcher, node)) return undefined;
  return solveOperands(goal, name === undefined ? bound : { name, node, rest: bound });
}

function lookUp<N>(name: string, bound: Bound<N>): N | undefined {
  for (let each: Bound<N> | undefined = bound; each !== undefined; each = each.rest) {
    if (each.name === name) return each.node;
  }
  return undefined;
}

function solveOperands<N extends PatternNode>({ matcher, node, next }: Goal<N>, bound: Bound<N>): Bound<N> | undefined {
  const { operands, commutes } = matcher;
  let goals = next;
  for (let i = operands.length - 1; i >= 0; i--) {
    goals = { matcher: operands[i]!, node: node.operands[i] as N, next: goals };
  }
  const found = solve(goals, bound);
  if (found !== undefined || !commutes) return found;
  const [first, second] = operands as readonly [Matcher, Matcher];
  const [a, b] = node.operands as readonly [N, N];
  return solve({ matcher: first, node: b, next: { matcher: second, node: a, next } }, bound);
}
