// What is wrong with a formula, where, and what to write in its place.
import { SheetError } from '../kit.ts';

/** Places in the text, from the first character to the one after the last. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Kinds of faults, as `details.fault` of the error names them. */
export type FormulaFault =
  | 'ambiguous'
  | 'character'
  | 'domain'
  | 'limit'
  | 'name'
  | 'number'
  | 'operand'
  | 'symbol'
  | 'syntax'
  | 'unit';

/** A formula that cannot be read, or not be used so; `span` is the part of the text it is about. */
export class FormulaError extends SheetError {
  readonly span: Span | undefined;

  constructor(fault: FormulaFault, message: string, details: Readonly<Record<string, unknown>> = {}, span?: Span) {
    super('FORMULA', message, { ...details, fault, ...(span && { span }) });
    this.name = 'FormulaError';
    this.span = span;
  }
}

const SHOWN = 30;

/** An error about a part of a text: it shows that part, says what is wrong, and ends with what to write. */
export function faultAt(
  text: string,
  span: Span,
  fault: FormulaFault,
  reason: string,
  remedy: string,
  details: Readonly<Record<string, unknown>> = {},
): FormulaError {
  const from = Math.max(0, span.start - SHOWN);
  const to = Math.min(text.length, span.end + SHOWN);
  const [before, part, after] = [
    text.slice(from, span.start),
    text.slice(span.start, span.end),
    text.slice(span.end, to),
  ];
  const shown = `${from > 0 ? '…' : ''}${before}»${cut(part)}«${after}${to < text.length ? '…' : ''}`;
  const place = `at ${span.start}: ${JSON.stringify(shown).slice(1, -1)}`;
  return new FormulaError(fault, `formula: ${reason} (${place}); ${remedy}.`, details, span);
}

const cut = (part: string): string =>
  part.length <= 2 * SHOWN ? part : `${part.slice(0, SHOWN)}…${part.slice(-SHOWN)}`;
