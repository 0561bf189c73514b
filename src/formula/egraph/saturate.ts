// Applies rules to an e-graph until nothing is new or the budget, which is of steps and never of time, is used up.
import type { Expression } from './expression.ts';
import { readExpression } from './fpcore.ts';
import type { EGraph, Member } from './graph.ts';
import { COMMUTATIVE } from './operations.ts';
import { REWRITINGS } from './rules.ts';

export interface SearchBudget {
  readonly nodes: number;
  readonly iterations: number;
  /** A rule that matches more often rests for some iterations. */
  readonly matches: number;
}

export const USUAL_BUDGET: SearchBudget = { nodes: 1000, iterations: 8, matches: 400 };

interface Compiled {
  readonly pattern: Expression;
  readonly template: Expression;
  restsUntil: number;
  bans: number;
}

let compiled: readonly (readonly [pattern: Expression, template: Expression])[] | undefined;

/** Patterns and templates of all rules, those of both directions twice. */
const rules = (): readonly (readonly [Expression, Expression])[] =>
  (compiled ??= REWRITINGS.flatMap(({ pattern, template, direction }) => {
    const pair = [readExpression(pattern), readExpression(template)] as const;
    return direction === 'both' ? [pair, [pair[1], pair[0]] as const] : [pair];
  }));

/** What the letters of a pattern stand for, by their order in the alphabet. */
type Bindings = (number | undefined)[];

const letterOf = ({ name }: Expression): number => name!.charCodeAt(0) - 97;

/** Calls `found` whenever a pattern matches a class, while `bound` says what its letters stand for. */
function match(graph: EGraph, pattern: Expression, id: number, bound: Bindings, found: () => void): void {
  const at = graph.find(id);
  if (pattern.op === 'symbol') {
    const letter = letterOf(pattern);
    const known = bound[letter];
    if (known !== undefined) {
      if (known === at) found();
      return;
    }
    bound[letter] = at;
    found();
    bound[letter] = undefined;
    return;
  }
  const { nodes, constant } = graph.classes.get(at)!;
  if (pattern.op === 'number') {
    if (constant?.n === pattern.value!.n && constant.d === pattern.value!.d) found();
    return;
  }
  for (const node of nodes) if (node.op === pattern.op) matchNode(graph, pattern, node, bound, found);
}

function matchNode(graph: EGraph, { op, of }: Expression, node: Member, bound: Bindings, found: () => void): void {
  const [a, b] = node.of;
  if (of.length === 1) match(graph, of[0]!, a!, bound, found);
  else {
    match(graph, of[0]!, a!, bound, () => match(graph, of[1]!, b!, bound, found));
    if (COMMUTATIVE.has(op) && a !== b) match(graph, of[0]!, b!, bound, () => match(graph, of[1]!, a!, bound, found));
  }
}

function instantiated(graph: EGraph, template: Expression, bound: Bindings): number {
  if (template.op === 'symbol') return bound[letterOf(template)]!;
  const of = template.of.map((part) => instantiated(graph, part, bound));
  return graph.add({ op: template.op, of, ...(template.value && { value: template.value }) });
}

/** Grows a graph by the rules, until `enough` says after an iteration that it is. */
export function saturate(
  graph: EGraph,
  { nodes, iterations, matches }: SearchBudget = USUAL_BUDGET,
  enough: () => boolean = () => false,
): void {
  const active: Compiled[] = rules().map(([pattern, template]) => ({ pattern, template, restsUntil: 0, bans: 0 }));
  for (let round = 0; round < iterations && graph.nodes < nodes; round++) {
    const byOperation = new Map<string, { readonly id: number; readonly node: Member }[]>();
    for (const [id, { nodes: members }] of graph.classes)
      for (const node of members) {
        const list = byOperation.get(node.op);
        if (list === undefined) byOperation.set(node.op, [{ id, node }]);
        else list.push({ id, node });
      }
    const found = active.flatMap((rule) =>
      matchesOf(graph, rule, byOperation.get(rule.pattern.op) ?? [], round, matches),
    );
    const before = graph.nodes;
    let joined = 0;
    for (const { id, template, bound } of found) {
      if (graph.nodes >= nodes) break;
      if (graph.union(id, instantiated(graph, template, bound), 'rewriting')) joined++;
    }
    graph.rebuild();
    if ((joined === 0 && graph.nodes === before) || enough()) return;
  }
}

function matchesOf(
  graph: EGraph,
  rule: Compiled,
  candidates: readonly { readonly id: number; readonly node: Member }[],
  round: number,
  limit: number,
): { readonly id: number; readonly template: Expression; readonly bound: Bindings }[] {
  if (rule.restsUntil > round) return [];
  const found: { readonly id: number; readonly template: Expression; readonly bound: Bindings }[] = [];
  const bound: Bindings = [undefined, undefined, undefined, undefined];
  for (const { id, node } of candidates)
    matchNode(graph, rule.pattern, node, bound, () => found.push({ id, template: rule.template, bound: [...bound] }));
  if (found.length <= limit) return found;
  rule.restsUntil = round + 2 ** ++rule.bans;
  return [];
}
