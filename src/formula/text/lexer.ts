// Words of a formula, with their places. What could be read in two ways is not read: the error says what to write.
import { faultAt, FormulaError, type Span } from '../errors.ts';
import { ratio, type Rational } from '../rational.ts';

/** What a word is: a number, a name, or an operator, bracket or comma, which is its own text. */
export interface FormulaWord {
  readonly kind: 'number' | 'name' | 'operator' | 'end';
  readonly text: string;
  readonly span: Span;
  /** Of a number. */
  readonly value?: Rational;
}

const MOST_CHARACTERS = 1 << 20;
const MOST_DIGITS = 10_000;

/** Characters that stand for others. */
const SAME: ReadonlyMap<string, string> = new Map([
  ['×', '*'],
  ['·', '*'],
  ['⋅', '*'],
  ['÷', '/'],
  ['−', '-'],
  ['≤', '<='],
  ['≥', '>='],
  ['≠', '!='],
  ['√', '√'],
]);
const OPERATORS: ReadonlySet<string> = new Set('+ - * / ^ ( ) < > , <= >= == !='.split(' '));
const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';
/** What people write that means something else here, and what to write. */
const REFUSED: ReadonlyMap<string, readonly [reason: string, remedy: string]> = new Map([
  ['**', ['** is no operator', 'write ^ for a power']],
  ['=', ['= is no comparison', 'write == to compare']],
  ['%', ['% may be a percentage or a remainder', 'write x/100, or remainder(x, y)']],
  ['!', ['! is no operator', 'write != to compare, not for the contrary, gamma(n + 1) for a factorial']],
  ["'", ["' may be a transpose or a derivative", 'call diff on the formula']],
  ['|', ['| is no bracket', 'write abs(x), or or']],
  ['&', ['& is no operator', 'write and']],
  ['[', ['[ is no bracket of formulas', 'write (']],
  [']', ['] is no bracket of formulas', 'write )']],
  ['{', ['{ is no bracket of formulas', 'write (']],
  ['}', ['} is no bracket of formulas', 'write )']],
  [';', ['a formula is one expression', 'make two formulas']],
  [':', [': is no operator', 'write where(condition, x, y)']],
  ['?', ['? is no operator', 'write where(condition, x, y)']],
  ['.', ['a number needs a digit before and after its point', 'write 0.5 or 5']],
]);

const NUMBER = /(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const NAME = /[A-Za-z_α-ωΑ-Ω][A-Za-z0-9_α-ωΑ-Ω]*/y;
const BLANK = /[ \t\r\n]+/y;
/** Marks that change in which order text is shown. */
const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

/** The words of a text, and its end. */
export function wordsOf(text: string): FormulaWord[] {
  if (typeof text !== 'string')
    throw new FormulaError('syntax', `formula: its text is ${typeof text}; give a string, as 'sin(x)^2 + y'.`);
  if (text.length > MOST_CHARACTERS)
    throw new FormulaError('limit', `formula: ${text.length} characters; write it in at most ${MOST_CHARACTERS}.`, {
      characters: text.length,
    });
  const words: FormulaWord[] = [];
  let at = 0;
  while (at < text.length) {
    const blank = matched(BLANK, text, at);
    at += blank.length;
    if (at < text.length) at = readWord(text, at, words);
  }
  words.push({ kind: 'end', text: '', span: { start: text.length, end: text.length } });
  return words;
}

function readWord(text: string, start: number, words: FormulaWord[]): number {
  const number = matched(NUMBER, text, start);
  if (number !== '') {
    words.push(numberWord(text, number, { start, end: start + number.length }));
    return start + number.length;
  }
  const name = matched(NAME, text, start);
  if (name !== '') {
    words.push({ kind: 'name', text: name === 'π' ? 'pi' : name, span: { start, end: start + name.length } });
    return start + name.length;
  }
  if (SUPERSCRIPTS.includes(text[start]!)) return superscript(text, start, words);
  for (const length of [2, 1]) {
    const sign = text.slice(start, start + length);
    const meant = SAME.get(sign) ?? sign;
    const span = { start, end: start + length };
    if (OPERATORS.has(meant) || meant === '√') {
      words.push({ kind: 'operator', text: meant, span });
      return span.end;
    }
    const refused = REFUSED.get(sign);
    if (refused !== undefined && sign.length === length) throw faultAt(text, span, 'syntax', ...refused);
  }
  throw foreign(text, start);
}

function matched(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

/** ² is ^2. */
function superscript(text: string, start: number, words: FormulaWord[]): number {
  let end = start;
  let digits = '';
  for (; end < text.length && SUPERSCRIPTS.includes(text[end]!); end++) digits += SUPERSCRIPTS.indexOf(text[end]!);
  const span = { start, end };
  words.push(
    { kind: 'operator', text: '^', span },
    { kind: 'number', text: digits, span, value: ratio(BigInt(digits)) },
  );
  return end;
}

function numberWord(text: string, number: string, span: Span): FormulaWord {
  if (number.startsWith('.')) throw faultAt(text, span, 'number', 'a number begins with a digit', `write 0${number}`);
  const next = text[span.end];
  if (next === '.')
    throw faultAt(
      text,
      { ...span, end: span.end + 1 },
      'number',
      'a number ends with a digit',
      `write ${number} or ${number}.0`,
    );
  return { kind: 'number', text: number, span, value: exactly(text, number, span) };
}

/** The number that digits say, with nothing lost. */
function exactly(text: string, number: string, span: Span): Rational {
  const [mantissa = '', exponent = '0'] = number.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const power = Number(exponent) - fraction.length;
  if (whole.length + fraction.length + Math.abs(power) > MOST_DIGITS) {
    const remedy = `write at most ${MOST_DIGITS}, those of the exponent included`;
    throw faultAt(text, span, 'limit', 'the number has too many digits', remedy);
  }
  const digits = BigInt(whole + fraction);
  return power >= 0 ? ratio(digits * 10n ** BigInt(power)) : ratio(digits, 10n ** BigInt(-power));
}

function foreign(text: string, start: number): FormulaError {
  const character = String.fromCodePoint(text.codePointAt(start)!);
  const span = { start, end: start + character.length };
  const code = `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
  if (BIDI.test(character))
    return faultAt(text, span, 'character', `${code} changes the order in which text is shown`, 'leave it out');
  const plain = character.normalize('NFKD').replaceAll(/\p{M}/gu, '');
  const looks = /^[A-Za-z0-9]$/.test(plain) ? `write ${plain} if that is meant` : 'names have letters A–Z, a–z, α–ω';
  return faultAt(text, span, 'character', `${code} is no character of formulas`, looks, { codePoint: code });
}
