// Terms as text that reads as the same terms: brackets only where they are needed.
import { FormulaError } from '../errors.ts';
import { isWhole, type Rational, numberText } from '../rational.ts';
import type { Term } from '../term.ts';
import { INFIX, LEVEL, SIGN_OF } from './grammar.ts';

/** A piece that is still to be numberText: text, or a term that must bind at least so closely. */
type Piece = string | { readonly term: Term; readonly level: number };

const MOST_CHARACTERS = 1 << 20;

/** How closely a number binds as it is numberText: -3 as a sign does, 1/3 as a quotient. */
function numberLevel(value: Rational): number {
  if (!isWhole(value) && numberText(value).includes('/')) return LEVEL.product;
  return value.numerator < 0n ? LEVEL.sign : LEVEL.atom;
}

function levelOf({ kind, name, value }: Term): number {
  if (kind === 'number') return numberLevel(value!);
  if (kind !== 'call') return LEVEL.atom;
  if (name === 'negative') return LEVEL.sign;
  if (name === 'logical_not') return LEVEL.not;
  const sign = SIGN_OF.get(name);
  return sign === undefined ? LEVEL.atom : INFIX.get(sign)!.level;
}

/** The pieces of a term, in order. */
function piecesOf({ kind, name, args, value }: Term): Piece[] {
  if (kind === 'number') return [numberText(value!)];
  if (kind !== 'call') return [name];
  const [left, right] = args as readonly [Term, Term];
  if (name === 'negative') return ['-', { term: left, level: LEVEL.sign }];
  if (name === 'logical_not') return ['not ', { term: left, level: LEVEL.not }];
  const sign = SIGN_OF.get(name);
  if (sign === undefined)
    return [`${name}(`, ...args.flatMap((term, i): Piece[] => [i === 0 ? '' : ', ', { term, level: 0 }]), ')'];
  const { level, side } = INFIX.get(sign)!;
  const isWide = level <= LEVEL.sum || level === LEVEL.comparison;
  return [
    { term: left, level: side === 'left' ? level : level + 1 },
    isWide ? ` ${sign} ` : sign,
    { term: right, level: side === 'right' ? LEVEL.power : level + 1 },
  ];
}

/** The text of a term. A term whose text would be endless, for much in it is shared, is refused. */
export function printText(root: Term): string {
  let text = '';
  const rest: Piece[] = [{ term: root, level: 0 }];
  for (let piece = rest.pop(); piece !== undefined; piece = rest.pop()) {
    if (typeof piece === 'string') text += piece;
    else {
      const inner = piecesOf(piece.term);
      const isBracketed = levelOf(piece.term) < piece.level;
      if (isBracketed) rest.push(')');
      for (let i = inner.length - 1; i >= 0; i--) rest.push(inner[i]!);
      if (isBracketed) rest.push('(');
    }
    if (text.length > MOST_CHARACTERS) throw tooLong();
  }
  return text;
}

const tooLong = (): FormulaError =>
  new FormulaError('limit', `formula: its text has more than ${MOST_CHARACTERS} characters; print a part of it.`, {
    characters: MOST_CHARACTERS,
  });
