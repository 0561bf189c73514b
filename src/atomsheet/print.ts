// Formulas as texts: pieces that are the same wherever the formula stands, and references between them.
import { addressText, lettersOf, MOST_LINES } from './address.ts';
import type { Corner, FormulaNode, Line, Reference } from './formula-node.ts';

type Piece = string | Reference;

const BINDING: Readonly<Record<string, number>> = { '&': 2, '+': 3, '-': 3, '*': 4, '/': 4, '^': 5 };
const COMPARISON = 1;
const SIGN = 6;
const PERCENT = 7;

/** The pieces of a formula, in as few parentheses as its meaning needs. */
export function piecesOf(root: FormulaNode): readonly Piece[] {
  const pieces: Piece[] = ['='];
  write(root, 0, pieces);
  const merged: Piece[] = [];
  for (const piece of pieces) {
    const last = merged.at(-1);
    if (typeof piece === 'string' && typeof last === 'string') merged[merged.length - 1] = last + piece;
    else merged.push(piece);
  }
  return merged;
}

/** The text of a formula that stands in a cell. */
export function textAt(pieces: readonly Piece[], x: number, y: number): string {
  let text = '';
  for (const piece of pieces) text += typeof piece === 'string' ? piece : referenceText(piece, x, y);
  return text;
}

/** What tells a formula from others, wherever it stands. */
export const templateKey = (pieces: readonly Piece[]): string => JSON.stringify(pieces);

function write(node: FormulaNode, binding: number, pieces: Piece[]): void {
  const own = bindingOf(node);
  if (own < binding) pieces.push('(');
  if (node.kind === 'value') pieces.push(literal(node.value));
  else if (node.kind === 'fault') pieces.push(node.code);
  else if (node.kind === 'reference') pieces.push(node.reference);
  else if (node.kind === 'unary') {
    if (node.operator !== '%') pieces.push(node.operator);
    write(node.operand, node.operator === '%' ? PERCENT : SIGN, pieces);
    if (node.operator === '%') pieces.push('%');
  } else if (node.kind === 'binary') {
    write(node.left, own, pieces);
    pieces.push(node.operator);
    write(node.right, own + 1, pieces);
  } else if (node.kind === 'call') {
    pieces.push(`${node.name}(`);
    for (const [i, operand] of node.operands.entries()) {
      if (i > 0) pieces.push(',');
      write(operand, 0, pieces);
    }
    pieces.push(')');
  }
  if (own < binding) pieces.push(')');
}

function bindingOf(node: FormulaNode): number {
  if (node.kind === 'binary') return BINDING[node.operator] ?? COMPARISON;
  if (node.kind === 'unary') return node.operator === '%' ? PERCENT : SIGN;
  return PERCENT + 1;
}

function literal(value: number | string | boolean): string {
  if (typeof value === 'string') return `"${value.replaceAll('"', '""')}"`;
  return String(value).toUpperCase();
}

const PLAIN_NAME = /^[\p{L}_][\p{L}\p{N}_.]*$/u;

function referenceText({ sheet, first, last, isRange }: Reference, x: number, y: number): string {
  const corner = cornerText(first, x, y);
  const cells = isRange ? `${corner}:${cornerText(last, x, y)}` : corner;
  if (sheet === undefined) return cells;
  return PLAIN_NAME.test(sheet) ? `${sheet}!${cells}` : `'${sheet.replaceAll("'", "''")}'!${cells}`;
}

/** A corner that lies outside the sheet, seen from a cell, is no address. */
function cornerText({ column, row }: Corner, x: number, y: number): string {
  const [atX, atY] = [placeOfLine(column, x), placeOfLine(row, y)];
  if (Math.min(atX, atY) < 0 || Math.max(atX, atY) >= MOST_LINES) return '#REF!';
  if (!column.isAbsolute && !row.isAbsolute) return addressText(atX, atY);
  return `${column.isAbsolute ? '$' : ''}${lettersOf(atX)}${row.isAbsolute ? '$' : ''}${atY + 1}`;
}

/** Where a line of a reference is, seen from a cell. */
export const placeOfLine = ({ isAbsolute, value }: Line, own: number): number => (isAbsolute ? value : own + value);
