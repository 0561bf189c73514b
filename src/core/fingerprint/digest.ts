// What a digest is: 32 bytes of BLAKE3-256 from an injected function, and how one is printed, parsed and compared.
import { FormatError } from '../errors.ts';

export type { Digest } from '../env.ts';

/** Bytes in every digest, key and content id. */
export const DIGEST_BYTES = 32;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Lower-case hexadecimal text of bytes. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i++) text += HEX[bytes[i]!];
  return text;
}

const DIGITS = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));

/** Whether a text is the name of a digest of these bytes, without making that name. */
export function isNamed(bytes: Uint8Array, name: string): boolean {
  if (name.length !== 2 * bytes.length) return false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (name.charCodeAt(2 * i) !== DIGITS[byte >> 4] || name.charCodeAt(2 * i + 1) !== DIGITS[byte & 15]) return false;
  }
  return true;
}

/** Whether a text is the name of a digest. */
export const isDigestHex = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);

/** The 32 bytes of 64 lower-case hexadecimal digits; a FormatError otherwise (upper case is not a digest's name). */
export function digestFromHex(text: string): Uint8Array {
  const bytes = new Uint8Array(DIGEST_BYTES);
  let valid = text.length === 2 * DIGEST_BYTES ? 0 : NO_DIGIT;
  for (let i = 0; i < DIGEST_BYTES; i++) {
    const [high, low] = [valueOfDigit(text.charCodeAt(2 * i)), valueOfDigit(text.charCodeAt(2 * i + 1))];
    valid |= high | low;
    bytes[i] = (high << 4) | low;
  }
  if (valid < NO_DIGIT) return bytes;
  throw new FormatError(`"${text.slice(0, 80)}" is not a digest; give 64 lower-case hexadecimal digits.`, {
    code: 'not-a-digest',
    text,
  });
}

/** More than any digit is worth. */
const NO_DIGIT = 16;
const VALUES = new Uint8Array(128).fill(NO_DIGIT);
DIGITS.forEach((digit, value) => (VALUES[digit] = value));

const valueOfDigit = (code: number): number => VALUES[code] ?? NO_DIGIT;

/** True when two byte sequences are the same; not constant-time, for digests are no secrets. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
