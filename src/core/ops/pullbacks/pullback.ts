// What a pullback is: from the adjoint of a result to those of its operands, told as calls. Gradients are made of them,
// so that they are cached, fused, placed and replayed like everything else, and have gradients themselves.
import type { Called, Calls } from '../composite.ts';
import type { AttributeValues } from '../define.ts';

/** One call on the way back. */
export interface Pulling<C extends Called> {
  readonly call: Calls<C>;
  /** The adjoint of the result. */
  readonly g: C;
  readonly operands: readonly C[];
  readonly result: C;
  /** Canonical attributes of the call. */
  readonly attrs: AttributeValues;
  /**
   * Adjoint times partial. Where the adjoint is a selection, its zeros stay zeros, whatever the partial is there: the
   * side of a `where` that was not taken gives no NaN.
   */
  readonly times: (adjoint: C, partial: C | number) => C;
  /** As `times`, of a quotient. */
  readonly over: (adjoint: C, denominator: C | number) => C;
}

/**
 * The adjoints of the operands, in their order; undefined for one that has none. An adjoint may have the shape of the
 * result where the operand was broadcast to it.
 */
export interface Pullback {
  readonly pull: <C extends Called>(pulling: Pulling<C>) => readonly (C | undefined)[];
  /** The adjoints have zeros that the partial does not: what was not selected. */
  readonly selects?: boolean;
}

export type Pullbacks = Readonly<Record<string, Pullback>>;

/** Rows of a matrix, added up into so many groups by their numbers. */
export const scattered = <C extends Called>(call: Calls<C>, rows: C, groups: C, count: number): C =>
  call('segment_sum', [rows, groups], { count });
