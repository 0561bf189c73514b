// The header of a .npy file: a Python dictionary literal with exactly the keys descr, fortran_order and shape.
import { FormatError } from '../errors.ts';
import type { Shape } from './shape.ts';

/** What the header states. `descr` is the text of the element type; of a structured type, its Python literal. */
interface NpyHeader {
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: Shape;
}

const MAX_RANK = 32;

// A header's tokens: string, integer (Python 2 wrote 3L), word, punctuation. Whitespace between them says nothing.
const TOKEN = /\s*(?:('[^'\\\n]*'|"[^"\\\n]*")|(\d{1,16})L?(?!\w)|(True|False)(?!\w)|([{}()[\]:,]))/y;

type Token = string;

/**
 * The dictionary in a header's text (numpy.lib.format: a literal of these three keys). Throws FormatError for any
 * other.
 */
export function parseNpyHeader(text: string): NpyHeader {
  const tokens = new Tokens(text);
  const found = new Map<string, unknown>();
  tokens.expect('{');
  while (!tokens.accept('}')) {
    const key = unquote(tokens.next()) ?? '';
    tokens.expect(':');
    if (found.has(key)) throw badHeader(`names ${key} twice`);
    found.set(key, readEntry(key, tokens));
    if (!tokens.accept(',') && tokens.peek() !== '}') throw badHeader('is not a dictionary');
  }
  if (!tokens.done || found.size !== 3)
    throw badHeader('does not have exactly the keys descr, fortran_order and shape');
  return {
    descr: found.get('descr') as string,
    fortranOrder: found.get('fortran_order') as boolean,
    shape: found.get('shape') as Shape,
  };
}

function readEntry(key: string, tokens: Tokens): unknown {
  if (key === 'descr') return readDescr(tokens);
  if (key === 'fortran_order') return readOrder(tokens);
  if (key === 'shape') return readShape(tokens);
  throw badHeader(`has the key '${key.slice(0, 40)}'`);
}

/** A quoted element type; a list is a structured type, kept as text for the message that refuses it. */
function readDescr(tokens: Tokens): string {
  const token = tokens.next();
  if (token !== '[' && token !== '(') return unquote(token) ?? refuse('has a descr that is not a string');
  let text = token;
  for (let depth = 1; depth > 0;) {
    const inner = tokens.next();
    if (inner === '[' || inner === '(') depth++;
    if (inner === ']' || inner === ')') depth--;
    text += inner;
  }
  return text;
}

function readOrder(tokens: Tokens): boolean {
  const token = tokens.next();
  return token === 'True' || (token === 'False' ? false : refuse('has a fortran_order that is not True or False'));
}

function readShape(tokens: Tokens): Shape {
  const shape: number[] = [];
  tokens.expect('(');
  while (!tokens.accept(')')) {
    const length = Number(tokens.next());
    if (!Number.isSafeInteger(length) || shape.length === MAX_RANK) throw badHeader('has a shape out of range');
    shape.push(length);
    if (!tokens.accept(',') && (tokens.peek() !== ')' || shape.length === 1))
      throw badHeader('has a shape that is not a tuple');
  }
  return shape;
}

/** Reads a header token by token. */
class Tokens {
  readonly #text: string;
  #at = 0;
  #ahead: Token | undefined;

  constructor(text: string) {
    this.#text = text;
    this.#ahead = this.#read();
  }

  get done(): boolean {
    return this.#ahead === undefined;
  }

  peek(): Token | undefined {
    return this.#ahead;
  }

  next(): Token {
    const token = this.#ahead ?? refuse('ends too early');
    this.#ahead = this.#read();
    return token;
  }

  accept(token: Token): boolean {
    if (this.#ahead !== token) return false;
    this.next();
    return true;
  }

  expect(token: Token): void {
    if (!this.accept(token)) throw badHeader(`lacks a '${token}'`);
  }

  #read(): Token | undefined {
    TOKEN.lastIndex = this.#at;
    const match = TOKEN.exec(this.#text);
    if (match === null && this.#text.slice(this.#at).trim() !== '') throw badHeader('is not a Python literal');
    this.#at = match === null ? this.#text.length : TOKEN.lastIndex;
    return match === null ? undefined : (match[1] ?? match[2] ?? match[3] ?? match[4]);
  }
}

const unquote = (token: Token): string | undefined => (/^['"]/.test(token) ? token.slice(1, -1) : undefined);

const badHeader = (what: string): FormatError =>
  new FormatError(`.npy: the header ${what}; write the file again with numpy.save or encodeNpy.`, {
    code: 'malformed',
    what,
  });

function refuse(what: string): never {
  throw badHeader(what);
}
