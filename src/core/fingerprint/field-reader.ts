// Reads the canonical encoding back, field by field, where what comes next is known (docs/format/fingerprint.md).
import { DIGEST_BYTES } from './digest.ts';
import { TAG } from './encode.ts';
import { decodeUtf8, encodeUtf8 } from '../tensor/utf8.ts';

const HEADER_BYTES = 9;

/** Reads one field after another within its bytes. `refuse` makes the error for bytes that are something else. */
export class FieldReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #refuse: (what: string) => Error;
  #at = 0;

  constructor(bytes: Uint8Array, refuse: (what: string) => Error) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#refuse = refuse;
  }

  /** Passes the header of a hash input of a kind and version. */
  begin(kind: string, version: number): this {
    const header = encodeUtf8(`sqs.${kind}.v${version}\0`);
    for (const byte of header)
      if (this.#bytes[this.#at++] !== byte) throw this.#refuse(`does not begin as ${kind} of version ${version}`);
    return this;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  end(): void {
    if (!this.isAtEnd) throw this.#refuse('goes on after its end');
  }

  u8(): number {
    return this.#body(TAG.u8, 1)[0]!;
  }

  u32(): number {
    this.#body(TAG.u32, 4);
    return this.#view.getUint32(this.#at - 4, true);
  }

  f64(): number {
    this.#body(TAG.f64, 8);
    return this.#view.getFloat64(this.#at - 8, true);
  }

  /** A non-negative safe integer. */
  u64(): number {
    this.#body(TAG.u64, 8);
    const value = Number(this.#view.getBigUint64(this.#at - 8, true));
    if (Number.isSafeInteger(value)) return value;
    throw this.#refuse('has a number beyond 2^53');
  }

  /** A text of at most so many bytes. */
  string(mostBytes: number): string {
    const body = this.#body(TAG.string);
    const text = body.length <= mostBytes ? decodeUtf8(body) : undefined;
    if (text === undefined) throw this.#refuse(`has a text that is no UTF-8 of at most ${mostBytes} bytes`);
    return text;
  }

  bytes(): Uint8Array {
    return this.#body(TAG.bytes).slice();
  }

  digest(): Uint8Array {
    return this.#body(TAG.digest, DIGEST_BYTES).slice();
  }

  /** A digest, or nothing where the field is null. */
  digestOrNull(): Uint8Array | undefined {
    if (this.#bytes[this.#at] !== TAG.null) return this.digest();
    this.#body(TAG.null, 0);
    return undefined;
  }

  /** The items of a list, at most so many. */
  list<T>(most: number, read: (items: FieldReader) => T): T[] {
    const items = new FieldReader(this.#body(TAG.list), this.#refuse);
    const found: T[] = [];
    while (!items.isAtEnd) {
      if (found.length === most) throw this.#refuse(`has a list of more than ${most} items`);
      found.push(read(items));
    }
    return found;
  }

  /** A list whose fields are read in order, to its end. */
  record<T>(read: (fields: FieldReader) => T): T {
    const fields = new FieldReader(this.#body(TAG.list), this.#refuse);
    const found = read(fields);
    fields.end();
    return found;
  }

  #body(tag: number, lengthBytes?: number): Uint8Array {
    const start = this.#at + HEADER_BYTES;
    if (start > this.#bytes.length || this.#bytes[this.#at] !== tag)
      throw this.#refuse(`lacks a field of tag ${tag} at byte ${this.#at}`);
    const length = Number(this.#view.getBigUint64(this.#at + 1, true));
    if (length > this.#bytes.length - start || (lengthBytes ?? length) !== length)
      throw this.#refuse(`has a field at byte ${this.#at} that is longer than it may be`);
    this.#at = start + length;
    return this.#bytes.subarray(start, this.#at);
  }
}
