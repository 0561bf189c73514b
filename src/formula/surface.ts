// Formulas: what people import.
export { Formula, formula, fromMathjs } from './formula.ts';
export type { CompileOptions, MoreAccurate, Replacement, SolveOptions, Solved } from './formula.ts';
export type { MathjsNode } from './text/mathjs.ts';
export { FormulaError } from './errors.ts';
export type { FormulaFault, Span } from './errors.ts';
export type { Operands } from './lower/calls.ts';
export type { Compiled } from './lower/compile.ts';
export type { Term, TermKind } from './term.ts';
export type { Rational } from './rational.ts';
