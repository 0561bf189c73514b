// Reading and writing the bytes of code: LEB128, as WebAssembly has it.
import { FormatError } from '../../kit.ts';

/** Reads bytes from front to back. Throws FormatError with the place where they end early or a number is too long. */
export class ByteReader {
  readonly bytes: Uint8Array;
  at: number;
  readonly #what: string;

  constructor(bytes: Uint8Array, what: string) {
    this.bytes = bytes;
    this.at = 0;
    this.#what = what;
  }

  get isAtEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  fail(why: string): never {
    throw new FormatError(`${this.#what} cannot be read: ${why} at byte ${this.at}. Take the file as it was written.`, {
      at: this.at,
      why,
    });
  }

  u8(): number {
    if (this.at >= this.bytes.length) this.fail('it ends early');
    return this.bytes[this.at++]!;
  }

  take(sizeBytes: number): Uint8Array {
    if (sizeBytes > this.bytes.length - this.at) this.fail('it ends early');
    this.at += sizeBytes;
    return this.bytes.subarray(this.at - sizeBytes, this.at);
  }

  /** An unsigned number of 32 bits. */
  u32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.u8();
      if (shift === 28 && byte > 0x0f) this.fail('a number is too long');
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return this.fail('a number is too long');
  }

  /** A signed number of so many bits. */
  signed(width: 32 | 33 | 64): bigint {
    let value = 0n;
    for (let shift = 0n; shift < width; shift += 7n) {
      const byte = this.u8();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      const signed = byte & 0x40 ? value - (1n << (shift + 7n)) : value;
      if (BigInt.asIntN(width, signed) !== signed) this.fail('a number is too long');
      return signed;
    }
    return this.fail('a number is too long');
  }

  /** A list with its length before it. */
  list<T>(read: () => T): T[] {
    const length = this.u32();
    if (length > this.bytes.length - this.at) this.fail(`a list of ${length} items`);
    return Array.from({ length }, read);
  }

  /** Text in UTF-8 with its length before it. */
  text(): string {
    const bytes = this.take(this.u32());
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      return this.fail('a name is no UTF-8');
    }
  }
}

/** Writes bytes one after the other. */
export class ByteWriter {
  #bytes = new Uint8Array(256);
  #length = 0;

  u8(value: number): this {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
    return this;
  }

  raw(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  u32(value: number): this {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 128)) this.u8((rest % 128) | 0x80);
    return this.u8(rest);
  }

  signed(value: bigint): this {
    let rest = value;
    for (;;) {
      const byte = Number(rest & 0x7fn);
      rest >>= 7n;
      if ((rest === 0n && byte < 0x40) || (rest === -1n && byte >= 0x40)) return this.u8(byte);
      this.u8(byte | 0x80);
    }
  }

  sized(bytes: Uint8Array): this {
    return this.u32(bytes.length).raw(bytes);
  }

  text(value: string): this {
    return this.sized(new TextEncoder().encode(value));
  }

  list<T>(items: readonly T[], write: (item: T) => void): this {
    this.u32(items.length);
    for (const item of items) write(item);
    return this;
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #reserve(sizeBytes: number): void {
    if (this.#length + sizeBytes <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + sizeBytes));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
