// What functions of formulas see: values of their arguments, and the cells of ranges.
import type { ExactSum } from '../../kernels/cells/exact-sum.ts';
import type { CellError, AtomValue, Fault, Interim } from './cell-value.ts';
import type { FormulaNode } from './formula-node.ts';

/** The cells that an argument names. */
export interface CellRange {
  /** Calls with all values that are there, by columns, until the call answers false. */
  each(take: (value: Exclude<AtomValue, undefined>) => boolean): void;
  /** Adds all numbers to a sum; how many they were, or the first error. */
  sumInto(sum: ExactSum): number | CellError;
  /** How many rows and columns it has. */
  readonly rows: number;
  readonly columns: number;
  /** The value at a row and a column of the range, counted from 0. */
  at(row: number, column: number): AtomValue;
}

export interface Scope {
  /** The value of an argument; a fault where it names several cells. */
  value(node: FormulaNode): Interim;
  /** The cells of an argument that names some; undefined of any other, a fault where they are not there. */
  range(node: FormulaNode): CellRange | Fault | undefined;
}

/** A function of formulas. */
export interface FunctionRow {
  readonly least: number;
  readonly most: number;
  readonly run: (operands: readonly FormulaNode[], scope: Scope) => Interim | CellError;
}
