// The words of a formula, each with where it stands.
import { FormatError } from '../kit.ts';

/** Units of UTF-16 that a formula has at most. */
const MOST_TEXT = 8192;

type WordKind = 'number' | 'text' | 'cell' | 'name' | 'sheet' | 'fault' | 'operator' | 'open' | 'close' | 'comma';

export interface SheetWord {
  readonly kind: WordKind;
  readonly text: string;
  /** CellPlace in the formula, counted from 0. */
  readonly at: number;
}

const BLANK = /[ \t\r\n]*/y;
/** In this order: a cell is no name, a name before `!` is a sheet. */
const WORDS: readonly (readonly [WordKind, RegExp])[] = [
  ['number', /(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?![A-Za-z_0-9.])/y],
  ['text', /"(?:[^"]|"")*"/y],
  ['sheet', /(?:'(?:[^']|'')+'|[\p{L}_][\p{L}\p{N}_.]*)!/uy],
  ['cell', /\$?[A-Za-z]{1,6}\$?[1-9][0-9]{0,8}(?![\p{L}\p{N}_.(])/uy],
  ['name', /[\p{L}_][\p{L}\p{N}_.]*/uy],
  ['fault', /#(?:DIV\/0!|VALUE!|REF!|NAME\?|NUM!|N\/A|NULL!)/y],
  ['operator', /<=|>=|<>|[-+*/^&=<>%:]/y],
  ['open', /\(/y],
  ['close', /\)/y],
  ['comma', /,/y],
];

/** A fault of a formula's text: what is wrong there, with the formula and the place. */
export function formulaError(formula: string, at: number, what: string): FormatError {
  const shown = formula.length > 80 ? `${formula.slice(0, 77)}...` : formula;
  return new FormatError(`Formula ${shown}, character ${at + 1}: ${what}`, { formula: shown, character: at + 1 });
}

/** The words of a formula, which begins with `=`. */
export function formulaWords(formula: string): SheetWord[] {
  if (formula.length > MOST_TEXT)
    throw formulaError(formula, MOST_TEXT, `it has ${formula.length} characters. Split it over cells of ${MOST_TEXT}.`);
  const words: SheetWord[] = [];
  for (let at = skipped(formula, 1); at < formula.length; at = skipped(formula, at)) {
    const word = wordAt(formula, at);
    words.push(word);
    at += word.text.length;
  }
  return words;
}

function skipped(formula: string, at: number): number {
  BLANK.lastIndex = at;
  BLANK.exec(formula);
  return BLANK.lastIndex;
}

function wordAt(formula: string, at: number): SheetWord {
  for (const [kind, pattern] of WORDS) {
    pattern.lastIndex = at;
    const found = pattern.exec(formula);
    if (found !== null) return { kind, text: found[0], at };
  }
  const letter = String.fromCodePoint(formula.codePointAt(at)!);
  const what =
    letter === '"' ? 'a text that does not end. Close it with "' : `'${letter}' means nothing here. Remove it`;
  throw formulaError(formula, at, `${what}.`);
}
