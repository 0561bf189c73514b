// The protobuf wire format, read strictly: lengths within the bytes, numbers of ten bytes at most, known wire types.
import { FormatError } from '../kit.ts';

/** WireFields of a message by number, in the order they came. */
export type WireFields = ReadonlyMap<number, readonly (bigint | Uint8Array)[]>;

const damaged = (what: string, details: object): FormatError =>
  new FormatError(`loadOnnx: ${what}; these bytes are no whole ONNX model, so load or export the file again.`, {
    ...details,
  });

/** A position in bytes that numbers and stretches are taken from. */
class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw damaged(`a number goes on after byte ${this.#bytes.length}`, {});
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asUintN(64, value);
    }
    throw damaged(`the number before byte ${this.#at} has more than ten bytes`, { at: this.#at });
  }

  take(length: number): Uint8Array {
    const left = this.#bytes.length - this.#at;
    if (length > left)
      throw damaged(`a field of ${length} bytes stands where ${left} are left`, { length, left, at: this.#at });
    return this.#bytes.subarray(this.#at, (this.#at += length));
  }

  value(wire: number): bigint | Uint8Array {
    if (wire === 0) return this.varint();
    if (wire === 2) return this.take(Number(this.varint()));
    if (wire === 1 || wire === 5) return this.take(wire === 5 ? 4 : 8);
    throw damaged(`wire type ${wire} before byte ${this.#at} is none of protobuf 3`, { wire, at: this.#at });
  }
}

/** The fields of a message; messages inside it are read when they are asked for. */
export function readFields(bytes: Uint8Array): WireFields {
  const fields = new Map<number, (bigint | Uint8Array)[]>();
  const reader = new Reader(bytes);
  while (!reader.isAtEnd) {
    const tag = reader.varint();
    const [number, value] = [Number(tag >> 3n), reader.value(Number(tag & 7n))];
    const known = fields.get(number);
    if (known === undefined) fields.set(number, [value]);
    else known.push(value);
  }
  return fields;
}

const decoder = new TextDecoder();
const asText = (value: bigint | Uint8Array | undefined): string =>
  value instanceof Uint8Array ? decoder.decode(value) : '';

/** A text; empty where there is none. */
export const textOf = (fields: WireFields, number: number): string => asText(fields.get(number)?.at(-1));
export const textsOf = (fields: WireFields, number: number): string[] => (fields.get(number) ?? []).map(asText);

/** The stretches of bytes a field has. */
export const stretchesOf = (fields: WireFields, number: number): Uint8Array[] =>
  (fields.get(number) ?? []).map((value) => {
    if (value instanceof Uint8Array) return value;
    throw damaged(`field ${number} is a number where bytes are wanted`, { field: number });
  });

export const messagesOf = (fields: WireFields, number: number): WireFields[] =>
  stretchesOf(fields, number).map(readFields);

/** An integer; 0 where there is none. */
export function integerOf(fields: WireFields, number: number): number {
  const value = fields.get(number)?.at(-1) ?? 0n;
  if (typeof value === 'bigint') return Number(BigInt.asIntN(64, value));
  throw damaged(`field ${number} has bytes where a number is wanted`, { field: number });
}

/** A repeated integer field, packed or not. */
export function integersOf(fields: WireFields, number: number): bigint[] {
  const list: bigint[] = [];
  for (const value of fields.get(number) ?? []) {
    if (typeof value === 'bigint') list.push(BigInt.asIntN(64, value));
    else for (const reader = new Reader(value); !reader.isAtEnd;) list.push(BigInt.asIntN(64, reader.varint()));
  }
  return list;
}

/** All stretches of a field, one after the other, in memory of their own. */
export function joinedOf(fields: WireFields, number: number): Uint8Array {
  const stretches = stretchesOf(fields, number);
  const joined = new Uint8Array(stretches.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const stretch of stretches) {
    joined.set(stretch, at);
    at += stretch.length;
  }
  return joined;
}

/** A repeated field of singles, packed or not. */
export function floatsOf(fields: WireFields, number: number): Float32Array {
  const { buffer, length } = joinedOf(fields, number);
  if (length % 4 === 0) return new Float32Array(buffer);
  throw damaged(`field ${number} has ${length} bytes, which are no singles`, { field: number, length });
}
