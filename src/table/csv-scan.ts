// The fields of a CSV file (RFC 4180) as places in its bytes: no text and no object is made for any of them.
import { AttributeError, FormatError, LimitError } from '../kit.ts';

const QUOTE = 0x22;
const LF = 0x0a;
const CR = 0x0d;

/** How a file is written. */
interface CsvDialect {
  /** The byte between fields. */
  readonly delimiter: number;
  readonly maxFieldBytes: number;
}

/** Fields, row by row: the bytes of field `i` are those from `starts[i]` to before `ends[i]`, without outer quotes. */
export interface CsvFields {
  readonly bytes: Uint8Array;
  /** Fields of a row. */
  readonly width: number;
  readonly rows: number;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

/** Whether a field stood in quotes: one without begins after a delimiter or a line. */
export const isQuoted = (bytes: Uint8Array, start: number): boolean => start > 0 && bytes[start - 1] === QUOTE;

/** The number of the line, from 1, in which a byte stands. */
export function lineAt(bytes: Uint8Array, at: number): number {
  let line = 1;
  for (let i = 0; i < at; i++) if (bytes[i] === LF || (bytes[i] === CR && bytes[i + 1] !== LF)) line++;
  return line;
}

/** The byte of a delimiter. Throws an AttributeError for what would end a line or begin a quote. */
export function delimiterByte(delimiter: string): number {
  const code = delimiter.length === 1 ? delimiter.charCodeAt(0) : -1;
  if (code > 0 && code < 128 && code !== QUOTE && code !== LF && code !== CR) return code;
  throw badDelimiter(delimiter);
}

/** Reads one file from the beginning to the end. */
export class CsvScan {
  readonly #bytes: Uint8Array;
  readonly #dialect: CsvDialect;
  #at: number;
  #start = 0;
  #end = 0;

  constructor(bytes: Uint8Array, dialect: CsvDialect, from: number) {
    this.#bytes = bytes;
    this.#dialect = dialect;
    this.#at = from;
  }

  /** The fields of the next row, as places; undefined at the end of the file. */
  row(): readonly (readonly [start: number, end: number])[] | undefined {
    if (!this.#toRow()) return undefined;
    const found: [number, number][] = [];
    let more = true;
    while (more) {
      more = this.#field();
      found.push([this.#start, this.#end]);
    }
    return found;
  }

  /** The fields of all further rows, those of the wanted columns. Throws a FormatError for a row of another length. */
  rest(width: number, wanted: readonly boolean[]): CsvFields {
    const places = new Places();
    let rows = 0;
    while (this.#toRow()) {
      const from = this.#at;
      let field = 0;
      for (let more = true; more; field++) {
        more = this.#field();
        if (field < width && wanted[field]!) places.push(this.#start, this.#end);
      }
      if (field !== width) throw ragged(lineAt(this.#bytes, from), field, width);
      rows++;
    }
    return { bytes: this.#bytes, width: wanted.filter(Boolean).length, rows, ...places.all() };
  }

  /** Goes on to the next row that is not blank; answers whether there is one. */
  #toRow(): boolean {
    const bytes = this.#bytes;
    while (bytes[this.#at] === LF || bytes[this.#at] === CR) this.#at++;
    return this.#at < bytes.length;
  }

  /** Reads a field; answers whether another one follows in its row. */
  #field(): boolean {
    const bytes = this.#bytes;
    const { delimiter } = this.#dialect;
    let at = this.#at;
    if (bytes[at] === QUOTE) at = this.#quoted(at + 1);
    else {
      this.#start = at;
      for (; at < bytes.length; at++) {
        const byte = bytes[at]!;
        if (byte === delimiter || byte === LF || byte === CR) break;
      }
      this.#end = at;
    }
    if (this.#end - this.#start > this.#dialect.maxFieldBytes)
      throw tooLong(lineAt(bytes, this.#start), isQuoted(bytes, this.#start), this.#dialect);
    const goesOn = bytes[at] === delimiter;
    this.#at = at + (bytes[at] === CR && bytes[at + 1] === LF ? 2 : 1);
    return goesOn;
  }

  /** Reads a field in quotes; answers the place of what follows them. */
  #quoted(start: number): number {
    const bytes = this.#bytes;
    const limit = start + this.#dialect.maxFieldBytes;
    let at = bytes.indexOf(QUOTE, start);
    while (at !== -1 && at <= limit && bytes[at + 1] === QUOTE) at = bytes.indexOf(QUOTE, at + 2);
    if (at === -1) throw unclosed(lineAt(bytes, start));
    if (at > limit) throw tooLong(lineAt(bytes, start), true, this.#dialect);
    [this.#start, this.#end] = [start, at];
    const next = bytes[at + 1];
    if (next !== undefined && next !== this.#dialect.delimiter && next !== LF && next !== CR)
      throw stray(lineAt(bytes, at + 1), String.fromCharCode(next));
    return at + 1;
  }
}

/** Places of fields, in arrays that grow. */
class Places {
  #starts = new Uint32Array(1024);
  #ends = new Uint32Array(1024);
  #length = 0;

  push(start: number, end: number): void {
    if (this.#length === this.#starts.length) this.#grow();
    this.#starts[this.#length] = start;
    this.#ends[this.#length++] = end;
  }

  #grow(): void {
    this.#starts = grown(this.#starts);
    this.#ends = grown(this.#ends);
  }

  all(): { readonly starts: Uint32Array; readonly ends: Uint32Array } {
    return { starts: this.#starts.subarray(0, this.#length), ends: this.#ends.subarray(0, this.#length) };
  }
}

function grown(array: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(2 * array.length);
  larger.set(array);
  return larger;
}

const ragged = (line: number, fields: number, expected: number): FormatError =>
  new FormatError(
    `readCsv: line ${line} has ${fields} ${fields === 1 ? 'field' : 'fields'} where the first row has ${expected}; ` +
      'mend that line, put texts that hold a delimiter in double quotes, or give its delimiter: { delimiter }.',
    { line, fields, expected },
  );

const unclosed = (line: number): FormatError =>
  new FormatError(
    `readCsv: the double quote in line ${line} is not closed by the end of the file; close it, and write a quote ` +
      'inside of quotes twice: "a ""b"" c".',
    { line },
  );

const stray = (line: number, found: string): FormatError =>
  new FormatError(
    `readCsv: in line ${line} something follows the closing quote of a field; write a quote inside of quotes twice: ` +
      '"a ""b"" c".',
    { line, found },
  );

const tooLong = (line: number, isInQuotes: boolean, { maxFieldBytes }: CsvDialect): LimitError =>
  new LimitError(
    `readCsv: a field that begins in line ${line} is longer than ${maxFieldBytes} bytes; ` +
      `${isInQuotes ? 'close its quote' : 'see whether this is a CSV file'}, or raise { maxFieldBytes }.`,
    { line, maxFieldBytes },
  );

const badDelimiter = (delimiter: string): AttributeError =>
  new AttributeError(
    `readCsv: the delimiter ${JSON.stringify(delimiter)} is no single ASCII character that may stand between fields; ` +
      "use ',', ';', '\\t' or '|'.",
    { delimiter },
  );
