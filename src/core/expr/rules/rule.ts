// A rule: one form is another, with the formula in the margin. Tensors and symbols read the same rules.
import type { OpRow } from '../../ops/define.ts';
import { isFloat } from '../../tensor/dtype.ts';
import { match, type Matcher, prepare, rowsAt } from '../matching.ts';
import type { Bindings, LimitedPattern, NamedPattern, NamesIn, PatternNode, RowPattern } from '../pattern.ts';
import { type AttributedTemplate, type Build, instantiateTemplate, type Template } from '../template.ts';

/**
 * What a rule promises. `exact`: the same elements to the last bit, for every dtype and every value. `real`: equal in
 * the real numbers and better in floating point, of floating results only; it changes bits, so applying it is the
 * user's choice.
 */
type RuleClass = 'exact' | 'real';

/** One rule. */
export interface Rule {
  /** Both forms in the notation of mathematics, `from → to`. */
  readonly formula: string;
  readonly class: RuleClass;
  readonly from: RowPattern | NamedPattern | LimitedPattern<RowPattern>;
  /** The pattern, prepared. */
  readonly matcher: Matcher;
  readonly to: Template;
  /** What must hold of the nodes that were found, beside what the pattern says. */
  readonly when: ((found: Bindings<PatternNode>) => boolean) | undefined;
  /** In words: conditions that the formula does not show. */
  readonly only: string | undefined;
  /** Why the second form is better; every rule of class real has one. */
  readonly why: string | undefined;
  /** Where the form and its error are analysed. */
  readonly source: string | undefined;
}

/** A rule as it is written: names that its pattern does not bind are errors of type. */
interface RuleDraft<P extends Rule['from']> {
  readonly formula: string;
  readonly from: P;
  readonly to: Template<NamesIn<NoInfer<P>>>;
  readonly when?: (found: Bindings<PatternNode, NamesIn<NoInfer<P>>>) => boolean;
  readonly only?: string;
}

/** One row on nodes that were found. */
type FlatTemplate<Name extends string> = AttributedTemplate<Name> & { readonly make: readonly [OpRow, ...Name[]] };

/** A rule that keeps bits makes one node at most, of the type that was there and with canonical attributes. */
interface ExactDraft<P extends Rule['from']> extends RuleDraft<P> {
  readonly to: NamesIn<NoInfer<P>> | FlatTemplate<NamesIn<NoInfer<P>>>;
}

/** A rule that changes bits says why it may. */
interface RealDraft<P extends Rule['from']> extends RuleDraft<P> {
  readonly why: string;
  readonly source: string;
}

/** A rule that keeps every bit. */
export const exactRule = <const P extends Rule['from']>(draft: ExactDraft<P>): Rule =>
  complete({ ...draft, class: 'exact' });

/** A rule that holds in the real numbers. */
export const realRule = <const P extends Rule['from']>(draft: RealDraft<P>): Rule =>
  complete({ ...draft, class: 'real' });

/**
 * Rules have all their fields, in one order: they are read at every call. Their names were checked and are texts from
 * here on.
 */
function complete(draft: object): Rule {
  const { formula, class: ofClass, from, to, when, only, why, source } = draft as Rule;
  return { formula, class: ofClass, from, matcher: prepare(from), to, when, only, why, source };
}

const NONE: readonly Rule[] = [];

/** Rules by the row at the root of their pattern and by the rows of its first two operands, where it says them. */
export class RuleIndex {
  readonly #rules: readonly Rule[];
  /** The rows that patterns name for operands; others are all alike. Code 0 stands for those. */
  readonly #named: readonly (OpRow | undefined)[];
  readonly #codes: number[] = [];
  /** By the number of the root's row: rules by the codes of two operands. */
  readonly #tables: (readonly Rule[] | undefined)[][] = [];

  constructor(rules: readonly Rule[]) {
    this.#rules = rules;
    const named = rules.flatMap(({ matcher }) => matcher.operands.flatMap((operand) => rowsAt(operand) ?? []));
    this.#named = [undefined, ...new Set(named)];
    for (const [code, row] of this.#named.entries()) if (row !== undefined) this.#codes[row.number] = code;
    for (const { matcher } of rules) if (matcher.row !== undefined) this.#tables[matcher.row.number] = [];
  }

  /** The rules that may apply to a node, in their order. */
  of({ row, operands }: PatternNode): readonly Rule[] {
    const table = row === undefined ? undefined : this.#tables[row.number];
    if (table === undefined) return NONE;
    const first = this.#codeOf(operands[0]);
    const second = this.#codeOf(operands[1]);
    return (table[first * this.#named.length + second] ??= this.#select(row, first, second));
  }

  #codeOf(operand: PatternNode | undefined): number {
    const row = operand?.row;
    return row === undefined ? 0 : (this.#codes[row.number] ?? 0);
  }

  #select(row: OpRow | undefined, first: number, second: number): readonly Rule[] {
    const fit = (operand: Matcher | undefined, code: number): boolean => {
      const rows = operand === undefined ? undefined : rowsAt(operand);
      return rows === undefined || rows.includes(this.#named[code] as OpRow);
    };
    return this.#rules.filter(({ matcher }) => {
      if (matcher.row !== row) return false;
      const [a, b] = matcher.operands;
      return (fit(a, first) && fit(b, second)) || (matcher.commutes && fit(a, second) && fit(b, first));
    });
  }
}

/** What a rule finds in a node; undefined where it does not apply. */
export function findIn<N extends PatternNode>(rule: Rule, node: N): Bindings<N> | undefined {
  if (rule.class === 'real' && !isFloat(node.type.dtype)) return undefined;
  const found = match(rule.matcher, node);
  return found !== undefined && rule.when?.(found) !== false ? found : undefined;
}

/** The form that a rule makes of a node, of the same type; undefined where it does not apply. */
export function applyRule<N extends PatternNode>(rule: Rule, node: N, build: Build<N>): N | undefined {
  const found = findIn(rule, node);
  if (found === undefined) return undefined;
  const form = instantiateTemplate(rule.to, found, node.type.dtype, build);
  return form.type === node.type ? form : undefined;
}
