// Formulas: what people import.
export { Formula, formula } from './formula.ts';
export type { CompileOptions, Replacement } from './formula.ts';
export { FormulaError } from './errors.ts';
export type { FormulaFault, Span } from './errors.ts';
export type { Operands } from './lower/calls.ts';
export type { Compiled } from './lower/compile.ts';
export type { Term, TermKind } from './term.ts';
export type { Rational } from './rational.ts';
