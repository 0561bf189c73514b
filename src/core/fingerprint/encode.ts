// The canonical encoding of everything that is hashed: "sqs.<kind>.v<N>\0", then fields (u8 tag, u64 length, bytes).
// Specification with test vectors: docs/format/fingerprint.md.
import { AttributeError, LimitError } from '../errors.ts';
import { encodeUtf8 } from '../tensor/utf8.ts';
import { DIGEST_BYTES } from './digest.ts';

/** Field tags. Part of the identity format: a tag never changes its meaning. */
export const TAG = {
  null: 0,
  boolean: 1,
  u8: 2,
  u32: 3,
  u64: 4,
  f64: 5,
  string: 6,
  bytes: 7,
  digest: 8,
  list: 9,
  map: 10,
} as const;

/** Largest hash input that is not tensor bytes. */
const MAX_ENCODED_BYTES = 2 ** 30;
const FIELD_HEADER_BYTES = 9;

/**
 * Writes one hash input into a buffer that it keeps and reuses. `view()` stays valid until the next `begin…`.
 * Fields are typed and self-delimiting, so that two inputs are equal only if they were written by equal calls.
 */
export class TlvWriter {
  #bytes = new Uint8Array(1024);
  #numbers = new DataView(this.#bytes.buffer);
  #length = 0;
  #open = 0;

  /** Starts a hash input of a kind (lower-case letters, digits, hyphens) and format version. */
  begin(kind: string, version: number): this {
    this.beginFields();
    const header = headerOf(kind, version);
    this.#reserve(header.length);
    this.#bytes.set(header, 0);
    this.#length = header.length;
    return this;
  }

  /** Starts bare fields, to be nested in a hash input with `bytes`. */
  beginFields(): this {
    this.#length = 0;
    this.#open = 0;
    return this;
  }

  null(): this {
    this.#field(TAG.null, 0);
    return this;
  }

  boolean(value: boolean): this {
    this.#bytes[this.#field(TAG.boolean, 1)] = value ? 1 : 0;
    return this;
  }

  u8(value: number): this {
    checkInteger(value, 0xff, 'u8');
    this.#bytes[this.#field(TAG.u8, 1)] = value;
    return this;
  }

  u32(value: number): this {
    checkInteger(value, 0xffff_ffff, 'u32');
    const at = this.#field(TAG.u32, 4);
    this.#numbers.setUint32(at, value, true);
    return this;
  }

  /** A non-negative safe integer, or a BigInt below 2^64. */
  u64(value: number | bigint): this {
    if (typeof value === 'bigint') checkBigInteger(value);
    else checkInteger(value, Number.MAX_SAFE_INTEGER, 'u64');
    const at = this.#field(TAG.u64, 8);
    if (typeof value === 'bigint') this.#numbers.setBigUint64(at, value, true);
    else this.#length64(at, value);
    return this;
  }

  /** The bits of a number: −0 differs from 0; every NaN is written as 0x7ff8000000000000. */
  f64(value: number): this {
    const at = this.#field(TAG.f64, 8);
    if (Number.isNaN(value)) this.#numbers.setBigUint64(at, 0x7ff8_0000_0000_0000n, true);
    else this.#numbers.setFloat64(at, value, true);
    return this;
  }

  /** UTF-8 of well-formed text, not normalised; an AttributeError for a lone surrogate, which UTF-8 cannot hold. */
  string(text: string): this {
    this.#reserve(FIELD_HEADER_BYTES + 3 * text.length);
    const start = this.#length + FIELD_HEADER_BYTES;
    const ascii = this.#writeAscii(text, start);
    const tail = ascii < text.length ? this.#writeUtf8(text.slice(ascii), start + ascii) : 0;
    this.#field(TAG.string, ascii + tail);
    return this;
  }

  bytes(value: Uint8Array): this {
    const at = this.#field(TAG.bytes, value.length);
    this.#bytes.set(value, at);
    return this;
  }

  /** 32 bytes, tagged apart from `bytes`. */
  digest(value: Uint8Array): this {
    if (value.length !== DIGEST_BYTES) {
      throw new AttributeError(`A digest of ${value.length} bytes; give ${DIGEST_BYTES}.`, {
        lengthBytes: value.length,
      });
    }
    const at = this.#field(TAG.digest, DIGEST_BYTES);
    this.#bytes.set(value, at);
    return this;
  }

  /** A list: each item written by `write`, one field an item. */
  list<T>(items: readonly T[], write: (writer: TlvWriter, item: T) => void): this {
    const mark = this.openList();
    for (const item of items) write(this, item);
    return this.close(mark);
  }

  /** A map: keys sorted by code unit, each followed by its value written by `write`. */
  map<T>(record: Readonly<Record<string, T>>, write: (writer: TlvWriter, value: T) => void): this {
    const mark = this.openMap();
    for (const key of sortedKeys(record)) {
      this.string(key);
      write(this, record[key]!);
    }
    return this.close(mark);
  }

  /** Opens a list; its items are the fields up to `close(mark)`. */
  openList(): number {
    return this.#openField(TAG.list);
  }

  /** Opens a map; the caller writes string and value fields in ascending code-unit order of the strings. */
  openMap(): number {
    return this.#openField(TAG.map);
  }

  close(mark: number): this {
    this.#open--;
    this.#length64(mark - 8, this.#length - mark);
    return this;
  }

  /** What was written, not copied: valid until the next `begin` or `beginFields`. */
  view(): Uint8Array {
    if (this.#open !== 0) {
      throw new AttributeError(`${this.#open} lists or maps are open; close each before the bytes are read.`, {
        open: this.#open,
      });
    }
    return this.#bytes.subarray(0, this.#length);
  }

  /** A copy of what was written. */
  copy(): Uint8Array {
    return this.view().slice();
  }

  #openField(tag: number): number {
    this.#open++;
    return this.#field(tag, 0);
  }

  /** Writes tag and length, makes room, and returns where the bytes go. */
  #field(tag: number, lengthBytes: number): number {
    this.#reserve(FIELD_HEADER_BYTES + lengthBytes);
    const at = this.#length;
    this.#bytes[at] = tag;
    this.#length64(at + 1, lengthBytes);
    this.#length = at + FIELD_HEADER_BYTES + lengthBytes;
    return at + FIELD_HEADER_BYTES;
  }

  #length64(at: number, value: number): void {
    this.#numbers.setUint32(at, value, true);
    this.#numbers.setUint32(at + 4, value >= 0x1_0000_0000 ? Math.floor(value / 0x1_0000_0000) : 0, true);
  }

  #writeAscii(text: string, at: number): number {
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) return i;
      this.#bytes[at + i] = unit;
    }
    return text.length;
  }

  #writeUtf8(text: string, at: number): number {
    if (/\p{Surrogate}/u.test(text)) {
      throw new AttributeError('A string holds a lone surrogate, which has no UTF-8 form; pass well-formed text.', {
        text,
      });
    }
    const bytes = encodeUtf8(text);
    this.#bytes.set(bytes, at);
    return bytes.length;
  }

  #reserve(extraBytes: number): void {
    const needed = this.#length + extraBytes;
    if (needed <= this.#bytes.length) return;
    if (needed > MAX_ENCODED_BYTES) {
      throw new LimitError(
        `A hash input of ${needed} bytes, more than ${MAX_ENCODED_BYTES}; pass large arrays as tensors.`,
        { needed },
      );
    }
    const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#numbers = new DataView(grown.buffer);
  }
}

const headers = new Map<string, Uint8Array>();
const MAX_CACHED_HEADERS = 64;

function headerOf(kind: string, version: number): Uint8Array {
  const text = `sqs.${kind}.v${version}\0`;
  const known = headers.get(text);
  if (known !== undefined) return known;
  if (!/^[a-z][a-z0-9-]*$/.test(kind)) {
    throw new AttributeError(`"${kind}" is not a kind of hash input; use lower-case letters, digits and hyphens.`, {
      kind,
    });
  }
  checkInteger(version, 0xffff_ffff, 'version');
  const bytes = encodeUtf8(text);
  if (headers.size < MAX_CACHED_HEADERS) headers.set(text, bytes);
  return bytes;
}

function checkInteger(value: number, max: number, type: string): void {
  if (Number.isInteger(value) && value >= 0 && value <= max) return;
  throw new AttributeError(`${value} is not a ${type}; give an integer from 0 to ${max}.`, { value, max });
}

function checkBigInteger(value: bigint): void {
  if (value >= 0n && value <= 0xffff_ffff_ffff_ffffn) return;
  throw new AttributeError(`${value} is not a u64; give an integer from 0 to 2^64−1.`, { value });
}

/** Names in ascending code-unit order. Records have few, for which an insertion sort makes no garbage. */
function sortedKeys(record: Readonly<Record<string, unknown>>): readonly string[] {
  const keys = Object.keys(record);
  if (keys.length > 16) return keys.sort();
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i]!;
    let at = i;
    for (; at > 0 && keys[at - 1]! > key; at--) keys[at] = keys[at - 1]!;
    keys[at] = key;
  }
  return keys;
}
