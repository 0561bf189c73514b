// Formulas of cells as trees. References are told from the cell that has the formula, so that a formula copied down is
// the same one.

/** A line of a reference: a place of its own, or a distance from the formula's cell. */
export interface Line {
  readonly isAbsolute: boolean;
  readonly value: number;
}

/** A corner of a reference. */
export interface Corner {
  readonly column: Line;
  readonly row: Line;
}

/** One cell, or a range between two corners; of the formula's own sheet where none is named. */
export interface Reference {
  readonly sheet: string | undefined;
  readonly first: Corner;
  readonly last: Corner;
  readonly isRange: boolean;
}

export type BinaryOperator = '+' | '-' | '*' | '/' | '^' | '&' | '=' | '<>' | '<' | '<=' | '>' | '>=';

export type FormulaNode =
  | { readonly kind: 'value'; readonly value: number | string | boolean }
  | { readonly kind: 'fault'; readonly code: string }
  | { readonly kind: 'reference'; readonly reference: Reference }
  | { readonly kind: 'unary'; readonly operator: '-' | '+' | '%'; readonly operand: FormulaNode }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: FormulaNode;
      readonly right: FormulaNode;
    }
  | { readonly kind: 'call'; readonly name: string; readonly operands: readonly FormulaNode[] }
  /** An argument that is left out. */
  | { readonly kind: 'missing' };
