// Reads JSON whose form is known, token by token: nothing is built that was not asked for, and nothing is nested more
// deeply than its reader goes.

/** Signs between values, and the one that begins a string. */
type Sign = '{' | '}' | '[' | ']' | ',' | ':' | '"';

/** Reads one token after another. `refuse` makes the error for text that is something else. */
export class JsonReader {
  readonly #text: string;
  readonly #refuse: (what: string) => Error;
  #at = 0;

  constructor(text: string, refuse: (what: string) => Error) {
    this.#text = text;
    this.#refuse = refuse;
  }

  /** Whether the next token is this sign; it is passed where it is. */
  accept(sign: Sign): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] !== sign) return false;
    this.#at++;
    return true;
  }

  expect(sign: Sign): void {
    if (!this.accept(sign)) throw this.#refuse(`lacks a '${sign}' after ${this.#at} characters`);
  }

  /** The members of an object, one call of `member` each, which reads the value. */
  object(member: (key: string) => void): void {
    this.expect('{');
    if (this.accept('}')) return;
    do {
      const key = this.string();
      this.expect(':');
      member(key);
    } while (this.accept(','));
    this.expect('}');
  }

  /** A list of at most `most` non-negative integers. */
  integers(most: number): number[] {
    const numbers: number[] = [];
    this.expect('[');
    if (this.accept(']')) return numbers;
    do {
      if (numbers.length === most) throw this.#refuse(`has a list of more than ${most} numbers`);
      numbers.push(this.integer());
    } while (this.accept(','));
    this.expect(']');
    return numbers;
  }

  /** A non-negative integer of at most 2⁵³ − 1, in its shortest form. */
  integer(): number {
    this.#skipSpace();
    INTEGER.lastIndex = this.#at;
    const digits = INTEGER.exec(this.#text)?.[0];
    const value = Number(digits);
    if (digits === undefined || !Number.isSafeInteger(value))
      throw this.#refuse(`lacks a whole number after ${this.#at} characters`);
    this.#at += digits.length;
    return value;
  }

  /** A string of well-formed Unicode. */
  string(): string {
    this.expect('"');
    const start = this.#at - 1;
    let at = this.#at;
    for (let code = 0; (code = this.#text.charCodeAt(at)) !== QUOTE; at++) {
      if (Number.isNaN(code) || code < 0x20) throw this.#refuse('has a string without an end');
      if (code === BACKSLASH) at++;
    }
    this.#at = at + 1;
    const spelt = this.#text.slice(start, this.#at);
    let value: string;
    try {
      value = JSON.parse(spelt) as string;
    } catch {
      throw this.#refuse(`has a string that is none after ${start} characters`);
    }
    if (LONE_SURROGATE.test(value)) throw this.#refuse(`has half a character in a string after ${start} characters`);
    return value;
  }

  /** What is left, white space included. */
  rest(): string {
    return this.#text.slice(this.#at);
  }

  #skipSpace(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at++;
    }
  }
}

const QUOTE = 34;
const BACKSLASH = 92;
const INTEGER = /(?:0|[1-9]\d{0,15})(?![\d.eE])/y;

/** A half of a character of two; it has no form in UTF-8. */
export const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;
