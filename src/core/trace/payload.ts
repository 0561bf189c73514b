// What the payloads of frames are made of: variable-length integers, float64 numbers, text and bytes. Specification:
// docs/format/trace.md.
import { FormatError } from '../errors.ts';
import { decodeUtf8, encodeUtf8 } from '../tensor/utf8.ts';

const TWO_28 = 2 ** 28;
/** Bytes that become characters at once: each is an argument. */
const CHARACTERS = 4096;

/** Writes one payload at a time into a buffer that it keeps. No garbage for integers and floats. */
export class PayloadWriter {
  bytes = new Uint8Array(256);
  length = 0;
  #view = new DataView(this.bytes.buffer);

  begin(): this {
    this.length = 0;
    return this;
  }

  u8(value: number): this {
    if (this.length + 1 > this.bytes.length) this.#reserve(1);
    this.bytes[this.length++] = value;
    return this;
  }

  /** A non-negative safe integer: 7 bits a byte, the lowest first (LEB128). */
  uint(value: number): this {
    if (this.length + 8 > this.bytes.length) this.#reserve(8);
    const { bytes } = this;
    let at = this.length;
    if (value < 128) {
      bytes[at] = value;
      this.length = at + 1;
      return this;
    }
    let rest = value;
    while (rest >= TWO_28) {
      bytes[at++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    while (rest > 127) {
      bytes[at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    bytes[at] = rest;
    this.length = at + 1;
    return this;
  }

  f64(value: number): this {
    if (this.length + 8 > this.bytes.length) this.#reserve(8);
    this.#view.setFloat64(this.length, value, true);
    this.length += 8;
    return this;
  }

  raw(bytes: Uint8Array): this {
    if (this.length + bytes.length > this.bytes.length) this.#reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
    return this;
  }

  /** Length in bytes, then UTF-8. */
  text(text: string): this {
    const bytes = encodeUtf8(text);
    return this.uint(bytes.length).raw(bytes);
  }

  /** A character for each byte: payloads are equal where their texts are. */
  asText(): string {
    let text = '';
    for (let at = 0; at < this.length; at += CHARACTERS)
      // Applied, for spreading steps through an iterator.
      text += Reflect.apply(String.fromCharCode, null, this.bytes.subarray(at, Math.min(at + CHARACTERS, this.length)));
    return text;
  }

  #reserve(extraBytes: number): void {
    const grown = new Uint8Array(Math.max(this.length + extraBytes, 2 * this.bytes.length));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** Reads one payload; a FormatError where it ends too early or goes on too long. */
export class PayloadReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get leftBytes(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    this.#need(1);
    return this.#bytes[this.#at++]!;
  }

  uint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.u8();
      value += (byte & 127) * scale;
      if (byte < 128 && Number.isSafeInteger(value)) return value;
      if (byte < 128 || scale > Number.MAX_SAFE_INTEGER) throw malformed('an integer beyond 2^53');
    }
  }

  f64(): number {
    this.#need(8);
    this.#at += 8;
    return this.#view.getFloat64(this.#at - 8, true);
  }

  /** A copy of the next bytes. */
  raw(lengthBytes: number): Uint8Array {
    this.#need(lengthBytes);
    this.#at += lengthBytes;
    return this.#bytes.slice(this.#at - lengthBytes, this.#at);
  }

  text(): string {
    const bytes = this.raw(this.uint());
    const text = decodeUtf8(bytes);
    if (text === undefined) throw malformed('text that is not UTF-8');
    return text;
  }

  end(): void {
    if (this.leftBytes !== 0) throw malformed(`${this.leftBytes} bytes too many`);
  }

  #need(lengthBytes: number): void {
    if (this.leftBytes < lengthBytes) throw malformed('fewer bytes than it announces');
  }
}

/** The error for a sealed payload that breaks the format. */
export const malformed = (what: string): FormatError =>
  new FormatError(
    `A frame of this trace holds ${what}; its writer was faulty, or it is of a later release: read it with that.`,
    { code: 'malformed' },
  );
