// Rules on nodes. Exact ones are part of the canonical form of every call; real ones are used as the author wants.
//
// Real rules change bits, so they are never silent: mode `apply` is part of a result's identity and every application
// is noted on the trace; mode `offer` computes what was written and says which better form exists.
import type { AttributeValues, OpRow } from '../ops/define.ts';
import { internAttributes } from './attributes.ts';
import type { Author, Node } from './node.ts';
import { EXACT_RULES } from './rules/exact.ts';
import { REAL_RULES } from './rules/real.ts';
import { applyRule, findIn, type Rule, RuleIndex } from './rules/rule.ts';
import type { Build } from './template.ts';

const EXACT = new RuleIndex(EXACT_RULES);
const REAL = new RuleIndex(REAL_RULES);

/** Makes a node of a row from operands the caller knows to fit. */
type Derive<N extends Node> = (
  row: OpRow,
  operands: readonly N[],
  given: AttributeValues | undefined,
  author: Author<N>,
) => N;

/** The form that exact rules leave a node in: itself, where none applies. */
export function rewrite<N extends Node>(e: N, author: Author<N>): N {
  let form = e;
  for (let simpler = once(e, author); simpler !== undefined; simpler = once(form, author)) form = simpler;
  return form;
}

function once<N extends Node>(e: N, author: Author<N>): N | undefined {
  const rules = EXACT.of(e);
  if (rules.length === 0) return undefined;
  // The one node that an exact rule makes has the type of what it replaces, and attributes that are canonical.
  const build: Build<N> = (row, operands, given = {}) => author.make(row, internAttributes(given), e.type, operands);
  for (const rule of rules) {
    const simpler = applyRule(rule, e, build);
    if (simpler !== undefined) return simpler;
  }
  return undefined;
}

/** A canonical node in its better form, or as written with a note of the better form (nothing is then made). */
export function stabilise<N extends Node>(e: N, author: Author<N>, derive: Derive<N>): N {
  if (author.rewrites !== 'apply' && author.rewrites !== 'offer') return e;
  const rules = REAL.of(e);
  if (rules.length === 0) return e;
  return author.rewrites === 'apply' ? improved(e, rules, author, derive) : offered(e, rules, author);
}

function improved<N extends Node>(e: N, rules: readonly Rule[], author: Author<N>, derive: Derive<N>): N {
  const build: Build<N> = (row, operands, given) => derive(row, operands, given, author);
  for (const rule of rules) {
    const better = applyRule(rule, e, build);
    if (better === undefined) continue;
    author.noted(better, `rewritten: ${rule.formula}; ${rule.why}`);
    return better;
  }
  return e;
}

function offered<N extends Node>(e: N, rules: readonly Rule[], author: Author<N>): N {
  for (const rule of rules) {
    if (findIn(rule, e) === undefined) continue;
    author.noted(e, `a better form exists: ${rule.formula}; ${rule.why}. open({ rewrites: 'apply' }) uses it`);
    return e;
  }
  return e;
}
