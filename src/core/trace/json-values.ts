// Values that JSON does not have, spelled so that they survive: −0, NaN, infinities, bigints; bytes as base64.
import type { AttributeValue } from '../ops/attribute-values.ts';
import { decodeUtf8Leniently } from '../tensor/utf8.ts';

/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** `{"number":"NaN"}` and the like where JSON has no spelling, the number itself otherwise. */
export const spellNumber = (value: number): Json =>
  Number.isFinite(value) && !Object.is(value, -0) ? value : { number: Object.is(value, -0) ? '-0' : String(value) };

/** An attribute value; bigints become `{"bigint":"12"}`. */
export function spellValue(value: AttributeValue): Json {
  if (typeof value === 'number') return spellNumber(value);
  if (typeof value === 'bigint') return { bigint: String(value) };
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  return value.map(spellValue);
}

const UNSPELT: ReadonlyMap<Json | undefined, number> = new Map([
  ['-0', -0],
  ['NaN', Number.NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
]);

/** The number a spelling stands for; undefined for anything else. */
export function readNumber(json: Json | undefined): number | undefined {
  if (typeof json === 'number') return json;
  return UNSPELT.get(isRecord(json) ? json['number'] : undefined);
}

/** The attribute value a spelling stands for; undefined for anything else. */
export function readValue(json: Json | undefined): AttributeValue | undefined {
  if (json === null || typeof json === 'boolean' || typeof json === 'string') return json;
  if (Array.isArray(json)) {
    const items = json.map((item: Json) => (item === null ? null : readNumber(item)));
    return items.includes(undefined) ? undefined : (items as (number | null)[]);
  }
  const digits = isRecord(json) ? json['bigint'] : undefined;
  if (typeof digits !== 'string') return readNumber(json);
  const value = /^-?\d{1,20}$/.test(digits) ? BigInt(digits) : 0n;
  return String(BigInt.asIntN(64, value)) === digits ? value : undefined;
}

/** True for JSON objects. */
export const isRecord = (json: Json | undefined): json is { readonly [key: string]: Json } =>
  typeof json === 'object' && json !== null && !Array.isArray(json);

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const LETTERS = Uint8Array.from(ALPHABET, (letter) => letter.charCodeAt(0));
const VALUES = new Int8Array(128).fill(-1);
for (const [value, letter] of LETTERS.entries()) VALUES[letter] = value;
const PAD = 61;

/** Base64 with padding (RFC 4648 §4). */
export function toBase64(bytes: Uint8Array): string {
  const letters = new Uint8Array(4 * Math.ceil(bytes.length / 3)).fill(PAD);
  for (let from = 0, to = 0; from < bytes.length; from += 3, to += 4) {
    const left = bytes.length - from;
    const triple = (bytes[from]! << 16) | ((bytes[from + 1] ?? 0) << 8) | (bytes[from + 2] ?? 0);
    letters[to] = LETTERS[triple >>> 18]!;
    letters[to + 1] = LETTERS[(triple >>> 12) & 63]!;
    if (left > 1) letters[to + 2] = LETTERS[(triple >>> 6) & 63]!;
    if (left > 2) letters[to + 3] = LETTERS[triple & 63]!;
  }
  return decodeUtf8Leniently(letters);
}

/** The bytes of padded base64; undefined for anything else. */
export function fromBase64(text: Json | undefined): Uint8Array | undefined {
  if (typeof text !== 'string' || text.length % 4 !== 0) return undefined;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  for (let from = 0, to = 0; from < text.length; from += 4, to += 3) {
    let triple = 0;
    for (let i = 0; i < 4; i++) {
      const padded = from + i >= text.length - padding;
      const value = padded ? 0 : (VALUES[text.charCodeAt(from + i)] ?? -1);
      if (value < 0) return undefined;
      triple = triple * 64 + value;
    }
    bytes[to] = triple >>> 16;
    bytes[to + 1] = triple >>> 8; // beyond the end: ignored by the array
    bytes[to + 2] = triple;
  }
  return bytes;
}
