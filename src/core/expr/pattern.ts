// Patterns as data: what a graph has to look like (matching.ts finds it, template.ts makes another of the parts).
//
// A pattern is a variable ('x': any node, and where it stands again the same one), a number (a scalar constant of that
// value), a row with the patterns of its operands, or one of these with a name, a condition or alternatives. Operands
// of a commutative row are met in either order. Nothing here knows tensors: whatever has a row, attributes, a type and
// operands can be matched.
import type { OpRow } from '../ops/define.ts';
import { MULTIPLY, POW, SQUARE } from '../ops/named.ts';
import type { TensorType } from '../tensor/type.ts';
import type { Attributes } from './attributes.ts';

/** What patterns see of a node. */
export interface PatternNode {
  /** Undefined at a root. */
  readonly row: OpRow | undefined;
  readonly attributes: Attributes;
  readonly type: TensorType;
  readonly operands: readonly PatternNode[];
  /** What its bits may be, where nodes of several classes meet; nodes of two classes are not the same. */
  readonly semantics?: number;
}

/** A row, then the patterns of its operands. */
export type RowPattern = readonly [OpRow, ...Pattern[]];
/** A pattern whose node has a name; where the name is bound already, the node is the same one. */
export interface NamedPattern<Name extends string = string, Inner extends RowPattern = RowPattern> {
  readonly as: Name;
  readonly is: Inner;
}
/** A pattern that fits some nodes only. */
export interface LimitedPattern<Inner extends string | RowPattern = string | RowPattern> {
  readonly holds: (node: PatternNode) => boolean;
  readonly is: Inner;
}
/** Alternatives, tried in order. */
interface ChoicePattern<Options extends readonly Pattern[] = readonly Pattern[]> {
  readonly anyOf: Options;
}
export type Pattern = string | number | RowPattern | NamedPattern | LimitedPattern | ChoicePattern;

/** The nodes that the names of a pattern stand for. */
export type Bindings<N, Name extends string = string> = Readonly<Record<Name, N>>;

/** The names that a pattern binds. */
export type NamesIn<P> = [Pattern] extends [P] ? string : NamesInEach<P>;

type NamesInEach<P> = P extends string
  ? P
  : P extends readonly [OpRow, ...infer Operands]
    ? NamesIn<Operands[number]>
    : P extends NamedPattern<infer Name, infer Inner>
      ? Name | NamesIn<Inner>
      : P extends LimitedPattern<infer Inner>
        ? NamesIn<Inner>
        : P extends ChoicePattern<infer Options>
          ? NamesIn<Options[number]>
          : never;

/** The pattern, with a name for the node it fits. */
export const named = <const Name extends string, const P extends RowPattern>(
  as: Name,
  is: P,
): NamedPattern<Name, P> => ({ as, is });

/** The pattern where its node has a property; the row of the pattern is looked at first. */
export const limited = <const P extends string | RowPattern>(
  holds: LimitedPattern['holds'],
  is: P,
): LimitedPattern<P> => ({ holds, is });

type Squared<P extends Pattern> = ChoicePattern<
  readonly [readonly [OpRow, P], readonly [OpRow, P, P], readonly [OpRow, P, 2]]
>;

/** x² as it is written: square(x), x·x or x to the power 2. */
export const squareOf = <const P extends string | NamedPattern>(x: P): Squared<P> => ({
  anyOf: [
    [SQUARE, x],
    [MULTIPLY, x, x],
    [POW, x, 2],
  ],
});
